// SIGHUP: the whole configuration is reloaded, or on any error none of it. Connections stay open.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { answerTo, assertError, enter, say, sayMany, until } from '../lib/chat.mjs';
import { eventually, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, poll, post, push, waitForOnePoll } from '../lib/doors.mjs';
import { makeEtc, needsEtc } from '../lib/etc.mjs';
import { tokens } from '../lib/jwt.mjs';
import { openTerminal } from '../lib/line.mjs';

/**
 * Runs body(daemon, rewrite, file) with a configuration file. rewrite(text, pattern) replaces the file,
 * reloads it and waits for the log line.
 */
function withFile(text, body) {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	writeFileSync(file, text);
	return withDaemon({ args: ['-c', file] }, (daemon) => {
		const reloads = () => daemon.log.filter((line) => line === 'reloaded').length;
		const rewrite = async (newText, logged) => {
			const before = reloads();
			writeFileSync(file, newText);
			daemon.signal('SIGHUP');
			if (logged)
				return daemon.waitForLog(logged);
			return eventually(() => assert.equal(reloads(), before + 1), 'the reload');
		};
		return body(daemon, rewrite, file);
	});
}

/**
 * Runs body(daemon, folder, reload) with a daemon that has this folder as /etc/linnet. reload(pattern)
 * reloads and waits for the log line.
 */
function withDefaultFile(text, body) {
	const { folder, wrapper } = makeEtc();
	if (text !== null)
		writeFileSync(path.join(folder, 'linnet.cfg'), text);
	return withDaemon({ wrapper }, (daemon) => {
		let seen = daemon.log.length;
		return body(daemon, path.join(folder, 'linnet.cfg'), async (logged) => {
			daemon.signal('SIGHUP');
			await eventually(() => assert.match(daemon.log.slice(seen).join('\n'), logged), `${logged}`);
			seen = daemon.log.length;
		});
	});
}

const tokenFile = `auth = { ${tokens} };`;

