// One room: its log, its people, and how far it was read.
import { addressOf } from '../base/address.js';
import { createLazy } from '../base/lazy.js';
import { createHistory } from '../messages/history.js';
import { createLogView } from '../messages/log-view.js';
import { createEchoes } from '../messages/outbox.js';
import { foldName, noteName } from '../people/identity.js';
import { clockTimeSeconds, fillTexts, texts } from '../words/texts.js';
import { createReading, createReceivedPosition } from './positions.js';

const alarmCard = createLazy(() => import('../alarms/alarm-card.js'));

// People are { name, via }. The server lists at most some of count.
function createPeople({ onChange }) {
	const here = new Map();
	let count = 0;

	const add = ({ name, via }) => {
		noteName('present', name);
		here.set(foldName(name), { name, via });
	};
	const remove = (name) => here.delete(foldName(name));

	function changed(newCount) {
		count = Math.max(newCount, here.size);
		onChange();
	}

	return {
		present: () => ({ people: Array.from(here.values()), count }),
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

function buildElement(parent) {
	const element = document.getElementById('room').content.firstElementChild.cloneNode(true);

	fillTexts(element);
	element.inert = true;
	parent.append(element);
	return element;
}

// name is '' for the default room until the server tells its name. isInFlight(room, text) as in outbox.js;
// isOnScreen(room): the reader sees it. The others are as in log-view.js.
export function createRoom(name, parent, { send, isMe, isInFlight, isOnScreen, ...events }) {
	const element = buildElement(parent);
	const at = (kind) => element.querySelector(`.${kind}`);
	const received = createReceivedPosition();
	let leftAt = null;
	// Messages up to this id were sent while the page was offline.
	let missedUntil = 0;

	// Outside the room no answer would arrive.
	const history = createHistory({ send: (text) => room.isJoined && send(text), room: () => room.name, onPage });
	const log = createLogView(
		{ log: at('log'), jump: at('jump'), loading: at('loading') },
		{
			server: { ask: events.ask, apply: (frame) => room.handle(frame), room: () => room.name, epoch: () => received.epoch, nameNow: events.nameNow },
			addressOf: (id) => addressOf('room', room.name, id),
			showAlarm: alarmCard,
			onWant: history.want,
			onRetry: events.onRetry,
			onDelete: events.onDelete,
			onReply: (...given) => events.onReply(room, ...given),
			onLeave: events.onLeaveLog,
			onMoved() {
				reading.moved();
				events.onMoved();
			},
		},
	);
	const echoes = createEchoes({ isInFlight: (text) => isInFlight(room.name, text), show: log.addMessage });
	const people = createPeople({ onChange: () => events.onPeople(room) });
	const presenceLog = createLazy(async () => {
		const { createPresenceFilter } = await import('../people/presence-filter.js');
		return createPresenceFilter(log);
	});
	const typing = createLazy(async () => {
		const { createTypingLine } = await import('./typing.js');
		return createTypingLine((words) => {
			room.typing = words;
			events.onTyping(room);
		});
	});
	const stopTyping = (writer) => typing.ifRequested((it) => it.stopped(writer));

	function withOwner(message) {
		return { ...message, own: message.type === 'message' && message.via !== 'push' && isMe(message.name) };
	}

	// A held message is counted by its id, but not shown.
	function onPage({ kind, from, messages, more }) {
		// All of the page, before the first one is shown.
		messages.forEach(({ type, name: author }) => type === 'message' && noteName('authors', author));
		const ready = messages
			.map(withOwner)
			.map((message) => (echoes.hold(message) ? { type: 'other', id: message.id } : message));

		log.addPage({ kind, from, messages: ready, more });
	}

	// wasJoined: the server began another history, without a gap in time.
	function begin(frame, wasJoined) {
		const isBack = Boolean(received.epoch);
		const isSameEpoch = frame.epoch === received.epoch;

		reading.begin(frame);
		if (isBack) {
			const words = wasJoined
				? texts.otherHistory
				: texts.notRecovered(clockTimeSeconds(leftAt), clockTimeSeconds(new Date()));
			log.beginAfterGap(words, frame.lastId, { isSameEpoch });
			return;
		}
		log.begin(frame.lastId);
	}

	const isNew = (id) => !id || received.take(id);

	const handlers = {
		message(frame) {
			if (!isNew(frame.id))
				return;
			const message = withOwner(frame);
			const isMissed = Boolean(frame.id) && frame.id <= missedUntil;

			noteName('authors', message.name);
			stopTyping(message.name);
			if (echoes.hold(message))
				return;
			log.addMessage(message, { isMissed });
			reading.came(message, isMissed);
		},
		alarm(alarm) {
			if (!isNew(alarm.id))
				return;
			events.onAlarm(alarm);
			if (!alarm.id)
				return;
			const isMissed = alarm.id <= missedUntil;
			log.addMessage(alarm, { isMissed });
			reading.came(alarm, isMissed);
		},
		other({ id }) {
			if (received.take(id))
				log.skip(id);
		},
		deletion({ id, ids }) {
			if (!isNew(id))
				return;
			log.skip(id);
			log.erase(ids);
			reading.erase(ids);
			history.renew();
			events.onDeleted(room, ids);
		},
		edit(frame) {
			if (!isNew(frame.id))
				return;
			log.skip(frame.id);
			log.edit(frame);
			history.renew();
		},
		react(frame) {
			if (!isNew(frame.id))
				return;
			log.skip(frame.id);
			if (!log.react(frame))
				history.renew();
		},
		notice({ code }) {
			if (code !== 'room_deleted')
				return;
			history.closed();
			log.empty();
			log.addNote(texts.roomDeleted);
			reading.clear();
			events.onDeleted(room, null);
		},
		presence(frame) {
			people.moved(frame);
			stopTyping(frame.was || frame.name);
			if (!isMe(frame.name) && !(frame.event === 'rename' && isMe(frame.was)))
				presenceLog((it) => it.moved(frame));
		},
		typing({ name: writer }) {
			if (!isMe(writer))
				typing((it) => it.started(writer));
		},
		history: history.came,
	};

	const room = {
		name,
		topic: '',
		unread: 0,
		mentions: 0,
		typing: '',
		isJoined: false,
		log,
		get present() {
			return people.present();
		},
		get since() {
			return received.since;
		},
		get epoch() {
			return received.epoch;
		},
		joined(frame) {
			const before = people.names();
			const wasJoined = room.isJoined;

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
			events.onChange(room);
		},
		handle(frame) {
			handlers[frame.type]?.(frame);
			reading.note();
		},
		// For rooms that are not joined: the link may limit their number.
		listed({ topic, lastId }) {
			room.topic = topic;
			if (!room.isJoined && !isOnScreen(room))
				reading.listed(lastId);
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
			typing.ifRequested((it) => it.clear());
		},
		acked(entry, { id, duplicate }) {
			received.take(id);
			log.confirm(entry.ref, id, duplicate ? null : new Date());
			reading.note();
		},
		// Call after an ack or a failure.
		settle: echoes.release,
		show(wanted) {
			element.inert = !wanted;
			log.show(wanted);
			if (!wanted)
				reading.left();
		},
		// The reader sees the room, or no longer.
		seen: (wanted) => (wanted ? reading.moved() : reading.left()),
		remove() {
			history.closed();
			typing.ifRequested((it) => it.clear());
			reading.close();
			element.remove();
		},
	};
	const reading = createReading(room, {
		element,
		received,
		log,
		withOwner,
		isOnScreen,
		nameNow: events.nameNow,
		onUnseen: events.onUnseen,
		onChange: events.onChange,
	});

	return room;
}
