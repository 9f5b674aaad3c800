// linnet and servers that stop, are not there, or are not what they should be.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { range, sayMany } from '../lib/chat.mjs';
import { eventually, startDaemon, temporaryFile, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';
import { Linnet, linnet, linnetDone } from '../lib/linnet.mjs';
import { freePort } from '../lib/raw.mjs';
import { makeCertificate } from '../lib/tls.mjs';

const fast = ['limits.message_rate=1000', 'limits.message_burst=100'];
const linesOf = (text) => text.split('\n').slice(0, -1);
const saidBy = (name, text) => linesOf(text).filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));

test('over three kills of the daemon each line is sent and read exactly once, with a name and as a guest', async () => {
	const [folder, port] = [temporaryFolder(), await freePort()];
	const options = { folder, settings: [`http.port=${port}`, ...fast] };
	const url = `http://127.0.0.1:${port}`;
	let daemon = await startDaemon(options);
	const state = path.join(temporaryFolder(), 'state');
	// More than the three thousand lines: people who enter are not counted.
	const sub = new Linnet(url, ['sub', 'lobby', '--state', state, '--count', '3000', '--json']);
	await daemon.waitForLog(/session_open/);
	const pubs = [['-n', 'ann'], []].map((name) => new Linnet(url, ['pub', 'lobby', ...name], { input: null }));
	try {
		for (let part = 0; part < 4; part++) {
			pubs.forEach(({ child }) => child.stdin.write(range(part * 375 + 1, (part + 1) * 375).join('\n') + '\n'));
			await eventually(() => assert.ok(sub.stdout.split('"type":"message"').length > part * 750 + 200), 'some of the lines');
			if (part === 3)
				break;
			await daemon.crash();
			daemon = await startDaemon(options);
		}
		pubs.forEach(({ child }) => child.stdin.end());
		for (const pub of pubs)
			assert.equal(await pub.ended(), 0, pub.stderr);
		const { last_id } = (await expectJson(get(daemon, '/rooms'))).rooms[0];
		assert.equal(last_id, 3000);
		assert.equal(await sub.ended(), 0, sub.stderr);
		const messages = linesOf(sub.stdout).map(JSON.parse).filter(({ type }) => type === 'message');
		assert.deepEqual(messages.map(({ id }) => id), range(1, 3000));
		for (const isAnn of [true, false])
			assert.deepEqual(
				messages.filter(({ username }) => (username === 'ann') === isAnn).map(({ message }) => Number(message)),
				range(1, 1500),
			);
		assert.match(readFileSync(state, 'utf8'), /"lobby": "\w+:3000"/);
	} finally {
		await daemon.stop();
	}
});

