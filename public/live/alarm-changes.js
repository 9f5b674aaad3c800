// The list of recent alarm events, newest first: raised, changed, acknowledged, cleared.
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { severityMark, textOf, titleOf } from './alarm-row.js';

const MAX_CHANGES = 200;

function buildChange(alarm, { words, format, day }) {
	const date = new Date(alarm.ts);
	const isToday = date.toDateString() === new Date().toDateString();
	const time = element('time', isToday ? format.clockTimeSeconds(date) : day.format(date));
	const by = { acknowledged: alarm.acknowledged_by, cleared: alarm.cleared_by };
	const who = textOf(by[alarm.state] ?? alarm.username, 64);
	const item = element(
		'li',
		time,
		severityMark(alarm.severity, words),
		element('span.live-what', bidiText(titleOf(alarm)), ' ', element('span.live-how', words.state[alarm.state])),
		element('span.live-where', bidiText(alarm.room), who && ` · ${words.by(who)}`),
	);

	time.dateTime = date.toISOString();
	time.title = format.fullDate(date);
	return item;
}

// history(room) resolves with the room's stored messages. It is called when the list is first opened.
export function createAlarmChanges({ words, format, locale, history, isValid }) {
	const day = new Intl.DateTimeFormat(locale, {
		month: 'short',
		day: 'numeric',
		hour: '2-digit',
		minute: '2-digit',
	});
	const list = element('ol');
	const state = element('p.live-changes-state', words.changesNone);
	const details = element('details.live-changes', element('summary', words.changes), list, state);
	// By room and id: the history may return events that arrived live.
	const changes = new Map();
	const rooms = new Set();
	const asked = new Set();

	function show() {
		const newest = Array.from(changes.values())
			.sort((one, other) => other.ts - one.ts || other.id - one.id)
			.slice(0, MAX_CHANGES);

		changes.clear();
		for (const alarm of newest)
			changes.set(`${alarm.id} ${alarm.room}`, alarm);
		if (!details.open)
			return;
		list.replaceChildren(...newest.map((alarm) => buildChange(alarm, { words, format, day })));
		setText(state, newest.length ? '' : words.changesNone);
	}

	function keep(alarm) {
		if (Number.isFinite(alarm.id) && Number.isFinite(new Date(alarm.ts).getTime()))
			changes.set(`${alarm.id} ${alarm.room}`, alarm);
	}

	async function load(room) {
		asked.add(room);
		try {
			const messages = await history(room);
			messages.filter((message) => message?.type === 'alarm' && isValid(message)).forEach(keep);
			show();
		} catch {
			// Opening the list again retries.
			asked.delete(room);
			state.textContent = words.changesFailed;
		}
	}

	function loadAll() {
		const missing = Array.from(rooms).filter((room) => !asked.has(room));

		if (!details.open || !missing.length)
			return;
		state.textContent = words.changesLoading;
		missing.forEach(load);
	}

	// The list scrolls, so it must be reachable by keyboard.
	list.tabIndex = 0;
	list.ariaLabel = words.changes;
	details.addEventListener('toggle', () => {
		show();
		loadAll();
	});

	return {
		details,
		add(alarm) {
			keep(alarm);
			show();
		},
		// Alarms may have occurred in this room.
		know(room) {
			if (rooms.has(room))
				return;
			rooms.add(room);
			loadAll();
		},
	};
}
