// One WebSocket that comes back. It tells its owner the state and hands over text; words and pictures are elsewhere.
import { delayAfter } from './backoff.js';
import { createHeartbeat } from './heartbeat.js';

const OPENING_MS = 10000;
// A server that accepts and closes at once must not be asked again every second.
const STEADY_MS = 10000;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN = 1013;

// ws: or wss: as the page is http: or https:, beside the page wherever a proxy has put it.
export function socketUrl(page) {
	const url = new URL('ws', page);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

// onState({ name, cause, reason, retryAt }): name is connecting, online, waiting, offline or refused; cause is a close
// code, 'unreachable' or 'silent'; retryAt is in Date.now() time. onOpen() is to introduce the reader: the state is
// connecting until confirm() is called. onText(data) gets each message; ping is a text that the server answers.
export function createConnection(url, { onState, onOpen, onText, ping }) {
	let socket = null;
	let state = '';
	let failures = 0;
	let openedAt = 0;
	let timer = 0;

	const heartbeat = createHeartbeat({
		onAsk: () => send(ping),
		onDead: () => lose('silent'),
	});

	function enter(name, details = {}) {
		state = name;
		onState({ name, ...details });
	}

	function send(text) {
		if (socket?.readyState !== WebSocket.OPEN)
			return false;
		socket.send(text);
		return true;
	}

	// A half-open socket may take minutes to close; whatever it still says comes too late to be of use.
	function abandon() {
		clearTimeout(timer);
		heartbeat.stop();
		if (!socket)
			return;
		socket.onopen = socket.onmessage = socket.onclose = null;
		socket.close();
		socket = null;
	}

	function connect(details) {
		abandon();
		openedAt = 0;
		enter('connecting', details);
		socket = new WebSocket(url, ['chat']);
		socket.onopen = () => {
			clearTimeout(timer);
			openedAt = Date.now();
			heartbeat.heard();
			onOpen();
		};
		socket.onmessage = (event) => {
			heartbeat.heard();
			onText(event.data);
		};
		socket.onclose = (event) => lose(event.code, event.reason);
		timer = setTimeout(() => lose(), OPENING_MS);
	}

	function lose(code, reason) {
		abandon();
		if (openedAt && Date.now() - openedAt >= STEADY_MS)
			failures = 0;
		const cause = openedAt ? code : 'unreachable';

		if (code === POLICY_VIOLATION) {
			enter('refused', { cause, reason });
		} else if (!navigator.onLine) {
			enter('offline');
		} else if (code === TRY_AGAIN && !failures) {
			failures++;
			connect({ cause });
		} else {
			const delay = delayAfter(failures);
			failures++;
			timer = setTimeout(connect, delay);
			enter('waiting', { cause, reason, retryAt: Date.now() + delay });
		}
	}

	// Something has changed for the better; a link that looks open may have died meanwhile.
	function hurry() {
		if (state === 'waiting' || state === 'offline')
			connect();
		else if (state === 'online')
			heartbeat.ask();
	}

	addEventListener('online', hurry);
	addEventListener('offline', () => {
		if (state === 'refused')
			return;
		abandon();
		enter('offline');
	});
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden)
			hurry();
	});

	return {
		connect: () => connect(),
		// The server knows the reader now.
		confirm() {
			enter('online');
		},
		// False when there is no open socket; nothing is kept here.
		send,
	};
}
