// One WebSocket that comes back. It tells its owner the state and hands over text; words and pictures are elsewhere.

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30000;
const OPENING_MS = 10000;
// A server that accepts and closes at once must not be asked again every second.
const STEADY_MS = 10000;
const POLICY_VIOLATION = 1008;

// ws: or wss: as the page is http: or https:, beside the page wherever a proxy has put it.
export function socketUrl(page) {
	const url = new URL('ws', page);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

// onState({ name, cause, reason, retryAt }): name is connecting, online, waiting, offline or refused; cause is a close
// code or 'unreachable'; retryAt is in Date.now() time. onText(data) gets each message.
export function createConnection(url, { onState, onText }) {
	let socket = null;
	let state = '';
	let failures = 0;
	let openedAt = 0;
	let timer = 0;

	function enter(name, details = {}) {
		state = name;
		onState({ name, ...details });
	}

	// A half-open socket may take minutes to close; whatever it still says comes too late to be of use.
	function abandon() {
		clearTimeout(timer);
		if (!socket)
			return;
		socket.onopen = socket.onmessage = socket.onclose = null;
		socket.close();
		socket = null;
	}

	function connect() {
		abandon();
		openedAt = 0;
		enter('connecting');
		socket = new WebSocket(url, ['chat']);
		socket.onopen = () => {
			clearTimeout(timer);
			openedAt = Date.now();
			enter('online');
		};
		socket.onmessage = (event) => onText(event.data);
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
		} else {
			// Half of it by chance: the pages of a restarted server must not all return in the same instant.
			const longest = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
			const delay = longest * (0.5 + Math.random() / 2);
			failures++;
			timer = setTimeout(connect, delay);
			enter('waiting', { cause, reason, retryAt: Date.now() + delay });
		}
	}

	function hurry() {
		if (state === 'waiting' || state === 'offline')
			connect();
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
		connect,
		// False when there is no open socket; nothing is kept here.
		send(text) {
			if (state !== 'online' || socket.readyState !== WebSocket.OPEN)
				return false;
			socket.send(text);
			return true;
		},
	};
}
