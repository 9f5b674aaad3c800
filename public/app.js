// Puts the parts together; each of them knows nothing of the others.
import { createAlarms } from './alarms.js';
import { createAlarmsView } from './alarms-view.js';
import { buildAvatar } from './avatar.js';
import { createComings } from './comings.js';
import { createComposer } from './composer.js';
import { createConnection, socketUrl } from './connection.js';
import { createEchoes } from './echoes.js';
import { createEmojiPicker } from './emoji-picker.js';
import { clockTimeSeconds } from './format.js';
import { createHistory } from './history.js';
import { keepIdentity, recallFields, recallIdentity } from './identity.js';
import { adoptLimits, limits, utf8Bytes } from './limits.js';
import { createLogView } from './log-view.js';
import { isSameName } from './names.js';
import { createOutbox } from './outbox.js';
import { createPeopleView } from './people-view.js';
import { createPeople } from './people.js';
import { createPlace } from './place.js';
import { createPresenceLine } from './presence-line.js';
import { createProfile } from './profile.js';
import { createSession } from './session.js';
import { createStateLine } from './state-line.js';
import { fillTexts, texts } from './texts.js';
import { createTypingLine, createTypingTeller } from './typing.js';
import { createUnread } from './unread.js';
import { decodeFrame, encodeAcknowledge, encodeMessage, encodePing, encodeTyping, randomId } from './wire.js';

const MESSAGE_TOO_LONG = 1009;

const at = (id) => document.getElementById(id);

fillTexts(document.body);

let me = null;
let hasEntered = false;
let isOnline = false;
let leftAt = null;
// What was said before the page was back is not news.
let missedUntil = 0;

const place = createPlace();
const addUnread = createUnread();
const showState = createStateLine({
	line: at('state'),
	words: at('state-words'),
	countdown: at('state-countdown'),
	nowButton: at('connect-now'),
});

const connection = createConnection(socketUrl(location.href), {
	onState,
	onOpen: () => session.opened(),
	onText,
	ping: encodePing({ ref: '' }),
});
const history = createHistory({
	send: connection.send,
	onPage,
});
const log = createLogView(
	{ log: at('log'), jump: at('jump'), loading: at('loading') },
	{ onWant: history.want, onRetry: retry, onDelete: remove },
);
const outbox = createOutbox({
	send: (entry) => connection.send(encodeMessage({ ...entry, email: me.email })),
	fits: (entry) => sizeOf(entry.text) <= limits.messageBytes,
	nameNow: () => session.name,
	onAcked,
	onFailed: (entry) => log.fail(entry.ref, entry.failed),
	onGone: (entry) => log.remove(entry.ref),
	onChange: showQueue,
});
const session = createSession({
	send: connection.send,
	since: () => place.since,
	nameInDoubt: outbox.nameInDoubt,
	onNamed,
	onRefused: onNameRefused,
});
const echoes = createEchoes({ isInDoubt: outbox.isInDoubt, show: log.addMessage });

const peopleView = createPeopleView({
	frame: at('chat'),
	panel: at('people'),
	list: at('people-list'),
	more: at('people-more'),
	heading: at('people-heading'),
	button: at('people-button'),
	count: at('people-count'),
	close: at('people-close'),
});
const alarmsView = createAlarmsView(
	{ panel: at('alarms'), list: at('alarms-list'), button: at('alarms-button'), count: at('alarms-count'), close: at('alarms-close') },
	{ onAcknowledge: (alarm) => connection.send(encodeAcknowledge(alarm)) },
);
const alarms = createAlarms({ onChange: alarmsView.show });
const people = createPeople({ onChange: peopleView.show });
const comings = createComings(createPresenceLine(log));
const typingLine = createTypingLine(at('typing'));
const typingTeller = createTypingTeller(() => {
	if (isOnline)
		connection.send(encodeTyping({ ref: randomId() }));
});

const composer = createComposer(
	{ form: at('composer'), field: at('text'), counter: at('counter'), refusal: at('refusal') },
	{ sizeOf, onSend: say, onWrite: typingTeller.wrote },
);
createEmojiPicker(
	{ panel: at('picker'), search: at('picker-search'), grid: at('picker-grid'), button: at('picker-button') },
	{ onPick: composer.insert, onClose: composer.focus },
);
const profile = createProfile(at('profile'), {
	onSave: async (name, email) => enter(await keepIdentity(name, email)),
});

at('me').addEventListener('click', () => profile.open(recallFields(), { required: false }));
at('connect-now').addEventListener('click', connection.connect);

function sizeOf(text) {
	return utf8Bytes(encodeMessage({ ref: randomId(), email: me.email, text }));
}

const isMe = (name) => isSameName(name, session.name);

function withOwner(message) {
	return { ...message, own: message.type === 'message' && isMe(message.name) };
}

function showQueue() {
	const waiting = outbox.count();
	at('queue').textContent = waiting && !isOnline ? texts.queued(waiting) : '';
}

// Writing

function showUnsent(entry, options) {
	log.addUnsent({ ...me, ...entry, name: session.name, date: new Date(entry.time), own: true }, options);
}

function say(text) {
	showUnsent(outbox.add(text), { isNew: true });
	outbox.sayNext();
	typingTeller.sent();
}

function retry(ref) {
	log.retry(ref);
	outbox.retry(ref);
	composer.focus();
}

