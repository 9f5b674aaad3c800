// The upgrade from HTTP to WebSocket: subprotocols, versions, origins, and invalid requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDaemon } from '../lib/daemon.mjs';
import {
	acceptOf,
	ask,
	buildFrame,
	connect,
	connectWebSocket,
	handshakeKey,
	opcodes,
	request,
} from '../lib/raw.mjs';

/** Sends an upgrade with these headers instead of the usual ones and returns the answer. */
async function upgrade(daemon, path, headers, method) {
	const client = await connect(daemon);
	const response = await client.handshake(path, headers, method);
	client.destroy();
	return response;
}

async function assertServes(daemon) {
	assert.equal((await ask(daemon, 'GET', '/')).status, 200);
	const [ann, bob] = [await daemon.ws(), await daemon.ws()];
	ann.sendJson({ message: 'hi' });
	assert.equal((await bob.nextJson()).message, 'hi');
	ann.vanish();
	bob.vanish();
}

test('the subprotocol chat is accepted, and so is none', () =>
	withDaemon({}, async (daemon) => {
		const chat = await daemon.ws('/ws', { protocols: ['chat'] });
		assert.equal(chat.socket.protocol, 'chat');
		const several = await daemon.ws('/ws', { protocols: ['foo', 'chat'] });
		assert.equal(several.socket.protocol, 'chat');
		const none = await daemon.ws('/ws');
		assert.equal(none.socket.protocol, '');
		none.sendJson({ message: 'to all' });
		for (const client of [chat, several])
			assert.equal((await client.nextJson()).message, 'to all');
		chat.sendJson({ message: 'back' });
		for (const client of [none, several])
			assert.equal((await client.nextJson()).message, 'back');
	}));

test('an unsupported subprotocol is refused', () =>
	withDaemon({}, async (daemon) => {
		await assert.rejects(daemon.ws('/ws', { protocols: ['foo'] }), { status: 400 });
		await assert.rejects(daemon.ws('/ws', { protocols: ['chat2', 'chatt'] }), { status: 400 });
	}));

test('the handshake is answered with the right Sec-WebSocket-Accept', () =>
	withDaemon({}, async (daemon) => {
		const response = await upgrade(daemon, '/ws', {});
		assert.equal(response.status, 101);
		assert.equal(response.headers['sec-websocket-accept'], acceptOf(handshakeKey));
		assert.match(response.headers.upgrade, /^websocket$/i);
		assert.equal(response.headers['sec-websocket-extensions'], undefined);
	}));

