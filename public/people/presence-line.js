// The presence line: joins, leaves and renames since the last message, in one line.
import { onceAFrame } from '../base/frame.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as words } from '../words/later-texts.js';

await addStylesheet(new URL('presence.css', import.meta.url));

// Above this number of changes, the line shows counts, and names on demand.
const MAX_NAMED = 3;

// Each person's change since the line began: { from, to }; null means not here. Changes that cancel out are forgotten.
function createTracks() {
	const tracks = [];

	function move(from, to) {
		const at = tracks.findIndex((other) => other.to === from && (from !== null || other.from === to));

		if (at < 0)
			tracks.push({ from, to });
		else if (tracks[at].from === to)
			tracks.splice(at, 1);
		else
			tracks[at].to = to;
	}

	return {
		moved({ event, name, was }) {
			if (event === 'enter')
				move(null, name);
			else
				move(event === 'leave' ? name : was, event === 'leave' ? null : name);
		},
		summary: () => ({
			joined: tracks.filter(({ from }) => from === null).map(({ to }) => to),
			left: tracks.filter(({ to }) => to === null).map(({ from }) => from),
			renamed: tracks.filter(({ from, to }) => from !== null && to !== null),
		}),
	};
}

function sentences({ joined, left, renamed }) {
	return [
		joined.length && words.joinedNames(joined),
		left.length && words.leftNames(left),
		...renamed.map(({ from, to }) => words.renamedName(from, to)),
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
