// A session whose name the cluster has not given yet: what it sends waits, and its door stops reading.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, enter, noRateLimit, range, receive, until } from '../lib/chat.mjs';
import { binary, eventually, isSlowRun, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { enterStream, openStream, post } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';

const program = `${binary}-late`;
const skip = isSlowRun || (existsSync(program) ? false : 'this build has no linnetd-late');

const MEGABYTE = 1024 * 1024;

/** Runs body(daemon, grant): no name is given before grant(). */
function withLateCluster(body, ...settings) {
	const file = path.join(temporaryFolder(), 'late');
	writeFileSync(file, '');
	const options = { program, env: { LATE_FILE: file }, settings: [...noRateLimit.settings, 'limits.address_rate=0', ...settings] };
	return withDaemon(options, (daemon) => body(daemon, () => rmSync(file)));
}

/** The socket of a client, however it was opened. */
const tcpOf = (client) => client.raw?.socket ?? client.socket._socket;

/** How many bytes of the client's the daemon has not read. */
function unreadBytes(client) {
	const { localPort, remotePort } = tcpOf(client);
	const hex = (port) => port.toString(16).toUpperCase().padStart(4, '0');
	const pattern = new RegExp(` 0100007F:${hex(remotePort)} 0100007F:${hex(localPort)} \\w+ \\w+:(\\w+) `);
	return parseInt(pattern.exec(readFileSync('/proc/net/tcp', 'latin1'))[1], 16);
}

/** Waits until the daemon reads no more from the client, although there is more. */
function untilUnread(client, other) {
	return eventually(async () => {
		const bytes = unreadBytes(client);
		assert.ok(bytes > 0, 'everything is read');
		// In each turn of its loop the daemon reads from everybody whom it reads from.
		for (let turn = 0; turn < 5; turn++)
			await answerTo(other, { type: 'ping' });
		assert.equal(unreadBytes(client), bytes);
	}, 'the door to stop reading');
}

const pad = 'x'.repeat(15_000);
const refs = (answers) => answers.map(({ ref }) => ref);

test('a WebSocket is read no further while 64 commands wait; all are carried out in order', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const { client: bob } = await enter(daemon);
		const ann = await daemon.ws();
		const texts = range(1, 5000).map((n) => `message ${n}`);
		ann.sendJson({ message: 'message 0', username: 'ann' });
		for (const message of texts)
			ann.sendJson({ message, ref: message });
		await untilUnread(ann, bob);
		assert.deepEqual((await bob.drain()).filter(({ message }) => message), []);
		grant();
		const heard = (await until(bob, ({ message }) => message === texts.at(-1))).filter(({ message }) => message);
		assert.deepEqual(heard.map(({ message }) => message), ['message 0', ...texts]);
		assert.ok(heard.every(({ username }) => username === 'ann'));
		const acks = (await until(ann, ({ ref }) => ref === texts.at(-1))).filter(({ type }) => type === 'ack');
		assert.deepEqual(refs(acks).slice(-texts.length), texts);
	}));

test('what waits takes 64 KB, however much a WebSocket sends', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const bob = await daemon.ws();
		const ann = await daemon.ws();
		const sent = range(1, 1000).map((n) => `ping ${n}`);
		await answerTo(ann, { type: 'ping', pad });
		const before = daemon.residentBytes();
		ann.sendJson({ type: 'nick', username: 'ann', ref: 'nick' });
		for (const ref of sent)
			ann.sendJson({ type: 'ping', ref, pad });
		await untilUnread(ann, bob);
		const grown = daemon.residentBytes() - before;
		assert.ok(grown < 4 * MEGABYTE, `${grown} bytes more, of ${sent.length * pad.length}`);
		grant();
		const answers = await until(ann, ({ ref }) => ref === sent.at(-1));
		assert.deepEqual(refs(answers.filter(({ type }) => type === 'pong')), sent);
	}));

// libwebsockets has read some of these commands when the door stops: the kernel has no event for them.
test('commands that were read already when the door stopped are carried out, too', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const bob = await daemon.ws();
		const clients = await Promise.all(range(1, 24).map((n) => daemon.ws(`/ws?room=room${n}`)));
		clients.forEach((client, n) => {
			// One segment. Nothing but the last one is answered.
			tcpOf(client).cork();
			client.sendJson({ type: 'nick', username: `n${n}` });
			for (let count = 0; count < 64 + n; count++)
				client.sendJson({ type: 'typing' });
			client.sendJson({ type: 'ping', ref: 'last' });
			tcpOf(client).uncork();
		});
		await untilUnread(clients.at(-1), bob);
		grant();
		for (const client of clients)
			assert.equal((await client.nextJson()).ref, 'last');
	}));

test('the lines of one message wait within the same limits', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const { client: bob } = await enter(daemon);
		const ann = await daemon.ws('/ws?format=line', { isChecked: false });
		const texts = range(1, 3000).map((n) => `${n}`);
		await until(bob, ({ event }) => event === 'enter');
		const before = daemon.residentBytes();
		ann.send(['/nick ann', ...texts].join('\n'));
		ann.send(pad);
		await untilUnread(ann, bob);
		const grown = daemon.residentBytes() - before;
		assert.ok(grown < MEGABYTE / 2, `${grown} bytes more`);
		grant();
		const heard = (await until(bob, ({ message }) => message === pad)).filter(({ message }) => message);
		assert.deepEqual(heard.map(({ message }) => message), [...texts, pad]);
		assert.ok(heard.every(({ username }) => username === 'ann'));
	}));

