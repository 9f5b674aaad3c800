// The alarms of a log. All events of one incident share one row, which shows the newest event.
import { createLazy } from '../base/lazy.js';
import { element } from '../base/elements.js';

// The least recently updated are dropped.
const MAX_INCIDENTS = 1000;

const alarmView = createLazy(() => import('./alarm-view.js'));

export function createAlarmRows({ rows, scroll, range }) {
	// { latest, row } by the alarm's key and start.
	const incidents = new Map();

	function record(alarm) {
		const key = JSON.stringify([alarm.key, alarm.since.getTime()]);
		const incident = incidents.get(key) ?? { latest: alarm, row: null };

		if (alarm.id >= incident.latest.id)
			incident.latest = alarm;
		incidents.delete(key);
		incidents.set(key, incident);
		if (incidents.size > MAX_INCIDENTS)
			incidents.delete(incidents.keys().next().value);
		return incident;
	}

	function fill({ row, latest }) {
		alarmView((view) => scroll.keep(() => view.fillAlarm(row, latest)), row);
	}

	return {
		build(alarm) {
			const incident = record(alarm);

			incident.row = element('article.alarm-line');
			fill(incident);
			return incident.row;
		},
		// False if the alarm needs a new row. A new event updates a visible row in place; otherwise the row moves to the
		// end. An event from history belongs at its own id.
		update(alarm, { isLive }) {
			const incident = record(alarm);
			const { row } = incident;

			if (!row?.isConnected)
				return false;
			const isElsewhere = isLive ? range.hasNewest && !scroll.shows(row) : alarm.id > rows.entryOf(row).id;

			if (isElsewhere) {
				scroll.keep(() => rows.remove(row));
				return false;
			}
			fill(incident);
			return true;
		},
		clear: () => incidents.clear(),
	};
}