/** Runs body with a server that answers a WebSocket by serve(socket, request), and HTTP by answer(request, response). */
async function withServer({ serve, answer = (request, response) => response.writeHead(404).end() }, body) {
	const server = http.createServer(answer);
	const sockets = new WebSocketServer(serve ? { server, skipUTF8Validation: true } : { noServer: true });
	sockets.on('connection', (socket, request) => {
		socket.on('error', () => {});
		serve(socket, request);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	try {
		await body(`http://127.0.0.1:${server.address().port}`);
	} finally {
		sockets.clients.forEach((socket) => socket.terminate());
		server.closeAllConnections();
		server.close();
	}
}

const joined = (members) => JSON.stringify({
	type: 'joined', room: 'lobby', epoch: 'e', last_id: 0, recovered: false, topic: '', users: [], count: 1,
	limits: { message_bytes: 16384, message_rate: 0, message_burst: 20 }, ...members,
});

test('a message whose ack is lost is sent again with the same ref', async () => {
	const refs = [];
	const serve = (socket) => {
		socket.send(joined());
		socket.on('message', (text) => {
			const { ref } = JSON.parse(text);
			refs.push(ref);
			if (refs.length === 1)
				socket.terminate();
			else
				socket.send(JSON.stringify({ type: 'ack', ref, room: 'lobby', id: 1, duplicate: true }));
		});
	};
	await withServer({ serve }, async (url) => {
		const { status, stderr } = await linnet(url, ['edit', 'lobby', '1', 'x', '-n', 'ann']);
		assert.equal(status, 0);
		assert.match(stderr, /^linnet: .*; trying again\nlinnet: .*: connected\n$/);
		assert.equal(refs.length, 2);
		assert.equal(refs[0], refs[1]);
	});
});

/** Runs linnet against a server that lets it in, and then does what serve does. */
async function runAgainst(serve, args) {
	let result;
	await withServer({ serve: (socket) => (socket.send(joined()), serve(socket)) }, async (url) => {
		result = await linnet(url, args);
	});
	return result;
}

test('a server that never acknowledges, or always closes, ends a command after 10 s', async () => {
	let count = 0;
	const [deaf, closing] = await Promise.all([
		runAgainst(() => {}, ['ack', 'lobby', 'k']),
		runAgainst((socket) => (count++, socket.close(1013)), ['ack', 'lobby', 'k']),
	]);
	assert.deepEqual(deaf, { status: 1, stdout: '', stderr: 'linnet: the server does not acknowledge\n' });
	assert.equal(closing.status, 3);
	assert.match(closing.stderr, /no connection for 10 s, giving up\n$/);
	assert.ok(count > 1 && count < 20, `it came ${count} times`);
});

test('a reader that was too slow resumes where it was', () =>
	withDaemon({ settings: ['limits.queue_bytes=65536', 'limits.message_rate=0.0'] }, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const { epoch } = await ann.nextJson();
		const sub = new Linnet(daemon.url, ['sub', 'lobby', '--json', '--since', `${epoch}:0`]);
		await eventually(async () => assert.equal((await expectJson(get(daemon, '/who/lobby'))).count, 2), 'linnet to enter');
		sub.child.kill('SIGSTOP');
		let count = 0;
		while (!daemon.log.some((line) => line.startsWith('slow_reader')) && count < 3000)
			count += (await sayMany(ann, 100, { textOf: () => 'x'.repeat(8000) }), 100);
		sub.child.kill('SIGCONT');
		const ids = () => linesOf(sub.stdout).map(JSON.parse).filter(({ type }) => type === 'message').map(({ id }) => id);
		await eventually(() => assert.ok(sub.stdout.split('"type":"message"').length > count), 'all messages');
		assert.deepEqual(ids(), range(1, count));
		sub.child.kill('SIGTERM');
		assert.equal(await sub.ended(), 0);
		assert.match(sub.stderr, /trying again\nlinnet: .*: connected\n$/);
	}));

test('a signal ends linnet also while nobody takes its output', () =>
	withDaemon({ settings: ['limits.message_rate=0.0'] }, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const { epoch } = await ann.nextJson();
		await sayMany(ann, 100, { textOf: () => 'x'.repeat(16000) });
		const sub = new Linnet(daemon.url, ['sub', 'lobby', '--since', `${epoch}:0`]);
		sub.child.stdout.pause();
		const isWaiting = () => /pipe_write|sock|unix/.test(readFileSync(`/proc/${sub.child.pid}/wchan`, 'utf8'));
		await eventually(() => assert.ok(isWaiting()), 'linnet to wait');
		sub.child.kill('SIGTERM');
		await once(sub.child, 'exit');
		assert.deepEqual([sub.child.exitCode, sub.stderr], [0, '']);
	}));

test('a server that makes up rooms does not fill the file of places', async () => {
	const state = path.join(temporaryFolder(), 'state');
	const serve = (socket) => {
		for (const n of range(1, 50))
			socket.send(joined({ ref: 'j1', room: `made-up-${n}` }));
		socket.send('{"type":"message","room":"lobby","id":3,"message":"a"}');
	};
	const { status } = await runAgainst(serve, ['sub', 'lobby', 'ops', '--state', state, '--count', '1']);
	assert.equal(status, 0);
	assert.deepEqual(JSON.parse(readFileSync(state, 'utf8')), { lobby: 'e:3', ops: 'e:0' });
});

