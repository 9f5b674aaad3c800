// What the server sends, for the parts of the chat.
import { adoptLimits, isSameName } from '../people/identity.js';
import { texts } from '../words/texts.js';

const MESSAGE_TOO_LONG = 1009;

// rooms, session and outbox: see there. around and answered(frame) as in chat.js. onOpen(): the session is open.
// onJoined(): a room was joined.
export function createFrames({ rooms, session, outbox, isMe, answered, around, onOpen, onJoined }) {
	let isOnline = false;

	function joined(frame) {
		adoptLimits(frame.limits);
		if (!frame.recovered)
			around.ifRequested((it) => it.forgetAlarms(frame.room));
		// Without a ref the server has begun another history of the room.
		if (!session.isEntry(frame) || (isOnline && !frame.ref)) {
			if (answered(frame))
				rooms.add(frame.room);
			rooms.joined(frame);
			return;
		}
		session.joined(frame);
		// The name changed: the token belongs to someone else.
		if (!isSameName(outbox.inFlightName(), session.name))
			outbox.failInFlight();
		rooms.joined(frame);
		isOnline = true;
		onOpen();
		rooms.opened();
		outbox.opened();
		session.adoptWanted();
		around((it) => it.listRooms(), 'list');
	}

	function moved(frame) {
		const isOwnMove = frame.event === 'rename' && isMe(frame.was);

		rooms.find(frame.room)?.handle(frame);
		if (isOwnMove)
			session.renamed(frame);
	}

	function failed(error) {
		// Errors with a ref that nobody waits for are not shown.
		const isKnown = session.refused(error) || outbox.refused(error) || answered(error) || rooms.refused(error);

		if (!isKnown && !error.ref)
			rooms.current.log.addNote(texts.serverSays(error.text));
		rooms.list().forEach((room) => room.settle());
	}

	function toRoom(frame) {
		const room = rooms.find(frame.room);

		if (room?.isJoined)
			room.handle(frame);
	}

	const handlers = {
		joined(frame) {
			joined(frame);
			onJoined();
		},
		presence: moved,
		ack: (frame) => answered(frame) || outbox.acked(frame),
		history: (frame) => answered(frame) || toRoom(frame),
		pong: session.ponged,
		error: failed,
	};

	return {
		get isOnline() {
			return isOnline;
		},
		// Until joined, skip the rest: the server sends it again.
		handle(frame) {
			if (isOnline || frame.type === 'joined' || frame.type === 'error')
				(handlers[frame.type] ?? toRoom)(frame);
		},
		// Of the connection, see connection.js.
		onState({ name, cause }) {
			isOnline = name === 'online';
			if (cause === MESSAGE_TOO_LONG)
				outbox.currentRefused('too_long');
			if (isOnline)
				return;
			outbox.closed();
			session.closed();
			rooms.closed();
		},
	};
}
