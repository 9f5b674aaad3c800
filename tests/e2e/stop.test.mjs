// Stopping: every client is told, and none can delay the stop.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isSlowRun, sourceDir, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { connect, connectWebSocket, opcodes } from '../lib/raw.mjs';

// These tests are not about the rate limit.
const noRateLimit = { settings: ['limits.message_rate=0'] };

/**
 * Returns a client that reads nothing while the daemon has more to send than the socket buffers hold.
 */
async function fillSendBuffers(daemon) {
	const clogged = await daemon.ws('/echo');
	clogged.socket.pause();
	for (let n = 0; n < 40; n++)
		clogged.send(Buffer.alloc(1024 * 1024));
	const other = await daemon.ws('/echo');
	for (let n = 0; n < 200; n++) {
		other.send('turn the loop');
		await other.next();
	}
	await other.close();
	return clogged;
}

for (const signal of ['SIGTERM', 'SIGINT']) {
	test(`${signal} closes every client with 1001 and ends with status 0`, () =>
		withDaemon(noRateLimit, async (daemon) => {
			const clients = [];
			for (let n = 0; n < 10; n++)
				clients.push(await daemon.ws(n % 3 ? '/ws' : '/echo'));
			const stopped = daemon.stop(signal);
			for (const client of clients)
				assert.equal((await client.closed).code, 1001);
			await stopped;
		}));
}

test('messages sent before the stop arrive before its 1001', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 100; n++)
			ann.sendJson({ message: 'm', n });
		await ann.drain();
		const stopped = daemon.stop();
		for (let n = 0; n < 100; n++)
			assert.equal((await bob.nextJson()).n, n);
		assert.equal((await bob.closed).code, 1001);
		await stopped;
	}));

test('clients that do not read, do not answer or sent half a request cannot delay the stop', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const clogged = isSlowRun ? null : await fillSendBuffers(daemon);
		const half = await connect(daemon);
		await half.write('GET / HTTP/1.1\r\nHost: half');
		const silent = await connect(daemon);
		const unfinished = await connectWebSocket(daemon);
		await unfinished.sendFrame(opcodes.text, '{"mess', { fin: false });
		unfinished.pause();
		const reader = await daemon.ws();
		const stopped = daemon.stop();
		assert.equal((await reader.closed).code, 1001);
		await within(stopped, 'a stop within the 10 s allowed', 15_000);
		await Promise.all([half.closed, silent.closed]);
		clogged?.socket.terminate();
	}));

/** Begins a stop that a non-reading client delays. */
async function beginStop(daemon) {
	await fillSendBuffers(daemon);
	const reader = await daemon.ws();
	daemon.signal('SIGTERM');
	assert.equal((await reader.closed).code, 1001);
	assert.ok(daemon.isRunning);
}

test('a second SIGTERM stops at once', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		await beginStop(daemon);
		await within(daemon.stop('SIGTERM'), 'a stop at once', 5_000);
	}));

test('new connections are refused during the stop', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		await beginStop(daemon);
		await assert.rejects(daemon.ws());
	}));

test('the port of a stopped daemon is free for the next one', () =>
	withDaemon(noRateLimit, async (first) => {
		const client = await first.ws();
		await first.stop();
		assert.equal((await client.closed).code, 1001);
		await withDaemon({ settings: [`http.port=${first.port}`] }, async (second) => {
			assert.equal(second.port, first.port);
			await second.ws();
		});
	}));

/** Runs body(daemon, hang, heal) with a daemon whose disk hangs between hang() and heal(). */
function withHangingDisk(body) {
	const folder = temporaryFolder();
	const [library, file] = ['hang.so', 'hang'].map((name) => path.join(folder, name));
	const built = spawnSync('cc', ['-shared', '-fPIC', '-o', library, path.join(sourceDir, 'tests/lib/hang.c'), '-ldl']);
	assert.equal(built.status, 0, String(built.stderr));
	const env = { LD_PRELOAD: library, HANG_FILE: file, ASAN_OPTIONS: 'abort_on_error=1:verify_asan_link_order=0' };
	return withDaemon({ ...noRateLimit, env }, (daemon) =>
		body(daemon, () => writeFileSync(file, ''), () => rmSync(file)),
	);
}

/** Sends a message that the disk does not take. */
async function sayInVain(daemon) {
	const ann = await daemon.ws('/ws?name=ann');
	ann.sendJson({ message: 'lost', ref: 'c1' });
	ann.sendJson({ type: 'ping' });
	assert.equal((await ann.nextJson()).type, 'pong');
	return ann;
}

test('a disk that hangs cannot delay the stop, which has status 3 then', { skip: isSlowRun }, () =>
	withHangingDisk(async (daemon, hang) => {
		hang();
		const ann = await sayInVain(daemon);
		daemon.signal('SIGTERM');
		assert.equal((await ann.closed).code, 1001);
		await daemon.endsWith(3, 15_000);
		assert.match(daemon.log.join('\n'), /^stop_forced messages_not_acked=1 level=error$/m);
	}));

test('a second SIGTERM stops at once although the disk hangs', { skip: isSlowRun }, () =>
	withHangingDisk(async (daemon, hang) => {
		hang();
		await sayInVain(daemon);
		daemon.signal('SIGTERM');
		await daemon.waitForLog(/^stopping /);
		daemon.signal('SIGTERM');
		await daemon.endsWith(3, 5_000);
	}));

test('a disk that answers again in time costs no message, and the status is 0', { skip: isSlowRun }, () =>
	withHangingDisk(async (daemon, hang, heal) => {
		hang();
		const ann = await sayInVain(daemon);
		const stopped = daemon.stop();
		await daemon.waitForLog(/^stopping /);
		heal();
		assert.equal((await ann.nextJson()).type, 'ack');
		assert.equal((await ann.closed).code, 1001);
		await stopped;
	}));
