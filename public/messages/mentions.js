// Mentions: @NAME, where the name is one that the page knows, whole, or @room, which means everybody. Of several names
// that fit the longest counts: "@Ann Lee" does not mention Ann.
import { recall, remember } from '../base/storage.js';

export const EVERYBODY = 'room';

const MAX_AUTHORS = 300;
const MAX_PRESENT = 5000;
const MAX_LENGTH = 64;
// What is looked at behind a name.
const TAIL = 8;
const PAUSE_MS = 2000;
const KEY = 'names';

// Not in an address or a path: "ann@example.org", "example.org/@ann".
export const MARK = '(?<![a-z0-9@/])@(?=[^\\s@])';
const EVERY_MARK = new RegExp(MARK, 'giu');
// What follows a name, if the name ends there. Chinese, Japanese, Korean and Thai do not separate words.
const CONTINUES = /^[-._]{0,4}(?![\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}])[\p{L}\p{N}]/u;
// Code, quotes and addresses mention nobody.
const SILENT = /^[^\S\n]{0,3}```[^]*?(?:^[^\S\n]{0,3}```|(?![^]))|^>.*|`[^`\n]+`|https?:\/\/\S+/gm;

// Names as written by their folded form, the oldest first. Only the authors are stored.
const authors = new Map();
const present = new Map();
let longestName = EVERYBODY.length;
let timer = 0;

// As long as the name: no other letter grows in lower case.
const fold = (name) => name.replaceAll('İ', 'i').toLowerCase();

function put(names, most, name) {
	names.delete(fold(name));
	names.set(fold(name), name);
	longestName = Math.max(longestName, Math.min(name.length, MAX_LENGTH));
	if (names.size > most)
		names.delete(names.keys().next().value);
}

function write() {
	timer = 0;
	// Signing out has removed the session; do not store again.
	if (recall('session'))
		remember(KEY, Array.from(authors.values()).join('\n'));
}

recall(KEY)
	.split('\n')
	.filter(Boolean)
	.forEach((name) => put(authors, MAX_AUTHORS, name));

export const notePresent = (name) => put(present, MAX_PRESENT, name);

export function noteAuthor(name) {
	if (!authors.has(fold(name)))
		timer ||= setTimeout(write, PAUSE_MS);
	put(authors, MAX_AUTHORS, name);
}

// Names of authors, the last one first.
export const seenAuthors = () => Array.from(authors.values()).reverse();

// The name after the @ at this place, as the text has it, or ''. also is a name that is known, too.
export function mentionAt(text, at, also = EVERYBODY) {
	const longest = Math.max(longestName, also.length);
	const after = text.slice(at + 1, at + 1 + longest + TAIL);
	const folded = fold(after);
	const other = fold(also);
	const isKnown = (name) => name === EVERYBODY || name === other || authors.has(name) || present.has(name);
	let end = Math.min(after.length, longest);

	while (end && !(isKnown(folded.slice(0, end)) && !CONTINUES.test(after.slice(end))))
		end--;
	return after.slice(0, end);
}

export function isMentionOf(mention, name) {
	return fold(mention) === EVERYBODY || fold(mention) === fold(name);
}

// True if the text mentions this name, or everybody.
export function mentions(text, name) {
	if (!text.includes('@'))
		return false;
	const heard = text.replace(SILENT, ' ');

	return Array.from(heard.matchAll(EVERY_MARK)).some(({ index }) => isMentionOf(mentionAt(heard, index, name), name));
}
