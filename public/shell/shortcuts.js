// The list of the page's keys.
import { buildClose } from '../base/close.js';
import { element } from '../base/elements.js';
import { ALT_KEY, COMMAND_KEY } from '../base/keys.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('switcher.css', import.meta.url));

const KEYS = {
	switch: [[COMMAND_KEY, 'K']],
	rooms: [[ALT_KEY, '↑'], [ALT_KEY, '↓']],
	unread: [[ALT_KEY, 'Shift', '↑'], [ALT_KEY, 'Shift', '↓']],
	regions: [['F6'], ['Shift', 'F6']],
	walk: [['↑'], ['↓']],
	act: [['Enter']],
	editLast: [['↑']],
	newest: [['End']],
	newLine: [['Shift', 'Enter']],
	close: [['Esc']],
	shortcuts: [['?']],
};

const buildKeys = (keys) => element('span', ...keys.flatMap((key, index) => [index ? '+' : '', element('kbd', key)]));

function buildRow([name, ways]) {
	const keys = element('dd', ...ways.flatMap((way, index) => [index ? ' ' : '', buildKeys(way)]));
	return element('div', element('dt', texts.shortcuts[name]), keys);
}

function build() {
	const title = element('h2', texts.shortcutsTitle);
	const close = buildClose(texts.shortcutsClose);
	const dialog = element('dialog.shortcuts', element('header', title, close), element('dl', ...Object.entries(KEYS).map(buildRow)));

	title.id = 'shortcuts-title';
	dialog.id = 'shortcuts';
	dialog.setAttribute('aria-labelledby', title.id);
	close.addEventListener('click', () => dialog.close());
	document.body.append(dialog);
	return dialog;
}

let dialog = null;

export function openShortcuts() {
	dialog ??= build();
	dialog.showModal();
}
