// The reactions to messages: { names, count } by emoji.
import { readReactions } from '../connection/wire-changes.js';
import { isSameName } from '../people/identity.js';

// As the server limits them.
const MAX_REACTIONS = 20;
const MAX_NAMES = 50;

// By entry. What came with the message is read once.
const known = new WeakMap();

export function reactionsOf(entry) {
	if (!known.has(entry))
		known.set(entry, entry.reactions ? readReactions(entry.reactions) : new Map());
	return known.get(entry);
}

export const isAmong = (name, names) => names.some((other) => isSameName(other, name));

// Applying it twice changes nothing, unless there are more people than names. Without an id it had been done before.
export function applyReaction(entry, { id, emoji, name, on }) {
	const reactions = reactionsOf(entry);
	const { names, count } = reactions.get(emoji) ?? { names: [], count: 0 };
	const wasOn = isAmong(name, names);

	if (names.length === count ? wasOn === on : (wasOn && on) || !id)
		return;
	if (!count && reactions.size >= MAX_REACTIONS)
		return;
	const others = names.filter((other) => !isSameName(other, name));

	if (on || count > 1)
		reactions.set(emoji, { names: on && others.length < MAX_NAMES ? [...others, name] : others, count: count + (on ? 1 : -1) });
	else
		reactions.delete(emoji);
}
