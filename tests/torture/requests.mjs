// Requests of all kinds of clients, byte for byte: one for each route and form, and the frames
// after a handshake. The tests damage them.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { sourceDir } from '../lib/daemon.mjs';
import { buildFrame, closePayload, handshakeKey, opcodes, request } from '../lib/raw.mjs';

const mask = Buffer.from('37fa213d', 'hex'); // the same in every run

const frame = (opcode, payload, options) => buildFrame(opcode, payload, { mask, ...options });

const host = { Host: 'localhost' };

const get = (at, headers) => Buffer.from(request('GET', at, { ...host, ...headers }));

function post(at, type, body, headers) {
	const length = String(Buffer.byteLength(body));
	const head = request('POST', at, { ...host, 'Content-Type': type, 'Content-Length': length, ...headers });
	return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

const postJson = (at, object, headers) => post(at, 'application/json', JSON.stringify(object), headers);

function handshake(at, frames, headers) {
	const head = get(at, {
		Connection: 'Upgrade',
		Upgrade: 'websocket',
		'Sec-WebSocket-Version': '13',
		'Sec-WebSocket-Key': handshakeKey,
		...headers,
	});
	return Buffer.concat([head, ...frames]);
}

const said = (object) => frame(opcodes.text, JSON.stringify(object));

const pages = () => [
	get('/'),
	get('/', { 'If-None-Match': '"abc", *', 'Accept-Encoding': 'gzip, br', Cookie: 'a=b' }),
	get('/', { Connection: 'close' }),
	get('/healthz'),
	get('/no/such%20path?a=%00'),
	Buffer.from(request('HEAD', '/', host)),
	Buffer.from(request('OPTIONS', '/push/ops', {
		...host, Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST',
	})),
	Buffer.from('GET /healthz HTTP/1.0\r\n\r\n'),
	Buffer.from('GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
];

const pushes = () => [
	post('/push/ops', 'text/plain', 'disk full on /dev/sda1\n'),
	post('/push/ops?title=Disk&priority=5&tags=a,b&ref=p1', 'text/plain', 'é汉😀', { Title: 'over' }),
	postJson('/push/ops', { message: 'hi', username: 'cron', ref: 'p2' }),
	postJson('/push/ops', { type: 'alarm', key: 'disk', severity: 'critical', title: 'Disk', message: '99 %' }),
	postJson('/push/ops', { type: 'alarm', key: 'disk', severity: 'ok' }),
	postJson('/push/ops', [
		{ type: 'metric', name: 'cpu', value: 0.41, unit: 'ratio' },
		{ type: 'metric', name: 'mem', value: 12e9, unit: 'bytes' },
	]),
	post('/push/ops', 'text/plain', 'x'.repeat(20_000), { Expect: '100-continue' }),
];

const fixtures = path.join(sourceDir, 'tests/fixtures/hooks');

const hooks = () => readdirSync(fixtures)
	.filter((name) => /^(alertmanager|generic|github|grafana)_.*\.json$/.test(name))
	.sort()
	.map((name) => post(
		`/hooks/${name.split('_')[0]}/ops`, 'application/json', readFileSync(path.join(fixtures, name)),
		{ 'X-GitHub-Event': name.split(/[_.]/)[1] },
	));

const reads = (epoch, session) => [
	get('/history/ops?before=9&limit=5'),
	get('/search/ops?q=disk%20full&limit=3'),
	get('/rooms'),
	get('/events/ops', { Accept: 'text/event-stream' }),
	get(`/events/ops?since=${epoch}:1&name=eve`),
	get('/events/ops', { 'Last-Event-ID': `${epoch}:2` }),
	get('/poll/ops?wait=0'),
	get(`/poll/ops?since=${epoch}:0&wait=1`),
	get('/poll/ops?wait=1&name=pam'),
	get(`/poll/ops?wait=1&session=${session}`),
	postJson('/send/ops', { message: 'by hand', session, ref: 's1' }),
	post('/send/ops', 'text/plain', 'by hand', { Authorization: `Bearer ${session}` }),
];

const sockets = (epoch) => [
	handshake('/ws?room=ops&name=ann&events=1', [
		said({ message: 'hi', ref: 'c1' }),
		said({ type: 'join', room: 'dev', since: `${epoch}:1` }),
		said({ type: 'history', room: 'ops', limit: 5 }),
		frame(opcodes.ping, 'ping'),
		frame(opcodes.close, closePayload(1000, 'so long')),
	]),
	handshake('/ws?room=ops&format=line', [frame(opcodes.text, '/who\n/nick joe\nhello')], {
		'Sec-WebSocket-Protocol': 'chat',
		'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
	}),
	handshake('/echo', [
		frame(opcodes.text, 'hel', { fin: false }),
		frame(opcodes.pong, 'unasked'),
		frame(opcodes.continuation, 'lo'),
		frame(opcodes.binary, Buffer.alloc(3000, 7)),
		frame(opcodes.close, closePayload(1000)),
	]),
];

/** Returns all of them in one list for each kind. epoch and session are known to the daemon. */
export const recorded = ({ epoch, session }) =>
	[pages(), pushes(), hooks(), reads(epoch, session), sockets(epoch)];
