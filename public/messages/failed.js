// Messages that could not be sent: why, and what can be done.
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { setFooter } from './message-view.js';

await addStylesheet(new URL('failed.css', import.meta.url));

function buildButton(action, words) {
	const made = button('', words);
	made.dataset.action = action;
	return made;
}

export function markFailed(row, { code, text }) {
	const reason = Object.hasOwn(texts.failure, code) ? texts.failure[code] : texts.failedBecause(text);

	setFooter(
		row,
		element('div.failed',
			element('p', reason),
			element('div.actions', buildButton('retry', texts.retry), buildButton('delete', texts.delete)),
		),
	);
}
