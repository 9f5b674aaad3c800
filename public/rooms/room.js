// One room: its log, its people, and how far it was read.
import { addressOf } from '../base/address.js';
import { createLazy } from '../base/lazy.js';
import { createHistory } from '../messages/history.js';
import { createLogView } from '../messages/log-view.js';
import { noteAuthor, notePresent } from '../messages/mentions.js';
import { createEchoes } from '../messages/outbox.js';
import { foldName } from '../people/identity.js';
import { clockTimeSeconds, fillTexts, texts } from '../words/texts.js';
import { createReceivedPosition, createReadPosition } from './positions.js';

// How long typing is shown, and how often it is reported.
const SHOWN_MS = 5000;
const NOTIFY_MS = 3000;

const alarmCard = createLazy(() => import('../alarms/alarm-card.js'));

// onChange({ people, count }), people being { name, via }. The server lists at most some of count.
function createPeople({ onChange }) {
	const here = new Map();
	let count = 0;

	const add = ({ name, via }) => {
		notePresent(name);
		here.set(foldName(name), { name, via });
	};
	const remove = (name) => here.delete(foldName(name));

	function changed(newCount) {
		count = Math.max(newCount, here.size);
		onChange({ people: Array.from(here.values()), count });
	}

	return {
		names: () => Array.from(here.values(), ({ name }) => name),
		joined(frame) {
			here.clear();
			frame.users.forEach(add);
			changed(frame.count);
		},
		moved({ event, name, was, via, count: newCount }) {
			if (event === 'rename')
				remove(was);
			if (event === 'leave')
				remove(name);
			else
				add({ name, via });
			changed(newCount);
		},
	};
}

// onChange(words) gets the text to show.
function createTypingLine(onChange) {
	const writing = new Map();

	function show() {
		onChange(writing.size ? texts.typing(Array.from(writing.values(), ({ name }) => name)) : '');
	}

	function stopped(name) {
		clearTimeout(writing.get(foldName(name))?.timer);
		if (writing.delete(foldName(name)))
			show();
	}

	return {
		started(name) {
			clearTimeout(writing.get(foldName(name))?.timer);
			writing.set(foldName(name), { name, timer: setTimeout(() => stopped(name), SHOWN_MS) });
			show();
		},
		stopped,
		clear: () => Array.from(writing.values()).forEach(({ name }) => stopped(name)),
	};
}

// wrote() is called on each input; notify() less often.
export function createTypingNotifier(notify) {
	let notifiedAt = -Infinity;

	return {
		wrote() {
			if (performance.now() - notifiedAt < NOTIFY_MS)
				return;
			notifiedAt = performance.now();
			notify();
		},
		sent() {
			notifiedAt = -Infinity;
		},
	};
}

function buildElement(parent) {
	const element = document.getElementById('room').content.firstElementChild.cloneNode(true);

	fillTexts(element);
	element.inert = true;
	parent.append(element);
	return element;
}

