// What the reader looks for: words, and from whom, after and before which day, as in "disk from:ann before:2026-11-01".
import { utf8Bytes } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';

const KINDS = ['from', 'after', 'before'];
// The server takes no more.
const MAX_WORDS = 16;
const MAX_BYTES = 256;
// English is understood in every language.
const namesOf = (kind) => [kind, texts.searchOperators[kind]];
const OPERATOR = new RegExp(`(?<=^|\\s)(${KINDS.flatMap(namesOf).join('|')})[:：]\\s?(?:"([^"]*)"?|([^\\s"]*))`, 'giu');
const DAY = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/;

const kindOf = (name) => KINDS.find((kind) => namesOf(kind).includes(name.toLowerCase()));

// The beginning of the day "2026-11-01", and of the day after it, or null.
export function dayOf(text) {
	const [, year, month, day] = (DAY.exec(text) ?? []).map(Number);
	const begin = new Date(year, month - 1, day);

	return begin.getMonth() === month - 1 && begin.getDate() === day ? { begin, end: new Date(year, month - 1, day + 1) } : null;
}

// The parts of what is written in the field, as text: words, from, after, before.
export function partsOf(written) {
	const parts = { from: '', after: '', before: '' };

	for (const [, name, quoted, bare] of written.matchAll(OPERATOR))
		parts[kindOf(name)] = quoted ?? bare;
	return { ...parts, words: written.replace(OPERATOR, ' ').trim().replace(/\s+/g, ' ') };
}

// The same field with another part.
export function withPart(written, kind, value) {
	const { words, ...parts } = { ...partsOf(written), [kind]: value.replaceAll('"', '') };
	const said = KINDS.filter((one) => parts[one]).map((one) => `${texts.searchOperators[one]}:${/\s/.test(parts[one]) ? `"${parts[one]}"` : parts[one]}`);

	return [words, ...said].filter(Boolean).join(' ');
}

// { words, from, after, before } with the first and last moment, or { fault }, or null if there is nothing to look for.
export function queryOf(written) {
	const parts = partsOf(written);
	const after = dayOf(parts.after)?.end;
	const before = dayOf(parts.before)?.begin;

	if ((parts.after && !after) || (parts.before && !before))
		return { fault: texts.searchDay };
	if (!parts.words && !parts.from)
		return parts.after || parts.before ? { fault: texts.searchWords } : null;
	// The server finds a message by its author's name, too.
	const asked = `${parts.words} ${parts.from}`.trim();
	if (new Set(asked.split(/\s+/)).size > MAX_WORDS)
		return { fault: texts.searchTooMany(MAX_WORDS) };
	if (utf8Bytes(asked) > MAX_BYTES)
		return { fault: texts.searchTooLong };
	return { words: parts.words, from: parts.from, asked, after: after?.getTime() ?? -Infinity, before: before?.getTime() ?? Infinity };
}