test("the usual spellings of the handshake's headers are accepted", () =>
	withDaemon({}, async (daemon) => {
		for (const headers of [
			{ Connection: 'keep-alive, Upgrade' },
			{ Upgrade: 'WebSocket', Connection: 'upgrade' },
			{ 'Sec-WebSocket-Protocol': 'foo,chat' },
			{ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
		]) {
			const response = await upgrade(daemon, '/ws?room=lobby', headers);
			assert.equal(response.status, 101, JSON.stringify(headers));
			assert.equal(response.headers['sec-websocket-extensions'], undefined);
		}
	}));

test('a wrong or missing version is answered by the supported one', () =>
	withDaemon({}, async (daemon) => {
		for (const version of ['8', '14', '13x', '0', '', undefined]) {
			const response = await upgrade(daemon, '/ws', { 'Sec-WebSocket-Version': version });
			assert.equal(response.status, 426, `version ${version}`);
			assert.equal(response.headers['sec-websocket-version'], '13');
		}
	}));

test('a missing key is refused', () =>
	withDaemon({}, async (daemon) => {
		const response = await upgrade(daemon, '/ws', { 'Sec-WebSocket-Key': undefined });
		assert.equal(response.status, 400);
	}));

test('an upgrade of a path without a WebSocket is answered by 404', () =>
	withDaemon({}, async (daemon) => {
		for (const path of ['/nothing', '/wsx', '/ws/', '/echo2', '/ws/../secret'])
			assert.equal((await upgrade(daemon, path, {})).status, 404, path);
		assert.notEqual((await upgrade(daemon, '/', {})).status, 101);
		await assertServes(daemon);
	}));

const statusFrom = async (daemon, origin, path = '/ws') =>
	(await upgrade(daemon, path, { Origin: origin })).status;

test('a page of the same origin may connect and a foreign one may not', () =>
	withDaemon({}, async (daemon) => {
		assert.equal(await statusFrom(daemon, undefined), 101);
		assert.equal(await statusFrom(daemon, daemon.url), 101);
		for (const origin of [
			'https://evil.example', `http://127.0.0.1:${daemon.port + 1}`, `http://127.0.0.1:${daemon.port}.evil.example`,
			'http://127.0.0.1', 'null', 'nonsense', '*', `${daemon.url}@evil.example`,
		])
			assert.equal(await statusFrom(daemon, origin), 403, `origin "${origin}"`);
		assert.equal(await statusFrom(daemon, 'https://evil.example', '/echo'), 403);
	}));

test('the Host of the request decides what the same origin is', () =>
	withDaemon({}, async (daemon) => {
		const from = async (host, origin) =>
			(await upgrade(daemon, '/ws', { Host: host, Origin: origin })).status;
		assert.equal(await from('Chat.example.org', 'http://chat.example.org'), 101);
		assert.equal(await from('chat.example.org', 'http://other.example.org'), 403);
	}));

test('listed origins may connect', () =>
	withDaemon(
		{ config: 'http: { allowed_origins = [ "https://chat.example.org", "http://b.example:81" ]; };' },
		async (daemon) => {
			assert.equal(await statusFrom(daemon, 'https://chat.example.org'), 101);
			assert.equal(await statusFrom(daemon, 'http://b.example:81'), 101);
			assert.equal(await statusFrom(daemon, daemon.url), 101);
			for (const origin of ['http://chat.example.org', 'https://chat.example.org.evil.example', 'null'])
				assert.equal(await statusFrom(daemon, origin), 403, origin);
		},
	));

test('"*" lets every origin connect', () =>
	withDaemon({ config: 'http: { allowed_origins = [ "*" ]; };' }, async (daemon) => {
		assert.equal(await statusFrom(daemon, 'https://anything.example'), 101);
	}));

test('a refused upgrade says why in an error object', () =>
	withDaemon({}, async (daemon) => {
		const response = await upgrade(daemon, '/ws', { Origin: 'https://evil.example' });
		assert.equal(typeof JSON.parse(response.body).error.code, 'string');
	}));

test('an upgrade to another protocol is ignored, on a new connection and on a reused one', () =>
	withDaemon({}, async (daemon) => {
		const foreign = [
			{ Upgrade: 'foo' },
			{ Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA' },
			{ Upgrade: 'h2c, websocket' },
			{ Upgrade: 'foo', 'Sec-WebSocket-Key': undefined, 'Sec-WebSocket-Version': undefined },
			{ Upgrade: '' },
		];
		for (const path of ['/', '/ws', '/nothing']) {
			for (const headers of foreign) {
				assert.notEqual((await upgrade(daemon, path, headers).catch(() => ({}))).status, 101);
				const kept = await connect(daemon);
				await kept.write(request('GET', '/', { Host: `127.0.0.1:${daemon.port}` }));
				assert.equal((await kept.readResponse()).status, 200);
				const second = await kept.handshake(path, headers).catch(() => ({}));
				assert.notEqual(second.status, 101, `${path} ${JSON.stringify(headers)}`);
				kept.destroy();
			}
		}
		await assertServes(daemon);
	}));

test('a reused connection may upgrade', () =>
	withDaemon({}, async (daemon) => {
		const bob = await daemon.ws();
		const kept = await connect(daemon);
		await kept.write(request('GET', '/', { Host: `127.0.0.1:${daemon.port}` }));
		assert.equal((await kept.readResponse()).status, 200);
		assert.equal((await kept.handshake('/ws')).status, 101);
		await kept.sendFrame(opcodes.text, '{"message":"later"}');
		assert.equal((await bob.nextJson()).message, 'later');
		kept.destroy();
	}));

test('a frame in the same segment as the handshake is not lost', () =>
	withDaemon({}, async (daemon) => {
		const bob = await daemon.ws();
		const client = await connect(daemon);
		await client.write(
			Buffer.concat([
				Buffer.from(
					request('GET', '/ws', {
						Host: `127.0.0.1:${daemon.port}`,
						Connection: 'Upgrade',
						Upgrade: 'websocket',
						'Sec-WebSocket-Version': '13',
						'Sec-WebSocket-Key': handshakeKey,
					}),
				),
				buildFrame(opcodes.text, '{"message":"at once"}'),
			]),
		);
		assert.equal((await client.readResponse()).status, 101);
		assert.equal((await bob.nextJson()).message, 'at once');
		client.destroy();
	}));

test('an upgrade by a method other than GET is refused', () =>
	withDaemon({}, async (daemon) => {
		for (const method of ['POST', 'PUT', 'HEAD', 'DELETE']) {
			for (const length of [undefined, '0', '5']) {
				const client = await connect(daemon);
				await client.write(
					request(
						method,
						'/ws',
						{
							Host: `127.0.0.1:${daemon.port}`,
							Connection: 'Upgrade',
							Upgrade: 'websocket',
							'Sec-WebSocket-Version': '13',
							'Sec-WebSocket-Key': handshakeKey,
							'Content-Length': length,
						},
						length === '5' ? 'hello' : '',
					),
				);
				const answer = (await client.readToEnd()).toString('latin1');
				assert.doesNotMatch(answer, /^HTTP\/1\.1 [12]/, `${method} ${length}`);
				client.destroy();
			}
		}
		await assertServes(daemon);
	}));

test('upgraded connections of both services run side by side', () =>
	withDaemon({}, async (daemon) => {
		const echo = await connectWebSocket(daemon, '/echo');
		const ann = await daemon.ws();
		await echo.sendFrame(opcodes.text, '{"message":"only to me"}');
		assert.equal(String((await echo.nextMessage()).payload), '{"message":"only to me"}');
		assert.deepEqual(await ann.drain(), []);
		echo.destroy();
	}));
