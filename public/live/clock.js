// Estimates how far this clock is ahead of the server's, from the times in frames that were just sent. A delay only
// increases the difference, so the minimum is used. Clocks drift and are adjusted, so only the last one or two minutes
// count.

const PERIOD_MS = 60_000;

export function createServerClock() {
	// Minimum of this period and of the previous one.
	let least = Infinity;
	let formerLeast = Infinity;
	let begun = -Infinity;

	return {
		// 0 if unknown.
		get ahead() {
			const distance = Math.min(least, formerLeast);
			return distance === Infinity ? 0 : distance;
		},
		compare(time) {
			// performance.now() does not change when the clock is set.
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
