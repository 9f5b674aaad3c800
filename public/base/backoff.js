// Delays for retries.
const FIRST_MS = 1000;
const MAX_MS = 30000;

// Half of the delay is random, so that pages do not reconnect all at once.
export function delayAfter(failures) {
	return Math.min(FIRST_MS * 2 ** failures, MAX_MS) * (0.5 + Math.random() / 2);
}
