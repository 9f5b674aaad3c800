// Formats `code`, **bold**, *italic*, ~~struck~~, [named](links), lists, quotes, fences, mentions and #rooms as nodes, never
// as markup.
import { link } from '../base/address.js';
import { element } from '../base/elements.js';
import { ADDRESS, CODE, MARK, NAMED, ROOM } from '../base/patterns.js';
import { addStylesheet } from '../base/stylesheet.js';
import { buildRoom, withoutTail } from './links.js';

await addStylesheet(new URL('markup.css', import.meta.url));

const INLINE = {
	code: CODE,
	named: NAMED,
	address: `(?<address>${ADDRESS})`,
	room: `(?<room>${ROOM})`,
	mark: `(?<mark>${MARK})`,
	run: '(?<run>\\*+|_+|~+|\\n)',
};
const ALL = new RegExp(Object.values(INLINE).join('|'), 'giv');
// Inside a link.
const WORDS = new RegExp(`${INLINE.code}|${INLINE.run}`, 'giv');

const TAGS = { '**': 'strong', '*': 'em', _: 'em', '~~': 'del' };
const FENCE = /^\s{0,3}```\s*([\w+#.-]{0,30})$/;
const QUOTE = /^> ?/;
// Not "- - -".
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,3})\.) +(?=\S)(?![-*+](?: |$))/;
// Nesting limit.
const DEEPEST = 4;

// Words that look like another address than the real one are followed by its host.
function named(words, address) {
	const made = link(address, ...formatInline(words, WORDS));
	const host = made.host?.replace(/^www\./, '');

	if (host && /[\p{L}\p{N}]\p{P}[\p{L}\p{N}]|\/\//v.test(words) && !words.replace(/^https?:\/\/(?:www\.)?/, '').startsWith(host))
		made.append(` (${host})`);
	return made;
}

// Joins texts, so that a text of marks is one node.
function put(nodes, node) {
	if (typeof node === 'string' && typeof nodes.at(-1) === 'string')
		nodes.push(nodes.pop() + node);
	else if (node)
		nodes.push(node);
}

// The marks that are open in a text, the innermost last, each kind once; the first is the text itself.
function createMarks() {
	const open = [{ mark: '', nodes: [] }];
	const add = (node) => put(open.at(-1).nodes, node);
	const placeOf = (mark) => open.findIndex((one) => one.mark === mark);

	// It has no partner, so it is text.
	function drop(at) {
		const [{ mark, nodes }] = open.splice(at, 1);
		[mark, ...nodes].forEach((node) => put(open[at - 1].nodes, node));
	}

	function dropFrom(at) {
		while (open.length > at)
			drop(at);
	}

	function begin(mark) {
		if (placeOf(mark) > 0)
			drop(placeOf(mark));
		open.push({ mark, nodes: [] });
	}

	function close(mark) {
		dropFrom(placeOf(mark) + 1);
		const { nodes } = open.pop();
		add(element(TAGS[mark], ...nodes));
	}

	return {
		add,
		get all() {
			return open.map(({ mark }) => mark).join('');
		},
		// A run of marks, and the characters around it. A single mark neither begins nor ends inside of a word.
		turn(run, before, after) {
			if (run === '\n')
				dropFrom(1);
			const marks = run === '***' ? ['**', '*'] : [run];
			const touches = (inside, outside) => /\S/.test(inside) && !(TAGS[run] === 'em' && /\w/.test(outside));
			const closed = touches(before, after) ? open.map(({ mark }) => mark).filter((mark) => mark && marks.includes(mark)) : [];

			if (closed.length) {
				closed.reverse().forEach(close);
				add(run.slice(closed.join('').length));
			} else if (TAGS[marks[0]] && touches(after, before)) {
				marks.forEach(begin);
			} else {
				add(run);
			}
		},
		end() {
			dropFrom(1);
			return open[0].nodes;
		},
	};
}

// The node for what was found, or nothing. marks as above, mention as below.
function build({ index, groups: { code, words, to, address, room, mark, run } }, text, marks, mention) {
	if (mark)
		return mention?.(text, index);
	if (address)
		return link(withoutTail(address, marks.all));
	if (code)
		return element('code', code.replace(/^ (.*\S.*) $/, '$1'));
	if (words)
		return named(words, to);
	if (room)
		return buildRoom(room);
	return run;
}

// pattern finds what is formatted. mention(text, index) builds the mention that begins there, if any.
function formatInline(text, pattern, mention) {
	const marks = createMarks();
	let end = 0;
	let match;

	pattern.lastIndex = 0;
	while ((match = pattern.exec(text))) {
		const { 0: found, index, groups } = match;
		const node = build(match, text, marks, mention);
		let next = index + found.length;

		if (node) {
			// Names and addresses may be shorter than what was found.
			if (groups.mark || groups.address)
				next = index + (node.textContent ?? node).length;
			marks.add(text.slice(end, index));
			if (groups.run)
				marks.turn(node, text[index - 1] ?? ' ', text[next] ?? ' ');
			else
				marks.add(node);
			end = next;
		}
		pattern.lastIndex = next;
	}
	marks.add(text.slice(end));
	return marks.end();
}

function buildFence(language, lines) {
	const code = element('code', lines.join('\n'));
	const pre = element('pre', code);

	// Scrollable by keyboard once its row has the focus.
	pre.tabIndex = -1;
	pre.dir = 'ltr';
	return element('div.fence', ...(language ? [element('span.fence-language', language)] : []), pre);
}

const fenceOf = (line) => FENCE.exec(line.trimEnd());
const spaced = (line) => line.replace(/^[ \t]+/, (blanks) => blanks.replaceAll('\t', '    '));
const indentOf = (line) => spaced(line).search(/[^ ]|$/);

// Fences, quotes, lists and what is between them. Each is made of lines, and has such blocks in it, up to a depth.
function buildBlocks(lines, mention, depth = 0) {
	const nodes = [];
	const isQuote = (line) => depth < DEEPEST && QUOTE.test(line);
	const itemOf = (line) => depth < DEEPEST && ITEM.exec(line ?? '');
	let at = 0;

	function take(belongs) {
		const begin = at;

		while (at < lines.length && belongs(lines[at], lines[at + 1] ?? ''))
			at++;
		return lines.slice(begin, at);
	}

	function buildQuote() {
		const quoted = take(isQuote).map((line) => line.replace(QUOTE, ''));
		return element('blockquote', ...buildBlocks(quoted, mention, depth + 1));
	}

	// What is below an item and indented belongs to it.
	function buildItem([marker]) {
		const first = lines[at++].slice(marker.length);
		const isInside = (line) => line.trim() && indentOf(line) >= marker.search(/\S/) + 2;
		const more = take((line, next) => isInside(line) || (!line.trim() && isInside(next)));
		const cut = Math.min(marker.length, indentOf(more[0] ?? ''));

		return element('li', ...buildBlocks([first, ...more.map((line) => spaced(line).slice(cut))], mention, depth + 1));
	}

	function buildList() {
		const isOrdered = Boolean(itemOf(lines[at])[1]);
		const list = element(isOrdered ? 'ol' : 'ul');
		let number = '';
		let item;

		while ((item = itemOf(lines[at])) && Boolean(item[1]) === isOrdered) {
			const made = buildItem(item);

			// "1. 1. 1." are counted, other numbers stay as written.
			if (item[1] && item[1] !== number)
				made.value = number = item[1];
			list.append(made);
		}
		return list;
	}

	while (at < lines.length) {
		// A block keeps its distance by itself.
		if (nodes.length)
			take((line) => !line.trim());
		if (at === lines.length)
			break;
		const fence = fenceOf(lines[at]);

		if (fence) {
			at++;
			nodes.push(buildFence(fence[1], take((line) => !fenceOf(line) || fenceOf(line)[1])));
			at++;
		} else if (isQuote(lines[at])) {
			nodes.push(buildQuote());
		} else if (itemOf(lines[at])) {
			nodes.push(buildList());
		} else {
			const text = take((line) => !fenceOf(line) && !isQuote(line) && !itemOf(line));
			nodes.push(...formatInline(text.join('\n'), ALL, mention));
		}
	}
	return nodes;
}

// Nodes and texts. mention(text, index) builds the mention that begins there, if any.
export const format = (text, mention) => buildBlocks(text.split('\n'), mention);
