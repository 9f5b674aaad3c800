// The page: who the reader is, the connection, and the views that are fed from it.
import { buildAvatar } from './avatar.js';
import { createChat } from './chat.js';
import { createConnection } from './connection.js';
import { keepIdentity, recallFields, recallIdentity } from './identity.js';
import { createNotifications } from './notifications.js';
import { createProfile, createSettings } from './profile.js';
import { createAttention, createStateLine, createTabs } from './shell.js';
import { clockTimeSeconds, fillTexts, fullDate, texts } from './texts.js';
import { createViews } from './views.js';
import { decodeFrame, encodePing } from './wire.js';

const at = (id) => document.getElementById(id);

fillTexts(document.body);

let me = null;
let hasEntered = false;
let isOnline = false;
let view = 'chat';

const showState = createStateLine({
	line: at('state'),
	words: at('state-words'),
	countdown: at('state-countdown'),
	nowButton: at('connect-now'),
});
const showAttention = createAttention(document.querySelector('link[rel="icon"]'));
const connection = createConnection(location.href, {
	onState,
	onOpen: () => chat.opened(),
	onText,
	ping: encodePing({ ref: '' }),
});
const chat = createChat({
	connection,
	me: () => me,
	isLooking: () => view === 'chat',
	onNamed,
	onNameRefused,
	onAttention,
	onNews: (room, message) => notifications.tell(room, message),
});
const notifications = createNotifications({
	onOpen(room) {
		tabs.show('chat');
		chat.enterRoom(room);
	},
});
const views = createViews({
	texts,
	format: { clockTimeSeconds, fullDate },
	acknowledge: chat.acknowledge,
	history: chat.history,
	send: connection.send,
	fetchRooms,
});
const tabs = createTabs([at('tab-chat'), at('tab-live'), at('tab-logs')], { onShow: onView });
const profile = createProfile(at('profile'), {
	onSave: async (name, email) => enter(await keepIdentity(name, email)),
});

createSettings(
	{ theme: at('theme'), language: at('language'), notify: at('notify'), notifyFault: at('notify-fault') },
	{ notifications },
);
at('me').addEventListener('click', () => profile.open(recallFields(), { required: false }));
at('connect-now').addEventListener('click', connection.connect);

async function fetchRooms() {
	const response = await fetch('rooms', { headers: { accept: 'application/json' } });

	if (!response.ok)
		throw new Error(response.statusText);
	return response.json();
}

function onText(data) {
	const frame = decodeFrame(data);

	if (!frame)
		return;
	if (frame.type === 'log')
		views.log(frame);
	else if (frame.type === 'metric')
		views.metric(frame.raw);
	else if (frame.type !== 'joined' || !views.joined(frame))
		chat.handle(frame);
	if (frame.type === 'alarm')
		views.alarm(frame.raw);
}

// What is shown

function showHeading() {
	const names = { live: texts.viewLive, logs: texts.viewLogs };

	at('room-title').textContent = names[view] ?? (chat.room.name || texts.title);
	at('room-topic').textContent = view === 'chat' ? chat.room.topic : '';
	at('room-topic').title = at('room-topic').textContent;
}

function onAttention({ room, unread }) {
	showAttention({ room: room.name, unread });
	showHeading();
}

function onView(id) {
	view = id;
	at('app').dataset.view = id;
	views.show(id);
	chat.look(id === 'chat');
	showHeading();
}

function showMe() {
	const name = document.createElement('bdi');

	name.textContent = me.name;
	at('me').replaceChildren(buildAvatar(me.name, me.email && me.avatar), name);
	at('me').title = texts.changeName(me.name);
	chat.showMe(me.name);
}

// Being there

function onState(state) {
	const wasOnline = isOnline;

	isOnline = state.name === 'online';
	showState(state);
	chat.onState(state);
	if (isOnline)
		views.opened();
	else if (wasOnline)
		views.closed();
}

function onNamed(name) {
	const isNew = hasEntered && name !== me.name;

	hasEntered = true;
	me = { ...me, name };
	keepIdentity(name, me.email);
	showMe();
	if (isNew)
		chat.note(texts.renamed(name));
}

function onNameRefused({ code, text, name, isOut }) {
	if (!isOut)
		keepIdentity(me.name, me.email);
	const fault = code === 'name_taken' ? texts.nameTaken(name) : texts.nameRefused(text);

	profile.open({ name, email: me.email }, { required: isOut, first: !hasEntered, fault });
}

function enter(identity) {
	const isFirst = !me;

	// The server has a say in the name.
	me = isFirst || !hasEntered ? identity : { ...identity, name: me.name };
	chat.introduce(identity, { isFirst });
	if (isFirst) {
		at('app').hidden = false;
		chat.start();
		tabs.start();
	}
	showMe();
	if (isFirst) {
		connection.connect();
		return;
	}
	if (!isOnline && hasEntered && identity.name !== me.name)
		chat.note(texts.renameLater(identity.name));
	chat.focus();
}

const known = await recallIdentity();
if (known)
	enter(known);
else
	profile.open(recallFields(), { required: true, first: true });
