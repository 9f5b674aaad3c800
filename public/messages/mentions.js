// Mentions: @NAME, where the name is one that the page knows, whole, or @room, which means everybody. Of several names
// that fit the longest counts: "@Ann Lee" does not mention Ann.
import { element } from '../base/elements.js';
import { ADDRESS, CODE, FENCED, MARK, NAMED, UNSPACED } from '../base/patterns.js';
import { recall, remember } from '../base/storage.js';
import { foldSeen as fold, seen } from '../people/identity.js';

export const EVERYBODY = 'room';

const MAX_REMEMBERED = 300;
// Of a text; more of them are text.
const MAX_MENTIONS = 200;
const MAX_LENGTH = 64;
// What is looked at behind a name.
const TAIL = 8;
const KEY = 'names';

const EVERY_MARK = new RegExp(MARK, 'giv');
// What follows a name, if the name ends there. Chinese, Japanese, Korean and Thai do not separate words.
const CONTINUES = new RegExp(`^[\\-._]{0,4}(?![${UNSPACED}])[\\p{L}\\p{N}]`, 'v');
// Code, quotes and addresses mention nobody.
const SILENT = new RegExp(`${FENCED}|^>.*|${CODE}|${NAMED}|${ADDRESS}`, 'gimv');

// Authors of earlier visits, as written, by their folded form.
const remembered = new Map(recall(KEY).split('\n').filter(Boolean).map((name) => [fold(name), name]));

// Names of authors, the last one first.
export function seenAuthors() {
	const newestFirst = (names) => Array.from(names).reverse();
	return Array.from(new Map([...newestFirst(seen.authors), ...newestFirst(remembered)]).values());
}

addEventListener('pagehide', () => remember(KEY, seenAuthors().slice(0, MAX_REMEMBERED).reverse().join('\n')));

// The name after the @ at this place, as the text has it, or ''. also is a name that is known, too.
function mentionAt(text, at, also = EVERYBODY) {
	const after = text.slice(at + 1, at + 1 + MAX_LENGTH + TAIL);
	const folded = fold(after);
	const other = fold(also);
	const isKnown = (name) =>
		name === EVERYBODY || name === other || seen.authors.has(name) || seen.present.has(name) || remembered.has(name);
	let end = Math.min(after.length, MAX_LENGTH);

	while (end && !(isKnown(folded.slice(0, end)) && !CONTINUES.test(after.slice(end))))
		end--;
	return after.slice(0, end);
}

function isMentionOf(mention, name) {
	return fold(mention) === EVERYBODY || fold(mention) === fold(name);
}

// For markup.js, one for each text: the mention at a place as an element, or null. me is the reader's name.
export function createMarker(me) {
	let left = MAX_MENTIONS;

	return (text, at) => {
		const name = left-- > 0 ? mentionAt(text, at, me) : '';
		return name ? element(isMentionOf(name, me) ? 'span.mention.mine' : 'span.mention', `@${name}`) : null;
	};
}

// True if the text mentions this name, or everybody.
export function mentions(text, name) {
	if (!text.includes('@'))
		return false;
	const heard = text.replace(SILENT, ' ');

	return Array.from(heard.matchAll(EVERY_MARK)).slice(0, MAX_MENTIONS).some(({ index }) => isMentionOf(mentionAt(heard, index, name), name));
}
