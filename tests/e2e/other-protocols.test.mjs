// The line door is for lines of text: a client of another protocol is closed and nothing that it sends is used.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { unhurried } from '../lib/chat.mjs';
import { eventually, isSlowRun, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { get, post } from '../lib/doors.mjs';
import { scrape } from '../lib/exposition.mjs';
import { withJwt } from '../lib/jwt.mjs';
import { sitDown, Terminal } from '../lib/line.mjs';
import { connect, request } from '../lib/raw.mjs';

const body = '/nick boss\nI resign\n/ack disk\n';

/** What clients of other protocols send first, with lines behind it that the door would understand. */
const heads = {
	'an HTTP request': request('POST', '/', { Host: 'x' }, body),
	'an HTTP request with a body in its target': request('GET', '/nick%20boss?q=1', { Host: 'x' }, body),
	'a request line longer than a line may be': request('POST', `/${'a'.repeat(20_000)}`, { Host: 'x' }, body),
	'an HTTP request of version 1.0 by LF': `GET / HTTP/1.0\n\n${body}`,
	'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${body}`,
	'a CONNECT': `CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n${body}`,
	'a TLS record': Buffer.from(`\x16\x03\x01\x02${body}`, 'latin1'),
	'an SSH client': `SSH-2.0-OpenSSH_9.2\r\n${body}`,
	'the PROXY header': `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${body}`,
	'the PROXY header of version 2': `\r\n\r\n\0\r\nQUIT\n${body}`,
	'an IRC client': `CAP LS 302\r\nNICK boss\r\n${body}`,
	'an IRC client with a password': `PASS secret\r\n${body}`,
	'an old IRC client': `NICK boss\r\nUSER boss 0 * :boss\r\n${body}`,
	'an IRC client that says its user first': `USER boss 0 * :boss\r\n${body}`,
	'a TURN client': Buffer.from(`\x00\x03\x00\x08${body}`, 'latin1'),
	'a NUL byte in the first line': `hello\0\n${body}`,
};

/** A daemon with an alarm, and a member who is told of everything in the lobby. */
const withWitness = (options, run) =>
	withDaemon(options, async (daemon) => {
		const alarm = { type: 'alarm', key: 'disk', severity: 'critical', title: 'Disk full' };
		const { status } = await post(daemon, '/push/lobby', JSON.stringify(alarm), { 'Content-Type': 'application/json' });
		assert.equal(status, 200);
		const witness = await daemon.ws('/ws?name=witness&events=1');
		let last = 1;
		/** Everything that the lobby heard since the last call: a message marks the end. */
		const heard = async () => {
			const before = [];
			witness.sendJson({ message: 'mark', ref: `r${last}` });
			for (;;) {
				const object = await witness.nextJson();
				if (object.type === 'ack') {
					assert.equal(object.id, ++last, 'nothing was stored in between');
					return before;
				}
				before.push(object);
			}
		};
		assert.deepEqual((await heard()).map(({ type }) => type), ['joined', 'alarm']);
		await run(daemon, heard);
	});

const isPresence = ({ type }) => type === 'presence';

async function assertNothingDone(heard) {
	assert.deepEqual(await heard(), []);
}

async function refusals(daemon) {
	const metrics = await scrape(daemon);
	return [
		metrics.get('linnet_connections_refused_total', { limit: 'protocol' }),
		metrics.get('linnet_connections_closed_total', { transport: 'line', reason: 'protocol' }),
	];
}

test('a client of another protocol is closed, and nobody hears of it', () =>
	withWitness(unhurried, async (daemon, heard) => {
		for (const [name, head] of Object.entries(heads)) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			await terminal.raw.write(head);
			assert.deepEqual(await terminal.rest(), [], name);
		}
		await assertNothingDone(heard);
		const count = Object.keys(heads).length;
		assert.deepEqual(await refusals(daemon), [count, count]);
		const lines = daemon.log.filter((line) => /^refused peer=127\.0\.0\.1 why=protocol\b/.test(line));
		assert.equal(lines.length, count);
	}));

