// Keeps screen readers from reading out many lines at once.

// They look at a change a moment after it was made.
const HUSH_MS = 1000;

// Gives a function to be called before each such change.
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
