// All emoji with labels and keywords in the reader's language and English. They come from lib/emoji, see
// config/page/emoji.mjs. Until they are loaded, or if they are missing, the built-in table of emoji.js is used.
import { recall, remember } from '../base/storage.js';
import { texts } from '../words/texts.js';
import { addCodes, emojiOf, listEmoji } from './emoji.js';

const LIBRARY = new URL('../lib/emoji/', import.meta.url);
const AGAIN_AFTER_MS = 60_000;
const RECENT = 'emoji.recent';
const MAX_RECENT = 16;

// Normalises words for comparison: "T-Rex" and "t_rex" are two words each, "-1" is one, and accents are ignored.
function fold(text) {
	const letters = text.normalize('NFD').replaceAll(/\p{Mn}/gu, '').toLowerCase();
	return letters.replaceAll(/[_:,.’“”]|(?<=\p{L})-/gu, ' ').trim();
}

// words holds all search words, each after a space, the label first.
function describe({ emoji, group, toned, codes, label, names }) {
	return { emoji, group, toned, codes, label, words: ` ${[...names, ...codes].map(fold).join(' ')}` };
}

function describeSmall({ emoji, codes }) {
	const label = codes[0].replaceAll('_', ' ');
	return describe({ emoji, codes, label, names: [label] });
}

const small = listEmoji().map(describeSmall);
let whole = null;
let loading = null;

async function load(name) {
	const answer = await fetch(new URL(`${name}.json`, LIBRARY));

	if (!answer.ok)
		throw new Error(`${answer.url}: ${answer.status}`);
	return answer.json();
}

async function loadWhole() {
	const [english, own] = await Promise.all([load('en'), texts.language === 'en' ? {} : load(texts.language)]);
	const smallCodes = new Map(listEmoji().map(({ emoji, codes }) => [emoji, codes]));

	whole = english.map(({ emoji, group, toned, codes, label, tags }) => {
		const here = own[emoji] ?? { label, tags: [] };
		// Codes of the built-in table keep their meaning.
		const free = codes.filter((code) => !emojiOf(code));

		addCodes(free, emoji);
		return describe({
			emoji,
			group,
			toned,
			codes: [...(smallCodes.get(emoji) ?? []), ...free],
			label: here.label,
			names: [here.label, ...here.tags, label, ...tags],
		});
	});
}

// Resolves when all emoji are loaded. After a failure the rejection is cached for AGAIN_AFTER_MS.
export function loadEmoji() {
	loading ??= loadWhole().catch((error) => {
		setTimeout(() => (loading = null), AGAIN_AFTER_MS);
		throw error;
	});
	return loading;
}

export const hasAllEmoji = () => Boolean(whole);

// [{ emoji, group, label, codes, words, toned }]. Entries of the built-in table have no group.
export const allEmoji = () => whole ?? small;

// Lower is better; Infinity means no match. words starts with the label.
function rankOf({ codes, words }, wanted, parts) {
	if (codes.includes(wanted.replaceAll(' ', '_')))
		return 0;
	if (words.startsWith(` ${wanted}`))
		return 1;
	if (parts.every((part) => words.includes(` ${part}`)))
		return 2;
	return parts.every((part) => words.includes(part)) ? 3 : Infinity;
}

const byRank = (one, other) => one.rank - other.rank;

// Entries that match every search word, best first. An empty search matches all.
export function findEmoji(written) {
	const wanted = fold(written);
	const parts = wanted.split(/\s+/);

	return allEmoji()
		.map((entry) => ({ entry, rank: rankOf(entry, wanted, parts) }))
		.filter(({ rank }) => rank < Infinity)
		.sort(byRank)
		.map(({ entry }) => entry);
}

// { code, rank } for an unfinished shortcode, or null. Codes rank first, built-in and short ones before others; then
// labels, then other words.
function completionOf({ codes, label, words }, begun) {
	const code = codes.find((one) => one.startsWith(begun));

	if (code)
		return { code, rank: code.length + (emojiOf(code) ? 0 : 100) };
	if (words.startsWith(` ${begun}`))
		return { code: codes[0], rank: 1000 + label.length };
	return words.includes(` ${begun}`) ? { code: codes[0], rank: 2000 } : null;
}

// [{ entry, code }], best first.
export function completeCode(begun) {
	return allEmoji()
		.map((entry) => ({ entry, ...completionOf(entry, begun) }))
		.filter(({ code }) => code)
		.sort(byRank);
}

// Most recent first.
export function recentEmoji() {
	const known = new Map(allEmoji().map((entry) => [entry.emoji, entry]));
	return recall(RECENT).split(' ').flatMap((emoji) => known.get(emoji) ?? []);
}

export function noteEmoji({ emoji }) {
	const others = recall(RECENT).split(' ').filter((other) => other && other !== emoji);
	remember(RECENT, [emoji, ...others].slice(0, MAX_RECENT).join(' '));
}
