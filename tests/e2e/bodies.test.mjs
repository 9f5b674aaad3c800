// Bodies of requests: who may not send one makes the daemon keep nothing of it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryFile, withDaemon } from '../lib/daemon.mjs';
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
