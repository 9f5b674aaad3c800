// Formats `code`, **bold**, *italic*, quotes, fences, links, mentions and #rooms as nodes, never as markup. Each expression
// stops at the end of a line or at its own mark, so hostile texts are fast, too.
import { addressOf, placeOf } from '../base/address.js';
import { element } from '../base/elements.js';
import { foldName } from '../people/identity.js';

// Control and format characters end a link: they could disguise the address.
const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

// Where a mention may be. Not in an address or a path: "ann@example.org", "example.org/@ann".
export const MARK = '(?<![a-z0-9@/])@(?=[^\\s@])';

const PAIRS = { ')': '(', ']': '[', '}': '{' };
const PUNCTUATION = '.,:;!?*_~';

const FENCE = /^\s{0,3}```\s*([\w+#.-]{0,30})\s*$/;
const QUOTE = /^> ?/;
// Nesting limit.
const DEEPEST = 3;

const PARTS = {
	link: ADDRESS.source,
	code: '`[^`\\n]+`',
	bold: '\\*\\*(?=\\S)[^*\\n]+(?<=\\S)\\*\\*',
	star: '(?<![\\w*])\\*(?=[^\\s*])[^*\\n]+(?<=\\S)\\*(?![\\w*])',
	score: '(?<!\\w)_(?=[^\\s_])[^_\\n]+(?<=\\S)_(?!\\w)',
	room: '(?<![\\w#&/])#[\\p{L}\\p{N}](?:[\\p{L}\\p{N}._-]*[\\p{L}\\p{N}_])?',
	mark: MARK,
};
const INLINE = new RegExp(Object.entries(PARTS).map(([kind, source]) => `(?<${kind}>${source})`).join('|'), 'giu');

// Removes trailing punctuation: "see https://a.b/c." and "(https://a.b/c)", but not "https://a.b/c_(d)".
function withoutTail(address) {
	const count = (character) => address.split(character).length;
	const surplus = {};
	let end = address.length;

	for (const [closing, opening] of Object.entries(PAIRS))
		surplus[closing] = count(closing) - count(opening);
	for (; end > 0; end--) {
		const last = address[end - 1];

		if (surplus[last] > 0)
			surplus[last]--;
		else if (!PUNCTUATION.includes(last))
			break;
	}
	return address.slice(0, end);
}

// Names by their folded form.
let knownRooms = new Map();

function showRoom(link) {
	const name = knownRooms.get(foldName(link.textContent.slice(1)));

	if (name)
		link.href = addressOf('room', name);
	else
		link.removeAttribute('href');
}

// The names of all rooms, which may be known later than the messages.
export function linkRooms(names, log) {
	knownRooms = new Map(names.map((name) => [foldName(name), name]));
	log.querySelectorAll('.room-link').forEach(showRoom);
}

function buildRoom(words) {
	const made = element('a.room-link', words);

	made.tabIndex = -1;
	showRoom(made);
	return made;
}

// A place of this very page.
const isPlace = ({ href, hash }) => href === new URL(hash, location.href).href && placeOf(hash).length > 0;

export function link(address, words = address) {
	if (!URL.canParse(address))
		return address;
	const made = element('a', words);
	// Shows the real address: the host in ASCII, after any user info.
	made.title = made.href = new URL(address).href;
	if (!isPlace(made)) {
		made.rel = 'noopener noreferrer';
		made.target = '_blank';
	}
	// The log is one tab stop, see walk.js.
	made.tabIndex = -1;
	return made;
}

// Returns a link, and the text after it.
function linkTo(found) {
	const address = withoutTail(found);
	return [link(address), found.slice(address.length)];
}

// Of a text without other formats.
export function withLinks(text) {
	const fragment = document.createDocumentFragment();
	let end = 0;

	for (const match of text.matchAll(ADDRESS)) {
		fragment.append(text.slice(end, match.index), ...linkTo(match[0]));
		end = match.index + match[0].length;
	}
	fragment.append(text.slice(end));
	return fragment;
}

function build({ link, code, bold, star, score, room }, mention, depth) {
	if (link)
		return linkTo(link);
	if (room)
		return [buildRoom(room)];
	if (code)
		return [element('code', code.slice(1, -1))];
	if (bold)
		return [element('strong', ...format(bold.slice(2, -2), mention, depth + 1))];
	return [element('em', ...format((star ?? score).slice(1, -1), mention, depth + 1))];
}

function format(text, mention, depth = 0) {
	const nodes = [];
	let end = 0;

	if (depth > DEEPEST)
		return [text];
	for (const { 0: found, index, groups } of text.matchAll(INLINE)) {
		const named = groups.mark && mention?.(text, index);

		// Inside a name, or there is no such name.
		if (index < end || (groups.mark && !named))
			continue;
		nodes.push(text.slice(end, index), ...(named ? [named] : build(groups, mention, depth)));
		end = index + (named ? named.textContent.length : found.length);
	}
	nodes.push(text.slice(end));
	return nodes.filter((node) => node !== '');
}

function buildFence(language, lines) {
	const code = element('code', lines.join('\n'));
	const pre = element('pre', code);

	// Scrollable by keyboard once its row has the focus.
	pre.tabIndex = -1;
	pre.dir = 'ltr';
	return element('div.fence', ...(language ? [element('span.fence-language', language)] : []), pre);
}

// Returns runs of lines: { kind, lines, language }, kind being text, quote or fence.
function splitRuns(text) {
	const runs = [];
	let fence = null;

	for (const line of text.split('\n')) {
		const mark = FENCE.exec(line);
		const kind = QUOTE.test(line) ? 'quote' : 'text';

		if (fence && mark && !mark[1]) {
			fence = null;
		} else if (fence) {
			fence.lines.push(line);
		} else if (mark) {
			fence = { kind: 'fence', language: mark[1], lines: [] };
			runs.push(fence);
		} else if (runs.at(-1)?.kind === kind) {
			runs.at(-1).lines.push(line);
		} else {
			runs.push({ kind, lines: [line] });
		}
	}
	return runs;
}

// mention(text, index) builds the mention that begins there, if any.
export function withMarkup(text, mention) {
	const fragment = document.createDocumentFragment();

	for (const { kind, lines, language } of splitRuns(text)) {
		if (kind === 'fence')
			fragment.append(buildFence(language, lines));
		else if (kind === 'quote')
			fragment.append(element('blockquote', ...format(lines.map((line) => line.replace(QUOTE, '')).join('\n'), mention)));
		else
			fragment.append(...format(lines.join('\n'), mention));
	}
	return fragment;
}