test('a head that comes in pieces is recognised as well', { skip: isSlowRun }, () =>
	withWitness(unhurried, async (daemon, heard) => {
		for (const [name, head] of Object.entries(heads)) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			const bytes = Buffer.from(head);
			if (bytes.length < 1000)
				await terminal.raw.drip(bytes);
			else
				for (let at = 0; at < bytes.length; at += 1000)
					await terminal.raw.write(bytes.subarray(at, at + 1000));
			const lines = await terminal.rest();
			// On a slow machine the pieces may take longer than the door waits.
			if (lines.length)
				assert.match(lines.at(-1), /^\* Goodbye: /, name);
		}
		assert.deepEqual((await heard()).filter((object) => !isPresence(object)), []);
	}));

test('a client that was welcomed before it sends the head of another protocol only leaves', () =>
	withWitness(unhurried, async (daemon, heard) => {
		for (const [name, head] of Object.entries(heads)) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			assert.match(await terminal.next(), /^Welcome to Linnet\. /);
			assert.match(await terminal.next(), /^! .*Disk full$/);
			await terminal.raw.write(head);
			assert.deepEqual(await terminal.rest(), ['* Goodbye: this port is for lines of text'], name);
			await eventually(async () => assert.deepEqual((await heard()).map(({ event }) => event).join().replace('enter,', ''), 'leave'), `${name}: the leave`);
		}
	}));

test('the middle of a head that was begun in time is waited for', () =>
	withWitness(unhurried, async (daemon, heard) => {
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		await terminal.raw.write('POST / HT');
		assert.match(await terminal.next(), /^Welcome to Linnet\. /);
		await terminal.raw.write(`TP/1.1\r\n\r\n${body}`);
		assert.equal((await terminal.rest()).at(-1), '* Goodbye: this port is for lines of text');
		assert.deepEqual((await heard()).map(({ event }) => event), ['enter', 'leave']);
	}));

test('text that only looks like another protocol is said', () =>
	withDaemon(unhurried, async (daemon) => {
		const bob = await sitDown(daemon, 'bob');
		const texts = ['GET well soon', 'GET / HTTP/x', 'POST', 'nick of time', 'NICK', 'USERS', 'PASSWORD', 'SSH is down', 'PROXY', 'we moved to HTTP/2 today', 'HTTP/1.1', '(a) b HTTP/1.1'];
		for (const text of texts) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			terminal.say(text);
			assert.match(await terminal.next(), /^Welcome to Linnet\. /);
			const name = (await bob.next()).split(' ')[1];
			assert.equal(await bob.next(), `${name}: ${text}`);
			terminal.raw.destroy();
			assert.equal(await bob.next(), `* ${name} has left`);
		}
	}));

test('only the first line is looked at', () =>
	withDaemon(unhurried, async (daemon) => {
		const [ann, bob] = [await sitDown(daemon), await sitDown(daemon)];
		assert.equal(await ann.next(), '* guest-2 has entered');
		const lines = ['hello', 'GET / HTTP/1.1', 'NICK ann', 'SSH-2.0', 'PROXY me'];
		ann.say(...lines);
		assert.deepEqual(await bob.take(5), lines.map((line) => `guest-1: ${line}`));
	}));

test('empty lines before the first one do not hide another protocol', () =>
	withWitness(unhurried, async (daemon, heard) => {
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		await terminal.raw.write(`\r\n\r\nGET / HTTP/1.1\r\n${body}`);
		assert.deepEqual(await terminal.rest(), []);
		await assertNothingDone(heard);
	}));

test('a connection that ends without a word is not announced', () =>
	withWitness(unhurried, async (daemon, heard) => {
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		terminal.raw.halfClose();
		assert.deepEqual(await terminal.rest(), []);
		await assertNothingDone(heard);
	}));

test('where a token is needed, another protocol is refused before it is asked for one', () =>
	withJwt(async (daemon) => {
		const client = new Terminal(await connect(daemon, daemon.linePort));
		await client.raw.write(heads['an HTTP request']);
		assert.deepEqual(await client.rest(), []);
		const late = new Terminal(await connect(daemon, daemon.linePort));
		assert.match(await late.next(), /\/login TOKEN/);
		await late.raw.write(heads['an HTTP request']);
		assert.deepEqual(await late.rest(), ['* Goodbye: this port is for lines of text']);
	}));

