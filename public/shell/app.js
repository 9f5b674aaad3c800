// Connects the server connection with the chat and the other views.
import { at } from '../base/elements.js';
import { isCommand, isComposing } from '../base/keys.js';
import { createLazy, onFirst, watchFocus } from '../base/lazy.js';
import { recall, watchStorage } from '../base/storage.js';
import { createConnection } from '../connection/connection.js';
import { ask } from '../connection/token.js';
import { decodeFrame, encodePing, readCount } from '../connection/wire.js';
import { buildAvatar } from '../people/avatar.js';
import { keepIdentity, recallFields } from '../people/identity.js';
import { texts } from '../words/texts.js';
import { createChat } from './chat.js';
import { createPlaces } from './places.js';
import { createAttention, createStateLine, createTabs } from './shell.js';
import { signIn, useToken } from './start.js';
import { createViews } from './views.js';

// Longest wait for the list of rooms.
const PATIENCE_MS = 20000;
const TOKEN_FAULTS = ['token_required', 'bad_token', 'token_expired'];
// Short windows and forced colours.
const unusual = matchMedia('(height < 30rem), (forced-colors: active)');
const GUEST = /^guest-\d+$/;

let me = null;
let hasEntered = false;
let isOnline = false;
let view = 'chat';
// The log that is shown in Logs.
let log = '';

const showState = createStateLine();
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
	isChatVisible: () => view === 'chat',
	fetchRooms,
	onRoomChosen: (name, id) => places.go('room', name, id),
	account: {
		rename: async (name) => enter(await keepIdentity(name, recallFields().email)),
		useToken,
		quit: () => connection.dismiss(),
	},
	onNamed,
	onNameRefused,
	onAttention,
	onUnseen: (room, message) => alerts.ifRequested((it) => it.alert(room, message)),
	onDeleted: (room, ids) => alerts.ifRequested((it) => it.withdraw(room, ids)),
	onMoved: () => places.moved(),
});
const alerts = createLazy(async () => {
	const { createAlerts } = await import('../alerts/alerts.js');

	return createAlerts({
		nameNow: () => me.name,
		roomNow: () => chat.room.name,
		onOpen: (room, id) => places.go('room', room, id),
	});
});
const views = createViews({
	services: chat.ready,
	send: connection.send,
	fetchRooms,
	onLog(name, { isChosen }) {
		log = name;
		if (isChosen)
			places.go('logs', name);
		else
			places.changed();
	},
});
const tabs = createTabs([at('tab-chat'), at('tab-live'), at('tab-logs')], {
	onShow: onView,
	onChoose: (id) => places.go(...placeIn(id)),
});
const places = createPlaces({
	placeNow: () => chat.room && placeIn(view),
	isAtNewest: () => view === 'chat' && chat.room.log.isFollowing,
	toNewest: () => chat.room.log.toNewest(),
	show(kind, name, id) {
		if (kind === 'room' && name)
			chat.enterRoom(name);
		tabs.show(kind === 'room' ? 'chat' : kind);
		const message = kind === 'room' && readCount(Number(id));

		// A hidden log does not move.
		if (message)
			chat.room.log.jumpTo(message);
		if (kind === 'logs' && name)
			views.openLog(name, id);
	},
});
const linking = createLazy(() => import('../messages/links.js'));
const names = createLazy(() => import('./names.js'));
const keyboard = createLazy(async () => {
	const [{ createKeyboard }] = await Promise.all([import('./keyboard.js'), chat.ready()]);
	return createKeyboard({ chat, go: places.go, isChatVisible: () => view === 'chat' });
});

// What is written in a field is not a matter of the whole page.
addEventListener('keydown', (event) => {
	const { key, target, ctrlKey, metaKey, altKey } = event;
	const isInField = target.matches?.('input, textarea, select') && !(ctrlKey || metaKey || altKey || key === 'F6');

	if (!me || event.defaultPrevented || isInField || isComposing(event))
		return;
	// Until the module is loaded, the browser's own search would open.
	if (isCommand(event) && key === 'k')
		event.preventDefault();
	keyboard((it) => it.pressed(event));
});

function editMe() {
	const isFocusKept = watchFocus();
	names((it) => it.edit(me, isFocusKept));
}

async function loadSettings(isFocusKept) {
	const { createSettings } = await import('./settings.js');
	const settings = createSettings(at('settings-button'), { onName: editMe });

	alerts((it) => it.offerIn(settings.choices));
	if (isFocusKept())
		settings.open();
}

