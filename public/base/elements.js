// Helpers that build elements, and for live regions. Children are elements or text, never markup.

// Screen readers look at a change a moment after it.
const SILENCE_MS = 1000;

export const at = (id) => document.getElementById(id);

// element('p.note', 'text', element('b', 'more'))
export function element(tagAndClasses, ...children) {
	const [tag, ...classes] = tagAndClasses.split('.');
	const made = document.createElement(tag);

	if (classes.length)
		made.className = classes.join(' ');
	made.append(...children);
	return made;
}

export function button(classes, ...children) {
	const made = element(`button.${classes}`, ...children);
	made.type = 'button';
	return made;
}

// Silences a live region while many lines change at once. Returns a function to call before each such change.
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
