// What is known of the alarms in a log: of all that is told of one incident, the newest counts and has the only row.

// Those that were told of longest ago are forgotten.
const MOST = 1000;

export function createIncidents() {
	// { latest, row } by the alarm's key and beginning.
	const known = new Map();

	return {
		told(alarm) {
			const key = JSON.stringify([alarm.key, alarm.since.getTime()]);
			const incident = known.get(key) ?? { latest: alarm, row: null };

			if (alarm.id >= incident.latest.id)
				incident.latest = alarm;
			known.delete(key);
			known.set(key, incident);
			if (known.size > MOST)
				known.delete(known.keys().next().value);
			return incident;
		},
		clear: () => known.clear(),
	};
}
