// What is written but not yet handed to the server, in order.

// The server lets a client say 20 things at once and then 5 a second; a long queue sent at once would be refused.
const AT_ONCE = 10;
const PACE_MS = 250;

// send(text) is true once the text is on its way. onChange(waiting) and onSent(id) follow the queue.
export function createOutbox({ send, onChange, onSent }) {
	const waiting = [];
	let timer = 0;

	function sendFirst() {
		if (!waiting.length || !send(waiting[0].text))
			return false;
		onSent(waiting.shift().id);
		onChange(waiting.length);
		return true;
	}

	function pace() {
		timer = sendFirst() ? setTimeout(pace, PACE_MS) : 0;
	}

	// Leaving now would lose the queue: let the browser ask.
	addEventListener('beforeunload', (event) => {
		if (waiting.length)
			event.preventDefault();
	});

	return {
		// False when it has to wait.
		add(id, text) {
			if (!waiting.length && !timer && send(text))
				return true;
			waiting.push({ id, text });
			onChange(waiting.length);
			return false;
		},
		// To be called when the connection opens.
		flush() {
			let sent = 0;

			clearTimeout(timer);
			while (sent < AT_ONCE && sendFirst())
				sent++;
			pace();
		},
	};
}
