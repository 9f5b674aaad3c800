// The part of the wire format that is about changes of messages, loaded later.
import { readName } from '../people/identity.js';
import { encode, isObject, readCount } from './wire.js';

// As the server limits them.
const MAX_REACTIONS = 20;
const MAX_EMOJI_LENGTH = 32;

// An edit, a deletion or a reaction.
export const encodeChange = ({ ref, type, room, of, text, emoji, on }) =>
	encode({ type, ref, room, of, message: text, emoji, on });

const isEmoji = (value) => typeof value === 'string' && value !== '' && value.length <= MAX_EMOJI_LENGTH;

// { names, count } by emoji. The server lists at most some names of count.
export function readReactions({ reactions, reaction_counts: counts }) {
	const known = Object.entries(reactions).filter(([emoji, names]) => isEmoji(emoji) && Array.isArray(names));

	return new Map(
		known.slice(0, MAX_REACTIONS).map(([emoji, names]) => [
			emoji,
			{ names: names.map(readName), count: Math.max(names.length, readCount(isObject(counts) && counts[emoji])) },
		]),
	);
}

// Null if the message is gone: then there is no emoji.
export const readReaction = ({ username, emoji, on }) =>
	isEmoji(emoji) ? { name: readName(username), emoji, on: on !== false } : null;
