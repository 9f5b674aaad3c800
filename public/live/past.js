// What came of metrics before Live was looked at, as far as it is kept for it.

const MOST_KEPT = 1000;
// Points of one metric, and of all.
const MOST_POINTS = 120;
const MOST_POINTS_IN_ALL = 30_000;

export const hasPoint = ({ ts, value }) => Number.isFinite(ts) && Number.isFinite(value);

// What came of metrics, by a key: of each the last frame, and the times and values of the last ones.
export function createPast() {
	const kept = new Map();
	let count = 0;

	function cut({ times, values }, most) {
		const surplus = Math.max(0, times.length - most);

		times.splice(0, surplus);
		values.splice(0, surplus);
		count -= surplus;
	}

	function makeRoom() {
		const [[key, longestSilent]] = kept;

		cut(longestSilent, 0);
		kept.delete(key);
	}

	return {
		add(key, frame) {
			const { times, values } = kept.get(key) ?? { times: [], values: [] };

			kept.delete(key);
			kept.set(key, { frame, times, values });
			times.push(frame.ts);
			values.push(frame.value);
			count++;
			cut({ times, values }, MOST_POINTS);
			if (kept.size > MOST_KEPT)
				makeRoom();
			// The more metrics there are, the less is kept of each.
			if (count > MOST_POINTS_IN_ALL)
				kept.forEach((one) => cut(one, Math.ceil(one.times.length / 2)));
		},
		// Gives all of it, and forgets it.
		take() {
			const all = Array.from(kept.values());

			kept.clear();
			count = 0;
			return all;
		},
	};
}
