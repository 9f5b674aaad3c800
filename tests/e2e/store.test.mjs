// The history file: what happens when it cannot be written or opened.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
	chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync,
	symlinkSync, truncateSync, writeFileSync, writeSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
	answerTo, enter, idsOf, noRateLimit, noRateLimitWith, range, receivedSoFar, say, sayMany, until, wholeHistory,
	withHistory,
} from '../lib/chat.mjs';
import { eventually, fillUp, runDaemon, smallDisk, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { get } from '../lib/doors.mjs';

const linesOf = (daemon, event) => daemon.log.filter((line) => line.split(' ')[0] === event);

/** Sends count messages one after the other and returns the answers. */
async function sayAll(client, what, count) {
	const answers = [];
	for (let n = 0; n < count; n++)
		answers.push(await answerTo(client, { message: `${what} ${n} ${'m'.repeat(2_000)}`, ref: `${what} ${n}` }));
	return answers;
}

/** The same, but all at once: while the disk is full each answer takes ten seconds. */
async function sayTogether(client, what, count) {
	const answers = new Map();
	for (let n = 0; n < count; n++)
		client.sendJson({ message: `${what} ${n} ${'m'.repeat(2_000)}`, ref: `${what} ${n}` });
	while (answers.size < count) {
		const answer = await client.nextJson();
		if (answer.ref)
			answers.set(answer.ref, answer);
	}
	return range(0, count - 1).map((n) => answers.get(`${what} ${n}`));
}

const ids = (answers) => answers.filter(({ type }) => type === 'ack').map(({ id }) => id);
const refusedOf = (answers) => answers.filter(({ code }) => code === 'store_unavailable');

test('on a full disk senders get an error, unstored messages reach nobody, and service resumes by itself', async (t) => {
	const disk = smallDisk(4 * 1024 * 1024);
	if (!disk) {
		t.skip('a small file system cannot be mounted here');
		return;
	}
	try {
		await withDaemon(noRateLimitWith(`store.path=${path.join(disk.folder, 'linnet.db')}`), async (daemon) => {
			const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=bob')];
			const reader = await daemon.ws('/ws?room=elsewhere');
			const before = await sayAll(ann, 'before', 10);
			const acked = ids(before);
			assert.deepEqual(acked, range(1, 10));
			for (let round = 1; round <= 2; round++) {
				const filler = fillUp(disk.folder);
				const full = await sayTogether(ann, `full ${round}`, 40);
				const refused = refusedOf(full);
				assert.ok(refused.length > 0, 'nothing was refused');
				assert.equal(refused.length + ids(full).length, 40);
				assert.equal(refusedOf(full.slice(-5)).length, 5);
				acked.push(...ids(full));
				// Stored messages can still be read, and requests that need no disk space
				// work.
				assert.deepEqual(idsOf(await wholeHistory(reader)), acked);
				assert.equal((await answerTo(ann, { type: 'cursor', ephemeral: true })).type, 'ack');
				assert.equal((await answerTo(ann, { type: 'ping' })).type, 'pong');
				assert.equal(refusedOf(await sayTogether(ann, `still full ${round}`, 3)).length, 3);
				// A few messages may still fit in between. Each failure and each recovery is
				// logged.
				const told = () => ['store_failed', 'store_healed'].map((event) => linesOf(daemon, event).length);
				await eventually(() => {
					const [failures, healings] = told();
					assert.ok(failures >= round);
					assert.equal(healings, failures - 1);
				}, 'the log line of the failure');

				const kept = answerTo(reader, { message: 'waits', room: 'elsewhere', ref: `kept ${round}` });
				rmSync(filler);
				assert.equal((await kept).id, round, 'what waits is kept when there is space');
				const last = refused.at(-1).ref;
				const retried = await answerTo(ann, { message: 'again', ref: last });
				assert.deepEqual(retried, { type: 'ack', ref: last, room: 'lobby', id: acked.length + 1, ts: retried.ts });
				acked.push(retried.id, ...ids(await sayAll(ann, `after ${round}`, 5)));
				assert.deepEqual(acked, range(1, acked.length));
				await eventually(() => {
					const [failures, healings] = told();
					assert.equal(healings, failures);
				}, 'the log line of the recovery');
			}
			const seen = (await receivedSoFar(bob, ann)).filter(({ type }) => type === 'message');
			assert.deepEqual(idsOf(seen), acked);
			await daemon.stop();
		});
	} finally {
		disk.remove();
	}
});

test('a daemon on a full disk stops cleanly, and all acked messages are there once there is space', async (t) => {
	const disk = smallDisk(2 * 1024 * 1024);
	if (!disk) {
		t.skip('a small file system cannot be mounted here');
		return;
	}
	const options = noRateLimitWith(`store.path=${path.join(disk.folder, 'linnet.db')}`);
	const acked = [];
	let filler;
	try {
		await withDaemon(options, async (daemon) => {
			const ann = await daemon.ws();
			acked.push(...ids(await sayAll(ann, 'before', 20)));
			filler = fillUp(disk.folder);
			acked.push(...ids(await sayTogether(ann, 'full', 20)));
			await daemon.stop();
		});
		rmSync(filler);
		await withDaemon(options, async (daemon) => {
			const ann = await daemon.ws();
			assert.deepEqual(idsOf(await wholeHistory(ann)), acked);
			assert.equal(await say(ann, 'the next'), acked.length + 1);
		});
	} finally {
		disk.remove();
	}
});

const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;
const needsSqlite = { skip: hasSqlite ? false : 'the program sqlite3 is not installed' };

/** Starts another process that locks the file until release() is called. */
async function lockFile(file) {
	const child = spawn('sqlite3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
	const ended = new Promise((resolve) => child.once('close', resolve));
	const locked = new Promise((resolve) => child.stdout.once('data', resolve));
	// If a test fails before release(), the lock process must not keep the test's process alive.
	[child, ...child.stdio].forEach((handle) => handle?.unref());
	child.stdin.write(".timeout 10000\nBEGIN EXCLUSIVE;\nSELECT 'locked';\n");
	await within(locked, 'the lock');
	return {
		release() {
			child.stdin.end('ROLLBACK;\n');
			return within(ended, 'sqlite3 to end');
		},
	};
}

test('many delayed messages reach readers at once, and the readers are not closed as slow', needsSqlite, async () => {
	const folder = temporaryFolder();
	await withDaemon(noRateLimitWith(`store.path=${path.join(folder, 'linnet.db')}`), async (daemon) => {
		const [sender, reader] = [await daemon.ws(), await daemon.ws()];
		const lock = await lockFile(path.join(folder, 'linnet.db'));
		const message = 'm'.repeat(16_000);
		for (let n = 0; n < 100; n++)
			sender.sendJson({ message, n });
		await sender.drain();
		await lock.release();
		for (let n = 0; n < 100; n++)
			assert.equal((await reader.nextJson()).n, n);
	});
});

test('while another process locks the file senders wait, then get an error, and later service resumes', needsSqlite, async () => {
	const folder = temporaryFolder();
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=bob')];
		const reader = await daemon.ws('/ws?room=elsewhere');
		await say(ann, 'before');
		const watcher = await daemon.ws('/ws?events=1');
		await watcher.nextJson();
		const lock = await lockFile(path.join(folder, 'linnet.db'));
		const refused = await answerTo(ann, { message: 'locked', ref: 'c1' });
		assert.deepEqual([refused.code, refused.ref], ['store_unavailable', 'c1']);
		assert.equal((await until(watcher, ({ type }) => type === 'notice')).pop().code, 'store_away');
		const ready = await get(daemon, '/readyz');
		assert.deepEqual([ready.status, ready.json.error.code], [503, 'store_unavailable']);
		assert.deepEqual(idsOf(await wholeHistory(reader)), [1]);
		await lock.release();
		assert.equal((await answerTo(ann, { message: 'locked', ref: 'c1' })).id, 2);
		assert.deepEqual(idsOf(await receivedSoFar(bob, ann)), [1, 2]);
		await daemon.waitForLog(/^store_healed\b/);
		assert.equal((await until(watcher, ({ type }) => type === 'notice')).pop().code, 'store_back');
		assert.equal(linesOf(daemon, 'store_failed').length, 1);
		assert.equal(linesOf(daemon, 'store_healed').length, 1);
	});
});

