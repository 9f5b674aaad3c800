// How far the reader has come in the room's history: everything up to one id, and perhaps some beyond a gap.

export function createPlace() {
	let epoch = '';
	let last = 0;
	const beyond = new Set();

	return {
		get epoch() {
			return epoch;
		},
		// What the server needs to know to send the rest; empty before the first joined.
		get since() {
			return epoch && `${epoch}:${last}`;
		},
		begin(newEpoch, id) {
			epoch = newEpoch;
			last = id;
			beyond.clear();
		},
		// What comes in order and needs no counting.
		reach(id) {
			last = Math.max(last, id);
		},
		// False if it has come before.
		take(id) {
			if (id <= last || beyond.has(id))
				return false;
			beyond.add(id);
			while (beyond.delete(last + 1))
				last++;
			return true;
		},
	};
}
