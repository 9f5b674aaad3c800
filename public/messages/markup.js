// Formats `code`, **bold**, *italic*, quotes, fences, links and mentions as nodes, never as markup. Each expression
// stops at the end of a line or at its own mark, so hostile texts are fast, too.
import { element } from '../base/elements.js';
import { isSameName } from '../people/identity.js';

// Control and format characters end a link: they could disguise the address.
export const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

const PAIRS = { ')': '(', ']': '[', '}': '{' };
const PUNCTUATION = '.,:;!?*_~';

const FENCE = /^\s{0,3}```\s*([\w+#.-]{0,30})\s*$/;
const QUOTE = /^> ?/;
// Nesting limit.
const DEEPEST = 3;

const INLINE = [
	['link', ADDRESS.source],
	['code', '`[^`\\n]+`'],
	['bold', '\\*\\*(?=\\S)[^*\\n]+(?<=\\S)\\*\\*'],
	['star', '(?<![\\w*])\\*(?=[^\\s*])[^*\\n]+(?<=\\S)\\*(?![\\w*])'],
	['score', '(?<!\\w)_(?=[^\\s_])[^_\\n]+(?<=\\S)_(?!\\w)'],
];
const OTHERS_NAME = '(?<![\\w@])@[\\p{L}\\p{N}][\\p{L}\\p{N}._-]*';

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
	return made;
}

// Returns a link, and the text after it.
export function linkTo(found) {
	const address = withoutTail(found);
	return [link(address), found.slice(address.length)];
}

// The reader's name may contain any characters; other names end at the first unusual one.
function inlineOf(me) {
	const own = me.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
	const parts = [...INLINE, ['mention', `(?<![\\w@])@${own}(?![\\p{L}\\p{N}])|${OTHERS_NAME}`]];

	return new RegExp(parts.map(([kind, source]) => `(?<${kind}>${source})`).join('|'), 'giu');
}

function createFormatter(me) {
	const inline = inlineOf(me);

	function mention(words) {
		const isMine = isSameName(words.slice(1), me);
		const name = isMine ? words.slice(1) : words.slice(1).replace(/[._-]+$/, '');
		const rest = words.slice(1 + name.length);

		return [element(isMine ? 'span.mention.mine' : 'span.mention', `@${name}`), rest];
	}

	function build(groups, depth) {
		const { link, code, bold, star, score, mention: name } = groups;

		if (link)
			return linkTo(link);
		if (code)
			return [element('code', code.slice(1, -1))];
		if (bold)
			return [element('strong', ...format(bold.slice(2, -2), depth + 1))];
		if (name)
			return mention(name);
		return [element('em', ...format((star ?? score).slice(1, -1), depth + 1))];
	}

	function format(text, depth = 0) {
		const nodes = [];
		let end = 0;

		if (depth > DEEPEST)
			return [text];
		for (const match of text.matchAll(inline)) {
			nodes.push(text.slice(end, match.index), ...build(match.groups, depth));
			end = match.index + match[0].length;
		}
		nodes.push(text.slice(end));
		return nodes.filter((node) => node !== '');
	}

	return format;
}

function buildFence(language, lines) {
	const code = element('code', lines.join('\n'));
	const pre = element('pre', code);

	// Scrollable by keyboard.
	pre.tabIndex = 0;
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

// Cached: building the expression for each message is slow.
let formatter = { me: null, format: null };

function formatterFor(me) {
	if (formatter.me !== me)
		formatter = { me, format: createFormatter(me) };
	return formatter.format;
}

// me is the reader's name, whose mentions stand out.
export function withMarkup(text, me) {
	const fragment = document.createDocumentFragment();
	const format = formatterFor(me);

	for (const { kind, lines, language } of splitRuns(text)) {
		if (kind === 'fence')
			fragment.append(buildFence(language, lines));
		else if (kind === 'quote')
			fragment.append(element('blockquote', ...format(lines.map((line) => line.replace(QUOTE, '')).join('\n'))));
		else
			fragment.append(...format(lines.join('\n')));
	}
	return fragment;
}
