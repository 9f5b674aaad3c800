// Answers files that were pasted or dropped. The page sends text only.
import { element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('files.css', import.meta.url));

const SHOWN_MS = 12000;

export function createFileAnswer() {
	const answer = element('p.file-answer');
	let timer = 0;

	function hide() {
		clearTimeout(timer);
		answer.hidePopover();
	}

	answer.role = 'alert';
	// Above dialogs and panels, and closes none of them.
	answer.popover = 'manual';
	answer.dir = 'auto';
	document.body.append(answer);
	answer.addEventListener('click', hide);
	addEventListener('keydown', ({ key }) => key === 'Escape' && hide());

	return function show(files) {
		hide();
		answer.showPopover();
		// Filled after it is shown, or it is not read aloud.
		answer.textContent = texts.filesNotSent(Array.from(files, ({ name }) => name));
		timer = setTimeout(hide, SHOWN_MS);
	};
}
