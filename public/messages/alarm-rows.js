// The alarms of a log. Changes of one alarm that are close together share one row: nobody wants to read each change of
// one that is raised and cleared again and again.
import { element } from '../base/elements.js';

// After this time an alarm that is raised again gets a new row.
const CALM_MS = 10 * 60 * 1000;
// Of all alarms. Those that were recorded first are dropped.
const MAX_CHANGES = 2000;

export function createIncidents() {
	let known = [];

	return {
		// Returns the alarm's changes around this one, oldest first.
		record(alarm) {
			known = [...known.filter(({ id }) => id !== alarm.id), alarm].slice(-MAX_CHANGES);
			const all = known.filter(({ key }) => key === alarm.key).sort((one, other) => one.id - other.id);
			const isNear = (at) => all[at - 1] && all[at]?.since - all[at - 1].date <= CALM_MS;
			let first = all.indexOf(alarm);
			let end = first + 1;

			while (isNear(first))
				first--;
			while (isNear(end))
				end++;
			return all.slice(first, end);
		},
		clear() {
			known = [];
		},
	};
}

// show(call) calls call(view) with the module that has showInRow(row, changes).
export function createAlarmRows({ rows, scroll, range, show }) {
	const incidents = createIncidents();
	const changesOf = new WeakMap();

	function fill(row, changes) {
		changesOf.set(row, changes);
		show((view) => scroll.keep(() => view.showInRow(row, changes)), row);
	}

	return {
		build(alarm) {
			const row = element('article.alarm-line');

			fill(row, incidents.record(alarm));
			return row;
		},
		// False if the alarm needs a new row. A new change updates a visible row in place; otherwise the row moves to the
		// end. A change from history belongs at its own id.
		update(alarm, { isLive }) {
			const changes = incidents.record(alarm);
			const shown = changes.map(({ id }) => rows.withId(id)).filter(Boolean);
			const row = shown.at(-1);
			const stays = row && (isLive ? !range.hasNewest || scroll.shows(row) : alarm.id < rows.entryOf(row).id);

			for (const other of stays ? shown.slice(0, -1) : shown)
				scroll.keep(() => rows.remove(other));
			if (stays)
				fill(row, changes);
			return Boolean(stays);
		},
		// The id of the row that has the change with this id, or the same id.
		idOf(id) {
			const has = (row) => changesOf.get(row)?.some((change) => change.id === id);
			return rows.ids().find((one) => has(rows.withId(one))) ?? id;
		},
		clear: incidents.clear,
	};
}
