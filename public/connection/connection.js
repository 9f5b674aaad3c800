// The connection to the server, with reconnects: a WebSocket, or HTTP where WebSockets are blocked.
import { delayAfter } from '../base/backoff.js';
import { checkAccess, token } from './token.js';

// Time to open a WebSocket, or to the first frame of a stream or poll. The first two fit into 5 s with the access
// checks.
const OPENING_MS = { socket: 2000, stream: 1200, poll: 10000 };
// After failures the time grows up to this factor, for slow networks.
const MAX_FACTOR = 5;
// How often a WebSocket is tried again.
const RETURN_MS = 30000;
// After this silence a ping is sent, and its answer awaited.
const QUIET_MS = 20000;
const ANSWER_MS = 10000;
// Only a connection this long resets the retry delay.
const STEADY_MS = 10000;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN = 1013;
// Errors that a retry cannot fix.
const FINAL = ['token_required', 'bad_token', 'banned'];
const NEXT = { socket: 'stream', stream: 'poll' };
// Most rooms joined at once: browsers open six connections to a server.
const ROOMS = { socket: Infinity, stream: 3, poll: 1 };

// onAsk() sends a ping; onDead() is called if no answer comes.
function createHeartbeat({ onAsk, onDead }) {
	let timer = 0;

	function ask() {
		clearTimeout(timer);
		timer = setTimeout(onDead, ANSWER_MS);
		onAsk();
	}

	return {
		ask,
		received() {
			clearTimeout(timer);
			timer = setTimeout(ask, QUIET_MS);
		},
		stop() {
			clearTimeout(timer);
		},
	};
}

// Relative to the page: a proxy may serve it below a path.
export function socketUrl(page, path = 'ws') {
	const url = new URL(path, page);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

// A link is { send(text), close() }. After close(), the callbacks are not called.
function openSocket(page, { onOpen, onText, onClose }) {
	const url = new URL(socketUrl(page));

	if (token())
		url.searchParams.set('token', token());
	const socket = new WebSocket(url, ['chat']);

	socket.onopen = onOpen;
	socket.onmessage = ({ data }) => onText(data);
	socket.onclose = ({ code, reason }) => onClose(code, reason);

	return {
		// False when it is not open.
		send(text) {
			if (socket.readyState !== WebSocket.OPEN)
				return false;
			socket.send(text);
			return true;
		},
		// Closing may take minutes on a dead network.
		close() {
			socket.onopen = socket.onmessage = socket.onclose = null;
			socket.close();
		},
	};
}

async function openLink(page, kind, events) {
	if (kind === 'socket')
		return openSocket(page, events);
	const { openHttp } = await import('./link-http.js');
	return openHttp(page, kind, events);
}

// onState({ name, kind, cause, reason, retryAt }): name is connecting, online, waiting, offline or refused; kind is
// socket, stream or poll; cause is a close code, an error code, 'unreachable' or 'silent'; retryAt is in Date.now()
// time. onOpen() joins, and confirm() sets online. ping is a text that the server answers.
export function createConnection(page, { onState, onOpen, onText, ping }) {
	let link = null;
	let kind = 'socket';
	let state = '';
	let failures = 0;
	let openedAt = 0;
	let timer = 0;
	let upgradeTimer = 0;
	// Callbacks of earlier attempts are ignored.
	let attempt = 0;

	const heartbeat = createHeartbeat({
		onAsk: () => send(ping),
		onDead: () => lose('silent'),
	});

	function setState(name, details = {}) {
		state = name;
		onState({ name, kind, ...details });
	}

	const send = (text) => link?.send(text) ?? false;

	function abandon() {
		attempt++;
		clearTimeout(timer);
		clearInterval(upgradeTimer);
		heartbeat.stop();
		link?.close();
		link = null;
	}

	function opened() {
		openedAt = Date.now();
		if (kind === 'socket')
			received();
		onOpen();
	}

	function received() {
		clearTimeout(timer);
		heartbeat.received();
	}

	async function open(newKind) {
		abandon();
		const mine = attempt;
		const ifMine = (call) => (...rest) => mine === attempt && call(...rest);

		kind = newKind;
		openedAt = 0;
		timer = setTimeout(
			ifMine(() => fallBack()),
			OPENING_MS[kind] * Math.min(failures + 1, MAX_FACTOR),
		);
		const made = await openLink(page, kind, {
			onOpen: ifMine(opened),
			onText: ifMine((data) => {
				received();
				onText(data);
			}),
			onClose: ifMine((code, reason) => (isSilent() ? fallBack(code) : lose(code, reason))),
		}).catch(() => null);

		if (mine !== attempt) {
			made?.close();
		} else if (!made) {
			lose();
		} else {
			link = made;
			// HTTP has no open event: each request connects.
			if (kind !== 'socket')
				opened();
		}
	}

	// No sign of life: a proxy may block this kind of link.
	const isSilent = () => (kind === 'socket' ? !openedAt : state === 'connecting');

	async function fallBack(code) {
		abandon();
		const mine = attempt;
		const access = navigator.onLine && NEXT[kind] ? await checkAccess(page) : '';

		if (mine !== attempt)
			return;
		// The next kind is told for how long to wait.
		if (access === 'ok' || access === 'rate_limited')
			open(NEXT[kind]);
		else if (FINAL.includes(access))
			setState('refused', { cause: access });
		else
			lose(code);
	}

	function connect(details) {
		abandon();
		kind = 'socket';
		openedAt = 0;
		setState('connecting', details);
		open('socket');
	}

	function lose(code, reason) {
		abandon();
		if (openedAt && Date.now() - openedAt >= STEADY_MS)
			failures = 0;
		const cause = openedAt ? code : 'unreachable';

		if (code === POLICY_VIOLATION) {
			setState('refused', { cause, reason });
		} else if (!failures++ && code === TRY_AGAIN) {
			connect({ cause });
		} else {
			wait(delayAfter(failures - 1), { cause, reason });
		}
	}

	function wait(delay, details) {
		// Retry even when offline: a local server needs no network.
		timer = setTimeout(connect, delay);
		if (navigator.onLine)
			setState('waiting', { ...details, retryAt: Date.now() + delay });
		else
			setState('offline');
	}

	async function tryWebSocket() {
		const mine = attempt;

		if ((await link.hasSocket(socketUrl(page, 'echo'), OPENING_MS.socket)) && mine === attempt)
			connect();
	}

	// An open link may have died during sleep.
	function checkNow() {
		if (state === 'refused')
			return;
		if (state !== 'online')
			connect();
		else
			heartbeat.ask();
		if (state === 'online' && kind !== 'socket')
			tryWebSocket();
	}

	addEventListener('online', checkNow);
	addEventListener('offline', () => {
		if (state !== 'refused')
			lose();
	});
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden)
			checkNow();
	});

	return {
		connect: () => connect(),
		// The server ends the session. No reconnect follows.
		dismiss(cause, reason) {
			abandon();
			setState('refused', { cause, reason });
		},
		// The server wants the reader to come back after this time.
		postpone(cause, ms) {
			abandon();
			wait(Math.max(ms, delayAfter(failures++)), { cause });
		},
		// The server has accepted the join.
		confirm() {
			if (kind !== 'socket')
				upgradeTimer = setInterval(tryWebSocket, RETURN_MS);
			setState('online');
		},
		get mostRooms() {
			return ROOMS[kind];
		},
		send,
	};
}
