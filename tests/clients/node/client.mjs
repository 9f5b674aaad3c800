// A chat client on a library for Node.
//
//     node client.mjs LIBRARY    with URL, ROOM and NAME in the environment
//
// It says each line of standard input, once each over reconnects, and prints "here" whenever it has
// entered the room, and "ID TEXT" for each message of others. "LIBRARY-push" sends its input in
// chunks, as one message.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { EventSource } from 'eventsource';
import { fetch, request, WebSocket as UndiciWebSocket } from 'undici';
import WebSocket from 'ws';

const { EventSourcePolyfill } = createRequire(import.meta.url)('event-source-polyfill');

const { URL: base, ROOM: room, NAME: name } = process.env;
const library = process.argv[2];
const unsaid = [];
let epoch;
let last = 0;
let session;
let isSending = false;
let onUnsaid = () => {};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function hear({ type, id, username, message, ...more }) {
	if (type === 'joined') {
		session = more.you.session;
		if (more.epoch !== epoch)
			[epoch, last] = [more.epoch, more.last_id];
		console.log('here');
		onUnsaid();
	} else if (type === 'message') {
		last = id;
		if (username !== name)
			console.log(`${id} ${message}`);
	}
}

/** Says what waits to be said beside a stream or a poll, in its order. */
async function send() {
	if (isSending || !session)
		return;
	isSending = true;
	try {
		while (unsaid.length > 0) {
			const answer = await fetch(`${base}/send/${room}?session=${session}`, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify(unsaid[0]),
			});
			await answer.text();
			if (answer.status !== 200)
				break; // until the next "joined"
			unsaid.shift();
		}
	} catch {
		// The server is away, and the stream will say when it is there again.
	} finally {
		isSending = false;
	}
}

function chatByWebSocket(Socket) {
	const since = epoch ? `&since=${epoch}:${last}` : '';
	const socket = new Socket(`${base.replace('http', 'ws')}/ws?events=1&room=${room}&name=${name}${since}`);
	onUnsaid = () => socket.readyState === 1 && unsaid.forEach((object) => socket.send(JSON.stringify(object)));
	socket.addEventListener('message', ({ data }) => {
		const object = JSON.parse(data);
		const at = object.type === 'ack' ? unsaid.findIndex(({ ref }) => ref === object.ref) : -1;
		if (at >= 0)
			unsaid.splice(at, 1);
		hear(object);
	});
	// Undici says no more than "error" when it cannot connect.
	let again;
	for (const end of ['error', 'close'])
		socket.addEventListener(end, () => (again ??= setTimeout(chatByWebSocket, 50, Socket)));
}

/** The library comes back and resumes by itself. */
function chatByStream(Source) {
	const source = new Source(`${base}/events/${room}?name=${name}`);
	onUnsaid = send;
	source.addEventListener('message', ({ data }) => hear(JSON.parse(data)));
	source.addEventListener('error', () => {});
}

async function chatByPolls() {
	let since = '&wait=0';
	onUnsaid = send;
	for (;;) {
		try {
			const known = session ? `&session=${session}` : '';
			const answer = await fetch(`${base}/poll/${room}?name=${name}${since}${known}`);
			const body = await answer.json();
			if (answer.status !== 200)
				throw new Error(JSON.stringify(body));
			if (body.you.session !== session)
				hear({ ...body, type: 'joined' });
			body.messages.forEach(hear);
			since = `&since=${body.since}`;
			send();
		} catch {
			await pause(50);
		}
	}
}

async function pushInChunks() {
	const answer = await request(`${base}/push/${room}`, { method: 'POST', body: process.stdin });
	console.log(answer.statusCode, await answer.body.text());
}

const libraries = {
	ws: () => chatByWebSocket(WebSocket),
	'undici-ws': () => chatByWebSocket(UndiciWebSocket),
	eventsource: () => chatByStream(EventSource),
	polyfill: () => chatByStream(EventSourcePolyfill),
	'undici-poll': chatByPolls,
};

if (library === 'undici-push') {
	await pushInChunks();
} else {
	libraries[library]();
	let said = 0;
	for await (const message of createInterface({ input: process.stdin })) {
		unsaid.push({ message, ref: `${name}-${++said}` });
		onUnsaid();
	}
	process.exit();
}
