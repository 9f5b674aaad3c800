// The last values of one metric, in time order, bounded.

export const MAX_POINTS = 3600;
// Trim in blocks: removing from the front of an array moves all other elements.
const SPARE_POINTS = 400;
// The usual interval is the median of this many.
const INTERVALS = 15;
const MIN_INTERVALS = 3;
const STALE_INTERVALS = 3;
// Without a known interval.
const STALE_MS = 60_000;
// Short intervals vary with the network delay.
const MIN_STALE_MS = 2000;

export function createSeries() {
	let times = [];
	let values = [];

	function usualInterval() {
		const last = times.slice(-INTERVALS - 1);
		const distances = last.slice(1).map((time, index) => time - last[index]);

		if (distances.length < MIN_INTERVALS)
			return 0;
		return distances.sort((one, other) => one - other)[distances.length >> 1];
	}

	return {
		add(time, value) {
			// A resent value after a reconnect, or a clock that was set back.
			while (times.length && times.at(-1) >= time) {
				times.pop();
				values.pop();
			}
			times.push(time);
			values.push(value);
			if (times.length >= MAX_POINTS + SPARE_POINTS) {
				times = times.slice(-MAX_POINTS);
				values = values.slice(-MAX_POINTS);
			}
		},
		// Copies; the caller may change them.
		points: (most = MAX_POINTS) => [times.slice(-most), values.slice(-most)],
		get lastTime() {
			return times.at(-1);
		},
		get lastValue() {
			return values.at(-1);
		},
		isStale(age) {
			const usual = usualInterval();
			return age > (usual ? Math.max(MIN_STALE_MS, STALE_INTERVALS * usual) : STALE_MS);
		},
	};
}
