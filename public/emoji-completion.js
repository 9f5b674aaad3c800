// What a shortcode that is being written may become.
import { element } from './elements.js';
import { completeCode, hasAllEmoji, loadEmoji, noteEmoji } from './emoji-set.js';
import { texts } from './texts.js';

const LONGEST = 40;
// ":30" is a time, ":D" a face, and a colon behind a word says what follows. Chinese words are short, and their colon is
// another one.
const UNFINISHED = /(?:(?<![\w:]):([a-z+][\w+-]+)|(?<![\p{L}\p{N}_:：])[:：](\p{Script=Han}+))$/iu;

function describe({ entry, code }) {
	return {
		text: entry.emoji,
		parts: () => [
			element('span.sample', entry.emoji),
			element('bdi', `:${code}:`),
			...(entry.label === code ? [] : [element('small', entry.label)]),
		],
		onTake: () => noteEmoji(entry),
	};
}

async function loadFor(onLoaded) {
	try {
		await loadEmoji();
		onLoaded();
	} catch {
		// Those of the small table are offered.
	}
}

// { start, label, offers } for the text up to the caret, or null; onLoaded() is called when there is more to offer.
export function offerEmoji(before, most, onLoaded) {
	const match = UNFINISHED.exec(before.slice(-LONGEST));

	if (!match)
		return null;
	if (!hasAllEmoji())
		loadFor(onLoaded);
	const begun = (match[1] ?? match[2]).toLowerCase();
	const offers = completeCode(begun).slice(0, most).map(describe);

	return { start: before.length - begun.length - 1, label: texts.pickerLabel, offers };
}
