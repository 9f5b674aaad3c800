// The active alarms of all rooms: a button with the number of unacknowledged alarms, and the list that it opens.
import { arrange, focusOn } from '../base/arrange.js';
import { buildClose } from '../base/close.js';
import { at, createPanel, element } from '../base/elements.js';
import { fillActive, showAge } from '../messages/alarm-view.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';

const RANKS = { critical: 0, error: 1, warning: 2, info: 3, ok: 4 };
// Ages have a resolution of one minute.
const REFRESH_MS = 30000;
const PRESSED_MS = 100;

const keyOf = ({ room, key }) => JSON.stringify([room, key]);
const byUrgency = (one, other) => RANKS[one.severity] - RANKS[other.severity] || one.since - other.since;

// isEnabled: acknowledging is possible, because the page is online. onAcknowledge(alarm) is called when the reader
// acknowledges.
export function createAlarms({ isEnabled, onAcknowledge }) {
	const opener = at('alarms-button');
	const close = buildClose(texts.alarmsClose);
	const heading = element('h2', texts.alarmsLabel);
	const list = element('ul');
	const panel = element('section.alarms-panel', element('header', heading, close), list);
	const active = new Map();
	// The rows of the list by key: { item, alarm }, with the alarm as it is shown now.
	const rows = new Map();
	let frame = 0;
	let timer = 0;
	let pressed = 0;

	const isOpen = () => panel.matches(':popover-open');

	// Refilling a row removes its elements, so the focus must be put back.
	function fillRow(row, alarm) {
		const { activeElement } = document;
		const isHeld = row.item.contains(activeElement);

		row.alarm = alarm;
		fillActive(row.item, alarm);
		const action = row.item.querySelector('button');
		action?.addEventListener('click', () => isEnabled && onAcknowledge(alarm));
		if (isHeld)
			focusOn(activeElement.localName === 'button' && action ? action : row.item);
	}

	function rowOf(alarm) {
		const key = keyOf(alarm);
		const row = rows.get(key) ?? { item: element('li.alarm-line'), alarm: null };

		rows.set(key, row);
		if (row.alarm === alarm)
			showAge(row.item, alarm);
		else
			fillRow(row, alarm);
		return row;
	}

	function fill() {
		clearTimeout(pressed);
		// Reordering would move the pressed button away from the pointer.
		if (list.matches(':active')) {
			pressed = setTimeout(draw, PRESSED_MS);
			return;
		}
		const alarms = Array.from(active.values()).sort(byUrgency);

		for (const key of rows.keys()) {
			if (!active.has(key))
				rows.delete(key);
		}
		arrange(list, alarms.map((alarm) => rowOf(alarm).item), close);
		// Not the disabled property: a disabled button loses the focus.
		for (const action of list.querySelectorAll('button'))
			action.ariaDisabled = String(!isEnabled);
	}

	// The opener is about to be hidden, so the focus moves to the selected tab.
	function leave() {
		const isHeld = panel.contains(document.activeElement);

		panel.hidePopover();
		if (isHeld)
			at('bar').querySelector('[aria-selected="true"]').focus();
	}

	function draw() {
		frame = 0;
		if (!isOpen())
			return;
		if (active.size)
			fill();
		else
			leave();
	}

	function show() {
		const all = active.size;
		const unseen = Array.from(active.values()).filter(({ acknowledgedBy }) => !acknowledgedBy).length;

		opener.hidden = !all;
		opener.classList.toggle('calm', !unseen);
		opener.ariaLabel = texts.alarmsButton(unseen, all);
		at('alarms-count').textContent = unseen ? unseen.toLocaleString(locale) : '';
		// Many alarms may change at once: draw once per frame.
		frame ||= requestAnimationFrame(draw);
	}

	panel.id = 'alarms';
	panel.ariaLabel = texts.alarmsLabel;
	panel.popover = 'auto';
	at('app').append(panel);
	createPanel(
		{ panel, button: opener, close },
		{
			onOpen() {
				fill();
				timer = setInterval(fill, REFRESH_MS);
				(list.querySelector('button') ?? close).focus();
			},
			onClose: () => clearInterval(timer),
		},
	);

	return {
		keysOf: (room) => Array.from(active.values(), (alarm) => (alarm.room === room ? alarm.key : '')).filter(Boolean),
		update(alarm) {
			if (alarm.state === 'cleared')
				active.delete(keyOf(alarm));
			else
				active.set(keyOf(alarm), alarm);
			show();
		},
		// Called when the server sends the room's alarms again, or when the reader leaves the room.
		forget(room) {
			for (const [key, alarm] of active) {
				if (alarm.room === room)
					active.delete(key);
			}
			show();
		},
		enable(wanted) {
			isEnabled = wanted;
			show();
		},
	};
}
