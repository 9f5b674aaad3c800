// How long to wait before the next attempt.

const FIRST_MS = 1000;
const LONGEST_MS = 30000;

// Half of it by chance: the pages of a restarted server must not all return in the same instant.
export function delayAfter(failures) {
	return Math.min(FIRST_MS * 2 ** failures, LONGEST_MS) * (0.5 + Math.random() / 2);
}
