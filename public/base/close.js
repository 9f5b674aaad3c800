import { button } from './elements.js';

// The ✕ button that closes a panel.
export function buildClose(words) {
	const made = button('round', '✕');
	made.ariaLabel = words;
	return made;
}
