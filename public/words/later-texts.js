// All texts: those of the first load, and those of the modules that are loaded later.
import { delayAfter } from '../base/backoff.js';
import { texts, tools } from './texts.js';

// Modules await this at their top level. Browsers do not retry a failed module, so this retries until it succeeds. The
// query makes each attempt a new module.
async function load(failures) {
	try {
		return (await import(`./later-${texts.language}.js${failures ? `?${failures}` : ''}`)).wordsFor(tools);
	} catch {
		await new Promise((resolve) => setTimeout(resolve, delayAfter(failures)));
		return load(failures + 1);
	}
}

export const laterTexts = { ...texts, ...(await load(0)) };