test('a short lock is not noticed', needsSqlite, async () => {
	const folder = temporaryFolder();
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const [ann, bob, eve] = [await daemon.ws('/ws?name=ann'), await daemon.ws(), await daemon.ws()];
		await say(ann, 'before');
		const lock = await lockFile(path.join(folder, 'linnet.db'));
		const acks = Promise.all([say(ann, 'one'), say(bob, 'two')]);
		await eve.drain();
		await lock.release();
		assert.deepEqual((await acks).sort(), [2, 3]);
		assert.equal(linesOf(daemon, 'store_failed').length, 0);
	});
});

/** Returns the content of each file in the folder, to check that nothing changes. */
function contentOf(folder) {
	const content = {};
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const file = path.join(folder, entry.name);
		if (entry.isDirectory())
			content[entry.name] = contentOf(file);
		else if (entry.isSymbolicLink())
			content[entry.name] = readlinkSync(file);
		else
			content[entry.name] = readFileSync(file).toString('base64');
	}
	return content;
}

/** Writes a history with 300 messages, closes it cleanly and returns its path. */
async function makeHistory(folder) {
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		await sayMany(await daemon.ws(), 300, { textOf: (n) => `${n} ${'m'.repeat(500)}` });
	});
	return path.join(folder, 'linnet.db');
}

