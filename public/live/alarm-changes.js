// Recent changes of alarms, the newest alarm first. Changes of one alarm that are close together are one card.
import { createCard } from '../alarms/alarm-card.js';
import { arrange } from '../base/arrange.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { createIncidents } from '../messages/alarm-rows.js';
import { laterTexts } from '../words/later-texts.js';

const MAX_CARDS = 100;

// joinedRooms() returns names. history(room) resolves with the room's last messages. It is called when the list is first
// opened.
export function createAlarmChanges({ joinedRooms, history }) {
	const words = laterTexts.live;
	const list = element('ol');
	const state = element('p.live-changes-state', words.changesNone);
	const summary = element('summary', words.changes);
	const details = element('details.live-changes', summary, list, state);
	// By room.
	const incidents = new Map();
	// By room and the id of the last change: { item, card, changes }. The history may return changes that arrived live.
	const rows = new Map();
	const asked = new Set();
	let frame = 0;

	function keep(alarm) {
		if (!incidents.has(alarm.room))
			incidents.set(alarm.room, createIncidents());
		const changes = incidents.get(alarm.room).record(alarm);
		const keys = changes.map(({ id }) => `${id} ${alarm.room}`);
		const row = keys.map((key) => rows.get(key)).find(Boolean) ?? { item: element('li'), card: null };

		keys.forEach((key) => rows.delete(key));
		row.changes = changes;
		row.isChanged = true;
		rows.set(keys.at(-1), row);
	}

	// Drops the others.
	function takeNewest() {
		const sorted = Array.from(rows).sort(([, one], [, other]) => other.changes.at(-1).date - one.changes.at(-1).date);

		sorted.slice(MAX_CARDS).forEach(([key]) => rows.delete(key));
		return sorted.slice(0, MAX_CARDS).map(([, row]) => row);
	}

	function draw() {
		frame = 0;
		if (!details.open)
			return;
		const newest = takeNewest();
		for (const row of newest.filter(({ isChanged }) => isChanged)) {
			row.card ??= createCard(row.item, { hasRoom: true, hasStory: true });
			row.card.show(row.changes);
			row.isChanged = false;
		}
		arrange(list, newest.map(({ item }) => item), summary);
		setText(state, newest.length ? '' : words.changesNone);
	}

	async function load(room) {
		asked.add(room);
		try {
			const messages = await history(room);
			messages.filter(({ type }) => type === 'alarm').forEach(keep);
			draw();
		} catch {
			// Opening the list again retries.
			asked.delete(room);
			state.textContent = words.changesFailed;
		}
	}

	// The list scrolls, so it must be reachable by keyboard.
	list.tabIndex = 0;
	list.ariaLabel = words.changes;
	details.addEventListener('toggle', () => {
		draw();
		if (!details.open)
			return;
		const missing = joinedRooms().filter((room) => !asked.has(room));

		if (missing.length)
			state.textContent = words.changesLoading;
		missing.forEach(load);
	});

	return {
		details,
		add(alarm) {
			keep(alarm);
			// A hidden page has no frames.
			if (rows.size >= 2 * MAX_CARDS)
				takeNewest();
			frame ||= requestAnimationFrame(draw);
		},
	};
}