test('refusals for pace, and a busy server, are waited out; a flood of lines is read no faster', async () => {
	const seen = [];
	const serve = (socket) => {
		socket.send(joined());
		socket.on('message', (text) => {
			const { ref, message } = JSON.parse(text);
			seen.push(message);
			if (seen.length === 1)
				socket.send(JSON.stringify({ type: 'error', code: 'rate_limited', message: 'wait', ref, retry_after_ms: 50 }));
			else if (seen.length < 40)
				return; // never acked: the window fills
			else
				socket.terminate();
		});
	};
	await withServer({ serve }, async (url) => {
		const pub = new Linnet(url, ['pub', 'lobby'], { input: null });
		pub.child.stdin.write('a line of some length\n'.repeat(100_000));
		await eventually(() => assert.ok(seen.length >= 32), 'a full window');
		assert.ok(pub.child.stdin.writableLength > 1_000_000, 'standard input is held back');
		pub.child.kill('SIGTERM');
		assert.equal(await pub.ended(), 1);
	});
});

test('a history that cannot be written is told once, and what was refused is sent again', async () => {
	let refused = 0;
	const serve = (socket) => {
		socket.send(joined());
		socket.on('message', (text) => {
			const { ref } = JSON.parse(text);
			if (refused++ < 2)
				socket.send(JSON.stringify({ type: 'error', code: 'store_failed', message: 'the disk is full', ref, retry_after_ms: 10 }));
			else
				socket.send(JSON.stringify({ type: 'ack', ref, room: 'lobby', id: 1 }));
		});
	};
	await withServer({ serve }, async (url) => {
		const { status, stderr } = await linnet(url, ['pub', 'lobby', 'hi']);
		assert.equal(status, 0);
		assert.equal(stderr, `linnet: ${url}: the disk is full; trying again\n`);
	});
});

const hostile = {
	'a message of 40 MB': [(socket) => socket.send('"' + ' '.repeat(40_000_000) + '"'), /too long/],
	'no JSON': [(socket) => socket.send('nonsense'), /not a JSON object/],
	'no object': [(socket) => socket.send('[1]'), /not a JSON object/],
	'more values than fit into memory': [(socket) => socket.send(`{"a":[${'1,'.repeat(200_000)}1]}`), /not a JSON object/],
	'a binary message': [(socket) => socket.send(Buffer.alloc(10)), /binary/],
	'bad UTF-8': [(socket) => socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false }), /not a JSON object/],
	'an error that is no text': [(socket) => socket.send('{"type":"error","code":7,"message":[]}'), /^linnet: {2}\(\)/],
	'an escape sequence in an error': [(socket) => socket.send('{"type":"error","code":"x","message":"\\u001b[2J"}'), /^linnet: �\[2J \(x\)\n$/],
	'a close for good': [(socket) => (socket.send(joined()), socket.close(1008, 'kicked')), /kicked \(1008\)/],
};

for (const [what, [serve, reason]] of Object.entries(hostile))
	test(`a server that sends ${what} ends linnet with 1`, () =>
		withServer({ serve }, async (url) => {
			const { status, stdout, stderr } = await linnet(url, ['sub', 'lobby', '--json']);
			assert.deepEqual([status, stdout], [1, ''], stderr);
			assert.match(stderr, reason);
		}));

