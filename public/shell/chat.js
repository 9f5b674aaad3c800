// Connects the parts of the chat, which do not know each other.
import { at } from '../base/elements.js';
import { createLazy, firstMessages, ifReachable, onFirst, watchFocus } from '../base/lazy.js';
import { createRequests } from '../connection/requests.js';
import { encodeAcknowledge, encodeClear, encodeHistory, encodeJoin, encodeMessage, encodeSearch, encodeTyping, randomId } from '../connection/wire.js';
import { createComposer } from '../messages/composer.js';
import { linkRooms } from '../messages/markup.js';
import { createOutbox } from '../messages/outbox.js';
import { adoptLimits, isSameName, limits, utf8Bytes } from '../people/identity.js';
import { createRoom, createTypingNotifier } from '../rooms/room.js';
import { createRooms } from '../rooms/rooms.js';
import { createSession } from '../rooms/session.js';
import { texts } from '../words/texts.js';

const MESSAGE_TOO_LONG = 1009;
const ACTION = /^\/me\s+(?=\S)/;
// Not a path, nor two slashes.
const COMMAND = /^\s*[/／][^\s/／]+(?:\s|$)/;
const LAST_MESSAGES = 200;
const LIST_MS = 30000;
const BESIDE_TICKS = 4;
// The lists of rooms and people do not wait longer for the first messages.
const PATIENCE_MS = 3000;

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
	let isOnline = false;
	// The rooms that the server has listed.
	let known = [];
	// What is answered, once something was.
	let reply = null;
	let ticks = 0;

	const { send } = connection;
	const requests = createRequests({ send });
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

	const actions = {
		acknowledge: (room, key) => requests.ask((ref) => encodeAcknowledge({ ref, room, key })),
		clear: (room, key) => requests.ask((ref) => encodeClear({ ref, room, key })),
	};
	const alarms = createLazy(async () => {
		const { createAlarms } = await import('../alerts/alarms.js');

		return createAlarms(actions);
	});
	const mentionWatch = createLazy(async () => {
		const { createMentionWatch } = await import('../rooms/mention-watch.js');

		return createMentionWatch({
			nameNow: () => session.name,
			isJoined: (name) => Boolean(rooms.find(name)),
			onChange() {
				offerRooms();
				showRooms();
			},
			onFound: (name, message) => onUnseen({ name }, message),
		});
	});
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
		onLeft(room) {
			alarms.ifRequested((it) => it.forget(room.name));
			mentionWatch.ifRequested((it) => it.left(room));
		},
		onRefused: (room, { text }) => rooms.current.log.addNote(texts.roomRefused(room.name, text)),
	});
	const lists = createLazy(async () => {
		await firstMessages;
		const [{ createRoomsView }, { createPeopleView }] = await Promise.all([
			import('../rooms/rooms-view.js'),
			import('../people/people-view.js'),
		]);

		return {
			rooms: createRoomsView({
				onChoose(name) {
					onRoomChosen(name);
					composer.focus();
				},
				onLeave: (name) => rooms.leave(rooms.find(name)),
				onOpen: listRooms,
			}),
			people: createPeopleView(),
		};
	});
	const typingNotifier = createTypingNotifier(() => {
		if (rooms.current.isJoined)
			send(encodeTyping({ ref: randomId(), room: rooms.current.name }));
	});
	const composer = createComposer({
		sizeOf: (text) => sizeOf(newEntry(text)),
		onSend: (text) => (COMMAND.test(text) && !ACTION.test(text) ? runCommand(text) : say(text.replace(/^\s*\/(?=\/[^\s/])/, ''))),
		onWrite: typingNotifier.wrote,
		editLast: () => rooms.current.log.editLastOwn(),
	});

	async function loadCompletion() {
		const { completeText } = await import('./text-completion.js');
		completeText({ rooms, roomNames, alarms, isMe, onChange: composer.changed });
	}

	onFirst(at('text'), 'input', loadCompletion, ({ target }) => /[@:：]|^\s*[/／]/.test(target.value));

	async function loadPicker(isFocusKept) {
		const { openEmojiPicker } = await import('../emoji/emoji-picker.js');

		openEmojiPicker(at('picker-button'), { onPick: composer.insert, onClose: composer.focus, isWanted: isFocusKept() });
	}

	onFirst(at('picker-button'), 'click', loadPicker);

	const search = createLazy(async () => {
		const { createSearch } = await import('../messages/search.js');

		return createSearch({
			find: (words) => requests.ask((ref) => encodeSearch({ ref, room: rooms.current.name, words })),
			onChoose: (id) => onRoomChosen(rooms.current.name, id),
		});
	});
	const closeSearch = () => search.ifRequested((it) => it.close());

	at('search-button').addEventListener('click', () => {
		const isFocusKept = watchFocus();
		search((it) => isFocusKept() && it.toggle(), 'toggle');
	});

	const cards = createLazy(async () => (await import('./cards.js')).createCards({ rooms, session, composer }));

	at('chat').addEventListener('click', ({ target }) => cards((it) => it.clicked(target)));

	function buildRoom(name) {
		const room = createRoom(name, at('reading'), {
			send,
			isMe,
			nameNow: () => session.name,
			isInFlight: outbox.isInFlight,
			isOnScreen,
			ask: requests.ask,
			onRetry: retry,
			onDelete: remove,
			onReply(room, entry, createReply) {
				reply ??= createReply({ onAnswer: composer.focus });
				reply.answer(room, entry);
			},
			onLeaveLog: composer.focus,
			onAlarm: (alarm) => alarms((it) => it.update(alarm), `${alarm.room}/${alarm.key}`),
			onChange: showRooms,
			onPeople: showPeople,
			onUnseen,
			onDeleted(room, ids) {
				if (room === rooms.current)
					closeSearch();
				if (!ids)
					alarms.ifRequested((it) => it.forget(room.name));
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

	function newEntry(written) {
		return {
			room: rooms.current.name,
			text: written.replace(ACTION, ''),
			action: ACTION.test(written),
			replyTo: reply?.id ?? 0,
		};
	}

	const sizeOf = (entry) => utf8Bytes(encodeMessage({ ...entry, ref: randomId(), email: me().email }));

	// Of all rooms that the reader may enter.
	function roomNames() {
		return Array.from(new Set([...rooms.list(), ...known].map(({ name }) => name)));
	}

	function showQueue() {
		const waiting = outbox.count();
		at('queue').textContent = waiting && !isOnline ? texts.queued(waiting) : '';
	}

	function showTyping(room) {
		if (room === rooms.current)
			at('typing').textContent = room.typing;
	}

	function showRooms() {
		const list = rooms.list();
		const beside = known.filter(({ name, mentions }) => mentions && !rooms.find(name));
		const sum = (kind, all = list) => all.reduce((total, room) => total + room[kind], 0);
		const mentioned = sum('mentions', beside);

		lists((it) => it.rooms.show(list, rooms.current.name), 'rooms');
		onAttention({ room: rooms.current, unread: sum('unread') + mentioned, mentions: sum('mentions') + mentioned });
	}

	function offerRooms() {
		lists((it) => it.rooms.offer(known), 'known');
	}

	function showPeople(room) {
		if (room === rooms.current)
			lists((it) => it.people.show(room), 'people');
	}

	function onShow(room) {
		composer.open(room.name);
		typingNotifier.sent();
		showTyping(room);
		reply?.show(room);
		showPeople(room);
		closeSearch();
		linkRooms(roomNames(), at('reading'));
	}

	async function listRooms() {
		try {
			const { rooms: listed } = await fetchRooms();

			known = listed.map(({ room, topic, count, last_id: lastId }) => ({ name: room, topic, count, lastId }));
			known.forEach((room) => rooms.find(room.name)?.listed(room));
			offerRooms();
			linkRooms(roomNames(), at('reading'));
			if (known.some(({ name }) => !rooms.find(name)))
				mentionWatch((it) => it.listed(known), 'listed');
		} catch {
			// The old list stays.
		}
		return known;
	}

	function showUnsent({ log }, entry, options) {
		log.addUnsent({ ...me(), ...entry, name: session.name, date: new Date(entry.time), own: true }, options);
	}

	function say(text) {
		const entry = newEntry(text);

		reply?.drop();
		showUnsent(rooms.current, outbox.add(entry), { isNew: true });
		outbox.sendNext();
		typingNotifier.sent();
	}

	async function runCommand(text) {
		let fault = texts.closed.unreachable;

		try {
			const { runCommand: run } = await ifReachable(() => import('./commands.js'));
			fault = await run(text, { ...account, room: rooms.current, ask: requests.ask, join: onRoomChosen, listRooms, say });
		} catch {
			// The module could not be loaded.
		}
		if (fault)
			composer.refuse(text, fault);
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

	// Joins a room without showing it.
	function watch(room) {
		rooms.makePlace();
		return requests.ask((ref) => encodeJoin({ ref, room, since: rooms.find(room)?.since }));
	}

	function onJoined(frame) {
		adoptLimits(frame.limits);
		if (!frame.recovered)
			alarms.ifRequested((it) => it.forget(frame.room));
		// Without a ref the server has begun another history of the room.
		if (!session.isEntry(frame) || (isOnline && !frame.ref)) {
			if (requests.answered(frame))
				rooms.admit(frame.room);
			rooms.joined(frame);
			return;
		}
		session.joined(frame);
		// The name changed: the token belongs to someone else.
		if (!isSameName(outbox.inFlightName(), session.name))
			outbox.failInFlight();
		rooms.joined(frame);
		isOnline = true;
		connection.confirm();
		rooms.opened();
		outbox.opened();
		session.adoptWanted();
		firstMessages.then(() => {
			listRooms();
			cards(() => {});
		});
	}

	function onPresence(frame) {
		const isOwnMove = frame.event === 'rename' && isMe(frame.was);

		rooms.find(frame.room)?.handle(frame);
		if (isOwnMove)
			session.renamed(frame);
	}

	function onError(error) {
		// Errors with a ref that nobody waits for are not shown.
		const isKnown = session.refused(error) || outbox.refused(error) || requests.answered(error) || rooms.refused(error);

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
		joined: onJoined,
		presence: onPresence,
		ack: (frame) => requests.answered(frame) || outbox.acked(frame),
		history: (frame) => requests.answered(frame) || toRoom(frame),
		search: requests.answered,
		pong: session.ponged,
		error: onError,
	};

	const setVisible = (wanted) => rooms.current.seen(wanted);

	document.addEventListener('visibilitychange', () => {
		setVisible(!document.hidden && isChatVisible());
		if (!document.hidden && isOnline)
			listRooms();
	});
	// Rooms that the reader has not joined can wait longer.
	setInterval(() => {
		if (isOnline && (!rooms.list().every(({ isJoined }) => isJoined) || ++ticks % BESIDE_TICKS === 0))
			listRooms();
	}, LIST_MS);

	return {
		// For the Live view.
		services: {
			actions,
			watch,
			isJoined: (room) => Boolean(rooms.find(room)?.isJoined),
			joinedRooms: () => rooms.list().filter(({ isJoined }) => isJoined).map(({ name }) => name),
			history: (room) =>
				requests.ask((ref) => encodeHistory({ ref, room, limit: LAST_MESSAGES })).then(({ messages }) => messages),
		},
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
		search: (words) => search((it) => it.open(words)),
		mention: (name) => composer.mention(name),
		insert: composer.insert,
		isMe,
		// The rooms as they are listed.
		listed: () =>
			roomNames().map((name) => {
				const room = rooms.find(name);
				return { name, unread: room?.unread ?? 0, isJoined: Boolean(room), isCurrent: room === rooms.current };
			}),
		enterRoom: rooms.enter,
		// Until joined, skip the rest: the server sends it again.
		handle(frame) {
			if (isOnline || frame.type === 'joined' || frame.type === 'error')
				(handlers[frame.type] ?? toRoom)(frame);
		},
		opened() {
			rooms.leaveDefaultRoom();
			session.opened();
		},
		onState(state) {
			isOnline = state.name === 'online';
			if (state.cause === MESSAGE_TOO_LONG)
				outbox.currentRefused('too_long');
			if (!isOnline) {
				outbox.closed();
				session.closed();
				requests.closed();
				rooms.closed();
			}
			showQueue();
		},
		introduce(identity, { isFirst }) {
			// The server recognises a resent message by its sender's name.
			if (!isFirst && session.isRejected && !isSameName(identity.name, session.name))
				outbox.failInFlight();
			rooms.list().forEach((room) => room.log.showPictures(Boolean(identity.email)));
			session.want(identity);
		},
		showMe: (name) => lists((it) => it.people.showMe(name), 'me'),
		note: (text) => rooms.current.log.addNote(text),
	};
}
