// `code`, **bold**, *italic*, quotes, fences, links and mentions, as nodes and never as markup. Every expression stops at
// the end of a line or at its own mark, so that none takes long over a hostile text.
import { element } from './elements.js';
import { isSameName } from './identity.js';

// Stops at characters that could show another address than the real one, too.
export const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

const PAIRS = { ')': '(', ']': '[', '}': '{' };
const PUNCTUATION = '.,:;!?*_~';

const FENCE = /^\s{0,3}```\s*([\w+#.-]{0,30})\s*$/;
const QUOTE = /^> ?/;
// Formats within formats, at most.
const DEEPEST = 3;

const INLINE = [
	['link', ADDRESS.source],
	['code', '`[^`\\n]+`'],
	['bold', '\\*\\*(?=\\S)[^*\\n]+(?<=\\S)\\*\\*'],
	['star', '(?<![\\w*])\\*(?=[^\\s*])[^*\\n]+(?<=\\S)\\*(?![\\w*])'],
	['score', '(?<!\\w)_(?=[^\\s_])[^_\\n]+(?<=\\S)_(?!\\w)'],
];
const OTHERS_NAME = '(?<![\\w@])@[\\p{L}\\p{N}][\\p{L}\\p{N}._-]*';

// "see https://a.b/c." and "(https://a.b/c)" end before the punctuation, "https://a.b/c_(d)" does not.
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

function link(address) {
	if (!URL.canParse(address))
		return address;
	const url = new URL(address);
	const element = document.createElement('a');
	element.href = url.href;
	// Where it really leads: the host in ASCII, what stands before an @ as such.
	element.title = url.href;
	element.rel = 'noopener noreferrer';
	element.target = '_blank';
	element.textContent = address;
	return element;
}

// What an address that was found becomes: a link, and what stood behind it.
export function linkTo(found) {
	const address = withoutTail(found);
	return [link(address), found.slice(address.length)];
}

// Only of the reader's own name is it known where it ends.
function inlineOf(me) {
	const own = me.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
	const parts = [...INLINE, ['mention', `(?<![\\w@])@${own}(?![\\p{L}\\p{N}])|${OTHERS_NAME}`]];

	return new RegExp(parts.map(([kind, source]) => `(?<${kind}>${source})`).join('|'), 'giu');
}

function createFormatter(me) {
	const inline = inlineOf(me);

	function mention(words) {
		const name = words.slice(1).replace(/[._-]+$/, '');
		const rest = words.slice(1 + name.length);
		const isMine = isSameName(name, me);

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

	// It scrolls sideways, by keyboard too.
	pre.tabIndex = 0;
	pre.dir = 'ltr';
	return element('div.fence', ...(language ? [element('span.fence-language', language)] : []), pre);
}

// The lines in runs: { kind, lines, language }, kind being text, quote or fence.
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

// Its expression is not made anew for each message of a flood.
let formatter = { me: null, format: null };

function formatterFor(me) {
	if (formatter.me !== me)
		formatter = { me, format: createFormatter(me) };
	return formatter.format;
}

// The nodes of a text, for a reader who is called me.
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
