// The limits: too many connections, no file descriptors left, slow readers.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually, isSlowRun, temporaryFile, withDaemon } from '../lib/daemon.mjs';
import { ask, connect, request } from '../lib/raw.mjs';

test('a connection over the limit is refused with 503 and the others stay', () =>
	withDaemon({ settings: ['limits.connections=5'] }, async (daemon) => {
		const clients = [];
		for (let n = 0; n < 5; n++)
			clients.push(await daemon.ws());
		for (let n = 0; n < 3; n++) {
			await assert.rejects(daemon.ws(), (error) => {
				assert.equal(error.status, 503);
				assert.match(error.headers['retry-after'], /^\d+$/);
				return true;
			});
		}
		clients[0].sendJson({ message: 'we are five' });
		for (const client of clients.slice(1))
			assert.equal((await client.nextJson()).message, 'we are five');

		await clients.pop().close();
		const late = await eventually(() => daemon.ws(), 'a free place for a new connection');
		clients[0].sendJson({ message: 'welcome' });
		assert.equal((await late.nextJson()).message, 'welcome');
	}));

test('clients that connect and disconnect free their places', () =>
	withDaemon({ settings: ['limits.connections=5'] }, async (daemon) => {
		for (let n = 0; n < 50; n++) {
			const client = await eventually(() => daemon.ws(), 'a free place');
			await (n % 2 ? client.close() : client.vanish());
		}
		const descriptors = daemon.openDescriptors();
		for (let n = 0; n < 50; n++)
			await (await eventually(() => daemon.ws(), 'a free place')).vanish();
		await eventually(
			() => assert.ok(daemon.openDescriptors() <= descriptors),
			'the file descriptors to be closed',
		);
	}));

test('the start warns if everybody on the network may read and write', async () => {
	const open = (settings, pattern) =>
		withDaemon({ settings }, async (daemon) => {
			await daemon.waitForLog(/^ready /);
			if (pattern)
				assert.match(daemon.log[0], pattern);
			else
				assert.doesNotMatch(daemon.stderr, /open_to_everybody/);
		});
	await open([], null);
	await open(['http.address=localhost', 'line.address=127.0.0.2'], null);
	await open(['http.address=0.0.0.0'], /^open_to_everybody http=0\.0\.0\.0:\d+ hint=".*auth\.mode.*" level=warn$/);
	await open(['line.address=0.0.0.0'], /^open_to_everybody line=0\.0\.0\.0:\d+ /);
	const secret = temporaryFile('secret', 'a-secret-of-more-than-thirty-two-bytes');
	await open(['http.address=0.0.0.0', 'auth.mode=jwt', `auth.jwt_secret_file=${secret}`], null);
});

// A busy loop would use three seconds of processor time in three seconds.
test('without file descriptors the daemon neither spins nor floods its log, and serves again later', { skip: isSlowRun }, () =>
	withDaemon(
		{ limits: { nofile: 100 }, settings: ['heartbeat.ping_s=1', 'heartbeat.pong_s=10'] },
		async (daemon) => {
			const [ann, bob] = [await daemon.ws(), await daemon.ws()];
			const crowd = [];
			for (let n = 0; n < 400; n++)
				crowd.push(await connect(daemon));
			const linesBefore = daemon.log.length;
			await daemon.assertIdle(ann, 1);
			assert.ok(daemon.log.length - linesBefore < 100, 'the log is flooded');
			ann.sendJson({ message: 'the living' });
			assert.equal((await bob.nextJson()).message, 'the living');

			crowd.forEach((client) => client.destroy());
			await eventually(
				async () => assert.equal((await ask(daemon, 'GET', '/')).status, 200),
				'the page to be served again',
			);
		},
	));

// [soft, hard]
const limitsOfFiles = (daemon) =>
	/^Max open files +(\d+) +(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/limits`, 'utf8')).slice(1).map(Number);

test('the limit of open files is lowered to what the connections need', () =>
	withDaemon({ limits: { nofile: 20_000 } }, async (daemon) => {
		assert.deepEqual(limitsOfFiles(daemon), [16_384, 20_000]);
	}));

test('with many connections configured the limit of open files leaves some for the rest', () =>
	withDaemon({ limits: { nofile: 20_000 }, settings: ['limits.connections=18000'] }, async (daemon) => {
		const [soft] = limitsOfFiles(daemon);
		assert.ok(soft > 18_064 && soft < 19_000, soft);
		assert.doesNotMatch(daemon.stderr, /connections_capped/);
	}));

test('an open connection becomes a WebSocket although no descriptor is left', () =>
	withDaemon({}, async (daemon) => {
		const softLimit = (count) =>
			assert.equal(spawnSync('prlimit', [`--pid=${daemon.pid}`, `--nofile=${count}:`]).status, 0);
		const [limit] = limitsOfFiles(daemon);
		const client = await connect(daemon);
		await client.write(request('GET', '/healthz', { Host: 'localhost' }));
		assert.equal((await client.readResponse()).status, 200);
		softLimit(3);
		assert.equal((await client.handshake('/echo')).status, 101);
		softLimit(limit);
		client.destroy();
	}));

test('a slow reader is closed with 1013 and other clients are not affected', { skip: isSlowRun }, () =>
	withDaemon({ settings: ['limits.queue_bytes=65536', 'limits.message_rate=0'] }, async (daemon) => {
		const [sender, fast, slow] = [await daemon.ws(), await daemon.ws(), await daemon.ws()];
		slow.socket.pause();
		const message = 'm'.repeat(8_000);
		let count = 0;
		// Stop when the daemon closes the slow reader: it then waits only a short time for the close.
		for (; !/^slow_reader\b/m.test(daemon.stderr) && count < 4_000; count++) {
			sender.sendJson({ message, n: count });
			assert.equal((await fast.nextJson()).n, count);
		}
		assert.ok(daemon.residentBytes() < 512 * 1024 * 1024);
		slow.socket.resume();
		assert.equal((await slow.closed).code, 1013);
		assert.ok(slow.waiting > 0 && slow.waiting < count);
		for (let n = 0; slow.waiting > 0; n++)
			assert.equal((await slow.nextJson()).n, n, "the slow reader's messages are complete up to the close");

		const again = await daemon.ws();
		sender.sendJson({ message: 'after it' });
		for (const client of [fast, again])
			assert.equal((await client.nextJson()).message, 'after it');
	}));
