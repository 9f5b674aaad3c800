// How far a room was received, and how far it was read.
import { recall, remember } from '../base/storage.js';

const KEY = 'read.';
// Limits writes when many messages arrive.
const PAUSE_MS = 500;

// The last id received without a gap, and ids beyond it.
export function createReceivedPosition() {
	let epoch = '';
	let last = 0;
	const beyond = new Set();

	return {
		get epoch() {
			return epoch;
		},
		// The position for a resume; '' before the first joined.
		get since() {
			return epoch && `${epoch}:${last}`;
		},
		begin(newEpoch, id) {
			epoch = newEpoch;
			last = id;
			beyond.clear();
		},
		// False if it is a duplicate.
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
	// Signing out has removed the session; do not store again.
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

// Read positions are kept for the next visit.
export function createReadPosition() {
	return {
		keep(room, since) {
			pending.set(room, since);
			timer ||= setTimeout(write, PAUSE_MS);
		},
		// Messages since the last visit; 0 on the first visit.
		unreadOf(room, { epoch, lastId }) {
			const id = readUntil(room, epoch);
			return id === null ? 0 : Math.max(0, lastId - id);
		},
		// The first unread id, or 0.
		firstUnreadOf(room, { epoch, lastId }) {
			const id = readUntil(room, epoch);
			return id !== null && id < lastId ? id + 1 : 0;
		},
		// An estimate if the epoch is not known.
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
