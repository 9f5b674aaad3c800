// The order of the list of rooms: favourites, which keep their places; then the rooms with mentions, those with unread
// messages, and the others.
import { isMuted } from '../messages/levels.js';
import { isFavourite } from './favourites.js';

const FAVOURITE = 3;

// What counts outside of the list: of a muted room, or one that is not joined, the mentions.
export function countedOf({ name, mentions = 0, unread = mentions }) {
	return { mentions, unread: isMuted(name) ? mentions : unread };
}

function weightOf(room) {
	const { mentions, unread } = countedOf(room);
	return mentions ? 2 : unread ? 1 : 0;
}

// Returns sort(rooms, current, isHeld), which returns the rooms in order. isHeld: the reader is about to press one, so none
// moves.
export function createOrder() {
	let places = new Map();
	let weights = new Map();

	return function sort(rooms, current, isHeld) {
		// The current room stays where it was found, although it was read.
		weights = new Map(
			rooms.map((room) => [room.name, (room.name === current && weights.get(room.name)) || weightOf(room)]),
		);
		const rankOf = ({ name }) => (isFavourite(name) ? FAVOURITE : weights.get(name));
		const placeOf = ({ name }) => places.get(name) ?? rooms.length;
		const sorted = rooms.toSorted(
			isHeld ? (one, other) => placeOf(one) - placeOf(other) : (one, other) => rankOf(other) - rankOf(one),
		);

		places = new Map(sorted.map(({ name }, index) => [name, index]));
		return sorted;
	};
}
