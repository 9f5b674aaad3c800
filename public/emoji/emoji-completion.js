// Completion of an unfinished shortcode.
import { element } from '../base/elements.js';
import { texts } from '../words/texts.js';
import { completeCode, hasAllEmoji, loadEmoji, noteEmoji } from './emoji-set.js';

const MAX_LENGTH = 40;
// Two letters at least: ":D" is an emoticon. ":30" is a time, and "a:b" is no shortcode. A Chinese word may be short
// and follow a fullwidth colon.
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
		// The built-in table is offered instead.
	}
}

// Completions of the shortcode before the caret: { start, label, offers }, or null. onLoaded() is called when there are
// more.
export function offerEmoji(before, most, onLoaded) {
	const match = UNFINISHED.exec(before.slice(-MAX_LENGTH));

	if (!match)
		return null;
	if (!hasAllEmoji())
		loadFor(onLoaded);
	const begun = (match[1] ?? match[2]).toLowerCase();
	const offers = completeCode(begun).slice(0, most).map(describe);

	return { start: before.length - begun.length - 1, label: texts.pickerLabel, offers };
}
