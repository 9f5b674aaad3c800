// The presence line: joins, leaves and renames since the last message, in one line.
import { onceAFrame } from '../base/frame.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as words } from '../words/later-texts.js';

await addStylesheet(new URL('presence.css', import.meta.url));

// Above this number of changes, the line shows counts, and names on demand.
const MAX_NAMED = 3;

// Of a sentence.
const MAX_LISTED = 100;

// Each person's change since the line began. Changes that cancel out are forgotten.
function createTracks() {
	// The names of those who came or changed their names, and the names they had before; null means not here.
	const here = new Map();
	// The names that those who left had.
	const gone = new Set();

	function enter(name) {
		if (!gone.delete(name))
			here.set(name, null);
	}

	// Removes the name and returns the one before.
	function take(name) {
		const from = here.has(name) ? here.get(name) : name;

		here.delete(name);
		return from;
	}

	function leave(name) {
		const from = take(name);

		if (from !== null)
			gone.add(from);
	}

	function rename(was, name) {
		const from = take(was);

		if (from !== name)
			here.set(name, from);
	}

	return {
		moved({ event, name, was }) {
			if (event === 'enter')
				enter(name);
			else if (event === 'leave')
				leave(name);
			else
				rename(was, name);
		},
		summary() {
			const all = Array.from(here, ([to, from]) => ({ from, to }));

			return {
				joined: all.filter(({ from }) => from === null).map(({ to }) => to),
				left: Array.from(gone),
				renamed: all.filter(({ from }) => from !== null),
			};
		},
	};
}

const atMost = (names) => [names.slice(0, MAX_LISTED), Math.max(0, names.length - MAX_LISTED)];

function sentences({ joined, left, renamed }) {
	return [
		joined.length && words.joinedNames(...atMost(joined)),
		left.length && words.leftNames(...atMost(left)),
		...renamed.slice(0, MAX_LISTED).map(({ from, to }) => words.renamedName(from, to)),
	].filter(Boolean);
}

function build() {
	const line = document.createElement('div');
	line.className = 'presence';
	// Screen readers do not announce presence.
	line.ariaLive = 'off';
	return line;
}

function fill(line, summary) {
	const parts = sentences(summary);
	const named = summary.joined.length + summary.left.length + summary.renamed.length;

	if (named <= MAX_NAMED) {
		line.textContent = parts.join(' · ');
		return;
	}
	const details = document.createElement('details');
	const head = document.createElement('summary');

	head.textContent = words.presenceCounts(summary.joined.length, summary.left.length, summary.renamed.length);
	details.append(
		head,
		...parts.map((sentence) => {
			const paragraph = document.createElement('p');
			paragraph.textContent = sentence;
			return paragraph;
		}),
	);
	details.open = line.querySelector('details')?.open ?? false;
	line.replaceChildren(details);
}

function beginLine(log) {
	const line = build();
	const tracks = createTracks();

	const showSoon = onceAFrame(() => {
		const summary = tracks.summary();

		if (sentences(summary).length)
			fill(line, summary);
		else
			log.removeLine(line);
	});

	// Before the line is added: the log scrolls to its end after that.
	showSoon();
	log.addLine(line);
	return {
		isLast: () => log.isLastLine(line),
		moved(event) {
			tracks.moved(event);
			showSoon();
		},
	};
}

// Returns report({ event, name, was }), which updates the line.
export function createPresenceLine(log) {
	let line = null;

	return function report(event) {
		if (!line?.isLast())
			line = beginLine(log);
		line.moved(event);
	};
}
