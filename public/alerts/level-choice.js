// The choice of what the reader is notified of, for one room at a time.
import { element } from '../base/elements.js';
import { LEVELS, levelOf, onLevels, setLevel } from '../messages/levels.js';
import { laterTexts as texts } from '../words/later-texts.js';

export function createLevelChoice() {
	const select = element('select', ...LEVELS.map((level) => new Option(texts.levels[level], level)));
	const label = element('label');
	let room = '';

	function show() {
		select.value = levelOf(room);
	}

	label.htmlFor = select.id = 'level';
	select.addEventListener('change', () => setLevel(room, select.value));
	// In the list of rooms, or in another tab.
	onLevels(show);

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