test('a peer that is not read from is not taken for a dead one', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const bob = await daemon.ws();
		const ann = await daemon.ws();
		let pings = 0;
		const pinged = new Promise((resolve) => bob.socket.on('ping', () => ++pings === 4 && resolve()));
		ann.sendJson({ type: 'nick', username: 'ann' });
		for (const ref of range(1, 3000))
			ann.sendJson({ type: 'ping', ref: `${ref}` });
		await untilUnread(ann, bob);
		await pinged;
		grant();
		await until(ann, ({ ref }) => ref === '3000');
	}, 'heartbeat.ping_s=1', 'heartbeat.pong_s=1'));

test('a line connection is not read from while its name is not given', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const { client: bob } = await enter(daemon);
		const ann = await openTerminal(daemon);
		const texts = range(1, 2000).map((n) => `line ${n} ${pad.slice(0, 100)}`);
		ann.say('/nick ann', ...texts);
		await untilUnread(ann, bob);
		assert.deepEqual((await bob.drain()).filter(({ message }) => message), []);
		grant();
		const heard = (await until(bob, ({ message }) => message === texts.at(-1))).filter(({ message }) => message);
		assert.deepEqual(heard.map(({ message }) => message), texts);
		assert.ok(heard.every(({ username }) => username === 'ann'));
	}));

test('64 calls wait for the name of their stream, and one more is refused', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const { client: bob } = await enter(daemon);
		const { joined: { you } } = await enterStream(daemon, 'lobby', 'events=1');
		const texts = range(1, 70).map((n) => `call ${n}`);
		const answers = [];
		const calls = texts.map((message) =>
			post(daemon, '/send/lobby', { message, username: 'ann', session: you.session }).then((answer) => answers.push({ message, ...answer })));
		const late = openStream(daemon, '/events/lobby?name=carol&events=1');
		await eventually(() => assert.equal(answers.length, 6), 'those that are too many to be refused');
		for (const { status, json } of answers)
			assert.deepEqual([status, json.error.code], [503, 'busy']);
		grant();
		await Promise.all(calls);
		const [refused, accepted] = [answers.slice(0, 6), answers.slice(6)].map((some) => some.map(({ message }) => message));
		assert.ok(answers.slice(6).every(({ status }) => status === 200));
		const heard = (await bob.drain()).filter(({ message }) => message);
		assert.deepEqual(heard.map(({ message }) => message).sort(), accepted.sort());
		assert.deepEqual([...refused, ...accepted].sort(), texts.sort());
		assert.ok(heard.every(({ username }) => username === 'ann'));
		// Who opens a stream waits for its name, too.
		assert.equal((await (await late).nextJson()).you.username, 'carol');
	}));

test('who leaves while not read from is gone when the name is given', { skip }, () =>
	withLateCluster(async (daemon, grant) => {
		const { client: bob } = await enter(daemon);
		const [closing, vanishing] = [await daemon.ws(), await daemon.ws()];
		const [ending, breaking] = [await openTerminal(daemon), await openTerminal(daemon)];
		const names = ['closing', 'vanishing', 'ending', 'breaking'];
		for (const [client, username] of [[closing, 'closing'], [vanishing, 'vanishing']]) {
			client.sendJson({ message: 'first', username });
			for (let n = 0; n < 3000; n++)
				client.sendJson({ message: 'more' });
		}
		for (const [terminal, username] of [[ending, 'ending'], [breaking, 'breaking']])
			terminal.say(`/nick ${username}`, ...range(1, 3000).map((n) => `line ${n}`));
		for (const client of [closing, vanishing, ending, breaking])
			await untilUnread(client, bob);
		const closed = closing.close();
		ending.raw.halfClose();
		tcpOf(vanishing).resetAndDestroy();
		tcpOf(breaking).resetAndDestroy();
		grant();
		assert.equal((await closed).code, 1000);
		await ending.rest();
		const left = new Set();
		await until(bob, ({ event, username }) => event === 'leave' && left.add(username).size === 4);
		assert.deepEqual([...left].sort(), names.sort());
	}));

test('the stop does not wait for a name, and reads the answer to its close frame', { skip }, () =>
	withLateCluster(async (daemon) => {
		const bob = await daemon.ws();
		// They answer no close frame, so they are waited for.
		const silent = async () => (await daemon.ws()).socket.pause();
		await silent();
		const ann = await daemon.ws();
		await silent();
		ann.sendJson({ message: 'first', username: 'ann' });
		for (let n = 0; n < 3000; n++)
			ann.sendJson({ message: 'more' });
		await untilUnread(ann, bob);
		const stopped = daemon.stop();
		assert.equal((await ann.closed).code, 1001);
		await stopped;
		const closed = daemon.log.map((line) => /^session_close session=(\d+)/.exec(line)?.[1]).filter(Boolean);
		assert.deepEqual([closed.slice(0, 2).sort(), closed.slice(2).sort()], [['1', '3'], ['2', '4']]);
	}));
