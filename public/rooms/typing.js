// Who is typing, and telling others that the reader is.
import { foldName } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';

// How long typing is shown, and how often it is reported.
const SHOWN_MS = 5000;
const NOTIFY_MS = 3000;

// onChange(words) gets the text to show.
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
		started(name) {
			clearTimeout(writing.get(foldName(name))?.timer);
			writing.set(foldName(name), { name, timer: setTimeout(() => stopped(name), SHOWN_MS) });
			show();
		},
		stopped,
		clear: () => Array.from(writing.values()).forEach(({ name }) => stopped(name)),
	};
}

// wrote() is called on each input; notify() less often.
export function createTypingNotifier(notify) {
	let notifiedAt = -Infinity;

	return {
		wrote() {
			if (performance.now() - notifiedAt < NOTIFY_MS)
				return;
			notifiedAt = performance.now();
			notify();
		},
		sent() {
			notifiedAt = -Infinity;
		},
	};
}
