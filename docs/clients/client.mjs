// A Linnet client for Node: npm install ws; node client.mjs http://localhost:8000 ops ann
// It sends each line that is typed, and prints what others say.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [base, room, name] = process.argv.slice(2);
const waiting = []; // what the server has not stored yet, oldest first
const later = ['rate_limited', 'busy', 'store_failed', 'store_unavailable'];
let socket, since, session, isHere, failures = 0;
const sendFirst = () => isHere && waiting.length > 0 && socket.send(JSON.stringify(waiting[0]));

function receive(object) {
	if (object.type === 'joined') {
		if (object.you.username !== name) // somebody else has the name
			return socket.close();
		if (since && !object.recovered)
			console.error('The server has another history now: messages are missing here.');
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
			console.log(`${object.username}: ${object.message}`);
	}
}

function connect() {
	const query = new URLSearchParams({ room, name, events: 1, ...(since && { since, session }) });
	socket = new WebSocket(`${base.replace(/^http/, 'ws')}/ws?${query}`);
	socket.on('message', (data) => receive(JSON.parse(data)));
	socket.on('error', (error) => console.error(error.message));
	socket.on('close', (code) => {
		isHere = false;
		if (code !== 1008) // sent away
			setTimeout(connect, Math.min(30_000, 500 * 2 ** failures++) * (0.5 + Math.random() / 2));
	});
}

connect();
createInterface({ input: process.stdin }).on('line', (message) => {
	if (waiting.push({ message, ref: randomUUID() }) === 1)
		sendFirst();
});
