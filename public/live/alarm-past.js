// Changes of alarms: those that arrived, and those of the history. Changes of one alarm that are close together are one
// group.
import { createIncidents } from '../messages/alarm-rows.js';

const MAX_GROUPS = 1000;
// Of the history of a room.
const MAX_PAGES = 5;

// history(room, before) resolves with a page of a room's messages, oldest first.
export function createAlarmPast({ history }) {
	// By room.
	const incidents = new Map();
	// By room and the id of the last change: { changes }. The history may return changes that arrived live.
	const groups = new Map();
	// By room: { first: the lowest id, reached: its date, pages, underWay }.
	const loaded = new Map();
	const listeners = new Set();

	const newestFirst = () => Array.from(groups).sort(([, one], [, other]) => other.changes.at(-1).date - one.changes.at(-1).date);

	function keep(alarm) {
		const { room } = alarm;

		if (!incidents.has(room))
			incidents.set(room, createIncidents());
		const changes = incidents.get(room).record(alarm);
		const keys = changes.map(({ id }) => `${id} ${room}`);
		const group = keys.map((key) => groups.get(key)).find(Boolean) ?? {};

		keys.forEach((key) => groups.delete(key));
		group.changes = changes;
		groups.set(keys.at(-1), group);
		if (groups.size >= 2 * MAX_GROUPS)
			newestFirst().slice(MAX_GROUPS).forEach(([key]) => groups.delete(key));
	}

	function tell() {
		listeners.forEach((listen) => listen());
	}

	async function loadPages(room, since) {
		const state = loaded.get(room);

		while (!state.pages || (state.reached > since && state.pages < MAX_PAGES)) {
			const page = await history(room, state.first);
			const first = page[0]?.id ?? 1;

			page.filter(({ type }) => type === 'alarm').forEach(keep);
			state.pages++;
			state.reached = first > 1 && first < (state.first ?? Infinity) ? (page.find(({ date }) => date)?.date ?? state.reached) : -Infinity;
			state.first = first;
			tell();
		}
	}

	return {
		add(alarm) {
			keep(alarm);
			tell();
		},
		// The newest first.
		groups: () => newestFirst().map(([, group]) => group),
		// Resolves once the changes since then, at least of one page, are known, or once enough pages were read. Rejects if one could
		// not be loaded.
		load(room, since = Infinity) {
			if (!loaded.has(room))
				loaded.set(room, { first: undefined, reached: Infinity, pages: 0, underWay: Promise.resolve() });
			const state = loaded.get(room);

			state.underWay = state.underWay.catch(() => {}).then(() => loadPages(room, since));
			return state.underWay;
		},
		// Changes of this room are known from then on.
		reached: (room) => loaded.get(room)?.reached ?? Infinity,
		// Returns a function that ends it.
		onChange(listen) {
			listeners.add(listen);
			return () => listeners.delete(listen);
		},
	};
}
