// Silences a live region while many lines change at once.

// Screen readers look at a change a moment after it.
const HUSH_MS = 1000;

// Returns a function to call before each such change.
export function createHush(region) {
	let timer = 0;

	return function hush() {
		region.ariaLive = 'off';
		clearTimeout(timer);
		timer = setTimeout(() => {
			region.ariaLive = 'polite';
		}, HUSH_MS);
	};
}
