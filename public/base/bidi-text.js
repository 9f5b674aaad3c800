import { element } from './elements.js';

// Text from outside in its own bidi isolate: its writing direction must not reorder the text next to it.
export function bidiText(text) {
	const made = element('bdi', text);
	made.dir = 'auto';
	return made;
}
