// The hostile clients of hostile.mjs, in a thread of their own. Each sends as fast as the daemon
// reads, discards what it receives, and connects again when it is closed.

import net from 'node:net';
import { workerData } from 'node:worker_threads';
import { buildFrame, opcodes, request } from '../lib/raw.mjs';

const { host, port, linePort, lineHost, kinds, connections } = workerData;
const BLOCK_BYTES = 65_536;
const RECONNECT_MS = 5;
const headers = { Host: `${host}:${port}`, 'X-Forwarded-For': '198.51.100.7' };
const upgrade = {
	...headers, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
	'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

const repeated = (make) => {
	const parts = [];
	for (let size = 0, n = 0; size < BLOCK_BYTES; n++) {
		parts.push(Buffer.from(make(n)));
		size += parts.at(-1).length;
	}
	return Buffer.concat(parts);
};
const frames = (objectOf) => repeated((n) => buildFrame(opcodes.text, JSON.stringify(objectOf(n))));
const get = (at, more) => request('GET', at, { ...headers, ...more });
const post = (at, body, more) => request('POST', at, { ...headers, 'Content-Length': `${Buffer.byteLength(body)}`, ...more }, body);
const words = Array.from({ length: 40 }, (_, n) => `w${n}`).join(' ');
const nested = JSON.stringify({ message: 'm', list: Array.from({ length: 7000 }, () => []) });

/** What each kind sends first, and then without end. */
const attacks = {
	messages: { first: request('GET', '/ws', upgrade), then: frames((n) => ({ message: 'flood'.repeat(20), ref: `r${n}` })) },
	searches: { first: request('GET', '/ws', upgrade), then: frames(() => ({ type: 'search', q: words })) },
	joins: {
		first: request('GET', '/ws?events=1', upgrade),
		then: frames((n) => ({ type: n % 2 ? 'leave' : 'join', room: 'lobby', username: `eve${n}` })),
	},
	connects: { first: request('GET', '/ws?events=1', upgrade) },
	lines: { then: repeated((n) => `line ${n}\n`), isLine: true },
	bodies: {
		first: Buffer.concat([
			Buffer.from(request('POST', '/hooks/generic/lobby', { ...headers, 'Content-Length': '1048576' })),
			Buffer.alloc(1_048_575, 0x20),
		]),
		isHeld: true,
	},
	sends: { then: Buffer.from(post('/send/lobby', nested, { 'Content-Type': 'application/json' })) },
	polls: { then: repeated(() => get('/poll/lobby?wait=0')) },
	tokens: { then: repeated(() => get('/admin/sessions', { Authorization: 'Bearer guess' })) },
	echo: { first: request('GET', '/echo', upgrade), then: buildFrame(opcodes.binary, Buffer.alloc(BLOCK_BYTES)) },
};

function attack(kind) {
	const { first, then, isLine, isHeld } = attacks[kind];
	const socket = isLine ? net.connect(linePort, lineHost) : net.connect(port, host);
	const pour = () => {
		while (!socket.destroyed && socket.write(then))
			;
	};
	socket.on('error', () => {});
	socket.once('close', () => setTimeout(attack, RECONNECT_MS, kind));
	if (first)
		socket.write(first);
	socket.once('data', (data) => {
		const isIn = !first || data.toString('latin1').startsWith('HTTP/1.1 101');
		if (!isHeld && (!then || !isIn))
			socket.destroy();
		else if (then && first)
			pour();
	});
	socket.on('data', () => {});
	if (then) {
		socket.on('drain', pour);
		if (!first)
			pour();
	}
}

for (let n = 0; n < connections; n++)
	attack(kinds[n % kinds.length]);
