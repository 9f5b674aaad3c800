// Bodies of requests: who may not send one makes the daemon keep nothing of it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryFile, withDaemon } from '../lib/daemon.mjs';
import { ask, assertRefused, expectJson, get, post } from '../lib/doors.mjs';
import { connect, request } from '../lib/raw.mjs';

const megabyte = 1024 * 1024;
const senders = 64;
const token = temporaryFile('ops.token', 'a-token-for-ops\n');
const config = `
	auth = { tokens = ( { name = "ops"; token_file = "${token}"; rooms = [ "ops" ]; } ); };
	limits = { message_bytes = ${megabyte}; message_rate = 0.0; };`;

/** Opens connections that send the head of a request with a body of 1 MiB, and all of the body but one byte. */
const sendBodies = (daemon, at, headers = {}) =>
	Promise.all(
		Array.from({ length: senders }, async () => {
			const client = await connect(daemon);
			const host = `${daemon.host}:${daemon.port}`;
			await client.write(request('POST', at, { Host: host, 'Content-Length': megabyte, ...headers }));
			client.write(Buffer.alloc(megabyte - 1, 'x')); // not awaited: the daemon need not read it
			return client;
		}),
	);

const bearing = (text) => ({ Authorization: `Bearer ${text}` });
const refusals = [
	['a push without a token', '/push/ops', {}, 401],
	['a push under a token that is not known', '/push/ops', bearing('nonsense'), 401],
	['a push to a room that the token is not for', '/push/lobby', bearing('a-token-for-ops'), 403],
	['a hook without a token', '/hooks/github/ops', {}, 401],
	['a hook of a kind that is not known', '/hooks/nonsense/ops', bearing('a-token-for-ops'), 404],
	['an order without a token', '/admin/kick', {}, 401],
	['an order that there is not', '/admin/nonsense', bearing('a-token-for-ops'), 403],
];

for (const [what, at, headers, status] of refusals)
	test(`${what} is refused before its body is read, which takes no memory`, () =>
		withDaemon({ config }, async (daemon) => {
			const before = daemon.residentBytes();
			const clients = await sendBodies(daemon, at, headers);
			for (const client of clients)
				assert.equal((await client.readResponse()).status, status);
			const more = daemon.residentBytes() - before;
			assert.ok(more < 8 * megabyte, `${more} bytes more`);
			clients.forEach((client) => client.destroy());
		}));

test('a client that asks before it sends the body is refused at once', () =>
	withDaemon({ config }, async (daemon) => {
		const client = await connect(daemon);
		const headers = { Host: 'a', 'Content-Length': megabyte, Expect: '100-continue' };
		await client.write(request('POST', '/push/ops', headers));
		assert.equal((await client.readResponse()).status, 401);
		client.destroy();
	}));

test('a body that was announced takes no memory until it comes', () =>
	withDaemon({ config }, async (daemon) => {
		const before = daemon.residentBytes();
		const clients = await Promise.all(
			Array.from({ length: senders }, async () => {
				const client = await connect(daemon);
				const headers = { Host: 'a', 'Content-Length': megabyte, Expect: '100-continue', ...bearing('a-token-for-ops') };
				await client.write(request('POST', '/push/ops', headers));
				assert.equal((await client.readResponse()).status, 100);
				await client.write('x');
				return client;
			}),
		);
		const more = daemon.residentBytes() - before;
		assert.ok(more < 8 * megabyte, `${more} bytes more`);
		clients.forEach((client) => client.destroy());
	}));

test('a token that a reload takes away while the body comes is not good for it any more', () => {
	const own = temporaryFile('own.token', 'the-first-token\n');
	const file = temporaryFile('linnet.cfg', `auth = { tokens = ( { name = "own"; token_file = "${own}"; } ); };`);
	return withDaemon({ args: ['-c', file] }, async (daemon) => {
		const client = await connect(daemon);
		await client.write(request('POST', '/push/ops', { Host: 'a', 'Content-Length': 2, Expect: '100-continue', ...bearing('the-first-token') }));
		assert.equal((await client.readResponse()).status, 100);
		writeFileSync(own, 'the-second-token\n');
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded$/);
		await client.write('hi');
		assert.equal((await client.readResponse()).status, 401);
		client.destroy();
	});
});

