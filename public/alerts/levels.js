// Of what the reader is notified, by room: all messages, mentions and alarms (the default), or nothing.
import { element } from '../base/elements.js';
import { recall, remember } from '../base/storage.js';
import { mentions } from '../messages/mentions.js';
import { laterTexts as texts } from '../words/later-texts.js';

const LEVELS = ['all', 'mentions', 'nothing'];
const USUAL = 'mentions';
const KEY = 'level.';

const levelOf = (room) => recall(KEY + room) || USUAL;

// name is the reader's name.
export function isNotified(room, { type, text }, name) {
	const level = levelOf(room);
	return level === 'all' || (level === USUAL && (type === 'alarm' || mentions(text, name)));
}

// The choice for one room at a time.
export function createLevelChoice() {
	const select = element('select', ...LEVELS.map((level) => new Option(texts.levels[level], level)));
	const label = element('label');
	let room = '';

	function show() {
		select.value = levelOf(room);
	}

	label.htmlFor = select.id = 'level';
	select.addEventListener('change', () => remember(KEY + room, select.value === USUAL ? '' : select.value));
	// Another tab may have changed it.
	addEventListener('storage', show);

	return {
		parts: [label, select],
		showRoom(name) {
			if (name === room)
				return;
			room = name;
			label.textContent = texts.level(name);
			show();
		},
	};
}
