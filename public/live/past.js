// Metric values that arrived before the Live view was loaded, bounded.

const MAX_KEPT = 1000;
// Points per metric, and in total.
const MAX_POINTS = 120;
const MAX_POINTS_IN_ALL = 30_000;

export const hasPoint = ({ ts, value }) => Number.isFinite(ts) && Number.isFinite(value);

// Per key: the metric's last frame, and its last times and values.
export function createPast() {
	const kept = new Map();
	let count = 0;

	function cut({ times, values }, most) {
		const surplus = Math.max(0, times.length - most);

		times.splice(0, surplus);
		values.splice(0, surplus);
		count -= surplus;
	}

	function evict() {
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
			cut({ times, values }, MAX_POINTS);
			if (kept.size > MAX_KEPT)
				evict();
			// Over the total, every metric loses half of its points.
			if (count > MAX_POINTS_IN_ALL)
				kept.forEach((one) => cut(one, Math.ceil(one.times.length / 2)));
		},
		// Returns and removes everything.
		take() {
			const all = Array.from(kept.values());

			kept.clear();
			count = 0;
			return all;
		},
	};
}
