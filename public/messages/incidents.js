// The alarms in a log, by incident. All events of one incident share one row, which shows the newest event.

// The least recently updated are dropped.
const MAX_INCIDENTS = 1000;

export function createIncidents() {
	// { latest, row } by the alarm's key and start.
	const known = new Map();

	return {
		record(alarm) {
			const key = JSON.stringify([alarm.key, alarm.since.getTime()]);
			const incident = known.get(key) ?? { latest: alarm, row: null };

			if (alarm.id >= incident.latest.id)
				incident.latest = alarm;
			known.delete(key);
			known.set(key, incident);
			if (known.size > MAX_INCIDENTS)
				known.delete(known.keys().next().value);
			return incident;
		},
		clear: () => known.clear(),
	};
}
