// Who is in the room, and who is writing.
import { foldName } from './identity.js';
import { texts } from './texts.js';

const SHOWN_MS = 5000;
const TOLD_MS = 3000;

// onChange({ people, count }), people being { name, via }: the server counts all, but lists only so many.
export function createPeople({ onChange }) {
	const here = new Map();
	let count = 0;

	const add = ({ name, via }) => here.set(foldName(name), { name, via });
	const remove = (name) => here.delete(foldName(name));

	function changed(newCount) {
		count = Math.max(newCount, here.size);
		onChange({ people: Array.from(here.values()), count });
	}

	return {
		names: () => Array.from(here.values(), ({ name }) => name),
		joined(frame) {
			here.clear();
			frame.users.forEach(add);
			changed(frame.count);
		},
		moved({ event, name, was, via, count: newCount }) {
			if (event === 'rename')
				remove(was);
			if (event === 'leave')
				remove(name);
			else
				add({ name, via });
			changed(newCount);
		},
	};
}

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
