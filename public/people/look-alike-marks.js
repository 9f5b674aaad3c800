// Marks the names on the page that look like another name on the page: of authors, and in the list of people.
import { createSilencer, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { foldName } from './identity.js';
import { findLookAlikes } from './look-alikes.js';

await addStylesheet(new URL('card.css', import.meta.url));

// Bounds the work when many messages arrive.
const PAUSE_MS = 300;
const MOST_PEOPLE = 2000;

const markOf = (name) => name.parentElement.querySelector(':scope > .look-alike');

function showMark(name, other) {
	const known = markOf(name);

	if (!other) {
		known?.remove();
		return;
	}
	const mark = known ?? element('span.look-alike', texts.lookAlike);
	mark.title = texts.looksLike(other);
	if (!known)
		name.after(mark);
}

// reading has the logs, list the people. me() is the reader's name, present() are the names of people in the room.
export function createLookAlikeMarks({ reading, list }, { me, present }) {
	let alike = new Map();
	let timer = 0;

	function show() {
		const log = reading.querySelector('.room:not([inert]) > .log');
		const authors = Array.from(log?.querySelectorAll('.message .author') ?? []);
		const people = Array.from(list.querySelectorAll('bdi'));
		const names = new Set([me(), ...present().slice(0, MOST_PEOPLE), ...authors.map(({ textContent }) => textContent)]);

		timer = 0;
		alike = findLookAlikes(names);
		// A name of the reader's own is genuine.
		alike.delete(foldName(me()));
		if (!alike.size && ![log, list].some((place) => place?.querySelector('.look-alike')))
			return;
		const unmarked = authors.filter((author) => alike.has(foldName(author.textContent)) && !markOf(author));
		if (unmarked.length > 1)
			createSilencer(log)();
		for (const name of [...authors, ...people])
			showMark(name, alike.get(foldName(name.textContent)));
	}

	function changed() {
		timer ||= setTimeout(show, PAUSE_MS);
	}

	const observer = new MutationObserver(changed);

	// The log of another room is shown by its inert.
	for (const place of [reading, list])
		observer.observe(place, { childList: true, subtree: true, attributeFilter: ['inert'] });
	changed();

	return {
		// The name that this one looks like, or ''.
		of: (name) => alike.get(foldName(name)) ?? '',
	};
}
