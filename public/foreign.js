import { element } from './elements.js';

// What came from outside: of any writing direction, and apart from what stands beside it.
export function foreign(text) {
	const made = element('bdi', text);
	made.dir = 'auto';
	return made;
}
