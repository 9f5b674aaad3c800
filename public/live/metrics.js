// What is known of the metrics, by room and name, and how old it is by the server's clock.
import { createServerClock } from './clock.js';
import { createSeries } from './series.js';

export const MOST_METRICS = 500;

export function createMetrics() {
	const all = new Map();
	const leftOut = new Set();
	const clock = createServerClock();
	let opening = 0;

	const keyOf = ({ room, name }) => JSON.stringify([room, name]);
	const now = () => Date.now() - clock.ahead;

	// Only a value that is as new as its frame tells of the clocks; those sent on entering a room may be old.
	function compareClocks(time, isNew) {
		if (isNew || time > Date.now())
			clock.compare(time);
	}

	const ageOf = (metric) => now() - metric.series.lastTime;
	const isStale = (metric) => metric.series.isStale(ageOf(metric));

	// The one that was silent for longest makes room, but no living one does.
	function makeRoom() {
		let oldest = null;

		for (const metric of all.values()) {
			if (isStale(metric) && (!oldest || metric.series.lastTime < oldest.series.lastTime))
				oldest = metric;
		}
		if (oldest)
			all.delete(oldest.key);
		return oldest;
	}

	function put(frame, times, values) {
		const { room, name, unit } = frame;
		const key = keyOf(frame);
		let metric = all.get(key);
		let gone = null;

		if (!metric) {
			gone = all.size < MOST_METRICS ? null : makeRoom();
			if (all.size >= MOST_METRICS) {
				// Counted, but not without end.
				if (leftOut.size < MOST_METRICS)
					leftOut.add(key);
				return { metric: null, gone };
			}
			leftOut.delete(key);
			metric = { key, room, name, series: createSeries() };
			all.set(key, metric);
		}
		metric.opening = opening;
		metric.unit = unit;
		times.forEach((time, index) => metric.series.add(time, values[index]));
		return { metric, gone };
	}

	return {
		now,
		ageOf,
		isStale,
		list: () => all.values(),
		get leftOut() {
			return leftOut.size;
		},
		// Both give { metric, gone }: the one that it belongs to, if there is room for it, and who had to make room.
		take(frame) {
			compareClocks(frame.ts, all.get(keyOf(frame))?.opening === opening);
			return put(frame, [frame.ts], [frame.value]);
		},
		// The times and values that came up to this frame, nobody knows when.
		takePast(frame, times, values) {
			compareClocks(frame.ts, false);
			return put(frame, times, values);
		},
		// Values that are sent again after this may be old.
		reopened() {
			opening++;
		},
	};
}