// name is '' for the default room until the server tells its name. isInFlight(room, text) as in outbox.js;
// isOnScreen(room): the reader sees it. onRetry(ref) and onDelete(ref) are about failed messages.
export function createRoom(name, parent, { send, isMe, isInFlight, isOnScreen, ...events }) {
	const element = buildElement(parent);
	const at = (kind) => element.querySelector(`.${kind}`);
	const received = createReceivedPosition();
	const readPosition = createReadPosition();
	let leftAt = null;
	// Messages up to this id were sent while the page was offline.
	let missedUntil = 0;
	// The part of room.unread that comes from the list of rooms.
	let unlisted = 0;

	// Outside the room no answer would arrive.
	const history = createHistory({ send: (text) => room.isJoined && send(text), room: () => room.name, onPage });
	const log = createLogView(
		{ log: at('log'), jump: at('jump'), loading: at('loading') },
		{ nameNow: events.nameNow, showAlarm: alarmCard, addressOf: (id) => addressOf('room', room.name, id), onWant: history.want, onRetry: events.onRetry, onDelete: events.onDelete },
	);
	const echoes = createEchoes({ isInFlight: (text) => isInFlight(room.name, text), show: log.addMessage });
	const people = createPeople({
		onChange(present) {
			room.present = present;
			events.onPeople(room);
		},
	});
	const presenceLog = createLazy(async () => {
		const { createPresenceFilter } = await import('../people/presence-filter.js');
		return createPresenceFilter(log);
	});
	const typing = createTypingLine((words) => {
		room.typing = words;
		events.onTyping(room);
	});

	function withOwner(message) {
		return { ...message, own: message.type === 'message' && message.via !== 'push' && isMe(message.name) };
	}

	function noteRead() {
		readPosition.keep(room.name, received.since);
	}

	function countUnread(message) {
		if (message.own || message.deleted || isOnScreen(room)) {
			if (isOnScreen(room))
				noteRead();
			return;
		}
		if (!room.unread)
			log.markUnread(message.id);
		room.unread++;
		events.onUnseen(room, message);
		events.onChange(room);
	}

	// A held message is counted by its id, but not shown.
	function onPage({ kind, from, messages, more }) {
		// All of the page, before the first one is shown.
		messages.forEach(({ type, name: author }) => type === 'message' && noteAuthor(author));
		const ready = messages
			.map(withOwner)
			.map((message) => (echoes.hold(message) ? { type: 'other', id: message.id } : message));

		log.addPage({ kind, from, messages: ready, more });
	}

	// wasJoined: the server began another history, without a gap in time.
	function begin(frame, wasJoined) {
		const isBack = Boolean(received.epoch);
		const isSameEpoch = frame.epoch === received.epoch;

		received.begin(frame.epoch, frame.lastId);
		if (isBack) {
			const words = wasJoined
				? texts.otherHistory
				: texts.notRecovered(clockTimeSeconds(leftAt), clockTimeSeconds(new Date()));
			log.beginAfterGap(words, frame.lastId, { isSameEpoch });
			return;
		}
		room.unread = isOnScreen(room) ? 0 : readPosition.unreadOf(room.name, frame);
		const firstUnread = readPosition.firstUnreadOf(room.name, frame);
		if (firstUnread)
			log.markUnread(firstUnread);
		log.begin(frame.lastId);
	}

	function count(more) {
		room.unread += more - unlisted;
		unlisted = more;
	}

	const handlers = {
		message(frame) {
			if (frame.id && !received.take(frame.id))
				return;
			const message = withOwner(frame);
			const isMissed = Boolean(frame.id) && frame.id <= missedUntil;

			noteAuthor(message.name);
			typing.stopped(message.name);
			if (echoes.hold(message))
				return;
			countUnread(message);
			log.addMessage(message, { isMissed });
		},
		alarm(alarm) {
			if (alarm.id && !received.take(alarm.id))
				return;
			events.onAlarm(alarm);
			if (!alarm.id)
				return;
			countUnread(alarm);
			log.addMessage(alarm, { isMissed: alarm.id <= missedUntil });
		},
		other({ id }) {
			if (received.take(id))
				log.skip(id);
		},
		deletion({ id, ids }) {
			if (!received.take(id))
				return;
			log.skip(id);
			log.erase(ids);
			history.renew();
			events.onDeleted(room, ids);
		},
		edit({ id, of, text }) {
			if (!received.take(id))
				return;
			log.skip(id);
			log.edit(of, text);
			history.renew();
		},
		notice({ code }) {
			if (code !== 'room_deleted')
				return;
			history.closed();
			log.empty();
			log.addNote(texts.roomDeleted);
			room.seen();
			events.onDeleted(room, null);
		},
		presence(frame) {
			people.moved(frame);
			typing.stopped(frame.was || frame.name);
			if (!isMe(frame.name) && !(frame.event === 'rename' && isMe(frame.was)))
				presenceLog((it) => it.moved(frame));
		},
		typing({ name: writer }) {
			if (!isMe(writer))
				typing.started(writer);
		},
		history: history.came,
	};

	const room = {
		name,
		topic: '',
		unread: 0,
		typing: '',
		present: { people: [], count: 0 },
		isJoined: false,
		log,
		get since() {
			return received.since;
		},
		joined(frame) {
			const before = people.names();
			const wasJoined = room.isJoined;

			count(0);
			if (received.epoch)
				presenceLog((it) => it.rejoined(before, frame.users.map(({ name: user }) => user)));
			room.name = frame.room || room.name;
			room.topic = frame.topic;
			room.isJoined = true;
			at('log').ariaLabel = texts.logLabel(room.name);
			people.joined(frame);
			if (!frame.recovered)
				begin(frame, wasJoined);
			missedUntil = frame.lastId;
			log.reconnected();
			if (isOnScreen(room))
				noteRead();
			events.onChange(room);
		},
		handle(frame) {
			handlers[frame.type]?.(frame);
		},
		// For rooms that are not joined: the link may limit their number.
		listed({ topic, lastId }) {
			room.topic = topic;
			count(room.isJoined || isOnScreen(room) ? 0 : readPosition.moreOf(room.name, received.since, lastId));
			events.onChange(room);
		},
		// False if the error belongs to something else.
		refused: (error) => history.refused(error),
		closed() {
			if (room.isJoined)
				leftAt = new Date();
			room.isJoined = false;
			history.closed();
			log.disconnected();
			typing.clear();
		},
		acked(entry, { id, duplicate }) {
			received.take(id);
			log.confirm(entry.ref, id, duplicate ? null : new Date());
			if (isOnScreen(room))
				noteRead();
		},
		// Call after an ack or a failure.
		settle: echoes.release,
		show(wanted) {
			element.inert = !wanted;
			log.show(wanted);
			if (wanted)
				room.seen();
		},
		// The reader sees the room.
		seen() {
			room.unread = unlisted = 0;
			if (received.epoch)
				noteRead();
			events.onChange(room);
		},
		remove() {
			history.closed();
			typing.clear();
			readPosition.forget(room.name);
			element.remove();
		},
	};
	return room;
}
