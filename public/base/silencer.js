// Silences a live region while many lines change at once.

// Screen readers look at a change a moment after it.
const SILENCE_MS = 1000;

// Returns a function to call before each such change.
export function createSilencer(region) {
	let timer = 0;

	return function silence() {
		region.ariaLive = 'off';
		clearTimeout(timer);
		timer = setTimeout(() => {
			region.ariaLive = 'polite';
		}, SILENCE_MS);
	};
}
