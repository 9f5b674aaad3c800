// Connects the parts of the chat, which do not know each other.
import { at } from '../base/elements.js';
import { createLazy, firstMessages, holdActions, noteFirstMessages } from '../base/lazy.js';
import { recall, recallParsed, remember } from '../base/storage.js';
import { encodeMessage, randomId } from '../connection/wire.js';
import { createComposer } from '../messages/composer.js';
import { createOutbox } from '../messages/outbox.js';
import { isSameName, limits, utf8Bytes } from '../people/identity.js';
import { createRoom } from '../rooms/room.js';
import { createRooms } from '../rooms/rooms.js';
import { createSession } from '../rooms/session.js';
import { texts } from '../words/texts.js';
import { createFrames } from './frames.js';

const ACTION = /^\/me\s+(?=\S)/;
// Not a path, nor two slashes.
const COMMAND = /^\s*[/／][^\s/／]+(?:\s|$)/;
// Other parts do not wait longer for the first messages.
const PATIENCE_MS = 3000;
// Parts of the page that work once surroundings.js is loaded.
const AROUND = '#rooms-button, #room-form, #people-button, #search-button, #picker-button, #text, .author, .avatar, .mention';

// me() is the reader's identity. isChatVisible(): the chat view is shown. fetchRooms() resolves with the answer to GET
// /rooms. onRoomChosen(name, id) must show the room, and the message if there is an id. account: { rename(name),
// useToken(token), quit() }. onUnseen(room, message): a message arrived while its room was not on screen. onDeleted(room,
// ids): these messages were deleted, or all if ids is null. onMoved(): another part of a log is in view.
export function createChat({
	connection,
	me,
	isChatVisible,
	fetchRooms,
	onRoomChosen,
	account,
	onNamed,
	onNameRefused,
	onAttention,
	onUnseen,
	onDeleted,
	onMoved,
}) {
	// See reply.js. It is there once something was answered.
	let reply = null;
	// See surroundings.js.
	let loaded = null;

	const { send } = connection;
	const outbox = createOutbox({
		send: (entry) => send(encodeMessage({ ...entry, email: me().email })),
		fits: (entry) => sizeOf(entry) <= limits.messageBytes,
		nameNow: () => session.name,
		onAcked,
		onFailed: (entry) => rooms.find(entry.room)?.log.fail(entry.ref, entry.failed),
		onGone(entry) {
			const room = rooms.find(entry.room);

			room?.log.remove(entry.ref);
			room?.settle();
		},
		onChange: showQueue,
	});
	const session = createSession({
		send,
		target: () => ({ room: rooms.current.name, since: rooms.current.since }),
		inFlightName: outbox.inFlightName,
		onNamed,
		onRefused: onNameRefused,
		onRoomRefused: (error) => rooms.currentRefused(error),
		onPostponed: ({ code, retryAfter }) => connection.postpone(code, retryAfter),
	});
	const isMe = (name) => isSameName(name, session.name);
	const isOnScreen = (room) => room === rooms.current && !document.hidden && isChatVisible();

	const releaseActions = holdActions(AROUND);
	const around = createLazy(async () => {
		const { createSurroundings } = await import('./surroundings.js');

		loaded = createSurroundings(
			{ rooms, session, composer },
			{ send, isOnline: () => frames.isOnline, isMe, fetchRooms, account, say, onRoomChosen, onUnseen, onChange: showRooms, showReply },
		);
		// After all calls that wait.
		around(() => {
			releaseActions();
			showRooms();
		});
		return loaded;
	}, firstMessages);
	const whenAround = (call) => new Promise((resolve) => around((it) => resolve(call(it))));
	const ask = (encode) => whenAround((it) => it.ask(encode));
	const answered = (frame) => Boolean(loaded?.answered(frame));
	const rooms = createRooms({
		build: buildRoom,
		send,
		mostJoined: () => connection.mostRooms,
		onShow,
		onChange: showRooms,
		onRenamed(was, name) {
			outbox.renamed(was, name);
			composer.renamed(was, name);
		},
		onLeft: (room) => around.ifRequested((it) => it.left(room)),
		onRefused: (room, { text }) => rooms.current.log.addNote(texts.roomRefused(room.name, text)),
	});
	const composer = createComposer({
		sizeOf: (text) => sizeOf(newEntry(text)),
		onSend: (text) => (COMMAND.test(text) && !ACTION.test(text) ? runCommand(text) : say(text.replace(/^\s*\/(?=\/[^\s/])/, ''))),
		onWrite: () => around((it) => it.wrote(), 'wrote'),
		editLast: () => rooms.current.log.editLastOwn(),
	});

	function buildRoom(name) {
		const room = createRoom(name, at('reading'), {
			send,
			isMe,
			nameNow: () => session.name,
			isInFlight: outbox.isInFlight,
			isOnScreen,
			ask,
			onRetry: retry,
			onDelete: remove,
			onReply: (room, message, createReply) => makeReply(createReply).answer(room, message),
			onLeaveLog: composer.focus,
			onAlarm: (alarm) => around((it) => it.alarm(alarm), `${alarm.room}/${alarm.key}`),
			onChange: showRooms,
			onPeople: showPeople,
			onUnseen,
			onDeleted(room, ids) {
				around.ifRequested((it) => it.deleted(room, ids));
				onDeleted(room, ids);
			},
			onTyping: showTyping,
			onMoved,
		});

		room.log.showPictures(Boolean(me().email));
		for (const entry of outbox.list()) {
			if (entry.room === name)
				showUnsent(room, entry, { isNew: false });
		}
		return room;
	}

	function newEntry(written, room = rooms.current) {
		return {
			room: room.name,
			text: written.replace(ACTION, ''),
			action: ACTION.test(written),
			replyTo: room === rooms.current ? replyTo() : 0,
		};
	}

	const keptAs = (room) => `reply.${room.name}`;
	const makeReply = (createReply) => (reply ??= createReply({ keyOf: keptAs, onAnswer: composer.focus }));
	const keptReply = createLazy(async () => makeReply((await import('../messages/reply.js')).createReply), firstMessages);
	const replyTo = () => (reply ?? recallParsed(keptAs(rooms.current)))?.id ?? 0;

	function showReply() {
		const show = () => reply.show(rooms.current);

		if (reply)
			show();
		else if (recall(keptAs(rooms.current)))
			keptReply(show, 'show');
	}

	const sizeOf = (entry) => utf8Bytes(encodeMessage({ ...entry, ref: randomId(), email: me().email }));

	function showQueue() {
		const waiting = frames.isOnline ? 0 : outbox.count();
		around((it) => it.showQueue(waiting), 'queue');
	}

	function showTyping(room) {
		if (room === rooms.current)
			at('typing').textContent = room.typing;
	}

	function showRooms() {
		around((it) => it.showRooms(), 'rooms');
		onAttention({ room: rooms.current, ...loaded?.unread() });
	}

	function showPeople(room) {
		if (room === rooms.current)
			around((it) => it.showPeople(room), 'people');
	}

	function onShow(room) {
		composer.open(room.name);
		showTyping(room);
		showReply();
		around((it) => it.shown(room), 'shown');
	}

	function showUnsent({ log }, entry, options) {
		log.addUnsent({ ...me(), ...entry, name: session.name, date: new Date(entry.time), own: true }, options);
	}

	// The reader may have changed rooms when its module is loaded.
	function runCommand(text) {
		const { current } = rooms;
		around((it) => it.runCommand(text, current));
	}

	function say(text, room = rooms.current) {
		const entry = newEntry(text, room);

		if (entry.replyTo) {
			remember(keptAs(room), '');
			showReply();
		}
		showUnsent(room, outbox.add(entry), { isNew: true });
		outbox.sendNext();
		around.ifRequested((it) => it.said());
	}

	function retry(ref) {
		rooms.current.log.retry(ref);
		outbox.retry(ref);
		composer.focus();
	}

	function remove(ref) {
		rooms.current.log.remove(ref);
		outbox.remove(ref);
		composer.focus();
	}

	function onAcked(entry, ack) {
		const room = rooms.find(entry.room);

		room?.acked(entry, ack);
		room?.settle();
		session.adoptWanted();
	}

	const frames = createFrames({
		rooms,
		session,
		outbox,
		isMe,
		answered,
		around,
		onOpen: connection.confirm,
		onJoined: showReply,
	});
	const setVisible = (wanted) => rooms.current.seen(wanted);

	document.addEventListener('visibilitychange', () => {
		setVisible(!document.hidden && isChatVisible());
	});
	setTimeout(noteFirstMessages, PATIENCE_MS);

	return {
		// Resolves once all of the chat is loaded, with what the Live view needs of it: see surroundings.js.
		ready: () => whenAround((it) => it.services),
		focus: composer.focus,
		get room() {
			return rooms.current;
		},
		setVisible,
		start(room) {
			rooms.start(room);
			outbox.list().forEach(({ room }) => rooms.add(room));
			showRooms();
			composer.focus();
		},
		search: (words) => around((it) => it.search(words)),
		openCard: (name) => around((it) => it.openCard(name)),
		insert: composer.insert,
		isMe,
		// The rooms as they are listed. Call when ready.
		listed: () => loaded.listed(),
		enterRoom: rooms.enter,
		handle: frames.handle,
		opened() {
			rooms.leaveDefaultRoom();
			session.opened();
		},
		onState(state) {
			frames.onState(state);
			if (!frames.isOnline)
				loaded?.closed();
			showQueue();
		},
		introduce(identity, { isFirst }) {
			// The server recognises a resent message by its sender's name.
			if (!isFirst && session.isRejected && !isSameName(identity.name, session.name))
				outbox.failInFlight();
			rooms.list().forEach((room) => room.log.showPictures(Boolean(identity.email)));
			session.want(identity);
		},
		showMe: (name) => around((it) => it.showMe(name), 'me'),
		note: (text) => rooms.current.log.addNote(text),
	};
}
