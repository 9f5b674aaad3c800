// All texts: those of the first load, and those of the modules that are loaded later.
import { delayAfter } from '../base/backoff.js';
import { texts, tools } from './texts.js';

// Modules await this at their top level. Browsers do not retry a failed module, so this retries until it succeeds. The
// query makes each attempt a new module.
async function load(part, failures = 0) {
	try {
		return (await import(`./${part}-${texts.language}.js${failures ? `?${failures}` : ''}`)).wordsFor(tools);
	} catch {
		await new Promise((resolve) => setTimeout(resolve, delayAfter(failures)));
		return load(part, failures + 1);
	}
}

const [ofChat, ofViews] = await Promise.all([load('later'), load('views')]);

export const laterTexts = { ...texts, ...ofChat, ...ofViews };
