// What is around the messages and the message field, loaded after the first messages: the lists of rooms and people,
// search, cards, alarms, commands, completion, the picker, and what the two other views need of the chat.
import { otherRooms } from '../alarms/other-rooms.js';
import { at } from '../base/elements.js';
import { createLazy, ifReachable, onFirst, watchFocus } from '../base/lazy.js';
import { addStylesheet } from '../base/stylesheet.js';
import { createRequests } from '../connection/requests.js';
import { ask } from '../connection/token.js';
import { encodeHistory, encodeJoin, randomId } from '../connection/wire.js';
import { encodeAcknowledge, encodeClear, encodeTyping } from '../connection/wire-requests.js';
import { onLevels } from '../messages/levels.js';
import { linkRooms } from '../messages/links.js';
import { createPeopleView } from '../people/people-view.js';
import { countedOf } from '../rooms/order.js';
import { createRoomsView } from '../rooms/rooms-view.js';
import { shareRooms, shareWriting } from '../rooms/sharing.js';
import { askForRoom, roomCalled } from '../rooms/typed-room.js';
import { createTypingNotifier } from '../rooms/typing.js';
import { laterTexts as texts } from '../words/later-texts.js';

await Promise.all(['surroundings.css', '../messages/lines.css'].map((path) => addStylesheet(new URL(path, import.meta.url))));

const LAST_MESSAGES = 200;
const MAX_TYPED = 256;
const LIST_MS = 30000;
const PATIENCE_MS = 10000;
// Who types a room's name waits so long for news of the rooms.
const NEWS_MS = 2000;
// Rooms that the reader has not joined can wait longer.
const BESIDE_TICKS = 4;

