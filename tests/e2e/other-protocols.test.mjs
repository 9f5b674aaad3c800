// The line door accepts lines of text only. A client of another protocol is closed, and nothing
// that it sends has an effect.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBrowser, program as browser } from '../lib/browser.mjs';
import { noRateLimit } from '../lib/chat.mjs';
import { eventually, isSlowRun, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { get, post } from '../lib/doors.mjs';
import { scrape } from '../lib/exposition.mjs';
import { withJwt } from '../lib/jwt.mjs';
import { openTerminal, Terminal } from '../lib/line.mjs';
import { connect, request } from '../lib/raw.mjs';

const body = '/nick boss\nI resign\n/ack disk\n';

/**
 * The first bytes of clients of other protocols, followed by lines that the door would understand.
 */
const heads = {
	'an HTTP request': request('POST', '/', { Host: 'x' }, body),
	'an HTTP request with a body in its target': request('GET', '/nick%20boss?q=1', { Host: 'x' }, body),
	'a request line over the length limit of lines': request('POST', `/${'a'.repeat(20_000)}`, { Host: 'x' }, body),
	'an HTTP/1.0 request with LF line ends': `GET / HTTP/1.0\n\n${body}`,
	'the HTTP/2 preface': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${body}`,
	'a CONNECT': `CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n${body}`,
	'a TLS record': Buffer.from(`\x16\x03\x01\x02${body}`, 'latin1'),
	'an SSH client': `SSH-2.0-OpenSSH_9.2\r\n${body}`,
	'a PROXY header': `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${body}`,
	'a PROXY header of version 2': `\r\n\r\n\0\r\nQUIT\n${body}`,
	'an IRC client': `CAP LS 302\r\nNICK boss\r\n${body}`,
	'an IRC client with a password': `PASS secret\r\n${body}`,
	'an old IRC client': `NICK boss\r\nUSER boss 0 * :boss\r\n${body}`,
	'an IRC client that sends USER first': `USER boss 0 * :boss\r\n${body}`,
	'a TURN client': Buffer.from(`\x00\x03\x00\x08${body}`, 'latin1'),
	'a NUL byte in the first line': `hello\0\n${body}`,
};

/**
 * Runs run(daemon, received) with an active alarm and a member that receives every event of the
 * lobby.
 */
const withWitness = (options, run) =>
	withDaemon(options, async (daemon) => {
		const alarm = { type: 'alarm', key: 'disk', severity: 'critical', title: 'Disk full' };
		const { status } = await post(daemon, '/push/lobby', JSON.stringify(alarm), { 'Content-Type': 'application/json' });
		assert.equal(status, 200);
		const witness = await daemon.ws('/ws?name=witness&events=1');
		let last = 1;
		/**
		 * Returns everything that the lobby received since the last call. A message marks the end.
		 */
		const received = async () => {
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
		assert.deepEqual((await received()).map(({ type }) => type), ['joined', 'alarm']);
		await run(daemon, received);
	});

const isPresence = ({ type }) => type === 'presence';

async function assertNoEffect(received, isWanted = () => true) {
	assert.deepEqual((await received()).filter(isWanted), []);
}

// A browser may open a connection to spare and say nothing on it. Who is silent is a guest.
const isOfSilentGuest = ({ type, via }) => type === 'presence' && via === 'line';

async function refusals(daemon) {
	const metrics = await scrape(daemon);
	return [
		metrics.get('linnet_connections_refused_total', { limit: 'protocol' }),
		metrics.get('linnet_connections_closed_total', { transport: 'line', reason: 'protocol' }),
	];
}

test('a client of another protocol is closed, and nobody is told', () =>
	withWitness(noRateLimit, async (daemon, received) => {
		for (const [name, head] of Object.entries(heads)) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			await terminal.raw.write(head);
			assert.deepEqual(await terminal.rest(), [], name);
		}
		await assertNoEffect(received);
		const count = Object.keys(heads).length;
		assert.deepEqual(await refusals(daemon), [count, count]);
		await eventually(() => {
			const lines = daemon.log.filter((line) => /^refused peer=127\.0\.0\.1 why=protocol\b/.test(line));
			assert.equal(lines.length, count);
		}, 'the log');
	}));

test('a head of another protocol is recognised in fragments too', { skip: isSlowRun }, () =>
	withWitness(noRateLimit, async (daemon, received) => {
		for (const [name, head] of Object.entries(heads)) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			const bytes = Buffer.from(head);
			if (bytes.length < 1000)
				await terminal.raw.drip(bytes);
			else
				for (let at = 0; at < bytes.length; at += 1000)
					await terminal.raw.write(bytes.subarray(at, at + 1000));
			const lines = await terminal.rest();
			// On a slow machine the fragments may take longer than the door waits.
			if (lines.length)
				assert.match(lines.at(-1), /^\* Goodbye: /, name);
		}
		assert.deepEqual((await received()).filter((object) => !isPresence(object)), []);
	}));

test('a client that sends the head of another protocol after its welcome only leaves the room', () =>
	withWitness(noRateLimit, async (daemon, received) => {
		for (const [name, head] of Object.entries(heads)) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			assert.match(await terminal.next(), /^Welcome to Linnet\. /);
			assert.match(await terminal.next(), /^! .*Disk full$/);
			await terminal.raw.write(head);
			assert.deepEqual(await terminal.rest(), ['* Goodbye: this port is for lines of text'], name);
			await eventually(async () => assert.deepEqual((await received()).map(({ event }) => event).join().replace('enter,', ''), 'leave'), `${name}: the leave`);
		}
	}));

test('after a busy time, a head that has arrived is read before its sender is welcomed', () =>
	withWitness(noRateLimit, async (daemon, received) => {
		for (let number = 2; ; number++) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			await daemon.waitForLog(new RegExp(`^session_open session=${number} .*door=line`));
			daemon.signal('SIGSTOP');
			await terminal.raw.write(heads['an HTTP request']);
			await sleep(500);
			// On a slow machine the welcome may come before the signal: try again.
			const isWelcomed = terminal.raw.waitingBytes > 0;
			daemon.signal('SIGCONT');
			const lines = await terminal.rest();
			if (isWelcomed) {
				await eventually(async () => assert.equal((await received()).at(-1)?.event, 'leave'), 'the leave');
				continue;
			}
			assert.deepEqual(lines, []);
			await assertNoEffect(received);
			return;
		}
	}));

test('the door waits for the rest of a head that began in time', () =>
	withWitness(noRateLimit, async (daemon, received) => {
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		await terminal.raw.write('POST / HT');
		assert.match(await terminal.next(), /^Welcome to Linnet\. /);
		await terminal.raw.write(`TP/1.1\r\n\r\n${body}`);
		assert.equal((await terminal.rest()).at(-1), '* Goodbye: this port is for lines of text');
		assert.deepEqual((await received()).map(({ event }) => event), ['enter', 'leave']);
	}));

test('text that only looks like another protocol is sent as text', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await openTerminal(daemon, 'bob');
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

test('only the first line is checked', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon), await openTerminal(daemon)];
		assert.equal(await ann.next(), '* guest-2 has entered');
		const lines = ['hello', 'GET / HTTP/1.1', 'NICK ann', 'SSH-2.0', 'PROXY me'];
		ann.say(...lines);
		assert.deepEqual(await bob.nextLines(5), lines.map((line) => `guest-1: ${line}`));
	}));

test('empty lines before another protocol do not hide it', () =>
	withWitness(noRateLimit, async (daemon, received) => {
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		await terminal.raw.write(`\r\n\r\nGET / HTTP/1.1\r\n${body}`);
		assert.deepEqual(await terminal.rest(), []);
		await assertNoEffect(received);
	}));

test('a client that sends an empty first line is welcomed', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const text of ['\n', '\r\n', '\r\n\r\n', 'hello']) {
			const terminal = new Terminal(await connect(daemon, daemon.linePort));
			await terminal.raw.write(text);
			terminal.raw.halfClose();
			assert.match((await terminal.rest()).join('\n'), /^Welcome to Linnet\. /, JSON.stringify(text));
		}
	}));

test('a connection that ends without sending anything is not announced', () =>
	withWitness(noRateLimit, async (daemon, received) => {
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		terminal.raw.halfClose();
		assert.deepEqual(await terminal.rest(), []);
		await assertNoEffect(received);
	}));

test('with auth another protocol is refused before the door asks for a token', () =>
	withJwt(async (daemon) => {
		const client = new Terminal(await connect(daemon, daemon.linePort));
		await client.raw.write(heads['an HTTP request']);
		assert.deepEqual(await client.rest(), []);
		const late = new Terminal(await connect(daemon, daemon.linePort));
		assert.match(await late.next(), /\/login TOKEN/);
		await late.raw.write(heads['an HTTP request']);
		assert.deepEqual(await late.rest(), ['* Goodbye: this port is for lines of text']);
	}));

/** Runs a program until it ends. The end of the test kills it. */
async function runProgram(t, command) {
	const child = spawn('bash', ['-c', command], { stdio: 'ignore', detached: true });
	t.after(() => {
		try {
			process.kill(-child.pid, 'SIGKILL');
		} catch {
			// The program has already ended.
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
	test(`${name} is closed, and nobody is told`, (t) =>
		withWitness(noRateLimit, async (daemon, received) => {
			await runProgram(t, command(daemon.linePort));
			await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=protocol\b/);
			await assertNoEffect(received);
		}));

test('irssi is closed, and nobody receives its password', (t) =>
	withWitness(noRateLimit, async (daemon, received) => {
		const home = temporaryFolder();
		const irssi = `irssi --home=${home} --connect=127.0.0.1 --port=${daemon.linePort} --password=secret --nick=boss`;
		// irssi needs a terminal, and does not end when the server closes.
		runProgram(t, `TERM=xterm script -qec '${irssi}' ${path.join(home, 'typescript')}`);
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=protocol protocol=irc door=line level=warn$/);
		await assertNoEffect(received);
	}));

/** Requests that a page of another origin may send without permission. Each reaches the port. */
const attacks = {
	'a POST without CORS': (port, text) => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', mode: 'no-cors', body: text }),
	'a GET with an overlong target': (port) => fetch(`http://127.0.0.1:${port}/${'a'.repeat(30_000)}`, { mode: 'no-cors' }),
	'a request over TLS': (port, text) => fetch(`https://127.0.0.1:${port}/`, { method: 'POST', mode: 'no-cors', body: text }),
	'a WebSocket': (port) => new Promise((resolve) => (new WebSocket(`ws://127.0.0.1:${port}/`).onerror = resolve)),
	'a form': (port, text) => {
		const form = Object.assign(document.createElement('form'), { method: 'POST', action: `http://127.0.0.1:${port}/`, enctype: 'text/plain', target: 'frame' });
		const frame = Object.assign(document.createElement('iframe'), { name: 'frame' });
		form.append(Object.assign(document.createElement('textarea'), { name: 'x', value: text }));
		document.body.append(frame, form);
		form.submit();
	},
};

const noBrowser = browser ? false : 'there is no Chromium here';

test('a page of another origin can neither send, run commands nor acknowledge', { skip: isSlowRun || noBrowser }, (t) =>
	withWitness(noRateLimit, async (daemon, received) => {
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
		await assertNoEffect(received, (object) => !isOfSilentGuest(object));
		const { text } = await get(daemon, '/history/lobby');
		assert.ok(!text.includes('resign') && !text.includes('boss'), text);
	}));
