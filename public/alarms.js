// The alarms that stand, of all rooms.

// onChange(alarms) gets them all, the worst first.
export function createAlarms({ onChange }) {
	const standing = new Map();
	const RANKS = { critical: 0, error: 1, warning: 2, info: 3, ok: 4 };

	const keyOf = ({ room, key }) => JSON.stringify([room, key]);

	function changed() {
		onChange(
			Array.from(standing.values()).sort(
				(one, other) => RANKS[one.severity] - RANKS[other.severity] || one.since - other.since,
			),
		);
	}

	return {
		told(alarm) {
			if (alarm.state === 'cleared')
				standing.delete(keyOf(alarm));
			else
				standing.set(keyOf(alarm), alarm);
			changed();
		},
		// They are about to be told anew, or of no interest any more.
		forget(room) {
			for (const [key, alarm] of standing) {
				if (alarm.room === room)
					standing.delete(key);
			}
			changed();
		},
	};
}
