// The values of one metric: the last ones, in the order of time, bounded.

export const MOST_POINTS = 3600;
// Cut several at once: taking one from the front of an array moves all others.
const SPARE_POINTS = 400;
// Of so many of the last distances the middle one is the usual interval.
const INTERVALS = 15;
const LEAST_INTERVALS = 3;
const STALE_INTERVALS = 3;
// Where no usual interval is known yet.
const STALE_MS = 60_000;
// A breath more or less between two quick values is the network's.
const LEAST_STALE_MS = 2000;

export function createSeries() {
	let times = [];
	let values = [];

	function usualInterval() {
		const last = times.slice(-INTERVALS - 1);
		const distances = last.slice(1).map((time, index) => time - last[index]);

		if (distances.length < LEAST_INTERVALS)
			return 0;
		return distances.sort((one, other) => one - other)[distances.length >> 1];
	}

	return {
		add(time, value) {
			// The same again after a reconnect, or a clock that was set back.
			while (times.length && times.at(-1) >= time) {
				times.pop();
				values.pop();
			}
			times.push(time);
			values.push(value);
			if (times.length >= MOST_POINTS + SPARE_POINTS) {
				times = times.slice(-MOST_POINTS);
				values = values.slice(-MOST_POINTS);
			}
		},
		// Two arrays of the same length that nobody else may change.
		points: (most = MOST_POINTS) => [times.slice(-most), values.slice(-most)],
		get lastTime() {
			return times.at(-1);
		},
		get lastValue() {
			return values.at(-1);
		},
		isStale(age) {
			const usual = usualInterval();
			return age > (usual ? Math.max(LEAST_STALE_MS, STALE_INTERVALS * usual) : STALE_MS);
		},
	};
}
