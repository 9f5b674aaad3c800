// The active alarms of the rooms that the reader has joined.

const RANKS = ['critical', 'error', 'warning', 'info', 'ok'];
// The server keeps up to 1,000 per room. In blocks: sorting them for each new one is slow.
const MAX_ALARMS = 5000;
const SPARE = 500;

const active = new Map();
const listeners = new Set();

export const keyOf = ({ room, key }) => JSON.stringify([room, key]);

// Not acknowledged ones first, then by severity, then the newest first.
function byUrgency(one, other) {
	return (
		Boolean(one.acknowledgedBy) - Boolean(other.acknowledgedBy) ||
		RANKS.indexOf(one.severity) - RANKS.indexOf(other.severity) ||
		other.since - one.since
	);
}

function bound() {
	if (active.size <= MAX_ALARMS + SPARE)
		return;
	for (const alarm of activeAlarms.list().slice(MAX_ALARMS))
		active.delete(keyOf(alarm));
}

const tell = (alarm) => listeners.forEach((listen) => listen(alarm));

export const activeAlarms = {
	// The most urgent first.
	list: () => Array.from(active.values()).sort(byUrgency),
	keysOf: (room) => Array.from(active.values()).flatMap((alarm) => (alarm.room === room ? alarm.key || [] : [])),
	// How many there are in each room.
	countByRoom() {
		const counts = new Map();

		for (const { room } of active.values())
			counts.set(room, (counts.get(room) ?? 0) + 1);
		return counts;
	},
	get counts() {
		const unseen = Array.from(active.values()).filter(({ acknowledgedBy }) => !acknowledgedBy).length;
		return { all: active.size, unseen };
	},
	update(alarm) {
		if (alarm.state === 'cleared')
			active.delete(keyOf(alarm));
		else
			active.set(keyOf(alarm), alarm);
		bound();
		tell(alarm);
	},
	// The server sends the room's alarms again, or the reader has left the room.
	forget(room) {
		for (const [key, alarm] of active) {
			if (alarm.room === room)
				active.delete(key);
		}
		tell(null);
	},
	// listen(alarm) is called for each change; alarm is null if alarms were forgotten.
	onChange: (listen) => listeners.add(listen),
};
