// The active alarms, most urgent first, and their recent changes.
import { arrange } from '../base/arrange.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { createAlarmChanges } from './alarm-changes.js';
import { createAlarmRow, titleOf } from './alarm-row.js';

const SEVERITIES = ['ok', 'info', 'warning', 'error', 'critical'];
const STATES = ['raised', 'updated', 'cleared', 'acknowledged'];
// The server keeps up to 1,000 per room; nobody reads so many.
const MAX_ROWS = 200;
const AGE_MS = 1000;

function isValid({ room, key, severity, state }) {
	return (
		typeof room === 'string' && typeof key === 'string' && SEVERITIES.includes(severity) && STATES.includes(state)
	);
}

// Order: unacknowledged first, then by severity, then newest first.
function compare(one, other) {
	return (
		Boolean(one.acknowledged_by) - Boolean(other.acknowledged_by) ||
		SEVERITIES.indexOf(other.severity) - SEVERITIES.indexOf(one.severity) ||
		other.since - one.since
	);
}

export function createAlarms(place, { words, format, locale, ageOf, now, acknowledge, history }) {
	const active = new Map();
	const rows = new Map();
	const count = element('span.live-count');
	const heading = element('h2', words.alarms, count);
	const calm = element('p.live-calm', words.calm);
	const list = element('ul.live-standing');
	const more = element('p.live-more');
	const voice = element('p.live-unseen');
	const changes = createAlarmChanges({ words, format, locale, history, isValid });
	let isVisible = false;
	let frame = 0;
	let ageTimer = 0;

	voice.setAttribute('role', 'status');
	place.append(heading, calm, list, more, changes.details, voice);

	const keyOf = ({ room, key }) => JSON.stringify([room, key]);

	function rowOf(key) {
		if (!rows.has(key))
			rows.set(
				key,
				createAlarmRow({ words, format, ageOf, onAcknowledge: ({ room, key: its }) => acknowledge(room, its) }),
			);
		return rows.get(key);
	}

	function show() {
		frame = 0;
		const sorted = Array.from(active.values()).sort(compare);
		const open = sorted.filter((alarm) => !alarm.acknowledged_by).length;
		const shown = sorted.slice(0, MAX_ROWS);
		const keys = new Set(shown.map(keyOf));

		for (const key of rows.keys()) {
			if (!keys.has(key))
				rows.delete(key);
		}
		for (const alarm of shown)
			rowOf(keyOf(alarm)).show(alarm, now());
		arrange(list, shown.map((alarm) => rowOf(keyOf(alarm)).item), heading);
		calm.hidden = sorted.length > 0;
		setText(count, sorted.length ? words.standing(sorted.length, open) : '');
		setText(more, sorted.length > shown.length ? words.more(sorted.length - shown.length) : '');
	}

	function scheduleDraw() {
		if (isVisible)
			frame ||= requestAnimationFrame(show);
	}

	function showAges() {
		for (const row of rows.values())
			row.showAges(now());
	}

	return {
		take(alarm) {
			if (!isValid(alarm))
				return;
			changes.know(alarm.room);
			if (alarm.state === 'cleared')
				active.delete(keyOf(alarm));
			else
				active.set(keyOf(alarm), alarm);
			if (!alarm.standing) {
				changes.add(alarm);
				if (isVisible)
					voice.textContent = words.announced(
						words.severity[alarm.severity],
						titleOf(alarm),
						words.state[alarm.state],
					);
			}
			scheduleDraw();
		},
		know: changes.know,
		// The server sends the room's active alarms again.
		forget(room) {
			for (const [key, alarm] of active) {
				if (alarm.room === room)
					active.delete(key);
			}
			scheduleDraw();
		},
		show(wanted) {
			isVisible = wanted;
			clearInterval(ageTimer);
			if (!wanted)
				return;
			ageTimer = setInterval(showAges, AGE_MS);
			show();
			showAges();
		},
	};
}