function remove(ref) {
	log.remove(ref);
	outbox.remove(ref);
	composer.focus();
}

function onAcked(entry, { id, duplicate }) {
	place.take(id);
	log.confirm(entry.ref, id, duplicate ? null : new Date());
	echoes.release();
	session.adoptWanted();
}

// Reading

function onMessage(frame) {
	if (frame.id && !place.take(frame.id))
		return;
	const message = withOwner(frame);
	const isMissed = Boolean(frame.id) && frame.id <= missedUntil;

	typingLine.stopped(message.name);
	if (echoes.hold(message))
		return;
	log.addMessage(message, { isMissed });
	if (!message.own)
		addUnread();
}

// What is held keeps its place in the page by its id.
function onPage({ kind, messages, more }) {
	const ready = messages.map(withOwner).map((message) => (echoes.hold(message) ? { type: 'other', id: message.id } : message));

	log.addPage({ kind, messages: ready, more });
}

function onAlarm(alarm) {
	if (alarm.id && !place.take(alarm.id))
		return;
	alarms.told(alarm);
	if (!alarm.id)
		return;
	log.addMessage(alarm, { isMissed: alarm.id <= missedUntil });
	addUnread();
}

function onOther({ id }) {
	if (place.take(id))
		log.skip(id);
}

function onJoined(frame) {
	const isBack = Boolean(place.epoch);

	adoptLimits(frame.limits);
	if (isBack)
		comings.rejoined(people.names(), frame.users.map(({ name }) => name));
	session.joined(frame);
	people.joined(frame);
	if (!frame.recovered) {
		alarms.forget(frame.room);
		const isSameEpoch = frame.epoch === place.epoch;

		place.begin(frame.epoch, frame.lastId);
		if (isBack)
			log.beginAfterGap(texts.notRecovered(clockTimeSeconds(leftAt), clockTimeSeconds(new Date())), frame.lastId, { isSameEpoch });
		else
			log.begin(frame.lastId);
	}
	missedUntil = frame.lastId;
	connection.confirm();
	log.reconnected();
	outbox.opened();
	session.adoptWanted();
}

function onPresence(frame) {
	const isOwnMove = frame.event === 'rename' && isMe(frame.was);

	people.moved(frame);
	typingLine.stopped(frame.was || frame.name);
	if (isOwnMove)
		session.renamed(frame);
	else if (!isMe(frame.name))
		comings.moved(frame);
}

function onError(error) {
	// What has a ref and is not known here was of no importance.
	if (!session.refused(error) && !outbox.refused(error) && !history.refused(error) && !error.ref)
		log.addNote(texts.serverSays(error.text));
	echoes.release();
}

const handlers = {
	message: onMessage,
	alarm: onAlarm,
	other: onOther,
	joined: onJoined,
	presence: onPresence,
	typing: ({ name }) => isMe(name) || typingLine.heard(name),
	ack: outbox.acked,
	history: history.came,
	pong: session.ponged,
	error: onError,
};

function onText(data) {
	const frame = decodeFrame(data);

	// Before joined there may be messages, too: they come again with what was missed or with the history.
	if (frame && (isOnline || frame.type === 'joined' || frame.type === 'error'))
		handlers[frame.type](frame);
}

// Being there

function onState(state) {
	const wasOnline = isOnline;

	isOnline = state.name === 'online';
	showState(state);
	alarmsView.enable(isOnline);
	if (wasOnline && !isOnline)
		leftAt = new Date();
	if (state.cause === MESSAGE_TOO_LONG)
		outbox.currentRefused('too_long');
	if (!isOnline) {
		outbox.closed();
		session.closed();
		history.closed();
		log.disconnected();
		typingLine.clear();
	}
	showQueue();
}

function onNamed(name) {
	const isNew = hasEntered && name !== me.name;

	hasEntered = true;
	me = { ...me, name };
	keepIdentity(name, me.email);
	showMe();
	if (isNew)
		log.addNote(texts.renamed(name));
}

function onNameRefused({ code, text, name, isOut }) {
	if (!isOut)
		keepIdentity(me.name, me.email);
	const fault = code === 'name_taken' ? texts.nameTaken(name) : texts.nameRefused(text);

	profile.open({ name, email: me.email }, { required: isOut, first: !hasEntered, fault });
}

function showMe() {
	const name = document.createElement('bdi');
	name.textContent = me.name;
	at('me').replaceChildren(buildAvatar(me.name, me.email && me.avatar), name);
	at('me').ariaLabel = texts.changeName(me.name);
	peopleView.showMe(me.name);
}

function enter(identity) {
	const isFirst = !me;

	// What is being said under the old name cannot be asked for under another one.
	if (!isFirst && session.isLeftOut && !isSameName(identity.name, session.name))
		outbox.giveUpDoubtful();
	// The server has a say in the name.
	me = isFirst || !hasEntered ? identity : { ...identity, name: me.name };
	log.showPictures(Boolean(me.email));
	session.want(identity);
	showMe();
	if (!isFirst) {
		if (!isOnline && hasEntered && identity.name !== me.name)
			log.addNote(texts.renameLater(identity.name));
		composer.focus();
		return;
	}
	at('chat').hidden = false;
	for (const entry of outbox.list())
		showUnsent(entry, { isNew: false });
	composer.start();
	connection.connect();
}

const known = await recallIdentity();
if (known)
	enter(known);
else
	profile.open(recallFields(), { required: true, first: true });