/** Runs a program until it ends, at most for as long as a test may take. */
async function runProgram(t, command) {
	const child = spawn('bash', ['-c', command], { stdio: 'ignore', detached: true });
	t.after(() => {
		try {
			process.kill(-child.pid, 'SIGKILL');
		} catch {
			// It has ended.
		}
	});
	return once(child, 'close');
}

const programs = {
	curl: (port) => `curl -s -m 10 --data-binary $'${body.replaceAll('\n', '\\n')}' http://127.0.0.1:${port}/`,
	'curl with TLS': (port) => `curl -sk -m 10 https://127.0.0.1:${port}/`,
	'openssl s_client': (port) => `openssl s_client -connect 127.0.0.1:${port} </dev/null`,
	ssh: (port) => `ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=10 -p ${port} boss@127.0.0.1`,
};

for (const [name, command] of Object.entries(programs))
	test(`${name} is closed, and nobody hears of it`, (t) =>
		withWitness(unhurried, async (daemon, heard) => {
			await runProgram(t, command(daemon.linePort));
			await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=protocol\b/);
			await assertNothingDone(heard);
		}));

test('irssi is closed, and nobody reads its password', (t) =>
	withWitness(unhurried, async (daemon, heard) => {
		const home = temporaryFolder();
		const irssi = `irssi --home=${home} --connect=127.0.0.1 --port=${daemon.linePort} --password=secret --nick=boss`;
		// irssi needs a terminal, and stays when the server has closed.
		runProgram(t, `TERM=xterm script -qec '${irssi}' ${path.join(home, 'typescript')}`);
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=protocol protocol=irc$/);
		await assertNothingDone(heard);
	}));

/** What a page of another origin may do without being asked: each reaches the port. */
const attacks = {
	'a POST without CORS': (port, text) => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', mode: 'no-cors', body: text }),
	'a GET with a target that is too long': (port) => fetch(`http://127.0.0.1:${port}/${'a'.repeat(30_000)}`, { mode: 'no-cors' }),
	'a request by TLS': (port, text) => fetch(`https://127.0.0.1:${port}/`, { method: 'POST', mode: 'no-cors', body: text }),
	'a WebSocket': (port) => new Promise((resolve) => (new WebSocket(`ws://127.0.0.1:${port}/`).onerror = resolve)),
	'a form': (port, text) => {
		const form = Object.assign(document.createElement('form'), { method: 'POST', action: `http://127.0.0.1:${port}/`, enctype: 'text/plain', target: 'frame' });
		const frame = Object.assign(document.createElement('iframe'), { name: 'frame' });
		form.append(Object.assign(document.createElement('textarea'), { name: 'x', value: text }));
		document.body.append(frame, form);
		form.submit();
	},
};

test('a page of another origin can say, do and acknowledge nothing', { skip: isSlowRun }, (t) =>
	withWitness(unhurried, async (daemon, heard) => {
		const server = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!DOCTYPE html><title>Elsewhere</title>'));
		server.listen(0, 'localhost');
		await once(server, 'listening');
		t.after(() => server.close());
		const browser = await openBrowser();
		t.after(() => browser.close());
		const page = await browser.newPage();
		await page.goto(`http://localhost:${server.address().port}/`);
		const refused = () => daemon.log.filter((line) => /^refused peer=127\.0\.0\.1 why=protocol\b/.test(line)).length;
		for (const [name, attack] of Object.entries(attacks)) {
			const before = refused();
			await page.evaluate(`(${attack})(${daemon.linePort}, ${JSON.stringify(body)})`).catch(() => {});
			await eventually(() => assert.ok(refused() > before), `the refusal of ${name}`);
		}
		await assertNothingDone(heard);
		const { text } = await get(daemon, '/history/lobby');
		assert.ok(!text.includes('resign') && !text.includes('boss'), text);
	}));
