// Mentions in rooms that the reader has not joined. When the list of rooms tells that something was said there, the page
// reads it.
import { recall, remember } from '../base/storage.js';
import { mentions } from '../messages/mentions.js';
import { isSameName } from '../people/identity.js';
import { lookBack } from './look-back.js';

const KEY = 'looked';
const MAX_ROOMS = 1000;
// Each time, so that busy rooms cost little: rooms, and messages of a room.
const MAX_LOOKS = 5;
const MAX_MESSAGES = 200;

function recallLooks() {
	try {
		return new Map(JSON.parse(recall(KEY)));
	} catch {
		return new Map();
	}
}

// nameNow() is the reader's name, isJoined(room) whether the reader has joined it. onChange() is called when the mentions
// have been counted. onFound(room, message) gets the last message of a room that mentions the reader.
export function createMentionWatch({ nameNow, isJoined, onChange, onFound }) {
	// By room, those that were looked at last at the end: the last id that was read, and the mentions.
	const looks = recallLooks();
	// At the first visit, what was said before does not count.
	let isFirst = !looks.size;
	let isLooking = false;
	// The last list.
	let listed = [];

	const isForMe = ({ type, name, text, deleted }) =>
		type === 'message' && !deleted && !isSameName(name, nameNow()) && mentions(text, nameNow());

	function note(room, id, count) {
		looks.delete(room);
		looks.set(room, { id, count });
	}

	async function look(room) {
		const { name, lastId } = room;
		const { id, count } = looks.get(name) ?? { id: 0, count: 0 };
		const { epoch, messages, until } = await lookBack(name, Math.max(id, lastId - MAX_MESSAGES));
		const found = messages.filter((message) => message.id <= lastId && isForMe(message));

		// Joined meanwhile: what is unread is counted there.
		if (isJoined(name))
			return;
		// The server may be too busy: the next time.
		note(name, Math.min(until, lastId), count + found.length);
		if (!found.length)
			return;
		// The reader who enters begins there.
		if (!count)
			remember(`read.${name}`, `${epoch}:${found[0].id - 1}`);
		onFound(name, found.at(-1));
	}

	// Those that were not looked at for the longest time come first.
	function inOrder(rooms) {
		const order = new Map(Array.from(looks.keys(), (name, at) => [name, at]));
		return rooms.sort((one, other) => (order.get(one.name) ?? -1) - (order.get(other.name) ?? -1));
	}

	async function lookAt(rooms) {
		const grown = rooms.filter(({ name, lastId }) => lastId > (looks.get(name)?.id ?? 0));

		try {
			for (const room of inOrder(grown).slice(0, MAX_LOOKS))
				await look(room);
		} catch {
			// The server is not reachable: the next time.
		}
	}

	function tell() {
		for (const room of listed)
			room.mentions = looks.get(room.name)?.count ?? 0;
		onChange();
	}

	// Another list may come while it looks.
	async function lookAtLast() {
		let looked = null;

		isLooking = true;
		while (looked !== listed) {
			looked = listed;
			await lookAt(looked);
		}
		isLooking = false;
		remember(KEY, JSON.stringify(Array.from(looks)));
		tell();
	}

	return {
		// rooms are [{ name, lastId }]; mentions is added to them.
		listed(rooms) {
			listed = rooms.slice(0, MAX_ROOMS);
			const names = new Set(listed.map(({ name }) => name));

			for (const name of looks.keys()) {
				if (!names.has(name))
					looks.delete(name);
			}
			for (const { name, lastId } of listed) {
				// Lower than before: the history was begun anew.
				if (isFirst || isJoined(name) || looks.get(name)?.id > lastId)
					note(name, lastId, 0);
			}
			isFirst = false;
			tell();
			if (!isLooking)
				lookAtLast();
		},
		// What was said until the reader left the room does not count.
		left({ name, since }) {
			note(name, Number(since.split(':')[1]) || 0, 0);
		},
	};
}
