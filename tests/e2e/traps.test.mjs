// Known pitfalls of such servers: pipelined requests, clients that disconnect while waiting, offered
// compression, a stop while everybody waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, isSlowRun, withDaemon, within } from '../lib/daemon.mjs';
import { ask, buildFrame, closePayload, connect, opcodes, request } from '../lib/raw.mjs';

const noRateLimit = ['limits.message_rate=0'];
const host = { Host: 'localhost' };

const push = (text, headers = {}) =>
	request('POST', '/push/ops', {
		...host, 'Content-Type': 'text/plain', 'Content-Length': String(text.length), ...headers,
	}, text);

const get = (at) => request('GET', at, host);

/** Returns the messages of the room, oldest first. */
async function said(daemon) {
	const { body } = await ask(daemon, 'GET', '/history/ops');
	return JSON.parse(body).messages.map(({ message }) => message);
}

/** Sends the bytes in one segment and returns the statuses of that many answers. */
async function statusesOf(daemon, bytes, count) {
	const client = await connect(daemon);
	await client.write(bytes);
	const statuses = [];
	while (statuses.length < count)
		statuses.push((await client.readResponse()).status);
	client.destroy();
	return statuses;
}

test('pushes in one segment are all stored, once and in order', () =>
	withDaemon({ settings: noRateLimit }, async (daemon) => {
		const two = push('one') + push('two');
		assert.deepEqual(await statusesOf(daemon, two, 2), [200, 200]);
		const mixed = get('/') + push('three') + get('/rooms') + push('four') + get('/history/ops');
		assert.deepEqual(await statusesOf(daemon, mixed, 5), [200, 200, 200, 200, 200]);
		const parked = get('/poll/ops?wait=0') + push('five');
		assert.deepEqual(await statusesOf(daemon, parked, 2), [200, 200]);
		const many = Array.from({ length: 20 }, (_, n) => `more ${n}`);
		assert.deepEqual(await statusesOf(daemon, many.map((text) => push(text)).join(''), 20), Array(20).fill(200));
		assert.deepEqual(await said(daemon), ['one', 'two', 'three', 'four', 'five', ...many]);
	}));

test('a line break after a push does not run it again', () =>
	withDaemon({ settings: noRateLimit }, async (daemon) => {
		assert.deepEqual(await statusesOf(daemon, `${push('one')}\r\n${push('two')}`, 2), [200, 200]);
		assert.deepEqual(await said(daemon), ['one', 'two']);
	}));

test('a push of uncertain length is not stored, nor is a request hidden in it', () =>
	withDaemon({ settings: noRateLimit }, async (daemon) => {
		const hidden = push('hidden');
		const chunked = { 'Transfer-Encoding': 'chunked' };
		for (const bytes of [
			push('0\r\n\r\n', chunked) + hidden,
			push('3\r\nbad\r\n0\r\n\r\n', { 'Transfer-Encoding': 'gzip, chunked', 'Content-Length': undefined }) + hidden,
			push('3\r\nbad\r\n\r\n0\r\n\r\n', { ...chunked, 'Content-Length': undefined }) + hidden,
			push('bad', { 'Content-Length': '3\r\nContent-Length: 4' }) + hidden,
		]) {
			const client = await connect(daemon);
			await client.write(bytes);
			const answers = (await client.readToEnd()).toString();
			assert.match(answers, /^HTTP\/1\.1 (400|501) /);
			assert.equal(answers.split('HTTP/1.1 ').length, 2, 'one answer');
		}
		await statusesOf(daemon, push('good'), 1);
		assert.deepEqual(await said(daemon), ['good']);
	}));

/** Returns a client that waits for news on that path. */
async function waiter(daemon, at) {
	const client = await connect(daemon);
	await client.write(get(at));
	if (at.startsWith('/events'))
		await client.readUntil((buffer) => buffer.includes('\r\n\r\n') && { value: true, size: buffer.length });
	return client;
}

const waits = ['/poll/ops?wait=60', '/events/ops'];

