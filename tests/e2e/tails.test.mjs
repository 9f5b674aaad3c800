// Log files as rooms, at every door.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, assertError, enter, noRateLimitWith, range } from '../lib/chat.mjs';
import { eventually, isSlowRun, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { openTerminal } from '../lib/line.mjs';
import { isEvent, LogFile, watchers } from '../lib/tails.mjs';

const numbered = (first, last) => range(first, last).map((n) => `line ${n}`);

/** Runs body(daemon, log), where the room "log" shows the file. */
const withLog = (options, body, settings = []) => {
	const log = new LogFile();
	return withDaemon(noRateLimitWith(log.setting(options), ...settings), (daemon) => body(daemon, log));
};

/** Waits until the daemon has read that many lines. */
const hasRead = (daemon, count) =>
	eventually(async () => {
		const { tails } = await (await fetch(`${daemon.url}/rooms`)).json();
		assert.equal(tails[0].last_id, count);
	}, `${count} lines to be read`);

test('a late client is shown the last lines at every door, and then new ones', () =>
	withLog({ lines: 3 }, async (daemon, log) => {
		log.count(1, 10);
		let count = 10;
		for (const watcher of watchers(daemon)) {
			await hasRead(daemon, count);
			assert.deepEqual(await watcher.nextLines(3), numbered(8, 10), watcher.name);
			log.write(`for the ${watcher.name}`);
			assert.equal(await watcher.next(), `for the ${watcher.name}`);
			log.count(8, 10);
			count += 4;
		}
	}));

test('a file is followed once it appears, also after it was removed', () =>
	withLog({}, async (daemon, log) => {
		await daemon.waitForLog(/^tail_missing\b/);
		const all = watchers(daemon);
		const first = Promise.all(all.map((watcher) => watcher.next()));
		log.write('it is there');
		assert.deepEqual(await first, Array(all.length).fill('it is there'));
		rmSync(log.path);
		const missed = () => daemon.log.filter((line) => /^tail_missing\b/.test(line)).length;
		await eventually(() => assert.equal(missed(), 2), 'the file to be missed again');
		log.write('it is back');
		for (const watcher of all)
			assert.deepEqual(await watcher.nextLines(2), ['the file was rotated', 'it is back'], watcher.name);
	}));

// The kernel allows a user 128 inotify instances, so one for each file is too many. The tails come
// by a reload, because their lines in the log could crowd out the one that says "ready".
test('140 log files are followed at once, through their rotation too', () => {
	const folder = temporaryFolder();
	const config = path.join(folder, 'linnet.cfg');
	const logs = range(1, 140).map((n) => new LogFile(folder, `log-${n}`));
	const tails = logs.map(({ room, path: file }) => `{ room = "${room}"; path = "${file}"; }`);
	writeFileSync(config, '');
	return withDaemon({ args: ['-c', config] }, async (daemon) => {
		const haveLines = (count) =>
			eventually(async () => {
				const listed = (await (await fetch(`${daemon.url}/rooms`)).json()).tails;
				const ids = new Map(listed.map(({ room, last_id: id }) => [room, id]));
				assert.deepEqual(logs.filter(({ room }) => ids.get(room) !== count).map(({ room }) => room), []);
			}, `${count} lines of each file`);
		writeFileSync(config, `tails = ( ${tails.join(', ')} );`);
		daemon.signal('SIGHUP');
		for (const log of logs)
			log.write('one', 'two');
		await haveLines(2);
		for (const log of logs) {
			log.write('three');
			log.rotate();
			log.write('four');
		}
		await haveLines(5); // with "the file was rotated"
	});
});

test('rotation by rename and by truncation is followed and announced in place', () =>
	withLog({}, async (daemon, log) => {
		const all = watchers(daemon);
		log.write('before');
		for (const [next, event] of [['rotate', 'rotated'], ['truncate', 'truncated'], ['rotate', 'rotated']]) {
			for (const watcher of all)
				assert.equal(await watcher.next(), 'before', watcher.name);
			log[next]();
			log.write(`after ${next}`, 'before');
			for (const watcher of all) {
				const said = await watcher.nextObject();
				assert.equal(said.message, `the file was ${event}`, watcher.name);
				// A terminal shows only the text.
				assert.equal(said.event, said.id && event, watcher.name);
				assert.equal(await watcher.next(), `after ${next}`, watcher.name);
			}
		}
		// A late client is shown the announcement among the last lines.
		const [late] = watchers(daemon);
		assert.deepEqual((await late.nextLines(3)).slice(1), ['the file was rotated', 'after rotate']);
	}));

test('half a line is shown once it is complete', () =>
	withLog({}, async (daemon, log) => {
		const all = watchers(daemon);
		log.append('one\nhalf a ');
		for (const watcher of all)
			assert.equal(await watcher.next(), 'one', watcher.name);
		log.append('line\ntwo\n');
		for (const watcher of all)
			assert.deepEqual(await watcher.nextLines(2), ['half a line', 'two'], watcher.name);
	}));

test('ten thousand lines of a rotating file arrive once and in order at every door', { skip: isSlowRun }, () =>
	withLog({ lines: 1 }, async (daemon, log) => {
		const all = watchers(daemon);
		log.write('line 0');
		for (const watcher of all)
			assert.equal(await watcher.next(), 'line 0', watcher.name);
		const total = 10_000;
		const seen = all.map(() => 0);
		const rotations = all.map(() => 0);
		const reading = all.map(async (watcher, n) => {
			while (seen[n] < total) {
				const object = await watcher.nextObject();
				if (isEvent(object)) {
					// The first rotation follows after the first fifty lines.
					assert.equal(seen[n], 50 + 500 * rotations[n]++, watcher.name);
					continue;
				}
				assert.equal(object.message, `line ${seen[n] + 1}`, watcher.name);
				seen[n]++;
			}
			assert.equal(rotations[n], total / 500, watcher.name);
		});
		const writing = async () => {
			for (let n = 1; n <= total; n += 50) {
				log.count(n, n + 49);
				if (n % 500 !== 1)
					continue;
				log.rotate();
				// The writer must not rotate faster than the daemon opens files. The daemon
				// may be a few behind.
				await eventually(() => assert.ok(Math.max(...seen) > n - 2000), 'a reader to catch up');
			}
		};
		await Promise.all([writing(), ...reading]);
	}));

test('a flood of lines is thinned and reported, and chat goes on', { skip: isSlowRun }, () =>
	withLog({ lines: 10, rate: 100 }, async (daemon, log) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		const all = watchers(daemon);
		log.write('line 0');
		for (const watcher of all)
			assert.equal(await watcher.next(), 'line 0', watcher.name);
		const total = 200_000;
		for (let n = 1; n <= total; n += 4000) {
			log.count(n, n + 3999);
			// The answer arrives during the flood, not after it.
			assert.equal((await answerTo(ann, { message: `round ${n}` })).type, 'ack');
			assert.equal((await bob.nextJson()).message, `round ${n}`);
		}
		for (const watcher of all) {
			let last = 0;
			let skipped = 0;
			while (last < total) {
				const { message } = await watcher.nextObject();
				const some = /^(\d+) lines? skipped$/.exec(message);
				if (some) {
					last += Number(some[1]);
					skipped += Number(some[1]);
				} else {
					assert.equal(message, `line ${++last}`, watcher.name);
				}
			}
			assert.equal(last, total);
			assert.ok(skipped > total / 2, `${skipped} through the ${watcher.name}`);
		}
	}));

