// The metrics by room and name, with their ages by the server's clock.
import { createServerClock } from './clock.js';
import { createSeries } from './series.js';

export const MAX_METRICS = 500;

export function createMetrics() {
	const all = new Map();
	const leftOut = new Set();
	const clock = createServerClock();
	let opening = 0;

	const keyOf = ({ room, name }) => JSON.stringify([room, name]);
	const now = () => Date.now() - clock.ahead;

	// Values sent on joining may be old, so they say nothing about the clocks unless they are in the future.
	function compareClocks(time, isNew) {
		if (isNew || time > Date.now())
			clock.compare(time);
	}

	const ageOf = (metric) => now() - metric.series.lastTime;
	const isStale = (metric) => metric.series.isStale(ageOf(metric));

	// Drops the stale metric with the oldest value. Fresh metrics stay.
	function evict() {
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
			gone = all.size < MAX_METRICS ? null : evict();
			if (all.size >= MAX_METRICS) {
				// Bounded; only the number is shown.
				if (leftOut.size < MAX_METRICS)
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
		// take and takePast return { metric, gone }: the updated metric, or null if there is no room, and a metric
		// dropped for it.
		take(frame) {
			compareClocks(frame.ts, all.get(keyOf(frame))?.opening === opening);
			return put(frame, [frame.ts], [frame.value]);
		},
		// The values arrived some time ago, so they say nothing about the clocks.
		takePast(frame, times, values) {
			compareClocks(frame.ts, false);
			return put(frame, times, values);
		},
		// Returns the metrics of a room, which are dropped.
		forget(room) {
			const gone = Array.from(all.values()).filter((metric) => metric.room === room);

			gone.forEach(({ key }) => all.delete(key));
			return gone;
		},
		// After a reconnect the server sends values again, which may be old.
		reopened() {
			opening++;
		},
	};
}