// chat has rooms, session and composer, see there. isOnline(): the session is open. say(text, room) sends a message. account,
// fetchRooms, onRoomChosen and onUnseen as in chat.js. onChange(): what is counted in rooms that the reader has not joined is another number.
// showReply(): what is answered may be another message.
export function createSurroundings(
	{ rooms, session, composer },
	{ send, isOnline, isMe, fetchRooms, account, say, onRoomChosen, onUnseen, onChange, showReply },
) {
	// The rooms that the server has listed.
	let known = [];
	let ticks = 0;
	const goneListeners = new Set();

	const requests = createRequests({ send });
	const actions = {
		acknowledge: (room, key) => requests.ask((ref) => encodeAcknowledge({ ref, room, key })),
		clear: (room, key) => requests.ask((ref) => encodeClear({ ref, room, key })),
	};
	const isJoined = (room) => Boolean(rooms.find(room)?.isJoined);
	const alarms = createLazy(async () => (await import('../alerts/alarms.js')).createAlarms(actions, { isJoined, watch, listRooms }));
	const mentionWatch = createLazy(async () => {
		const { createMentionWatch } = await import('../rooms/mention-watch.js');

		return createMentionWatch({
			nameNow: () => session.name,
			isJoined: (name) => Boolean(rooms.find(name)),
			onChange() {
				roomsView.offer(known);
				onChange();
			},
			onFound: (name, message) => onUnseen({ name }, message),
		});
	});
	const roomsView = createRoomsView({
		onChoose: enterRoom,
		onLeave: (name) => rooms.leave(rooms.find(name)),
		roomFor,
		onOpen: listRooms,
	});
	const peopleView = createPeopleView();
	const cards = createLazy(async () => (await import('./cards.js')).createCards({ rooms, session, composer }));
	const search = createLazy(async () => {
		const { createSearch } = await import('../messages/search.js');

		return createSearch({
			roomNow: () => rooms.current,
			allRooms: async () => (await fetchRooms()).rooms,
			isJoined: (name) => Boolean(rooms.find(name)),
			onChoose: onRoomChosen,
			onDay: (opener) => openDates(opener),
		});
	});
	const dates = createLazy(() => import('../messages/dates.js'));
	const typing = createTypingNotifier(() => {
		if (rooms.current.isJoined)
			send(encodeTyping({ ref: randomId(), room: rooms.current.name }));
	});
	// What is typed while the search is loaded.
	let typed = '';

	// It is no message: see keyboard.js. A blank would press the button again.
	function holdTyped(event) {
		if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey)
			return;
		event.preventDefault();
		if (typed.length < MAX_TYPED)
			typed += event.key;
	}

	const closeSearch = () => search.ifRequested((it) => it.close());

	function openDates(opener, date) {
		const { name } = rooms.current;
		const onChoose = (id) => {
			// The reader has gone elsewhere meanwhile.
			if (name !== rooms.current.name)
				return;
			closeSearch();
			onRoomChosen(name, id);
		};

		dates((it) => it.openDates(opener, { room: name, date, onChoose }), 'open');
	}

	async function loadCompletion() {
		const { completeText } = await import('./text-completion.js');
		completeText({ rooms, roomNames, alarms, isMe, onChange: composer.changed });
	}

	async function loadPicker(isFocusKept) {
		const { openEmojiPicker } = await import('../emoji/emoji-picker.js');

		openEmojiPicker(at('picker-button'), { onPick: composer.insert, onClose: composer.focus, isWanted: isFocusKept() });
	}

	// Of all rooms that the reader may enter.
	function roomNames() {
		return Array.from(new Set([...rooms.list(), ...known].map(({ name }) => name)));
	}

	// Joins a room without showing it.
	function watch(room) {
		rooms.makePlace();
		return requests.ask((ref) => encodeJoin({ ref, room, since: rooms.find(room)?.since }));
	}

	async function listRooms() {
		try {
			const answer = await fetchRooms();
			const { rooms: listed } = answer;

			otherRooms.update(answer);
			if (otherRooms.list(isJoined).withAlarms.length)
				alarms(() => {}, 'other rooms');

			known = listed.map(({ room, topic, count, last_id: lastId }) => ({ name: room, topic, count, lastId }));
			known.forEach((room) => rooms.find(room.name)?.listed(room));
			roomsView.offer(known);
			linkRooms(roomNames(), at('reading'));
			if (known.some(({ name }) => !rooms.find(name)))
				mentionWatch((it) => it.listed(known), 'listed');
		} catch {
			// The old list stays.
		}
		return known;
	}

	function enterRoom(name) {
		onRoomChosen(name);
		composer.focus();
	}

	// The name of the room that the reader wants who typed this, or ''.
	async function roomFor(typed) {
		const find = () => roomCalled(typed, roomNames());

		if (!find())
			await Promise.race([listRooms(), new Promise((resolve) => setTimeout(resolve, NEWS_MS))]);
		return find() ?? (await askForRoom(typed, roomNames()));
	}

	async function enterTyped(typed) {
		const room = await roomFor(typed);

		if (room)
			enterRoom(room);
	}

	async function runCommand(text, room) {
		let fault = texts.closed.unreachable;

		try {
			const { runCommand: run } = await ifReachable(() => import('./commands.js'));
			fault = await run(text, { ...account, room, ask: requests.ask, join: enterTyped, listRooms, say: (words) => say(words, room) });
		} catch {
			// The module could not be loaded.
		}
		if (!fault)
			return;
		composer.refuse(text, fault, room.name);
		if (room !== rooms.current)
			room.log.addNote(fault);
	}

	shareRooms(rooms);
	shareWriting(rooms, { composer, showReply });
	// Of muted rooms less is counted.
	onLevels(onChange);
	onFirst(at('text'), 'input', loadCompletion, ({ target }) => /[@:：]|^\s*[/／]/.test(target.value));
	onFirst(at('picker-button'), 'click', loadPicker);
	at('search-button').addEventListener('click', ({ currentTarget: opener }) => {
		const isFocusKept = watchFocus();

		opener.ariaBusy = 'true';
		opener.addEventListener('keydown', holdTyped);
		search((it) => {
			opener.removeEventListener('keydown', holdTyped);
			opener.ariaBusy = 'false';
			if (isFocusKept())
				it.toggle(typed);
			typed = '';
		}, 'toggle');
	});
	at('chat').addEventListener('click', ({ target }) => cards((it) => it.clicked(target)));
	// The lines between days.
	at('reading').addEventListener('click', ({ target }) => target.closest('.day time') && openDates(target, new Date(target.closest('time').dateTime)));
	// They also mark the names that look alike.
	cards(() => {});
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden && isOnline())
			listRooms();
	});
	setInterval(() => {
		if (isOnline() && (!rooms.list().every(({ isJoined }) => isJoined) || ++ticks % BESIDE_TICKS === 0))
			listRooms();
	}, LIST_MS);

	return {
		// See requests.js.
		ask: requests.ask,
		answered: requests.answered,
		closed: requests.closed,
		listRooms,
		runCommand,
		// How many messages wait for the connection.
		showQueue(waiting) {
			at('queue').textContent = waiting ? texts.queued(waiting) : '';
		},
		// The reader has written, or sent it.
		wrote: typing.wrote,
		said: typing.sent,
		// In all rooms: { unread, mentions }.
		unread() {
			const sum = { unread: 0, mentions: 0 };

			for (const room of [...rooms.list(), ...known.filter(({ name }) => !rooms.find(name))]) {
				const { unread, mentions } = countedOf(room);
				sum.unread += unread;
				sum.mentions += mentions;
			}
			return sum;
		},
		showRooms: () => roomsView.show(rooms.list(), rooms.current.name),
		showPeople: peopleView.show,
		showMe: peopleView.showMe,
		// Another room is on screen.
		shown(room) {
			typing.sent();
			peopleView.show(room);
			closeSearch();
			linkRooms(roomNames(), at('reading'));
		},
		left(room) {
			goneListeners.forEach((listen) => listen(room.name));
			otherRooms.changed();
			alarms.ifRequested((it) => it.forget(room.name));
			mentionWatch.ifRequested((it) => it.left(room));
		},
		// All messages if ids is null.
		deleted(room, ids) {
			if (room === rooms.current)
				closeSearch();
			if (!ids) {
				this.forgetAlarms(room.name);
				goneListeners.forEach((listen) => listen(room.name));
			}
		},
		alarm: (alarm) => alarms((it) => it.update(alarm), `${alarm.room}/${alarm.key}`),
		openCard: (name) => cards((it) => it.open(name)),
		forgetAlarms: (room) => alarms.ifRequested((it) => it.forget(room)),
		search: (words) => search((it) => it.open(words)),
		// The rooms as they are listed.
		listed: () =>
			roomsView.inOrder().map((room) => {
				const isJoined = Boolean(rooms.find(room.name));
				const { unread, mentions } = countedOf(room);
				return { name: room.name, unread: isJoined && unread, mentions, isJoined, isCurrent: room === rooms.current };
			}),
		// For the Live view.
		services: {
			actions,
			watch,
			isJoined,
			joinedRooms: () => rooms.list().filter(({ isJoined }) => isJoined).map(({ name }) => name),
			history: (room, before) =>
				requests.ask((ref) => encodeHistory({ ref, room, before, limit: LAST_MESSAGES })).then(({ messages }) => messages),
			// The reader has left the room, or it was deleted.
			onRoomGone: (listen) => goneListeners.add(listen),
			// The answer to GET /metric.
			async fetchRecorded(room, name, range) {
				const address = `metric/${encodeURIComponent(room)}?${new URLSearchParams({ name, range })}`;
				return (await ask(address, { signal: AbortSignal.timeout(PATIENCE_MS) })).json();
			},
		},
	};
}
