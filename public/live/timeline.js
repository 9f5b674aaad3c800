// The points of one metric in a chart, from what the server has recorded and from the values that the page has received.

// Longer than so many usual distances without a value is a gap in the line; in a long range also this part of it.
const GAP_DISTANCES = 3;
const GAP_PART = 1 / 60;

function usualDistance(points) {
	const distances = points.slice(1).map(([time], index) => time - points[index][0]);

	return distances.sort((one, other) => one - other)[distances.length >> 1] ?? 0;
}

// As [time, mean, low, high], in the middle of its interval, but before the values that the page received in it.
function asPoint([time, low, mean, high], intervalMs, firstReceived) {
	return [Math.min(time + intervalMs / 2, firstReceived - 1), mean, low, high];
}

// The recorded intervals of which the page has not received all values, which are more exact.
function missedBy(times, { points, intervalMs }) {
	let at = 0;

	return points.flatMap((point) => {
		const [time] = point;

		while (times[at] < time)
			at++;
		const isReceived = times[at] < time + intervalMs;
		const wasReceived = times[at - 1] >= time - intervalMs;
		return isReceived && wasReceived ? [] : [asPoint(point, intervalMs, isReceived ? times[at] : Infinity)];
	});
}

// received is [times, values]. recorded: see recordings.js, or null. isExact: received values are shown one by one.
// Returns [times, means, lows, highs], with null where the line has a gap.
export function timelineOf({ received: [times, values], recorded, begin, end, isExact }) {
	const all = times.map((time, index) => [time, values[index], values[index], values[index]]);
	const exact = isExact || !recorded ? all : all.slice(-1);
	// The middle of the running interval may be still to come.
	const intervals = (recorded ? missedBy(isExact ? times : [], recorded) : []).map(([time, ...more]) => [Math.min(time, end), ...more]);
	const lastInterval = isExact ? -Infinity : (intervals.at(-1)?.[0] ?? -Infinity);
	const points = [...intervals, ...exact.filter(([time]) => time > lastInterval)]
		.filter(([time]) => time >= begin)
		.sort(([one], [other]) => one - other);
	const gap = Math.max((end - begin) * GAP_PART, GAP_DISTANCES * Math.max(usualDistance(intervals), usualDistance(exact)));
	const columns = [[], [], [], []];

	for (const [index, point] of points.entries()) {
		const before = points[index - 1]?.[0] ?? point[0];

		if (point[0] - before > gap)
			[(before + point[0]) / 2, null, null, null].forEach((value, at) => columns[at].push(value));
		point.forEach((value, at) => columns[at].push(value));
	}
	return columns;
}