test('a reload without the default file keeps the old configuration', needsEtc, () =>
	withDefaultFile(tokenFile, async (daemon, file, reload) => {
		const isClosed = () => assertRefused(post(daemon, '/push/lobby', 'm'), 401, 'token_required');
		await isClosed();
		rmSync(file);
		await reload(/^reload_failed error="\/etc\/linnet\/linnet\.cfg: .*No such file/m);
		await isClosed();
		rmSync(path.dirname(file), { recursive: true });
		await reload(/^reload_failed error="\/etc\/linnet\/linnet\.cfg: /m);
		await isClosed();
		mkdirSync(path.dirname(file));
		symlinkSync('/nowhere', file);
		await reload(/^reload_failed error="\/etc\/linnet\/linnet\.cfg: /m);
		await isClosed();
		rmSync(file);
		mkdirSync(file);
		await reload(/^reload_failed error="\/etc\/linnet\/linnet\.cfg: /m);
		await isClosed();
		rmSync(file, { recursive: true });
		writeFileSync(file, tokenFile);
		await reload(/^reloaded$/m);
		await isClosed();
	}));

test('a default file that comes later is read by a reload and needed from then on', needsEtc, () =>
	withDefaultFile(null, async (daemon, file, reload) => {
		await reload(/^reloaded$/m);
		await push(daemon, 'lobby', 'm');
		writeFileSync(file, 'auth = { tokens = 7; };');
		await reload(/^reload_failed error="\/etc\/linnet\/linnet\.cfg:1: /m);
		rmSync(file);
		await reload(/^reloaded$/m);
		writeFileSync(file, tokenFile);
		await reload(/^reloaded$/m);
		rmSync(file);
		await reload(/^reload_failed /m);
		await assertRefused(post(daemon, '/push/lobby', 'm'), 401, 'token_required');
	}));

test('a reload without a file of -c keeps the old configuration', () =>
	withFile(tokenFile, async (daemon, rewrite, file) => {
		rmSync(file);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reload_failed error=.*No such file/);
		await assertRefused(post(daemon, '/push/lobby', 'm'), 401, 'token_required');
	}));

const rooms = async (daemon) => (await expectJson(get(daemon, '/rooms'))).rooms;

test('a file with an error changes nothing, and the log names the error with its line', () =>
	withFile('rooms = ( { name = "ops"; topic = "before"; } );\n', async (daemon, rewrite) => {
		const ann = await daemon.ws();
		const [, where] = await rewrite(
			'rooms = ( { name = "dev"; topic = "after"; } );\nlimits = {\n\tmessage_rat = 1.0;\n};\n',
			/^reload_failed error="([^"]*:3): unknown key/,
		);
		assert.match(where, /linnet\.cfg:3$/);
		assert.deepEqual((await rooms(daemon)).map(({ room }) => room).sort(), ['lobby', 'ops']);
		assert.deepEqual(await answerTo(ann, { type: 'ping', ref: 'p' }), { type: 'pong', ref: 'p' });
	}));

test('limits, rooms, topics and switches change at once, also for connected clients', () =>
	withFile('rooms = ( { name = "ops"; topic = "before"; } );\nlimits = { message_rate = 0.0; };\n', async (daemon, rewrite) => {
		const [ann, bob] = [await daemon.ws('/ws?room=ops'), await daemon.ws('/ws?room=ops')];
		await rewrite(`
			rooms = ( { name = "ops"; topic = "after"; }, { name = "dev"; topic = ""; } );
			limits = { message_rate = 0.0; name_bytes = 4; message_bytes = 200; };
			chat = { create_rooms = false; echo_to_sender = true; };
		`);
		assert.deepEqual(
			(await rooms(daemon)).map(({ room, topic }) => [room, topic]).sort(),
			[['dev', ''], ['lobby', ''], ['ops', 'after']],
		);
		assert.equal((await answerTo(ann, { type: 'nick', username: 'annabel' })).code, 'bad_name');
		assert.equal((await answerTo(ann, { type: 'join', room: 'new' })).code, 'no_such_room');
		ann.sendJson({ message: 'hi' });
		assert.equal((await ann.nextJson()).message, 'hi');
		assert.equal((await bob.nextJson()).message, 'hi');
		bob.sendJson({ message: 'x'.repeat(300) });
		assert.equal((await bob.closed).code, 1009);
	}));

test('tokens can be added and removed', () =>
	withFile('', async (daemon, rewrite) => {
		await push(daemon, 'lobby', 'without a token');
		const hash = spawnSync('sha256sum', { input: 'secret' }).stdout.toString().split(' ')[0];
		await rewrite(`auth = { tokens = ( { name = "ci"; token_sha256 = "${hash}"; } ); };\n`);
		assert.equal((await post(daemon, '/push/lobby', 'x')).status, 401);
		assert.equal((await post(daemon, '/push/lobby', 'x', { authorization: 'Bearer secret' })).status, 200);
		await rewrite('');
		await push(daemon, 'lobby', 'without a token again');
	}));

test('log files can be added and removed, and the remaining ones lose and repeat no line', async () => {
	const folder = temporaryFolder();
	const [one, two] = [path.join(folder, 'one.log'), path.join(folder, 'two.log')];
	writeFileSync(one, 'one 1\n');
	writeFileSync(two, 'two 1\n');
	const first = `{ room = "one"; path = "${one}"; }`;
	await withFile(`tails = ( ${first} );\n`, async (daemon, rewrite) => {
		const reader = await daemon.ws('/ws?room=one');
		assert.equal((await reader.nextJson()).message, 'one 1');
		await rewrite(`tails = ( ${first}, { room = "two"; path = "${two}"; } );\n`);
		assert.deepEqual((await poll(daemon, 'two', 'wait=20')).messages.map(({ message }) => message), ['two 1']);
		appendFileSync(one, 'one 2\n');
		assert.equal((await reader.nextJson()).message, 'one 2');
		await rewrite(`tails = ( ${first} );\n`);
		appendFileSync(two, 'two 2\n');
		appendFileSync(one, 'one 3\n');
		assert.equal((await reader.nextJson()).message, 'one 3');
		// It is a room without messages now.
		assert.equal((await poll(daemon, 'two', 'wait=0')).last_id, 0);
	});
});

test('clients of every door are told that a room has become a log file\'s, and that it is a room again', async () => {
	const file = path.join(temporaryFolder(), 'ops.log');
	writeFileSync(file, 'a line\n');
	const tails = `tails = ( { room = "ops"; path = "${file}"; } );\n`;
	await withFile('', async (daemon, rewrite) => {
		const { client: ws, joined } = await enter(daemon, 'room=ops&name=ann');
		const { stream } = await enterStream(daemon, 'ops');
		const terminal = await openTerminal(daemon);
		await terminal.ask('/join ops');
		assert.equal(await say(ws, { message: 'chat' }), 1);
		assert.equal((await stream.next()).id, `${joined.epoch}:1`);
		await push(daemon, 'ops', { type: 'alarm', key: 'k', severity: 'info', title: 'T' });
		const waiting = poll(daemon, 'ops', `wait=30&since=${joined.epoch}:2`);
		await waitForOnePoll(daemon);

		await rewrite(tails);
		const log = (await until(ws, ({ type }) => type === 'joined')).pop();
		assert.notEqual(log.epoch, joined.epoch);
		assert.deepEqual([log.room, log.recovered], ['ops', false]);
		assert.equal((await until(ws, ({ type }) => type === 'log')).pop().id, 1);
		const answer = await waiting;
		assert.deepEqual([answer.epoch, answer.recovered], [log.epoch, false]);
		assertError(await answerTo(ws, { message: 'no', room: 'ops' }), 'read_only');

		await rewrite('');
		const again = (await until(ws, ({ type }) => type === 'joined')).pop();
		assert.deepEqual([again.epoch, again.last_id, again.recovered], [joined.epoch, 2, false]);
		assert.equal((await until(ws, ({ type }) => type === 'alarm')).pop().standing, true);
		assert.equal(await say(ws, { message: 'chat again' }), 3);
		const ids = [];
		while (ids.at(-1) !== `${joined.epoch}:3`)
			ids.push((await stream.next()).id);
		assert.ok(ids.includes(`${log.epoch}:1`), ids.join());
		let line;
		do
			line = await terminal.next();
		while (line !== 'ann: chat again');
	});
});

test('a name is forgotten also in the alarms of a room that is a log file\'s now', async () => {
	const file = path.join(temporaryFolder(), 'ops.log');
	writeFileSync(file, 'a line\n');
	const auth = `auth = { ${tokens} };\n`;
	const root = { Authorization: 'Bearer root-secret' };
	await withFile(auth, async (daemon, rewrite) => {
		await push(daemon, 'ops', { type: 'alarm', key: 'k', severity: 'info', title: 'T', username: 'ann' }, root);
		await rewrite(`${auth}tails = ( { room = "ops"; path = "${file}"; } );\n`);
		await expectJson(post(daemon, '/admin/forget', { username: 'ANN' }, root));
		await rewrite(auth);
		const { client } = await enter(daemon, 'room=ops');
		const alarm = (await until(client, ({ type }) => type === 'alarm')).pop();
		assert.deepEqual([alarm.key, alarm.username], ['k', undefined]);
	});
});

test('a reload changes how many connections there may be, and cuts nobody', () =>
	withFile('limits = { connections = 3; };', async (daemon, rewrite) => {
		const crowd = [await daemon.ws(), await daemon.ws(), await daemon.ws()];
		const isFull = () => assert.rejects(daemon.ws());
		await isFull();
		await rewrite('limits = { connections = 4; };');
		crowd.push(await daemon.ws());
		await isFull();
		await rewrite('limits = { connections = 1; };');
		await crowd.pop().close();
		await isFull();
		for (const client of crowd)
			await say(client, 'still here');
		await Promise.all(crowd.map((client) => client.close()));
		await eventually(() => daemon.ws(), 'the first place');
		await isFull();
	}));

test('a reload that asks for more connections than there can be descriptors says how many fit', () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	writeFileSync(file, 'limits = { connections = 20; };');
	return withDaemon({ args: ['-c', file], limits: { nofile: 400 } }, async (daemon) => {
		assert.doesNotMatch(daemon.stderr, /connections_capped/);
		writeFileSync(file, 'limits = { connections = 1000; };');
		daemon.signal('SIGHUP');
		const [, max] = await daemon.waitForLog(/^connections_capped wanted=1000 max=(\d+) open_files=400 level=warn$/);
		assert.ok(max > 20 && max < 400, max);
	});
});

for (const driver of ['sqlite', 'memory'])
	test(`a reload changes how much of the history is kept (${driver})`, () => {
		const config = (store) => `limits = { message_rate = 0.0; }; rooms = ( { name = "own"; keep_messages = 8; } ); store = { driver = "${driver}"; ${store} };\n`;
		return withFile(config(''), async (daemon, rewrite) => {
			const { client, joined: { epoch } } = await enter(daemon);
			const kept = async (room) => (await get(daemon, `/history/${room}?limit=500`)).json.messages.length;
			for (const room of ['lobby', 'own'])
				await expectJson(post(daemon, `/push/${room}`, 'first'));
			for (let n = 0; n < 9; n++)
				for (const room of ['lobby', 'own'])
					await expectJson(post(daemon, `/push/${room}`, 'm'));
			assert.deepEqual([await kept('lobby'), await kept('own')], [10, 8]);
			await rewrite(config('keep_messages = 4;'));
			await eventually(async () => assert.equal(await kept('lobby'), 4), 'the rest');
			assert.equal(await kept('own'), 8);
			await rewrite(config('keep_messages = 0;'));
			await sayMany(client, 200, { textOf: () => 'x'.repeat(16_000) });
			const oldest = async () => (await get(daemon, '/history/lobby?after=0&limit=1')).json.messages[0].id;
			assert.equal(await oldest(), 7);
			await rewrite(config('keep_messages = 0; max_bytes = 1048576L;'));
			await eventually(async () => assert.ok((await oldest()) > 100), 'the oldest to go');
			assert.equal((await poll(daemon, 'lobby', `since=${epoch}:1`)).recovered, false);
		});
	});

test('a key that needs a restart is named in the log and keeps its value', () =>
	withFile('', async (daemon, rewrite) => {
		await rewrite('store = { sync = "full"; };\n', /^reload_kept key=store\.sync /m);
		assert.deepEqual((await rooms(daemon)).map(({ room }) => room), ['lobby']);
	}));

/** Makes a self-signed certificate for a name; returns its configuration keys. */
function certificate(folder, name) {
	const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
	const made = spawnSync('openssl', [
		'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
		'-subj', `/CN=${name}`, '-days', '1', '-keyout', key, '-out', cert,
	]);
	assert.equal(made.status, 0, String(made.stderr));
	return `http = { tls_certificate = "${cert}"; tls_key = "${key}"; };\n`;
}

function nameShownBy(daemon) {
	return new Promise((resolve, reject) => {
		const socket = tls.connect({ host: '127.0.0.1', port: daemon.port, rejectUnauthorized: false }, () => {
			resolve(socket.getPeerCertificate().subject.CN);
			socket.destroy();
		});
		socket.once('error', reject);
	});
}

test('a new certificate is used for new connections, and open ones stay', async () => {
	const folder = temporaryFolder();
	await withFile(certificate(folder, 'first'), async (daemon, rewrite) => {
		assert.equal(await nameShownBy(daemon), 'first');
		const there = tls.connect({ host: '127.0.0.1', port: daemon.port, rejectUnauthorized: false });
		await new Promise((resolve) => there.once('secureConnect', resolve));
		await rewrite(certificate(folder, 'second'));
		assert.equal(await nameShownBy(daemon), 'second');
		there.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
		const text = await new Promise((resolve) => {
			let all = '';
			there.setEncoding('utf8').on('data', (part) => (all += part)).on('end', () => resolve(all));
		});
		assert.match(text, /^HTTP\/1\.1 200 /);
		writeFileSync(path.join(folder, 'key.pem'), 'no key');
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reload_failed /m);
		assert.equal(await nameShownBy(daemon), 'second');
	});
});