function overwrite(file, at, bytes) {
	const fd = openSync(file, 'r+');
	writeSync(fd, bytes, 0, bytes.length, at);
	closeSync(fd);
}

const noise = Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 7919) % 251));

/** Wrong values of store.path. Each entry makes the file in a folder; the log has its message. */
const wrongFiles = {
	'a text file': {
		make: (folder) => writeFileSync(path.join(folder, 'linnet.db'), 'Dear diary,\n'.repeat(1_000)),
		why: /no history of Linnet/,
	},
	'a very short text file': {
		make: (folder) => writeFileSync(path.join(folder, 'linnet.db'), 'hi'),
		why: /no history of Linnet/,
	},
	'a file of one byte': {
		make: (folder) => writeFileSync(path.join(folder, 'linnet.db'), 'x'),
		why: /no history of Linnet/,
	},
	'a folder': { make: (folder) => mkdirSync(path.join(folder, 'linnet.db')), why: /folder/ },
	'a link to nowhere': {
		make: (folder) => symlinkSync(path.join(folder, 'nowhere/linnet.db'), path.join(folder, 'linnet.db')),
		why: /cannot be opened/,
	},
	'a device': {
		make: (folder) => symlinkSync('/dev/null', path.join(folder, 'linnet.db')),
		why: /not a file/,
	},
	'a database of another program': {
		options: needsSqlite,
		make: (folder) => {
			const sql = 'CREATE TABLE bookmarks(url); INSERT INTO bookmarks VALUES(1);';
			spawnSync('sqlite3', [path.join(folder, 'linnet.db'), sql]);
		},
		why: /another program/,
	},
	'a history of a newer version': {
		options: needsSqlite,
		make: async (folder) => {
			const file = await makeHistory(folder);
			spawnSync('sqlite3', [file, 'PRAGMA user_version=99;']);
		},
		why: /newer version/,
	},
	'a history with a damaged beginning': {
		make: async (folder) => overwrite(await makeHistory(folder), 0, noise.subarray(0, 200)),
		why: /damaged/,
	},
	'a history with damage inside': {
		make: async (folder) => {
			const file = await makeHistory(folder);
			for (let page = 3; page < 40; page += 4)
				overwrite(file, page * 4096, noise.subarray(0, 4096));
		},
		why: /damaged/,
	},
	'a history that was cut': {
		make: async (folder) => {
			const file = await makeHistory(folder);
			truncateSync(file, Math.floor(statSync(file).size / 2));
		},
		why: /damaged/,
	},
	'missing, but its log is there': {
		make: (folder) => writeFileSync(path.join(folder, 'linnet.db-wal'), noise),
		why: /log/,
	},
};

