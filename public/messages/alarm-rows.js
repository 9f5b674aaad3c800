// The alarms of a log. Changes of one alarm that are close together share one row: nobody wants to read each change of
// one that is raised and cleared again and again.
import { element } from '../base/elements.js';

// After this time an alarm that is raised again gets a new row.
const CALM_MS = 10 * 60 * 1000;
const MAX_CHANGES = 500;
// The least recently changed alarms are dropped.
const MAX_CHANGES_IN_ALL = 2000;

// record(alarm) returns the alarm's changes around this one, oldest first.
export function createIncidents() {
	// Changes by the alarm's key, oldest first.
	const known = new Map();
	let count = 0;

	function keep(key, changes) {
		count += changes.length - (known.get(key)?.length ?? 0);
		known.delete(key);
		if (changes.length)
			known.set(key, changes);
	}

	return {
		record(alarm) {
			const others = (known.get(alarm.key) ?? []).filter(({ id }) => id !== alarm.id);
			const all = [...others, alarm].sort((one, other) => one.id - other.id).slice(-MAX_CHANGES);
			const isNear = (at) => at > 0 && at < all.length && all[at].since - all[at - 1].date <= CALM_MS;
			let first = Math.max(0, all.indexOf(alarm));
			let end = first + 1;

			while (isNear(first))
				first--;
			while (isNear(end))
				end++;
			keep(alarm.key, all);
			while (count > MAX_CHANGES_IN_ALL && known.size > 1)
				keep(known.keys().next().value, []);
			return all.slice(first, end);
		},
		clear() {
			known.clear();
			count = 0;
		},
	};
}

// show(call) calls call(view) with the module that has showInRow(row, changes).
export function createAlarmRows({ rows, scroll, range, show }) {
	const incidents = createIncidents();

	function fill(row, changes) {
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
		clear: incidents.clear,
	};
}
