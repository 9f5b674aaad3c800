// What the server has recorded of the metrics in a chart: the least, mean and highest value of each interval.

export const RANGES = { '15m': 15 * 60_000, '1h': 60 * 60_000, '24h': 24 * 60 * 60_000 };
// The server sends up to 288.
const MAX_POINTS = 1000;
// The last interval is not complete, and a past that could not be loaded is asked for again.
const REFRESH_MS = { '15m': 10_000, '1h': 30_000, '24h': 60_000 };

const isPoint = (point) => Array.isArray(point) && point.length >= 4 && point.every(Number.isFinite);

// Throws if the answer is not valid. Points are [time, low, mean, high], the oldest first.
function read(answer) {
	const intervalMs = answer.interval_s * 1000;
	const points = answer.points.filter(isPoint).slice(-MAX_POINTS);

	if (!(intervalMs > 0) || points.some(([time], index) => time <= points[index - 1]?.[0]))
		throw new Error();
	return { intervalMs, points };
}

// fetchRecorded(room, name, range) resolves with the answer to GET /metric. onChange() is called when one has been loaded
// or has failed.
export function createRecordings({ fetchRecorded, onChange }) {
	// By metric.
	let known = new Map();
	let wanted = [];
	let range = '15m';
	let timer = 0;
	let hasFailed = false;

	// Another range, or another metric, may be wanted when the answer arrives.
	async function load(metric) {
		const asked = range;
		let loaded = null;

		try {
			loaded = read(await fetchRecorded(metric.room, metric.name, asked));
		} catch {
			// What was loaded before stays.
		}
		if (asked !== range || !wanted.includes(metric))
			return;
		hasFailed = !loaded;
		if (loaded)
			known.set(metric, loaded);
		onChange();
	}

	function loadAll() {
		clearTimeout(timer);
		wanted.forEach(load);
		timer = setTimeout(loadAll, REFRESH_MS[range]);
	}

	return {
		get hasFailed() {
			return hasFailed;
		},
		// null if it is not known.
		of: (metric) => known.get(metric) ?? null,
		show(metrics, newRange) {
			if (range !== newRange)
				known = new Map();
			hasFailed = false;
			wanted = metrics;
			range = newRange;
			loadAll();
		},
		close() {
			clearTimeout(timer);
			wanted = [];
		},
	};
}