for (const [what, { make, why, options = {} }] of Object.entries(wrongFiles)) {
	test(`with ${what} as store.path the daemon ends with status 3, says why and changes nothing`, options, async () => {
		const folder = temporaryFolder();
		await make(folder);
		const before = contentOf(folder);
		for (let n = 0; n < 2; n++) {
			const { code, stderr } = await runDaemon({ folder, settings: ['http.port=0'] });
			assert.equal(code, 3, stderr);
			const line = stderr.split('\n').find((text) => text.startsWith('store_failed'));
			assert.ok(line, stderr);
			assert.match(line, /path=linnet\.db /);
			assert.match(line, why);
			assert.equal(/ hint="restore a backup, or move /.test(line), !/^a (folder|link|device|history of a newer)/.test(what), line);
			assert.ok(!stderr.includes('ready'), stderr);
		}
		for (const [name, content] of Object.entries(contentOf(folder))) {
			// SQLite leaves these beside a file that it only read.
			const isByTheWay = /-(lock|shm)$/.test(name) || (name.endsWith('-wal') && !content);
			if (name in before || !isByTheWay)
				assert.deepEqual(content, before[name], name);
		}
		assert.ok(Object.keys(before).every((name) => name in contentOf(folder)));
	});
}

test('a store.path in a missing or unwritable folder ends the start with status 3', async () => {
	for (const at of ['nowhere/linnet.db', '/proc/linnet.db', '/dev/null/linnet.db']) {
		const { code, stderr } = await runDaemon({ settings: ['http.port=0', `store.path=${at}`] });
		assert.equal(code, 3, stderr);
		assert.match(stderr, /^store_failed path=\S+ error=".*(folder|directory).*"/im);
	}
});

test('a second daemon on the same history ends with status 3, and the first is not affected', async () => {
	const folder = temporaryFolder();
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const ann = await daemon.ws();
		await say(ann, 'one');
		for (const settings of [[], [`store.path=${path.join(folder, 'linnet.db')}`], ['store.sync=full']]) {
			const { code, stderr } = await runDaemon({ folder, settings: ['http.port=0', ...settings] });
			assert.equal(code, 3, stderr);
			assert.match(stderr, /^store_failed .*another/m);
			assert.ok(!stderr.includes('ready'), stderr);
		}
		assert.equal(await say(ann, 'two'), 2);
		assert.deepEqual(idsOf(await wholeHistory(ann)), [1, 2]);
	});
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		assert.deepEqual(idsOf(await wholeHistory(await daemon.ws())), [1, 2]);
	});
});

test('with the memory driver two daemons may have the same store.path, and no file is created', async () => {
	const folder = temporaryFolder();
	const options = { ...noRateLimitWith('store.driver=memory'), folder };
	await withDaemon(options, (first) =>
		withDaemon(options, async (second) => {
			await say(await first.ws(), 'one');
			assert.equal(await say(await second.ws(), 'also one'), 1);
		}),
	);
	assert.deepEqual(readdirSync(folder), []);
});

test('with store.sync full everything works as without it, kill -9 included', () =>
	withHistory(
		noRateLimitWith('store.sync=full'),
		async (daemon) => {
			const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=bob')];
			assert.equal(await sayMany(ann, 50), 50);
			assert.deepEqual(idsOf(await receivedSoFar(bob, ann)), range(1, 50));
			assert.equal((await answerTo(ann, { message: 'hi', ref: 'c1' })).type, 'ack');
			await daemon.crash();
		},
		async (daemon) => {
			const ann = await daemon.ws('/ws?name=ann');
			assert.equal((await answerTo(ann, { message: 'hi', ref: 'c1' })).duplicate, true);
			const messages = await wholeHistory(ann);
			assert.deepEqual(idsOf(messages), range(1, messages.length));
			assert.ok(messages.length >= 51);
		},
	));

test('a path with characters special to SQLite is an ordinary file name', async () => {
	for (const name of [':memory:', 'file:x?mode=memory', '北京 %41.db']) {
		const options = { ...noRateLimitWith(`store.path=${name}`), folder: temporaryFolder() };
		await withDaemon(options, async (daemon) => say(await daemon.ws(), 'hi'));
		assert.ok(existsSync(path.join(options.folder, name)), name);
		await withDaemon(options, async (daemon) => {
			assert.deepEqual(idsOf(await wholeHistory(await daemon.ws())), [1]);
		});
	}
});

test('a history that others cannot read keeps its permissions', async () => {
	const folder = temporaryFolder();
	const options = { ...noRateLimit, folder };
	await withDaemon(options, async (daemon) => say(await daemon.ws(), 'hi'));
	chmodSync(path.join(folder, 'linnet.db'), 0o600);
	await withDaemon(options, async (daemon) => {
		await say(await daemon.ws(), 'ho');
		for (const name of readdirSync(folder))
			assert.equal(statSync(path.join(folder, name)).mode & 0o077, 0, name);
	});
});
