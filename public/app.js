// Puts the parts together; each of them knows nothing of the others.
import { buildAvatar } from './avatar.js';
import { createComposer } from './composer.js';
import { createConnection, socketUrl } from './connection.js';
import { createEmojiPicker } from './emoji-picker.js';
import { clockTimeSeconds } from './format.js';
import { keepIdentity, recallFields, recallIdentity } from './identity.js';
import { utf8Bytes } from './limits.js';
import { createLogView } from './log-view.js';
import { createOutbox } from './outbox.js';
import { createProfile } from './profile.js';
import { createStateLine } from './state-line.js';
import { fillTexts, texts } from './texts.js';
import { createUnread } from './unread.js';
import { decodeFrame, encodeMessage, randomId } from './wire.js';

const MESSAGE_TOO_LONG = 1009;

const at = (id) => document.getElementById(id);

fillTexts(document.body);

let me = null;
let started = false;
let online = false;
let leftAt = null;
// A server may be configured to echo; what carries one of these is on the page already.
const ownIds = new Set();

const log = createLogView(at('log'), at('jump'));
const addUnread = createUnread();
const showState = createStateLine({
	line: at('state'),
	words: at('state-words'),
	countdown: at('state-countdown'),
	nowButton: at('connect-now'),
});

const connection = createConnection(socketUrl(location.href), { onState, onText });

const outbox = createOutbox({
	send: connection.send,
	onChange: (waiting) => {
		at('queue').textContent = waiting ? texts.queued(waiting) : '';
	},
	onSent: log.markSent,
});

const composer = createComposer(
	{ form: at('composer'), field: at('text'), counter: at('counter'), refusal: at('refusal') },
	{ sizeOf: (text) => utf8Bytes(encodeMessage({ ...me, id: randomId(), text })), onSend: say },
);

createEmojiPicker(
	{ panel: at('picker'), search: at('picker-search'), grid: at('picker-grid'), button: at('picker-button') },
	{ onPick: composer.insert, onClose: composer.focus },
);

const profile = createProfile(at('profile'), {
	onSave: async (name, email) => enter(await keepIdentity(name, email)),
});

at('me').addEventListener('click', () => profile.open(recallFields(), { first: false }));
at('connect-now').addEventListener('click', () => connection.connect());

function say(text) {
	const id = randomId();

	ownIds.add(id);
	log.addMessage({
		...me,
		id,
		text,
		date: new Date(),
		own: true,
		pending: !outbox.add(id, encodeMessage({ ...me, id, text })),
	});
}

function onText(data) {
	const frame = decodeFrame(data);

	if (frame?.type === 'error') {
		log.addSystem(texts.serverSays(frame.text));
	} else if (frame && !ownIds.has(frame.id)) {
		log.addMessage({ ...frame, own: false, pending: false });
		addUnread();
	}
}

function onState(state) {
	showState(state);
	if (state.cause === MESSAGE_TOO_LONG)
		log.addSystem(texts.tooLongForServer);
	if (online && state.name !== 'online')
		leftAt = new Date();
	online = state.name === 'online';
	if (!online)
		return;
	if (leftAt)
		log.addSystem(texts.missed(clockTimeSeconds(leftAt), clockTimeSeconds(new Date())));
	outbox.flush();
}

function showMe() {
	const name = document.createElement('bdi');
	name.textContent = me.name;
	at('me').replaceChildren(buildAvatar(me.name, me.email && me.avatar), name);
	at('me').ariaLabel = texts.changeName(me.name);
}

function enter(identity) {
	const renamed = started && identity.name !== me.name;

	me = identity;
	log.showPictures(Boolean(me.email));
	showMe();
	if (renamed)
		log.addSystem(texts.renamed(me.name));
	if (started) {
		composer.focus();
		return;
	}
	started = true;
	at('chat').hidden = false;
	composer.start();
	connection.connect();
}

const known = await recallIdentity();
if (known)
	enter(known);
else
	profile.open(recallFields(), { first: true });
