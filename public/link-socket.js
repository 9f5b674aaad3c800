// A WebSocket as a link: { send(text), close() }.

// ws: or wss: as the page is http: or https:, beside the page wherever a proxy has put it.
export function socketUrl(page, path = 'ws') {
	const url = new URL(path, page);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

// onOpen(), onText(data) and onClose(code, reason) follow until close() is called.
export function openSocket(page, { onOpen, onText, onClose }) {
	const socket = new WebSocket(socketUrl(page), ['chat']);

	socket.onopen = onOpen;
	socket.onmessage = ({ data }) => onText(data);
	socket.onclose = ({ code, reason }) => onClose(code, reason);

	return {
		// False when it is not open; nothing is kept here.
		send(text) {
			if (socket.readyState !== WebSocket.OPEN)
				return false;
			socket.send(text);
			return true;
		},
		// A half-open socket may take minutes to close; whatever it still says comes too late to be of use.
		close() {
			socket.onopen = socket.onmessage = socket.onclose = null;
			socket.close();
		},
	};
}

// Whether a WebSocket can be had now. The echo service is asked: nobody sees that.
export function tryOutSocket(page, limitMs) {
	return new Promise((resolve) => {
		const socket = new WebSocket(socketUrl(page, 'echo'));
		const finish = (isGood) => {
			clearTimeout(timer);
			socket.onopen = socket.onclose = null;
			socket.close();
			resolve(isGood);
		};
		const timer = setTimeout(finish, limitMs, false);

		socket.onopen = () => finish(true);
		socket.onclose = () => finish(false);
	});
}
