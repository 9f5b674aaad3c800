// The list of active alarms, most urgent first.
import { arrange, focusOn } from '../base/arrange.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';
import { activeAlarms, keyOf } from './active-alarms.js';
import { createActions } from './alarm-actions.js';
import { createCard } from './alarm-card.js';

// Nobody reads more.
const MAX_ROWS = 200;
// Ages have a resolution of one minute.
const REFRESH_MS = 30_000;
const PRESSED_MS = 100;

// otherwise gets the focus when the focused alarm was the last one. actions: see alarm-actions.js. onDraw(count) is
// called after the list was drawn.
export function createAlarmList({ otherwise, actions, onDraw }) {
	const list = element('ul.alarm-list');
	const more = element('p.alarm-more');
	const rows = new Map();
	let isVisible = false;
	let frame = 0;
	let timer = 0;
	let pressed = 0;

	function createRow() {
		const item = element('li');
		const card = createCard(item, { hasRoom: true, hasStory: false });
		const buttons = createActions(actions);
		let shown = null;

		item.append(...buttons.parts);
		return {
			item,
			card,
			show(alarm) {
				if (alarm === shown)
					return;
				shown = alarm;
				card.show([alarm]);
				if (buttons.show(alarm))
					focusOn(item);
			},
		};
	}

	function rowOf(alarm) {
		const row = rows.get(keyOf(alarm)) ?? createRow();

		rows.set(keyOf(alarm), row);
		row.show(alarm);
		return row;
	}

	function draw() {
		clearTimeout(pressed);
		frame = 0;
		if (!isVisible)
			return;
		// Reordering would move the pressed button away from the pointer.
		if (list.matches(':active')) {
			pressed = setTimeout(draw, PRESSED_MS);
			return;
		}
		const alarms = activeAlarms.list();
		const shown = alarms.slice(0, MAX_ROWS);
		const keys = new Set(shown.map(keyOf));

		for (const key of rows.keys()) {
			if (!keys.has(key))
				rows.delete(key);
		}
		arrange(list, shown.map((alarm) => rowOf(alarm).item), otherwise);
		setText(more, alarms.length > MAX_ROWS ? laterTexts.alarms.more(alarms.length - MAX_ROWS) : '');
		onDraw(alarms.length);
	}

	// Many alarms may change at once: draw once per frame.
	activeAlarms.onChange(() => {
		if (isVisible)
			frame ||= requestAnimationFrame(draw);
	});

	return {
		parts: [list, more],
		// A hidden list draws nothing.
		show(wanted) {
			isVisible = wanted;
			clearInterval(timer);
			if (!wanted)
				return;
			timer = setInterval(() => rows.forEach(({ card }) => card.showAge()), REFRESH_MS);
			rows.forEach(({ card }) => card.showAge());
			draw();
		},
	};
}
