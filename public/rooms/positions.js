// How far a room was received, and how far it was read.
import { createLazy } from '../base/lazy.js';
import { recall, remember } from '../base/storage.js';

export const KEY = 'read.';
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

// last is NaN on the first visit.
export function readPosition(since) {
	const [epoch, last] = since.split(':');
	return { epoch, last: Number(last) };
}

function write() {
	clearTimeout(timer);
	timer = 0;
	for (const [room, since] of pending) {
		const { epoch, last } = readPosition(since);
		const stored = readPosition(recall(KEY + room));

		// Another tab may have read more.
		if (epoch !== stored.epoch || last > stored.last)
			remember(KEY + room, since);
	}
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

const keptOf = (room) => readPosition(pending.get(room) ?? recall(KEY + room));

// How far a room was read. The first message that the reader does not see loads unread.js, which knows from then on.
// parts are for unread.js; onUnseen(room, message): a message arrived while its room was not on screen.
export function createReading(room, { received, log, isOnScreen, onUnseen, onChange, ...parts }) {
	// Something is unread, or may be.
	let isBehind = false;

	const unread = createLazy(async () => {
		const { createUnread } = await import('./unread.js');
		return createUnread(room, {
			...parts,
			log,
			isOnScreen: () => isOnScreen(room),
			position,
			onRead: (id) => keep(room.name, received.epoch, id),
			onState(state) {
				({ isBehind, unread: room.unread, mentions: room.mentions } = state);
				onChange(room);
				note();
			},
		});
	});

	const position = () => (received.epoch ? received : keptOf(room.name));

	// Everything that was received so far is read.
	function note() {
		if (!isBehind)
			keep(room.name, received.epoch, received.last);
	}

	function fallBehind(call) {
		isBehind = true;
		unread(call);
	}

	return {
		note,
		begin({ epoch, lastId }) {
			const { epoch: lastEpoch, last } = position();

			if (epoch !== lastEpoch)
				this.clear();
			received.begin(epoch, lastId);
			if (epoch === lastEpoch && last < lastId)
				fallBehind((it) => it.lookBack(epoch, last, lastId));
			note();
		},
		// Call after the log has the message. isMissed: it was sent while the page was offline.
		came(message, isMissed) {
			const isSeen = isOnScreen(room);

			if (message.own || message.deleted)
				return;
			if (message.id && (isBehind || isMissed || !isSeen || !log.isFollowing))
				fallBehind((it) => it.add(message));
			if (!isSeen)
				onUnseen(room, message);
		},
		// For rooms that are not joined.
		listed: (lastId) => unread((it) => it.listed(lastId), 'listed'),
		// The reader sees another part of the log.
		moved: () => isBehind && unread((it) => it.moved(), 'moved'),
		// The reader looks elsewhere.
		left: () => unread.ifRequested((it) => it.left()),
		erase: (ids) => unread.ifRequested((it) => it.erase(ids)),
		// Nothing is unread any more.
		clear() {
			unread.ifRequested((it) => it.clear());
			isBehind = false;
		},
		close() {
			unread.ifRequested((it) => it.close());
			pending.delete(room.name);
			remember(KEY + room.name, '');
		},
	};
}
