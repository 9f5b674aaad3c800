// Who is writing.
import { foldName } from './names.js';
import { texts } from './texts.js';

const SHOWN_MS = 5000;
const TOLD_MS = 3000;

// onChange(words) says who was last heard to write.
export function createTypingLine(onChange) {
	const writing = new Map();

	function show() {
		onChange(writing.size ? texts.typing(Array.from(writing.values(), ({ name }) => name)) : '');
	}

	function stopped(name) {
		clearTimeout(writing.get(foldName(name))?.timer);
		if (writing.delete(foldName(name)))
			show();
	}

	return {
		heard(name) {
			clearTimeout(writing.get(foldName(name))?.timer);
			writing.set(foldName(name), { name, timer: setTimeout(() => stopped(name), SHOWN_MS) });
			show();
		},
		stopped,
		clear: () => Array.from(writing.values()).forEach(({ name }) => stopped(name)),
	};
}

// Gives a function to be called for every letter; tell() is called now and then.
export function createTypingTeller(tell) {
	let toldAt = -Infinity;

	return {
		wrote() {
			if (performance.now() - toldAt < TOLD_MS)
				return;
			toldAt = performance.now();
			tell();
		},
		// The next letter begins something new.
		sent() {
			toldAt = -Infinity;
		},
	};
}