test('TLS is neither turned on nor off by a reload, and the log says so each time', () =>
	withFile('', async (daemon, rewrite) => {
		const text = certificate(temporaryFolder(), 'first');
		const kept = () => daemon.log.filter((line) => /^reload_kept key=http\.tls_(certificate|key) from="" to=\/.* hint="a restart is needed"/.test(line));
		for (let n = 1; n <= 2; n++) {
			await rewrite(text);
			assert.equal(kept().length, 2 * n);
			assert.equal((await get(daemon, '/healthz')).status, 200);
		}
	}));

// A named pipe gives what is written into it to one reader: a second look at the file would wait for ever.
test('the certificate that is checked is the one that is shown', async () => {
	const folder = temporaryFolder();
	const pipe = path.join(folder, 'pipe.pem');
	assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
	const give = (name) => {
		const text = certificate(folder, name);
		const pem = readFileSync(path.join(folder, 'cert.pem'));
		rmSync(path.join(folder, 'cert.pem'));
		return [text.replace('cert.pem', 'pipe.pem'), writeFile(pipe, pem)];
	};
	const [text, given] = give('first');
	await withFile(text, async (daemon, rewrite) => {
		await given;
		const [again, givenAgain] = give('second');
		await rewrite(again);
		await givenAgain;
		assert.equal(await nameShownBy(daemon), 'second');
	});
});
