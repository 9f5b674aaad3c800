// Answers files that were pasted or dropped. The page sends text only.
import { element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('files.css', import.meta.url));

const SHOWN_MS = 12000;

const line = element('p.file-answer');
let timer = 0;

function hide() {
	clearTimeout(timer);
	line.hidePopover();
}

line.role = 'alert';
// Above dialogs and panels, and closes none of them.
line.popover = 'manual';
line.dir = 'auto';
document.body.append(line);
line.addEventListener('click', hide);
addEventListener('keydown', ({ key }) => key === 'Escape' && hide());

export function answer(files) {
	hide();
	line.showPopover();
	// Filled after it is shown, or it is not read aloud.
	line.textContent = texts.filesNotSent(Array.from(files, ({ name }) => name));
	timer = setTimeout(hide, SHOWN_MS);
}