test('long and binary lines are made printable', () =>
	withLog({}, async (daemon, log) => {
		const all = watchers(daemon);
		log.append(Buffer.from('a\x1b[31mred\x00\xff\xfe\tb\r\n', 'latin1'));
		log.write('x'.repeat(1_000_000), 'é'.repeat(5_000), '日本語');
		for (const watcher of all) {
			assert.equal(await watcher.next(), 'a␛[31mred␀\ufffd\ufffd\tb', watcher.name);
			for (const letter of ['x', 'é']) {
				const cut = await watcher.next();
				assert.match(cut, new RegExp(`^${letter}+…$`), watcher.name);
				assert.ok(Buffer.byteLength(cut) <= 4096, watcher.name);
			}
			assert.equal(await watcher.next(), '日本語', watcher.name);
		}
	}));

test('nobody can send to the room of a log file', () =>
	withLog({}, async (daemon, log) => {
		const [ann, bob] = [await daemon.ws(), await openTerminal(daemon, 'bob')];
		assertError(await answerTo(ann, { message: 'hi', room: 'log' }), 'read_only');
		assert.equal((await enter(daemon, 'room=log')).joined.read_only, true);
		assert.match(await bob.ask('/join log'), /^\* You are bob in log /);
		assert.equal(await bob.ask('hi'), "* this room is a log file's");
		const headers = { 'Content-Type': 'text/plain' };
		const pushed = await fetch(`${daemon.url}/push/log`, { method: 'POST', headers, body: 'hi' });
		assert.equal(pushed.status, 403);
		assert.equal((await pushed.json()).error.code, 'read_only');
		log.write('only this');
		assert.equal(await bob.next(), 'only this');
	}));

