// Links in texts: addresses, which end where a reader would end them, and rooms.
import { addressOf, link } from '../base/address.js';
import { element } from '../base/elements.js';
import { ADDRESS } from '../base/patterns.js';
import { foldName } from '../people/identity.js';

const ADDRESSES = new RegExp(ADDRESS, 'giv');
const PAIRS = { ')': '(', ']': '[', '}': '{' };
const TAIL = '.,:;!?\'|([{';

// Where a reader would end it: before a bracket that was opened outside, before punctuation and marks that close something.
export function withoutTail(address, marks = '') {
	const open = [];
	let end = 0;

	for (; end < address.length; end++) {
		const character = address[end];

		if (Object.values(PAIRS).includes(character))
			open.push(character);
		else if (PAIRS[character] && open.pop() !== PAIRS[character])
			break;
	}
	while (TAIL.includes(address[end - 1]) || marks.includes(address[end - 1]))
		end--;
	return address.slice(0, end).replace(/&[a-z\d]+$/i, (entity) => (address[end] === ';' ? '' : entity));
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

export function buildRoom(words) {
	const made = element('a.room-link', words);

	made.dir = 'auto';
	made.tabIndex = -1;
	showRoom(made);
	return made;
}

// Of a text without other formats.
export function withLinks(text) {
	const fragment = document.createDocumentFragment();
	let end = 0;

	for (const { 0: found, index } of text.matchAll(ADDRESSES)) {
		const address = withoutTail(found);

		fragment.append(text.slice(end, index), link(address));
		end = index + address.length;
	}
	fragment.append(text.slice(end));
	return fragment;
}
