// Comings and goings in one line, as long as nothing else is said between them.
import { laterTexts as words } from './later-texts.js';
import { addSheet } from './sheet.js';

await addSheet(new URL('css/presence.css', import.meta.url));

// More names than these are folded into numbers.
const MOST_NAMED = 3;

// What has become of everybody since the line began: { from, to }, null being away.
function createTracks() {
	const tracks = [];

	function move(from, to) {
		const track = tracks.find((other) => other.to === from && (from !== null || other.from === to));

		if (track)
			track.to = to;
		else
			tracks.push({ from, to });
	}

	return {
		moved({ event, name, was }) {
			if (event === 'enter')
				move(null, name);
			else
				move(event === 'leave' ? name : was, event === 'leave' ? null : name);
		},
		// Who came and went again is not worth a word.
		summary() {
			const changed = tracks.filter(({ from, to }) => from !== to);
			return {
				joined: changed.filter(({ from }) => from === null).map(({ to }) => to),
				left: changed.filter(({ to }) => to === null).map(({ from }) => from),
				renamed: changed.filter(({ from, to }) => from !== null && to !== null),
			};
		},
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
	// Heard by nobody unasked.
	line.ariaLive = 'off';
	return line;
}

function fill(line, summary) {
	const told = sentences(summary);
	const named = summary.joined.length + summary.left.length + summary.renamed.length;

	if (named <= MOST_NAMED) {
		line.textContent = told.join(' · ');
		return;
	}
	const details = document.createElement('details');
	const head = document.createElement('summary');

	head.textContent = words.presenceCounts(summary.joined.length, summary.left.length, summary.renamed.length);
	details.append(
		head,
		...told.map((sentence) => {
			const paragraph = document.createElement('p');
			paragraph.textContent = sentence;
			return paragraph;
		}),
	);
	details.open = line.querySelector('details')?.open ?? false;
	line.replaceChildren(details);
}

// Gives tell({ event, name, was }) for the log.
export function createPresenceLine(log) {
	let line = null;
	let tracks = null;

	return function tell(event) {
		if (!line || !log.isLastLine(line)) {
			line = build();
			tracks = createTracks();
		}
		tracks.moved(event);

		const summary = tracks.summary();
		if (sentences(summary).length) {
			fill(line, summary);
			if (!line.isConnected)
				log.addLine(line);
		} else if (line.isConnected) {
			log.removeLine(line);
			line = null;
		}
	};
}
