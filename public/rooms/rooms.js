// The rooms that the reader has joined, and which of them is shown. They are joined again after each reconnect.
import { delayAfter } from '../base/backoff.js';
import { recall, recallAll, recallParsed, remember } from '../base/storage.js';
import { encodeJoin, encodeLeave, randomId } from '../connection/wire.js';

// Errors that a retry cannot fix.
export const ROOM_FAULTS = ['no_such_room', 'bad_room', 'too_many_rooms', 'denied'];

// When each room was joined. Of keys of their own, tabs that write at once lose none.
export const JOINED = 'joined.';

function recallNames() {
	const names = recallAll(JOINED)
		.sort(([, one], [, other]) => one - other)
		.map(([name]) => name);

	// Version 0.1 kept them as a list.
	return names[0] ? names : (recallParsed('rooms') ?? ['']);
}

// build(name) makes a room. mostJoined() is how many can be joined at once.
export function createRooms({ build, send, mostJoined, onShow, onChange, onRenamed, onLeft, onRefused }) {
	const rooms = new Map();
	// Pending joins by ref.
	const asked = new Map();
	const timers = new Set();
	let current = null;
	let isOpen = false;

	const sendLeave = (name) => send(encodeLeave({ ref: randomId(), room: name }));

	function keep(name, time = Date.now() + rooms.size) {
		if (name && !recall(JOINED + name))
			remember(JOINED + name, time);
	}

	function changed() {
		remember('room', current.name);
		onChange();
	}

	function add(name) {
		const known = rooms.get(name);

		if (known)
			return known;
		const room = build(name);
		rooms.set(name, room);
		keep(name);
		return room;
	}

	const joined = () => Array.from(rooms.values()).filter(({ isJoined }) => isJoined);

	// At the limit, leaves another room than the current one.
	function leaveAnother(room) {
		const others = joined().filter((other) => other !== room);
		const other = others.find((one) => one !== current);

		if (others.length < mostJoined() || !other)
			return;
		sendLeave(other.name);
		other.closed();
	}

	function join(room) {
		const ref = randomId();

		leaveAnother(room);

		asked.set(ref, room);
		send(encodeJoin({ ref, room: room.name, since: room.since }));
	}

	function show(room) {
		const before = current;

		if (room === before)
			return;
		current = room;
		before?.show(false);
		room.show(true);
		if (isOpen && !room.isJoined)
			join(room);
		changed();
		onShow(room);
	}

	function drop(room) {
		const names = Array.from(rooms.keys());
		const next = names[names.indexOf(room.name) + 1] ?? names[names.indexOf(room.name) - 1] ?? '';

		rooms.delete(room.name);
		for (const [ref, other] of asked) {
			if (other === room)
				asked.delete(ref);
		}
		if (room === current)
			show(add(next));
		room.remove();
		remember(JOINED + room.name, '');
		onLeft(room);
		changed();
	}

	function leave(room) {
		if (isOpen && room.isJoined)
			sendLeave(room.name);
		drop(room);
	}

	// The server told the room's real name.
	function renamed(room, name) {
		if (!name || name === room.name)
			return room;
		const other = rooms.get(name);

		if (other) {
			if (room === current)
				show(other);
			drop(room);
			return other;
		}
		const all = Array.from(rooms.values());
		const was = room.name;

		room.name = name;
		rooms.clear();
		for (const one of all)
			rooms.set(one.name, one);
		keep(name, recall(JOINED + was) || undefined);
		remember(JOINED + was, '');
		onRenamed(was, name);
		changed();
		return room;
	}

	function later(room, delay) {
		const timer = setTimeout(() => {
			timers.delete(timer);
			if (isOpen && rooms.get(room.name) === room)
				join(room);
		}, delay);
		timers.add(timer);
	}

	return {
		// wanted is the room of the page's address, which may be another one than the last.
		start(wanted) {
			recallNames().forEach(add);
			show(wanted ? add(wanted) : rooms.get(recall('room')) ?? rooms.values().next().value);
		},
		get current() {
			return current;
		},
		list: () => Array.from(rooms.values()),
		// Frames without a room belong to the current one.
		find: (name) => (name ? rooms.get(name) : current),
		add,
		show,
		enter(name) {
			show(add(name));
		},
		// For a room that is about to be joined without being shown.
		makePlace: () => leaveAnother(null),
		// Without showing it.
		admit(name) {
			const room = add(name);

			if (isOpen && joined().length + asked.size < mostJoined())
				join(room);
			changed();
		},
		leave,
		// Every connection starts in the default room.
		leaveDefaultRoom() {
			const home = recall('home');

			if (home && !rooms.has(home) && !rooms.has(''))
				sendLeave(home);
		},
		// The session has joined the current room already.
		opened() {
			isOpen = true;
			Array.from(rooms.values())
				.filter((room) => !room.isJoined)
				.slice(0, mostJoined() - 1)
				.forEach(join);
		},
		closed() {
			isOpen = false;
			asked.clear();
			timers.forEach(clearTimeout);
			timers.clear();
			for (const room of rooms.values())
				room.closed();
		},
		joined(frame) {
			const room = asked.get(frame.ref) ?? rooms.get(frame.room) ?? rooms.get('');

			asked.delete(frame.ref);
			// The reader left before the join was done.
			if (!room) {
				sendLeave(frame.room);
				return;
			}
			if (!room.name)
				remember('home', frame.room);
			renamed(room, frame.room).joined(frame);
		},
		// False if the error belongs to something else.
		refused(error) {
			const room = asked.get(error.ref);

			if (!room)
				return Boolean(error.ref) && Array.from(rooms.values()).some((other) => other.refused(error));
			asked.delete(error.ref);
			if (ROOM_FAULTS.includes(error.code)) {
				drop(room);
				onRefused(room, error);
			} else {
				later(room, error.retryAfter || delayAfter(1));
			}
			return true;
		},
		// The session could not join the current room.
		currentRefused(error) {
			const room = current;

			drop(room);
			onRefused(room, error);
		},
	};
}
