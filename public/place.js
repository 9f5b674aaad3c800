// How far a room has come here, and how far it was read.
import { recall, remember } from './storage.js';

const KEY = 'read.';
// A flood is not worth a write for each message.
const PAUSE_MS = 500;

// Everything up to one id, and perhaps some beyond a gap.
export function createPlace() {
	let epoch = '';
	let last = 0;
	const beyond = new Set();

	return {
		get epoch() {
			return epoch;
		},
		// What the server needs to know to send the rest; empty before the first joined.
		get since() {
			return epoch && `${epoch}:${last}`;
		},
		begin(newEpoch, id) {
			epoch = newEpoch;
			last = id;
			beyond.clear();
		},
		// False if it has come before.
		take(id) {
			if (id <= last || beyond.has(id))
				return false;
			beyond.add(id);
			while (beyond.delete(last + 1))
				last++;
			return true;
		},
	};
}

const pending = new Map();
let timer = 0;

function write() {
	clearTimeout(timer);
	timer = 0;
	// Not after signing out.
	for (const [room, since] of recall('session') ? pending : [])
		remember(KEY + room, since);
	pending.clear();
}

addEventListener('pagehide', write);

function readUntil(room, epoch) {
	const since = pending.get(room) ?? recall(KEY + room);
	const [readEpoch, id] = since.split(':');
	return readEpoch === epoch && Number.isSafeInteger(Number(id)) ? Number(id) : null;
}

// Kept for the next visit.
export function createReading() {
	return {
		keep(room, since) {
			pending.set(room, since);
			timer ||= setTimeout(write, PAUSE_MS);
		},
		// What came after the last visit; nothing to who has never been here.
		unreadOf(room, { epoch, lastId }) {
			const id = readUntil(room, epoch);
			return id === null ? 0 : Math.max(0, lastId - id);
		},
		// The id of its first, 0 if there is none.
		firstUnreadOf(room, { epoch, lastId }) {
			const id = readUntil(room, epoch);
			return id !== null && id < lastId ? id + 1 : 0;
		},
		// About what came since then, where the epoch is not known.
		moreOf(room, since, lastId) {
			const id = Number((since || pending.get(room) || recall(KEY + room)).split(':')[1]);
			return Math.max(0, lastId - id) || 0;
		},
		forget(room) {
			pending.delete(room);
			remember(KEY + room, '');
		},
	};
}