test('log files are marked in the list of rooms', () =>
	withLog({}, async (daemon, log) => {
		log.write('line');
		const [watcher] = watchers(daemon);
		await watcher.next();
		const listed = await (await fetch(`${daemon.url}/rooms`)).json();
		assert.deepEqual(listed.rooms.map(({ room }) => room), ['lobby']);
		assert.deepEqual(listed.tails.map(({ room, last_id: id }) => [room, id]), [['log', 1]]);
		const bob = await openTerminal(daemon);
		bob.say('/rooms');
		assert.deepEqual(await bob.nextLines(2), ['* lobby (1 here)', '* log log (1 here)']);
	}));

test('the history and the search of a log room return its lines', () =>
	withLog({}, async (daemon, log) => {
		const [watcher] = watchers(daemon);
		log.write('disk full on sda', 'all is well');
		await watcher.nextLines(2);
		const ann = await daemon.ws('/ws?room=log');
		const { messages } = await answerTo(ann, { type: 'search', q: 'disk' });
		assert.deepEqual(messages.map(({ message }) => message), ['disk full on sda']);
		const bob = await openTerminal(daemon);
		await bob.ask('/join log');
		assert.deepEqual(await bob.nextLines(2), ['disk full on sda', 'all is well']);
		bob.say('/history 1');
		assert.deepEqual(await bob.nextLines(2), ['all is well', '* That was the latest of log']);
	}));

test('a client that resumes by its id misses no line and receives none twice', () =>
	withLog({}, async (daemon, log) => {
		const [watcher] = watchers(daemon);
		log.count(1, 5);
		await watcher.nextLines(5);
		const { epoch } = await (await fetch(`${daemon.url}/history/log`)).json();
		const back = await daemon.ws(`/ws?room=log&since=${epoch}:3`);
		const lines = [await back.nextJson(), await back.nextJson()];
		assert.deepEqual(lines.map(({ id, message }) => [id, message]), [[4, 'line 4'], [5, 'line 5']]);
	}));

const secret = 'a-token-of-the-watchers';
const hash = createHash('sha256').update(secret).digest('hex');
const guarded = [
	'http.address=0.0.0.0',
	`auth.tokens=( { name = "watch"; token_sha256 = "${hash}"; rooms = [ "log" ]; }, { name = "other"; token_sha256 = "${'0'.repeat(64)}"; } )`,
];

test('on a public address the room of a log file needs a token', () =>
	withLog({}, async (daemon, log) => {
		log.write('secret');
		for (const headers of [{}, { Authorization: 'Bearer wrong' }]) {
			for (const at of ['/events/log', '/poll/log?wait=0', '/history/log', '/search/log?q=secret']) {
				const { status } = await fetch(`${daemon.url}${at}`, { headers });
				assert.ok(status === 401 || status === 403, `${at}: ${status}`);
			}
			await assert.rejects(daemon.ws('/ws?room=log', { headers }), ({ status }) => status === 403 || status === 401);
			const listed = await (await fetch(`${daemon.url}/rooms`, { headers })).json();
			assert.deepEqual(listed.tails, []);
		}
		const eve = await daemon.ws();
		assertError(await answerTo(eve, { type: 'join', room: 'log' }), 'denied');
		assertError(await answerTo(eve, { type: 'history', room: 'log' }), 'denied');

		const headers = { Authorization: `Bearer ${secret}` };
		for (const watcher of watchers(daemon, headers).slice(0, 3))
			assert.equal(await watcher.next(), 'secret', watcher.name);
		const byQuery = await daemon.ws(`/ws?room=log&token=${secret}`);
		assert.equal((await byQuery.nextJson()).message, 'secret');
	}, guarded));

test('the line door shows log files only on a loopback address', () =>
	withLog({}, async (daemon, log) => {
		log.write('secret');
		const bob = await openTerminal({ ...daemon, host: '127.0.0.1', linePort: daemon.linePort });
		assert.equal(await bob.ask('/join log'), '* this room needs a token');
		assert.equal(await bob.ask('/rooms'), '* lobby (1 here)');
		assert.deepEqual(await bob.drain(), []);
		const [watcher] = watchers(daemon);
		assert.equal(await watcher.next(), 'secret');
	}, ['line.address=0.0.0.0']));
