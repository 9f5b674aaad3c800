// The alarms that stand, of all rooms: how many nobody has acknowledged, and behind that number their list.
import { buildStanding } from './alarm-view.js';
import { buildClose } from './close.js';
import { at, createPanel, element } from './elements.js';
import { laterTexts as texts } from './later-texts.js';
import { locale } from './texts.js';

const RANKS = { critical: 0, error: 1, warning: 2, info: 3, ok: 4 };
// Ages are told in minutes.
const REFRESH_MS = 30000;
const PRESSED_MS = 100;

const keyOf = ({ room, key }) => JSON.stringify([room, key]);
const byUrgency = (one, other) => RANKS[one.severity] - RANKS[other.severity] || one.since - other.since;

// isEnabled: whether there is somebody to tell. onAcknowledge(alarm) is called when the reader takes care of it.
export function createAlarms({ isEnabled, onAcknowledge }) {
	const opener = at('alarms-button');
	const close = buildClose(texts.alarmsClose);
	const heading = element('h2', texts.alarmsLabel);
	const list = element('ul');
	const panel = element('section.alarms-panel', element('header', heading, close), list);
	const standing = new Map();
	// The worst first.
	let alarms = [];
	let timer = 0;
	let pressed = 0;

	const isOpen = () => panel.matches(':popover-open');

	// The focus stays with its alarm, or in the list.
	function fill() {
		clearTimeout(pressed);
		// What is being pressed must stay until it is let go.
		if (list.matches(':active')) {
			pressed = setTimeout(fill, PRESSED_MS);
			return;
		}
		const focused = Array.from(list.children).findIndex((item) => item.contains(document.activeElement));
		const shown = alarms;
		const items = shown.map(buildStanding);

		items.forEach((item, index) => {
			const action = item.querySelector('button');

			if (!action)
				return;
			action.disabled = !isEnabled;
			action.addEventListener('click', () => onAcknowledge(shown[index]));
		});
		list.replaceChildren(...items);
		if (focused >= 0)
			(items[focused]?.querySelector('button') ?? close).focus();
	}

	function show() {
		alarms = Array.from(standing.values()).sort(byUrgency);
		const unseen = alarms.filter(({ acknowledgedBy }) => !acknowledgedBy).length;

		opener.hidden = !alarms.length;
		opener.classList.toggle('calm', !unseen);
		opener.ariaLabel = texts.alarmsButton(unseen, alarms.length);
		at('alarms-count').textContent = unseen ? unseen.toLocaleString(locale) : '';
		if (!isOpen())
			return;
		if (alarms.length)
			fill();
		else
			panel.hidePopover();
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
				(list.querySelector('button:enabled') ?? close).focus();
			},
			onClose: () => clearInterval(timer),
		},
	);

	return {
		told(alarm) {
			if (alarm.state === 'cleared')
				standing.delete(keyOf(alarm));
			else
				standing.set(keyOf(alarm), alarm);
			show();
		},
		// They are about to be told anew, or of no interest any more.
		forget(room) {
			for (const [key, alarm] of standing) {
				if (alarm.room === room)
					standing.delete(key);
			}
			show();
		},
		enable(wanted) {
			isEnabled = wanted;
			show();
		},
	};
}
