// A Linnet client for browsers, without a library:
//     const say = chat('https://chat.example.org', 'ops', 'ann', ({ username, message }) => show(username, message));
//     say('hello');
function chat(base, room, name, onMessage) {
	const waiting = []; // what the server has not stored yet, oldest first
	const later = ['rate_limited', 'busy', 'store_failed', 'store_unavailable'];
	let socket, since, session, isHere, failures = 0;
	const sendFirst = () => isHere && waiting.length > 0 && socket.send(JSON.stringify(waiting[0]));

	function receive(object) {
		if (object.type === 'joined') {
			if (object.you.username !== name) // somebody else has the name
				return socket.close();
			if (since && !object.recovered)
				console.warn('The server has another history now: messages are missing here.');
			if (!object.recovered)
				since = `${object.epoch}:${object.last_id}`;
			[session, isHere, failures] = [object.you.session, true, 0];
			sendFirst(); // again under the same ref, so it is stored once
		} else if (object.type === 'error' && later.includes(object.code)) {
			setTimeout(sendFirst, object.retry_after_ms ?? 1000);
		} else if (object.type === 'ack' || object.type === 'error') {
			if (object.type === 'error')
				console.error(object.message);
			if (object.ref && object.ref === waiting[0]?.ref) {
				waiting.shift();
				sendFirst();
			}
		} else if (object.id) {
			since = `${since.split(':')[0]}:${object.id}`;
			if (object.type === 'message' && object.username !== name)
				onMessage(object);
		}
	}

	function connect() {
		isHere = false;
		const query = new URLSearchParams({ room, name, events: 1, ...(since && { since, session }) });
		socket = new WebSocket(`${base.replace(/^http/, 'ws')}/ws?${query}`);
		socket.onmessage = ({ data }) => receive(JSON.parse(data));
		socket.onclose = ({ code }) => {
			isHere = false;
			if (code !== 1008) // sent away
				setTimeout(connect, Math.min(30_000, 500 * 2 ** failures++) * (0.5 + Math.random() / 2));
		};
	}

	connect();
	return (message) => {
		const ref = crypto.getRandomValues(new Uint32Array(4)).join('-');
		if (waiting.push({ message, ref }) === 1)
			sendFirst();
	};
}
