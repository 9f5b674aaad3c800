// The connection to the server, which comes back: a WebSocket, or what can be had in its place.
import { delayAfter } from './requests.js';
import { reach, token } from './token.js';

// Until a WebSocket is open or the first word is heard: together well below 5 s.
const OPENING_MS = { socket: 2000, stream: 1200, poll: 10000 };
// After failures so many times longer, at most: the way may be slow.
const MOST_TIMES = 5;
// Where there is none a WebSocket is tried again.
const RETURN_MS = 30000;
// A link on which nothing comes is asked for a sign of life, and given up.
const QUIET_MS = 20000;
const ANSWER_MS = 10000;
// A server that accepts and closes at once must not be asked again every second.
const STEADY_MS = 10000;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN = 1013;
// What another attempt will not change by itself.
const FINAL = ['token_required', 'bad_token', 'banned'];
const NEXT = { socket: 'stream', stream: 'poll' };
// How many rooms may come at once: browsers open six connections to a server.
const ROOMS = { socket: Infinity, stream: 3, poll: 1 };

// onAsk() says something that the server answers; onDead(): it did not.
function createHeartbeat({ onAsk, onDead }) {
	let timer = 0;

	function ask() {
		clearTimeout(timer);
		timer = setTimeout(onDead, ANSWER_MS);
		onAsk();
	}

	return {
		ask,
		heard() {
			clearTimeout(timer);
			timer = setTimeout(ask, QUIET_MS);
		},
		stop() {
			clearTimeout(timer);
		},
	};
}

// Beside the page, wherever a proxy has put it.
export function socketUrl(page, path = 'ws') {
	const url = new URL(path, page);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

// A WebSocket as a link: { send(text), close() }. onOpen(), onText(data) and onClose(code, reason) follow until close()
// is called.
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
		// A half-open socket may take minutes to close, and is not heard any more.
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
// socket, stream or poll; cause is a close code, an error's code, 'unreachable' or 'silent'; retryAt is in Date.now()
// time. onOpen() introduces the reader, and confirm() ends connecting. ping is a text that the server answers.
export function createConnection(page, { onState, onOpen, onText, ping }) {
	let link = null;
	let kind = 'socket';
	let state = '';
	let failures = 0;
	let openedAt = 0;
	let timer = 0;
	let returning = 0;
	// What an earlier one still brings is not heard.
	let attempt = 0;

	const heartbeat = createHeartbeat({
		onAsk: () => send(ping),
		onDead: () => lose('silent'),
	});

	function enter(name, details = {}) {
		state = name;
		onState({ name, kind, ...details });
	}

	const send = (text) => link?.send(text) ?? false;

	function abandon() {
		attempt++;
		clearTimeout(timer);
		clearInterval(returning);
		heartbeat.stop();
		link?.close();
		link = null;
	}

	function opened() {
		openedAt = Date.now();
		if (kind === 'socket')
			heard();
		onOpen();
	}

	function heard() {
		clearTimeout(timer);
		heartbeat.heard();
	}

	async function open(newKind) {
		abandon();
		const mine = attempt;
		const ifMine = (call) => (...rest) => mine === attempt && call(...rest);

		kind = newKind;
		openedAt = 0;
		timer = setTimeout(
			ifMine(() => fallBack()),
			OPENING_MS[kind] * Math.min(failures + 1, MOST_TIMES),
		);
		const made = await openLink(page, kind, {
			onOpen: ifMine(opened),
			onText: ifMine((data) => {
				heard();
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
			// Each request opens a connection of its own.
			if (kind !== 'socket')
				opened();
		}
	}

	// Perhaps something on the way does not let it through.
	const isSilent = () => (kind === 'socket' ? !openedAt : state === 'connecting');

	async function fallBack(code) {
		abandon();
		const mine = attempt;
		const said = navigator.onLine && NEXT[kind] ? await reach(page) : '';

		if (mine !== attempt)
			return;
		if (said === 'ok')
			open(NEXT[kind]);
		else if (FINAL.includes(said))
			enter('refused', { cause: said });
		else
			lose(code);
	}

	function connect(details) {
		abandon();
		kind = 'socket';
		openedAt = 0;
		enter('connecting', details);
		open('socket');
	}

	function lose(code, reason) {
		abandon();
		if (openedAt && Date.now() - openedAt >= STEADY_MS)
			failures = 0;
		const cause = openedAt ? code : 'unreachable';

		if (code === POLICY_VIOLATION) {
			enter('refused', { cause, reason });
		} else if (!failures++ && code === TRY_AGAIN) {
			connect({ cause });
		} else {
			const delay = delayAfter(failures - 1);

			timer = setTimeout(connect, delay);
			// A server on this device needs no network.
			if (navigator.onLine)
				enter('waiting', { cause, reason, retryAt: Date.now() + delay });
			else
				enter('offline');
		}
	}

	async function goBack() {
		const mine = attempt;

		if ((await link.hasSocket(socketUrl(page, 'echo'), OPENING_MS.socket)) && mine === attempt)
			connect();
	}

	// A link that looks open may have died meanwhile.
	function hurry() {
		if (state === 'refused')
			return;
		if (state !== 'online')
			connect();
		else if (kind === 'socket')
			heartbeat.ask();
		else
			goBack();
	}

	addEventListener('online', hurry);
	addEventListener('offline', () => {
		if (state !== 'refused')
			lose();
	});
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden)
			hurry();
	});

	return {
		connect: () => connect(),
		// The server has sent the reader away, and hangs up or will never answer.
		dismiss(cause, reason) {
			abandon();
			enter('refused', { cause, reason });
		},
		// The server knows the reader now.
		confirm() {
			if (kind !== 'socket')
				returning = setInterval(goBack, RETURN_MS);
			enter('online');
		},
		get mostRooms() {
			return ROOMS[kind];
		},
		// False when there is no open link.
		send,
	};
}
