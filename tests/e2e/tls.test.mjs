// TLS: every door works over it as without, and a failed handshake costs little.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually, isSlowRun, runDaemon, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { startFile } from '../lib/page.mjs';
import { ask, buildFrame, connect, handshakeKey, opcodes, request } from '../lib/raw.mjs';
import { askTls, connectTls, makeCertificate, makeKey, wsTls } from '../lib/tls.mjs';

// Alerts of RFC 8446, section 6, and RFC 7301.
const [HANDSHAKE_FAILURE, PROTOCOL_VERSION, NO_APPLICATION_PROTOCOL] = [40, 70, 120];

const own = makeCertificate();

/** Options for a daemon with TLS and more settings. */
const secure = (...settings) => ({ settings: ['limits.message_rate=0', ...own.settings, ...settings] });

const host = (daemon) => ({ Host: `${daemon.host}:${daemon.port}` });

async function assertServes(daemon) {
	assert.equal((await askTls(daemon, own, 'GET', '/healthz')).body, 'ok\n');
}

/** Makes a page folder with one file of that many random bytes; returns { root, bytes }. */
function pageWithFile(size) {
	const root = temporaryFolder();
	const bytes = randomBytes(size);
	writeFileSync(path.join(root, 'index.html'), '<!doctype html>');
	writeFileSync(path.join(root, 'large.txt'), bytes);
	return { root, bytes };
}

const large = pageWithFile(8 * 1024 * 1024);

/** Returns the error code of the refused handshake. */
async function refusalOf(daemon, options) {
	const error = await connectTls(daemon, own, options).then(
		() => assert.fail('the handshake succeeded'),
		(reason) => reason,
	);
	return error.code;
}

test('the page is served over TLS 1.3 and TLS 1.2', () =>
	withDaemon(secure(), async (daemon) => {
		for (const version of ['TLSv1.3', 'TLSv1.2']) {
			const answer = await askTls(daemon, own, 'GET', '/', { minVersion: version, maxVersion: version });
			assert.equal(answer.status, 200);
			assert.equal(answer.body, startFile(answer.body));
		}
	}));

test('older TLS versions and ALPN protocols other than HTTP/1.1 are refused by an alert', () =>
	withDaemon(secure(), async (daemon) => {
		// The names of alerts differ between versions of OpenSSL, their numbers do not.
		const alertFor = (...options) => {
			const args = ['s_client', '-connect', `127.0.0.1:${daemon.port}`, ...options];
			const { stderr } = spawnSync('openssl', args, { input: '', encoding: 'utf8' });
			return Number(stderr.match(/SSL alert number (\d+)/)?.[1]);
		};
		assert.equal(alertFor('-tls1_1', '-cipher', 'DEFAULT:@SECLEVEL=0'), PROTOCOL_VERSION);
		assert.equal(alertFor('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA'), HANDSHAKE_FAILURE);
		assert.equal(alertFor('-alpn', 'h2'), NO_APPLICATION_PROTOCOL);
		for (const offered of [['h2', 'http/1.1'], ['http/1.1']]) {
			const client = await connectTls(daemon, own, { ALPNProtocols: offered });
			assert.equal(client.socket.alpnProtocol, 'http/1.1');
			client.destroy();
		}
		await assertServes(daemon);
	}));

