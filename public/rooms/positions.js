// How far a room was received, and how far it was read.
import { createLazy } from '../base/lazy.js';
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
		get last() {
			return last;
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

// Read positions are kept for the next visit.
function keep(room, epoch, id) {
	if (!epoch)
		return;
	pending.set(room, `${epoch}:${id}`);
	timer ||= setTimeout(write, PAUSE_MS);
}

// { epoch, id }; the id is NaN on the first visit.
function keptOf(room) {
	const [epoch, id] = (pending.get(room) ?? recall(KEY + room)).split(':');
	return { epoch, id: Number(id) };
}

// How far a room was read. The first message that the reader does not see loads unread.js, which knows from then on.
// parts are for unread.js; onUnseen(room, message): a message arrived while its room was not on screen.
export function createReading(room, { received, log, isOnScreen, onUnseen, onChange, ...parts }) {
	// Something is unread, or may be.
	let isBehind = false;
	// What the list of rooms has told.
	let listedTo = 0;

	const unread = createLazy(async () => {
		const { createUnread } = await import('./unread.js');
		return createUnread(room, {
			...parts,
			log,
			isOnScreen: () => isOnScreen(room),
			onRead: (id) => keep(room.name, received.epoch, id),
			onState(state) {
				isBehind = state.isBehind;
				room.unread = state.unread;
				room.mentions = state.mentions;
				onChange(room);
				note();
			},
		});
	});

	// Everything that was received so far is read.
	function note() {
		if (!isBehind)
			keep(room.name, received.epoch, received.last);
	}

	function fallBehind(id, call) {
		if (!isBehind)
			unread((it) => it.begin(id));
		isBehind = true;
		unread(call);
	}

	function lookBack(epoch, from, to) {
		fallBehind(from, (it) => it.lookBack(epoch, from, to));
	}

	return {
		note,
		begin({ epoch, lastId }) {
			const { id } = received.epoch ? { id: received.last } : keptOf(room.name);
			const isSame = epoch === (received.epoch || keptOf(room.name).epoch);

			if (!isSame)
				this.clear();
			received.begin(epoch, lastId);
			if (isSame && id < lastId)
				lookBack(epoch, id, lastId);
			else
				note();
		},
		// Call after the log has the message. isMissed: it was sent while the page was offline.
		came(message, { isMissed }) {
			const isSeen = isOnScreen(room);

			if (message.own || message.deleted)
				return;
			if (message.id && (isBehind || isMissed || !isSeen || !log.isFollowing))
				fallBehind(message.id - 1, (it) => it.add(message));
			if (!isSeen)
				onUnseen(room, message);
		},
		// For rooms that are not joined.
		listed(lastId) {
			const known = received.epoch ? { epoch: received.epoch, id: received.last } : keptOf(room.name);
			const from = Math.max(known.id, listedTo);

			if (from < lastId)
				lookBack(known.epoch, from, lastId);
			listedTo = Math.max(listedTo, lastId);
		},
		// The reader sees another part of the log.
		moved() {
			if (isBehind)
				unread((it) => it.moved(), 'moved');
		},
		// The reader looks elsewhere.
		left: () => unread.ifRequested((it) => it.left()),
		erase: (ids) => unread.ifRequested((it) => it.erase(ids)),
		// Nothing is unread any more.
		clear() {
			unread.ifRequested((it) => it.clear());
			isBehind = false;
			room.unread = room.mentions = 0;
		},
		close() {
			unread.ifRequested((it) => it.close());
			pending.delete(room.name);
			remember(KEY + room.name, '');
		},
	};
}