/** Sends a request with a body in these chunks, and what follows, each in a write of its own. */
async function sendChunks(daemon, at, chunks, method = 'POST') {
	const client = await connect(daemon);
	await client.write(request(method, at, { Host: `${daemon.host}:${daemon.port}`, 'Transfer-Encoding': 'chunked' }));
	for (const chunk of chunks)
		await client.write(chunk);
	return client;
}

const inChunks = (text) => [...[...Buffer.from(text)].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10])), '0\r\n\r\n'];
const history = async (daemon) => (await expectJson(get(daemon, '/history/lobby'))).messages;
const lastText = async (daemon) => (await history(daemon)).at(-1).message;

test('a body may come in chunks, and the next request follows it', () =>
	withDaemon({ settings: ['limits.message_rate=0'] }, async (daemon) => {
		const next = request('GET', '/healthz', { Host: 'localhost' });
		const client = await sendChunks(daemon, '/push/lobby', [...inChunks('héllo'), next]);
		assert.equal((await client.readResponse()).status, 200);
		assert.equal((await client.readResponse()).status, 200);
		assert.equal(await lastText(daemon), 'héllo');
		client.destroy();

		const all = await sendChunks(daemon, '/push/lobby/', [`5;x=1\r\nworld\r\n0\r\nX-Sum: 1\r\n\r\n${next}`], 'PUT');
		assert.equal((await all.readResponse()).status, 200);
		assert.equal((await all.readResponse()).status, 200);
		assert.equal(await lastText(daemon), 'world');
		all.destroy();
	}));

test('chunks that are too many, or none, are refused, and nothing in them is run', () =>
	withDaemon({ settings: ['limits.message_bytes=4096'] }, async (daemon) => {
		const smuggled = request('POST', '/push/lobby', { Host: 'localhost', 'Content-Length': 1 }) + 'x';
		for (const [chunks, status] of [
			[[`1000\r\n${'x'.repeat(4096)}\r\n`, `1\r\nx\r\n0\r\n\r\n${smuggled}`], 413],
			[[`1001\r\n${smuggled}`], 413],
			[[`5\r\nhello0\r\n\r\n${smuggled}`], 400],
			[[`zz\r\n${smuggled}`], 400],
		]) {
			const client = await sendChunks(daemon, '/push/lobby', chunks);
			const { status: got, headers } = await client.readResponse();
			assert.deepEqual([got, headers.connection], [status, 'close']);
			client.destroy();
		}
		assert.deepEqual(await history(daemon), []);
		const { status } = await (await sendChunks(daemon, '/healthz', ['0\r\n\r\n'], 'GET')).readResponse();
		assert.equal(status, 400);
	}));

test('a byte order mark is skipped, a form with a payload is its JSON, and other forms are text', () =>
	withDaemon({ settings: ['limits.message_rate=0'] }, async (daemon) => {
		const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
		const json = { 'Content-Type': 'application/json; charset=utf-8' };
		for (const [at, body, headers, text] of [
			['/push/lobby', '\ufeffmarked', {}, 'marked'],
			['/push/lobby', '\ufeff{"message":"as JSON"}', json, 'as JSON'],
			['/push/lobby', 'a=b&payload=%7B%22message%22%3A%22a+form%22%7D', form, 'a form'],
			['/hooks/generic/lobby', `payload=${encodeURIComponent('{"text":"from Slack & co"}')}`, form, 'from Slack & co'],
			['/hooks/generic/lobby', '{"text":"a&payload=b"}', form, 'a&payload=b'],
			['/push/lobby', 'just=text&more', form, 'just=text&more'],
		]) {
			await expectJson(post(daemon, at, body, headers));
			assert.equal(await lastText(daemon), text);
		}
		await assertRefused(post(daemon, '/hooks/generic/lobby', 'payload=%7', form), 400, 'bad_json');
		await assertRefused(ask(daemon, 'PUT', '/send/lobby', { body: 'x' }), 405, 'method_not_allowed');
	}));
