// Formats `code`, **bold**, *italic*, quotes, fences, links and mentions as nodes, never as markup. Each expression
// stops at the end of a line or at its own mark, so hostile texts are fast, too.
import { element } from '../base/elements.js';

// Control and format characters end a link: they could disguise the address.
export const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

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

export function link(address, words = address) {
	if (!URL.canParse(address))
		return address;
	const made = element('a', words);
	// Shows the real address: the host in ASCII, after any user info.
	made.title = made.href = new URL(address).href;
	made.rel = 'noopener noreferrer';
	made.target = '_blank';
	// The log is one tab stop, see walk.js.
	made.tabIndex = -1;
	return made;
}

// Returns a link, and the text after it.
export function linkTo(found) {
	const address = withoutTail(found);
	return [link(address), found.slice(address.length)];
}

function build({ link, code, bold, star, score }, mention, depth) {
	if (link)
		return linkTo(link);
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
