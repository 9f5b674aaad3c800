// The words of what is loaded later.
import { delayAfter } from './requests.js';
import { texts, tools } from './texts.js';

// No browser tries a module again whose words have not come while it was loaded: so they come at last.
async function load(failures) {
	try {
		return (await import(`./texts/later-${texts.language}.js${failures ? `?${failures}` : ''}`)).wordsFor(tools);
	} catch {
		await new Promise((resolve) => setTimeout(resolve, delayAfter(failures)));
		return load(failures + 1);
	}
}

export const laterTexts = await load(0);