// A busy loop would use three seconds of processor time in three seconds.
test('a client that closes or half-closes while it waits for news costs no processor time', { skip: isSlowRun }, () =>
	withDaemon({ settings: [...noRateLimit, 'heartbeat.ping_s=1', 'heartbeat.pong_s=20'] }, async (daemon) => {
		const clock = await daemon.ws();
		const before = daemon.openSockets();
		const clients = [];
		for (const at of [...waits, ...waits, ...waits])
			clients.push(await waiter(daemon, at));
		clients.forEach((client) => client.halfClose());
		await Promise.all(clients.map((client) => within(client.closed, 'the other half to close')));
		const talkative = await Promise.all(waits.map((at) => waiter(daemon, at)));
		await Promise.all(talkative.map((client) => client.write(get('/').repeat(20))));
		await daemon.assertIdle(clock, 1);
		talkative.forEach((client) => client.destroy());
		await eventually(() => assert.ok(daemon.openSockets() <= before), 'sockets to be closed');
	}));

// libwebsockets closes such a WebSocket once its output is written, and would look for input all the while.
test('a slow reader that half-closes costs no processor time', { skip: isSlowRun }, () =>
	withDaemon({ settings: [...noRateLimit, 'heartbeat.ping_s=1', 'heartbeat.pong_s=20'] }, async (daemon) => {
		const clock = await daemon.ws('/echo');
		const before = daemon.openSockets();
		const slow = await connect(daemon);
		await slow.handshake('/ws?room=ops');
		slow.socket.pause();
		const text = 'x'.repeat(8000);
		while (!/^slow_reader /m.test(daemon.stderr))
			await statusesOf(daemon, push(text), 1);
		slow.halfClose();
		await daemon.assertIdle(clock, 1);
		await eventually(() => assert.ok(daemon.openSockets() <= before), 'the socket to be closed');
		slow.destroy();
	}));

test('every kind of message passes when compression is offered but not negotiated', () =>
	withDaemon({ settings: noRateLimit }, async (daemon) => {
		const echo = await daemon.ws('/echo', { perMessageDeflate: true });
		assert.equal(echo.socket.extensions, '');
		for (const text of ['', '', 'a', 'x'.repeat(9000)]) {
			echo.send(text);
			assert.equal(await echo.nextText(), text);
		}
		echo.send('in ', { fin: false });
		echo.send('', { fin: false });
		echo.send('pieces', { fin: true });
		assert.equal(await echo.nextText(), 'in pieces');

		const chat = await daemon.ws('/ws', { perMessageDeflate: true });
		chat.send('');
		assert.equal((await chat.nextJson()).code, 'bad_json');
		chat.send('{"message":', { fin: false });
		chat.send(JSON.stringify('x'.repeat(20_000)), { fin: true });
		assert.equal((await chat.closed).code, 1009);
	}));

test('a compressed frame fails the connection', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.handshake('/echo', { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
		await client.sendFrame(opcodes.text, Buffer.from('cb4800', 'hex'), { rsv: 4 });
		assert.equal((await client.nextMessage()).code, 1002);
		client.destroy();
	}));

test('messages sent right before a close frame are answered before the close', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.handshake('/echo');
		// These are short, so the daemon reads them together with the close frame.
		const texts = Array.from({ length: 20 }, (_, n) => `text ${n}`);
		await client.write(Buffer.concat([
			...texts.map((text) => buildFrame(opcodes.text, text)),
			buildFrame(opcodes.close, closePayload(3210, 'so long')),
		]));
		for (const text of texts)
			assert.equal(String((await client.nextMessage()).payload), text);
		const { code, payload } = await client.nextMessage();
		assert.deepEqual([code, String(payload.subarray(2))], [3210, 'so long']);
		await within(client.closed, 'TCP to close');
	}));

test('a stop does not wait for clients that wait for news', () =>
	withDaemon({ settings: noRateLimit }, async (daemon) => {
		const clients = await Promise.all(waits.map((at) => waiter(daemon, at)));
		const sockets = [await daemon.ws(), await daemon.ws('/echo')];
		const stopped = daemon.stop();
		for (const { closed } of sockets)
			assert.equal((await closed).code, 1001);
		await within(Promise.all(clients.map((client) => client.closed)), 'the streams to end');
		await within(stopped, 'a stop within the 10 s allowed', 15_000);
	}));
