// The presence line: joins, leaves and renames since the last message, in one line.
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as words } from '../words/later-texts.js';

await addStylesheet(new URL('presence.css', import.meta.url));

// Above this number of changes, the line shows counts, and names on demand.
const MAX_NAMED = 3;

// Each person's change since the line began: { from, to }; null means not here.
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
		// Changes that cancel out are omitted.
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

// Returns report({ event, name, was }), which updates the line.
export function createPresenceLine(log) {
	let line = null;
	let tracks = null;

	return function report(event) {
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