test('a client that rejects the certificate does not affect other clients', () =>
	withDaemon(secure(), async (daemon) => {
		await assert.rejects(connectTls(daemon, makeCertificate()), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
		await assertServes(daemon);
	}));

test('a TLS session can be resumed by its ticket', () =>
	withDaemon(secure(), async (daemon) => {
		const first = await connectTls(daemon, own);
		const [session] = await within(once(first.socket, 'session'), 'a ticket');
		first.destroy();
		const second = await connectTls(daemon, own, { session });
		assert.ok(second.socket.isSessionReused());
		await second.write(request('GET', '/healthz', host(daemon)));
		assert.equal((await second.readResponse()).status, 200);
		second.destroy();
	}));

test("a chat client over TLS and one at another door receive each other's messages", () =>
	withDaemon(secure(), async (daemon) => {
		const [ann, bob] = [await wsTls(daemon, own), await wsTls(daemon, own)];
		ann.sendJson({ message: 'hi', ref: '1' });
		assert.equal((await bob.nextJson()).message, 'hi');
		assert.equal((await ann.nextJson()).id, 1);

		const stream = await connectTls(daemon, own);
		await stream.write(request('GET', '/events/lobby', host(daemon)));
		const pushed = await askTls(daemon, own, 'POST', '/push/lobby', { body: 'from a program' });
		assert.equal(JSON.parse(pushed.body).id, 2);
		assert.equal((await bob.nextJson()).message, 'from a program');
		await stream.readUntil((bytes) => bytes.includes('from a program') && { value: true, size: bytes.length });

		const { epoch } = JSON.parse(pushed.body);
		const missed = await askTls(daemon, own, 'GET', `/poll/lobby?since=${epoch}:1`);
		assert.deepEqual(JSON.parse(missed.body).messages.map(({ message }) => message), ['from a program']);
		const parked = askTls(daemon, own, 'GET', `/poll/lobby?since=${epoch}:2`);
		ann.sendJson({ message: 'at last' });
		assert.deepEqual(JSON.parse((await parked).body).messages.map(({ message }) => message), ['at last']);
		stream.destroy();
	}));

test('successive requests, in one record and byte by byte, are answered in order', () =>
	withDaemon(secure(), async (daemon) => {
		const client = await connectTls(daemon, own);
		const [well, ready] = ['/healthz', '/readyz'].map((at) => request('GET', at, host(daemon)));
		await client.write(well + ready + well);
		for (const at of ['/healthz', '/readyz', '/healthz'])
			assert.equal((await client.readResponse()).status, 200, at);
		await client.drip(well);
		assert.equal((await client.readResponse()).body, 'ok\n');
		client.destroy();
	}));

test('every frame in the same record as the handshake is processed', () =>
	withDaemon(secure(), async (daemon) => {
		const client = await connectTls(daemon, own);
		const texts = Array.from({ length: 20 }, (_, n) => `message ${n}`);
		const upgrade = request('GET', '/echo', {
			...host(daemon), Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
			'Sec-WebSocket-Key': handshakeKey,
		});
		await client.write(Buffer.concat([Buffer.from(upgrade), ...texts.map((text) => buildFrame(opcodes.text, text))]));
		assert.equal((await client.readResponse()).status, 101);
		for (const text of texts)
			assert.equal(String((await client.nextMessage()).payload), text);
		client.destroy();
	}));

test('large pushes arrive whole: 16 KB of text and a hook of a megabyte', () =>
	withDaemon(secure(), async (daemon) => {
		const reader = await wsTls(daemon, own);
		const text = 'x'.repeat(16_000);
		assert.equal((await askTls(daemon, own, 'POST', '/push/lobby', { body: text })).status, 200);
		assert.equal((await reader.nextJson()).message, text);

		const padding = 'y'.repeat(1024 * 1024 - 100);
		const hook = JSON.stringify({ message: 'short', padding });
		const headers = { 'Content-Type': 'application/json' };
		const answer = await askTls(daemon, own, 'POST', '/hooks/generic/lobby', { body: hook, headers });
		assert.equal(answer.status, 200, answer.body);
		assert.match((await reader.nextJson()).message, /short/);
	}));

test('16 MiB are echoed unchanged', { skip: isSlowRun }, () =>
	withDaemon(secure(), async (daemon) => {
		const client = await wsTls(daemon, own, '/echo', { maxPayload: 32 * 1024 * 1024 });
		const bytes = randomBytes(16 * 1024 * 1024);
		client.send(bytes);
		const { data, isBinary } = await client.next();
		assert.ok(isBinary && data.equals(bytes));
		assert.ok(daemon.residentBytes() < 256 * 1024 * 1024);
		await client.close();
	}));

test('a client that reads late gets the whole long answer, and then the connection closes', { skip: isSlowRun }, () =>
	withDaemon(secure(`http.root=${large.root}`), async (daemon) => {
		const client = await connectTls(daemon, own);
		client.pause();
		await client.write(request('GET', '/large.txt', { ...host(daemon), Connection: 'close' }));
		const other = await wsTls(daemon, own, '/echo');
		for (let n = 0; n < 50; n++) {
			other.send('turn the loop');
			await other.next();
		}
		client.resume();
		const answer = await client.readToEnd();
		assert.ok(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(large.bytes));
		client.destroy();
	}));

test('a client that half-closes still gets the answer, and then the end', () =>
	withDaemon(secure(), async (daemon) => {
		const client = await connectTls(daemon, own);
		await client.write(request('POST', '/push/lobby', { ...host(daemon), 'Content-Length': '2' }, 'hi'));
		client.halfClose();
		assert.match(String(await client.readToEnd()), /^HTTP\/1\.1 200 /);
		client.destroy();
	}));

test('a client that closes TCP without a TLS close is treated as closed', () =>
	withDaemon(secure(), async (daemon) => {
		const client = await connectTls(daemon, own);
		assert.equal((await client.handshake('/ws?name=ann')).status, 101);
		await daemon.waitForLog(/^session_open\b/);
		client.transport.destroy();
		await daemon.waitForLog(/^session_close\b/);
	}));

test('a slow reader is closed with 1013 and other clients are not affected', { skip: isSlowRun }, () =>
	withDaemon(secure('limits.queue_bytes=65536'), async (daemon) => {
		const [sender, fast, slow] = [await wsTls(daemon, own), await wsTls(daemon, own), await wsTls(daemon, own)];
		slow.socket.pause();
		const message = 'm'.repeat(8_000);
		let n = 0;
		for (; !/^slow_reader\b/m.test(daemon.stderr) && n < 4_000; n++) {
			sender.sendJson({ message, n });
			assert.equal((await fast.nextJson()).n, n);
		}
		slow.socket.resume();
		assert.equal((await slow.closed).code, 1013);
		assert.ok(slow.waiting > 0 && slow.waiting < n);
		for (let i = 0; slow.waiting > 0; i++)
			assert.equal((await slow.nextJson()).n, i, "the slow reader's messages are complete up to the close");
	}));

/** Sends that many messages of 16 KB with a number n; after each one calls onSent. */
async function sendMany(sender, from, count, onSent = () => {}) {
	const message = 'm'.repeat(16_000);
	for (let n = from; n < from + count; n++) {
		sender.sendJson({ message, n, ref: String(n) });
		assert.equal((await sender.nextJson()).ref, String(n));
		onSent(n);
	}
}

test('a client that reads in bursts gets frames and pongs whole, messages in order, and its close answered', { skip: isSlowRun }, () =>
	withDaemon(secure('limits.queue_bytes=33554432', 'heartbeat.ping_s=600'), async (daemon) => {
		const [sender, bursts] = [await wsTls(daemon, own), await wsTls(daemon, own)];
		const pongs = [];
		bursts.socket.on('pong', (payload) => pongs.push(Number(payload)));
		let sent = 0;
		let read = 0;
		for (let round = 0; round < 2; round++) {
			bursts.socket.pause();
			await sendMany(sender, sent, 500, (n) => bursts.socket.ping(String(n)));
			sent += 500;
			bursts.socket.resume();
			// Each message that is read makes room, while new ones are written.
			const reading = (async () => {
				for (; read < sent - 50; read++)
					assert.equal((await bursts.nextJson()).n, read);
			})();
			await sendMany(sender, sent, 50);
			sent += 50;
			await reading;
		}
		for (; read < sent; read++)
			assert.equal((await bursts.nextJson()).n, read);
		assert.ok(pongs.length > 0 && pongs.every((n, i) => i === 0 || n > pongs[i - 1]));
		assert.equal((await bursts.close()).code, 1000);
	}));

test('a stream that is read late has every event, in order', { skip: isSlowRun }, () =>
	withDaemon(secure('limits.queue_bytes=33554432', 'heartbeat.ping_s=600'), async (daemon) => {
		const [sender, stream] = [await wsTls(daemon, own), await connectTls(daemon, own)];
		await stream.write(request('GET', '/events/lobby', host(daemon)));
		await daemon.waitForLog(/^session_open .*door=sse\b/);
		stream.pause();
		await sendMany(sender, 0, 600);
		const chunks = [];
		stream.socket.on('data', (chunk) => chunks.push(chunk));
		stream.resume();
		await sendMany(sender, 600, 50);
		await eventually(() => {
			const text = String(Buffer.concat(chunks));
			const numbers = [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
			assert.deepEqual(numbers, Array.from({ length: 650 }, (_, n) => n));
			assert.equal(text.match(/"m{16000}"/g).length, 650);
		}, 'all events');
		stream.destroy();
	}));

test('a client that closes while much is being written to it gets whole messages up to the end', () =>
	withDaemon(secure(), async (daemon) => {
		const client = await wsTls(daemon, own, '/echo', { maxPayload: 32 * 1024 * 1024 });
		client.socket.pause();
		const bytes = randomBytes(200_000);
		for (let n = 0; n < 10; n++)
			client.send(bytes);
		const closed = client.close();
		client.socket.resume();
		await closed;
		assert.ok(client.waiting > 0);
		while (client.waiting > 0)
			assert.ok((await client.next()).data.equals(bytes));
	}));

test('a connection that has answered requests becomes a WebSocket, whose first messages follow the handshake', () =>
	withDaemon(secure(), async (daemon) => {
		const client = await connectTls(daemon, own);
		await client.write(request('GET', '/healthz', host(daemon)));
		assert.equal((await client.readResponse()).body, 'ok\n');
		assert.equal((await client.handshake('/ws?events=1', host(daemon))).status, 101);
		assert.equal(JSON.parse((await client.nextMessage()).payload).type, 'joined');
		client.destroy();
	}));

test('a plain HTTP request is told that the port speaks TLS', () =>
	withDaemon(secure(), async (daemon) => {
		for (const method of ['GET', 'POST', 'HEAD']) {
			const client = await connect(daemon);
			await client.write(request(method, '/', { ...host(daemon), 'Content-Length': '3' }, 'abc'));
			const { status, headers, body } = await client.readResponse();
			assert.equal(status, 400);
			assert.equal(headers['content-type'], 'application/json');
			assert.equal(JSON.parse(body).error.code, 'tls_required');
			await client.readToEnd();
			client.destroy();
		}
		assert.equal((await ask(daemon, 'GET', '/ws', { Upgrade: 'websocket' })).status, 400);
		await assertServes(daemon);
	}));

test('a connection that is neither TLS nor HTTP is closed', () =>
	withDaemon(secure(), async (daemon) => {
		const hello = Buffer.from('16030100c8010000c40303', 'hex');
		for (const bytes of [randomBytes(1000), Buffer.alloc(5), Buffer.concat([hello, randomBytes(200)]), Buffer.from('SSH-2.0-a\r\n')]) {
			const client = await connect(daemon);
			await client.write(bytes);
			client.halfClose();
			await client.readToEnd();
			client.destroy();
		}
		await assertServes(daemon);
	}));

test('a broken TLS record ends only its own connection', () =>
	withDaemon(secure(), async (daemon) => {
		const other = await wsTls(daemon, own);
		const client = await connectTls(daemon, own);
		await client.write(request('GET', '/healthz', host(daemon)));
		await client.readResponse();
		client.transport.write(Buffer.from(`1703030010${'00'.repeat(16)}`, 'hex'));
		await client.closed;
		other.sendJson({ message: 'still here', ref: 'a' });
		assert.equal((await other.nextJson()).type, 'ack');
		client.destroy();
	}));

test('a client that stalls during or after the TLS handshake is cut off', () =>
	withDaemon(secure(), async (daemon) => {
		const silent = await connect(daemon);
		const half = await connect(daemon);
		await half.write(Buffer.from('16030100c8010000c40303', 'hex'));
		const quiet = await connectTls(daemon, own);
		await assertServes(daemon);
		await Promise.all([silent, half, quiet].map((client) => within(client.closed, 'the connection to be cut off')));
		[silent, half, quiet].forEach((client) => client.destroy());
		await assertServes(daemon);
	}));

test('clients that connect and disconnect leave no file descriptor open', () =>
	withDaemon(secure(), async (daemon) => {
		const before = daemon.openDescriptors();
		for (let round = 0; round < 10; round++) {
			const clients = await Promise.all([
				wsTls(daemon, own), wsTls(daemon, own, '/echo'), connectTls(daemon, own), connectTls(daemon, own), connect(daemon), connect(daemon),
			]);
			const [chat, echo, asking, idle, garbage, silent] = clients;
			echo.send(Buffer.alloc(100_000));
			await asking.write(request('GET', '/poll/lobby?wait=60', host(daemon)));
			await garbage.write('garbage that is no hello');
			await chat.close();
			await echo.vanish();
			[asking, idle, garbage, silent].forEach((client) => client.destroy());
		}
		await eventually(() => assert.ok(daemon.openDescriptors() <= before), 'the file descriptors to be closed');
	}));

test('a connection over the limit is refused by an alert and the others stay', () =>
	withDaemon(secure('limits.connections=2'), async (daemon) => {
		const [ann, bob] = [await wsTls(daemon, own), await wsTls(daemon, own)];
		assert.equal(await refusalOf(daemon), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR');
		ann.sendJson({ message: 'we are two' });
		assert.equal((await bob.nextJson()).message, 'we are two');
		await bob.close();
		await eventually(() => wsTls(daemon, own), 'a free place for a new connection');
	}));

test('the connection limit leaves enough file descriptors for every connection', { skip: isSlowRun }, () =>
	withDaemon({ ...secure(), limits: { nofile: 400 } }, async (daemon) => {
		const [, most] = await daemon.waitForLog(/^connections_capped\b.*\bmax=(\d+)/);
		const clients = [];
		for (let n = 0; n < Number(most); n++)
			clients.push(await wsTls(daemon, own));
		assert.equal(await refusalOf(daemon), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR');
		clients[0].sendJson({ message: 'we are all here' });
		assert.equal((await clients.at(-1).nextJson()).message, 'we are all here');
		assert.doesNotMatch(daemon.stderr, /accept_paused|tls_failed/);
	}));

test('SIGTERM closes every client with 1001, and none can delay it', () =>
	withDaemon(secure(), async (daemon) => {
		const clients = [await wsTls(daemon, own), await wsTls(daemon, own, '/echo')];
		const shaking = await connect(daemon);
		await shaking.write(Buffer.from('1603', 'hex'));
		const idle = await connectTls(daemon, own);
		const { since } = JSON.parse((await askTls(daemon, own, 'GET', '/poll/lobby?wait=0')).body);
		const polling = askTls(daemon, own, 'GET', `/poll/lobby?since=${since}&wait=60`);
		await eventually(async () => {
			const { body } = await askTls(daemon, own, 'GET', '/metrics');
			assert.match(body, /^linnet_connections\{transport="poll"\} 1$/m);
		}, 'the poll');
		const stopped = daemon.stop();
		for (const client of clients)
			assert.equal((await client.closed).code, 1001);
		await polling;
		await within(stopped, 'a stop within the 10 s allowed', 15_000);
		assert.doesNotMatch(daemon.stderr, /stop_timeout/);
		shaking.destroy();
		idle.destroy();
	}));

// A busy loop would use three seconds of processor time in three seconds.
test('waiting, half-closed and non-reading clients cost no processor time', { skip: isSlowRun }, () =>
	withDaemon(secure('heartbeat.ping_s=1', 'heartbeat.pong_s=10', `http.root=${large.root}`), async (daemon) => {
		const clock = await wsTls(daemon, own);
		const clients = [];
		for (let n = 0; n < 3; n++) {
			const silent = await connect(daemon);
			const [idle, half, clogged, parked, talking] = await Promise.all(Array.from({ length: 5 }, () => connectTls(daemon, own)));
			await idle.write('GET / HT');
			await half.write('GET / HT');
			half.halfClose();
			clogged.pause();
			clogged.write(request('GET', '/large.txt', host(daemon)).repeat(100));
			clogged.halfClose();
			await parked.write(request('GET', '/poll/lobby?wait=60', host(daemon)));
			talking.pause();
			talking.write(request('GET', '/large.txt', host(daemon)) + 'x'.repeat(1_000_000));
			clients.push(silent, idle, half, clogged, parked, talking);
		}
		await daemon.assertIdle(clock, 0.3);
		clients.forEach((client) => client.destroy());
	}));

test('files that are not a certificate and its key end -t and the start with status 1 and the reason', async () => {
	const other = makeCertificate();
	const cases = [
		[own.certificate, other.key, 'http.tls_key', 'is not the key of http.tls_certificate'],
		[own.certificate, makeKey('secret'), 'http.tls_key', 'has no private key in PEM without a password'],
		[own.certificate, own.certificate, 'http.tls_key', 'has no private key in PEM without a password'],
		[own.certificate, '/nowhere/key.pem', 'http.tls_key', 'No such file or directory'],
		[own.key, own.key, 'http.tls_certificate', 'has no certificate in PEM'],
		['/nowhere/certificate.pem', own.key, 'http.tls_certificate', 'No such file or directory'],
	];
	for (const [certificate, key, option, why] of cases) {
		const settings = [`http.tls_certificate=${certificate}`, `http.tls_key=${key}`];
		const file = option === 'http.tls_key' ? key : certificate;
		const checked = await runDaemon({ settings, args: ['-t'] });
		assert.deepEqual([checked.code, checked.stderr], [1, `-s ${option}=${file}: ${option} ${file}: ${why}\n`]);
		const started = await runDaemon({ settings: ['http.port=0', ...settings] });
		assert.equal(started.code, 1);
		assert.ok(started.stderr.startsWith(`tls_failed error="-s ${option}=${file}: ${option} ${file}: ${why}"`), started.stderr);
	}
	assert.equal((await runDaemon({ settings: own.settings, args: ['-t'] })).code, 0);
});

test('with TLS a page of the same host is of the same origin only if it was loaded by HTTPS', () =>
	withDaemon(secure(), async (daemon) => {
		const host = `${daemon.host}:${daemon.port}`;
		await (await wsTls(daemon, own, '/ws', { origin: `https://${host}` })).close();
		await assert.rejects(wsTls(daemon, own, '/ws', { origin: `http://${host}` }), { status: 403 });
	}));
