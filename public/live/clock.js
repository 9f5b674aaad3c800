// How far this clock is ahead of the server's, from the times in frames that have just come: none comes before it was
// sent, so the least distance counts. But clocks are set, and run apart by seconds a day: so only that of the last one or
// two minutes does.

const PERIOD_MS = 60_000;

export function createServerClock() {
	// Of this period and of the one before.
	let least = Infinity;
	let formerLeast = Infinity;
	let begun = -Infinity;

	return {
		// 0 where nothing is known.
		get ahead() {
			const distance = Math.min(least, formerLeast);
			return distance === Infinity ? 0 : distance;
		},
		compare(time) {
			// No clock that could be set meanwhile.
			const now = performance.now();

			if (now - begun >= PERIOD_MS) {
				formerLeast = least;
				least = Infinity;
				begun = now;
			}
			least = Math.min(least, Date.now() - time);
		},
	};
}