const adaptation = createLazy(() => import('./adapt.js'));

function adapt() {
	if (unusual.matches || recall('density'))
		adaptation(() => {}, '');
}

unusual.addEventListener('change', adapt);
adapt();
at('me').addEventListener('click', editMe);
onFirst(at('settings-button'), 'click', loadSettings);
watchStorage('token', async (_, token) => token || (await import('./sign-out.js')).leave());
at('connect-now').addEventListener('click', connection.connect);

async function fetchRooms() {
	const response = await ask('rooms', { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE_MS) });

	if (!response.ok)
		throw new Error(response.statusText);
	return response.json();
}

// An error "banned" with a ref refuses a name; without one it ends the session.
function endsSession({ type, code, ref }) {
	return type === 'error' && (code === 'kicked' || code === 'origin_refused' || TOKEN_FAULTS.includes(code) || (code === 'banned' && !ref));
}

function onText(data) {
	const frame = decodeFrame(data);

	if (!frame)
		return;
	if (endsSession(frame)) {
		connection.dismiss(frame.code, frame.text);
		return;
	}
	if (frame.type === 'log')
		views.log(frame);
	else if (frame.type === 'metric')
		views.metric(frame.raw);
	else if (frame.type !== 'joined' || !views.joined(frame))
		chat.handle(frame);
}

function showTopic(topic) {
	const place = at('room-topic');

	if (place.title === topic)
		return;
	place.title = place.textContent = topic;
	if (!/:\/\/|www\./i.test(topic))
		return;
	linking(({ withLinks }) => {
		place.replaceChildren(withLinks(place.title));
		place.querySelectorAll('a').forEach((link) => {
			link.tabIndex = 0;
		});
	}, place);
}

function showHeading() {
	const names = { live: texts.viewLive, logs: texts.viewLogs };

	at('room-title').textContent = names[view] ?? (chat.room.name || texts.title);
	showTopic(view === 'chat' ? chat.room.topic : '');
	places.changed();
}

function placeIn(id) {
	return { chat: ['room', chat.room.name], live: ['live'], logs: ['logs', log] }[id];
}

function onAttention({ room, ...counts }) {
	showAttention({ room: room.name, ...counts });
	alerts.ifRequested((it) => it.showRoom(room.name));
	showHeading();
}

function onView(id) {
	view = id;
	at('app').dataset.view = id;
	views.show(id);
	chat.setVisible(id === 'chat');
	showHeading();
}

function showMe() {
	const name = document.createElement('bdi');

	name.textContent = me.name;
	at('me').replaceChildren(buildAvatar(me.name, me.email && me.avatar), name);
	at('me').title = texts.changeName(me.name);
	chat.showMe(me.name);
}

function onState(state) {
	const wasOnline = isOnline;

	isOnline = state.name === 'online';
	showState(state);
	chat.onState(state);
	if (isOnline)
		views.opened();
	else if (wasOnline)
		views.closed();
	if (state.name === 'refused' && TOKEN_FAULTS.includes(state.cause))
		signIn((it) => it.open(state.cause, { required: false }));
}

// A guest name is not stored: the next visit gets a new one.
function keepName() {
	keepIdentity(GUEST.test(me.name) ? '' : me.name, me.email);
}

function onNamed(name) {
	const isNew = hasEntered && name !== me.name;

	hasEntered = true;
	me = { ...me, name };
	keepName();
	showMe();
	if (isNew)
		chat.note(texts.renamed(name));
}

function onNameRefused(refused) {
	if (!refused.isJoinRefused)
		keepName();
	names((it) => it.refused(refused, { email: me.email, first: !hasEntered, dismiss: connection.dismiss }));
}

export function enter(identity) {
	const isFirst = !me;

	// The server decides on the name.
	me = isFirst || !hasEntered ? identity : { ...identity, name: me.name };
	chat.introduce(identity, { isFirst });
	if (isFirst) {
		at('app').hidden = false;
		const place = places.wanted();

		chat.start(place[0] === 'room' && place[1]);
		if (place.length)
			places.open(place);
		else
			tabs.start();
	}
	showMe();
	if (isFirst) {
		if (recall('notify') || recall('sound'))
			alerts(() => {});
		connection.connect();
		return;
	}
	if (!isOnline && hasEntered && identity.name !== me.name)
		chat.note(texts.renameLater(identity.name));
	chat.focus();
}

export function signedIn(identity) {
	const isBack = Boolean(me);

	enter(identity);
	if (isBack)
		connection.connect();
}