test('numbers and names of a hostile server do no harm', () => {
	const objects = [
		joined({ room: 7, epoch: 'e'.repeat(5000), last_id: -1, limits: { message_bytes: -5, message_rate: -1, message_burst: 1e300 } }),
		'{"type":"message","room":"lobby","id":1e300,"message":"a"}', '{"type":7,"room":[],"id":-9223372036854775808,"message":"b"}',
		'{"type":"joined"}', '{"type":"error","ref":"j1"}', '{"type":"ack","ref":"j1","id":{}}', '{}', '{"message":"c\\u0000d"}', '{"message":"e"}',
	];
	return withServer({ serve: (socket) => objects.forEach((text) => socket.send(text)) }, async (url) => {
		const { status, stdout } = await linnet(url, ['sub', 'lobby', '--count', '4', '--json']);
		assert.equal(status, 0);
		assert.deepEqual(linesOf(stdout).map(JSON.parse).map(({ message }) => message).filter(Boolean), ['a', 'b', 'c\u0000d', 'e']);
	});
});

const answers = {
	'a redirect': [(request, response) => response.writeHead(302, { Location: '/elsewhere' }).end(), 1],
	'a page': [(request, response) => response.end('<html>'), 1],
	'a body of 70 MB': [(request, response) => response.end('"' + ' '.repeat(70_000_000) + '"'), 1],
	'a negative chunk': [(request, response) => response.socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff0\r\n{"a":1}\r\n0\r\n\r\n'), 1],
	'garbage': [(request, response) => response.socket.end('\x00\xff garbage\r\n\r\n'), 3],
	'nothing': [(request, response) => response.socket.destroy(), 3],
	'no answer': [() => {}, 3],
};

const askTheOdd = () =>
	Promise.all(
		Object.entries(answers).map(([what, [answer, expected]]) =>
			withServer({ answer }, async (url) => {
				const { status, stdout, stderr } = await linnet(url, ['history', 'lobby']);
				assert.deepEqual([status, stdout], [expected, ''], `${what}: ${stderr}`);
				assert.match(stderr, /^(linnet: .+\n)+$/, what);
			}),
		),
	);

test('a redirect gets no token, and no other server is asked', () =>
	withServer({ answer: () => assert.fail('it was asked') }, (other) =>
		withServer({ answer: (request, response) => response.writeHead(307, { Location: `${other}/history/lobby` }).end() }, async (url) => {
			const token = temporaryFile('token', 'secret');
			assert.equal((await linnet(url, ['-t', token, 'history', 'lobby'])).status, 1);
			const { status, stderr } = await linnet(url, ['-t', token, 'pub', 'lobby', 'x']);
			assert.deepEqual([status, /HTTP status 307/.test(stderr)], [1, true], stderr);
		}),
	));

test('where nobody answers, or no Linnet, commands end with 3 after 10 s or 1, and pub waits for the server', async () => {
	const [port, folder] = [await freePort(), temporaryFolder()];
	const url = `http://127.0.0.1:${port}`;
	const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
	await once(silent, 'listening');
	const deaf = `http://127.0.0.1:${silent.address().port}`;
	const dead = `http://127.0.0.1:${await freePort()}`;
	const pub = new Linnet(url, ['pub', 'lobby', 'patient', '-n', 'ann']);
	const odd = askTheOdd();
	const ends = await Promise.all([
		linnet(dead, ['rooms']), linnet(dead, ['ack', 'ops', 'k']), linnet(dead, ['alarm', 'ops', 'k', 'info', 'T']),
		linnet(deaf, ['rooms']), linnet(deaf, ['clear', 'ops', 'k']), linnet('http://no-such-host.invalid', ['rooms']),
	]);
	for (const { status, stdout, stderr } of ends) {
		assert.deepEqual([status, stdout], [3, ''], stderr);
		assert.match(stderr, /^(linnet: .+\n)+$/);
	}
	await odd;
	silent.close();
	const daemon = await startDaemon({ folder, settings: [`http.port=${port}`] });
	try {
		assert.equal(await pub.ended(), 0);
		assert.match(pub.stderr, /^linnet: .*; trying again\nlinnet: .*: connected\n$/);
		assert.equal((await expectJson(get(daemon, '/history/lobby'))).messages[0].message, 'patient');
	} finally {
		await daemon.stop();
	}
});

test('TLS: certificates of the system, or of SSL_CERT_FILE, and the right name', () => {
	const { certificate, settings } = makeCertificate();
	const other = makeCertificate();
	return withDaemon({ settings: ['http.address=0.0.0.0', ...settings] }, async (daemon) => {
		const url = `https://127.0.0.1:${daemon.port}`;
		const env = { SSL_CERT_FILE: certificate };
		await linnetDone(url, ['pub', 'lobby', 'sealed', '-n', 'ann'], { env });
		assert.match(await linnetDone(url, ['history', 'lobby'], { env }), /ann: sealed\n$/);
		const refused = await Promise.all([
			linnet(url, ['rooms']),
			linnet(url, ['rooms'], { env: { SSL_CERT_FILE: other.certificate } }),
			linnet(`https://127.0.0.2:${daemon.port}`, ['rooms'], { env }),
		]);
		for (const { status, stderr } of refused)
			assert.deepEqual([status, /certificate|cert/i.test(stderr)], [3, true], stderr);
	});
});

test('the server may be behind a path, or on a UNIX socket', () =>
	withDaemon({}, async (daemon) => {
		const paths = [];
		// Takes the first segment off, as a proxy does.
		const relay = net.createServer((socket) =>
			socket.once('data', (head) => {
				const upstream = net.connect(daemon.port, '127.0.0.1');
				for (const one of [socket, upstream])
					one.on('error', () => {});
				const text = head.toString('latin1');
				paths.push(text.split(' ')[1]);
				upstream.write(text.replace(/^(\w+) \/chat\/a%20b\//, '$1 /'), 'latin1');
				socket.pipe(upstream).pipe(socket);
			}),
		);
		const file = path.join(temporaryFolder(), 'socket');
		for (const [at, url] of [[0, (port) => `http://127.0.0.1:${port}/chat/a%20b/`], [file, () => `unix:${file}`]]) {
			relay.listen(at, ...(at ? [] : ['127.0.0.1']));
			await once(relay, 'listening');
			const target = url(relay.address().port);
			await linnetDone(target, ['pub', 'a room', 'hi', '-n', 'ann']);
			assert.match(await linnetDone(target, ['history', 'a room']), /ann: hi\n$/);
			relay.close();
		}
		assert.match(paths[0], /^\/chat\/a%20b\/ws\?events=1&room=a%20room&name=ann&session=[0-9a-f]{32}$/);
		assert.equal(paths[1], '/chat/a%20b/history/a%20room');
	}));

test('linnet ends when nobody reads its output, and by a signal', () =>
	withDaemon({ settings: fast }, async (daemon) => {
		const state = path.join(temporaryFolder(), 'state');
		const sub = new Linnet(daemon.url, ['sub', 'lobby', '--state', state]);
		await daemon.waitForLog(/session_open/);
		await linnetDone(daemon.url, ['pub', 'lobby', 'read', '-n', 'ann']);
		await eventually(() => assert.deepEqual(saidBy('ann', sub.stdout), ['read']), 'the line');
		sub.child.stdout.destroy();
		await linnetDone(daemon.url, ['pub', 'lobby', 'not read', '-n', 'ann']);
		assert.equal(await sub.ended(), 0);
		assert.match(readFileSync(state, 'utf8'), /:1"/);
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
			const next = new Linnet(daemon.url, ['sub', 'lobby', '--json']);
			await eventually(async () => assert.equal((await expectJson(get(daemon, '/who/lobby'))).count, 1), 'linnet to enter');
			// The server opens the session before linnet knows, so it is heard first.
			await linnetDone(daemon.url, ['pub', 'lobby', signal, '-n', 'ann']);
			await eventually(() => assert.ok(next.stdout.includes(signal)), 'the line');
			next.child.kill(signal);
			assert.deepEqual([await next.ended(), next.stderr], [0, '']);
		}
		assert.equal(daemon.log.filter((line) => /session_close .*reason=lost/.test(line)).length, 0);
	}));
