// The files of the history: one daemon alone has them, it notices what happens to them while it
// runs, and it says whether it can keep anything.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
	copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { after, answerTo, enter, idsOf, noRateLimit, noRateLimitWith, range, say, sayMany, wholeHistory } from '../lib/chat.mjs';
import { binary, eventually, fillUp, runDaemon, smallDisk, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { ask, get } from '../lib/doors.mjs';

const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });

/** Starts a daemon that must not come up, because another one has the history. */
async function assertIsRefused(options) {
	const { code, stderr } = await runDaemon({ ...options, settings: ['http.port=0', ...(options.settings ?? [])] });
	assert.equal(code, 3, stderr);
	assert.match(stderr, /^store_failed path=\S+ error="another process has the file open/m);
	assert.ok(!stderr.includes('ready'), stderr);
}

/** Other paths to the history of a folder, as options of a daemon. */
const paths = {
	'a link to it': (folder, other) => {
		symlinkSync(path.join(folder, 'linnet.db'), path.join(other, 'linnet.db'));
		return { folder: other };
	},
	'a hard link to it': (folder, other) => {
		linkSync(path.join(folder, 'linnet.db'), path.join(other, 'linnet.db'));
		return { folder: other };
	},
	'another name in the same folder': (folder) => {
		linkSync(path.join(folder, 'linnet.db'), path.join(folder, 'other.db'));
		return { folder, settings: ['store.path=other.db'] };
	},
	'a link to its folder': (folder, other) => {
		symlinkSync(folder, path.join(other, 'here'));
		return { folder: other, settings: ['store.path=here/linnet.db'] };
	},
	'a mount of the file': (folder, other) => {
		const file = path.join(other, 'linnet.db');
		writeFileSync(file, '');
		return {
			folder: other,
			wrapper: ['unshare', '--mount', 'sh', '-c', `mount --bind ${folder}/linnet.db ${file} && exec "$@"`, 'sh'],
		};
	},
};

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

for (const [what, make] of Object.entries(paths)) {
	const options = what.includes('mount') && !canMount ? { skip: 'this process may not mount' } : {};
	test(`a second daemon on the same history by ${what} ends with status 3, and the first is not affected`, options, async () => {
		const [folder, other] = [temporaryFolder(), temporaryFolder()];
		await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
			const ann = await daemon.ws();
			await say(ann, 'one');
			const second = make(folder, other);
			await assertIsRefused(second);
			await assertIsRefused(second);
			assert.equal(await say(ann, 'two'), 2);
			assert.deepEqual(idsOf(await wholeHistory(ann)), [1, 2]);
		});
		await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
			assert.deepEqual(idsOf(await wholeHistory(await daemon.ws())), [1, 2]);
		});
	});
}

test('a second daemon is refused even if the file was replaced under the first', async () => {
	const folder = temporaryFolder();
	const db = path.join(folder, 'linnet.db');
	await withDaemon({ ...noRateLimit, folder }, async () => {
		copyFileSync(db, `${db}.copy`);
		renameSync(`${db}.copy`, db);
		await assertIsRefused({ folder });
	});
});

const storeUp = async (daemon) => Number(/^linnet_store_up (\d)$/m.exec((await get(daemon, '/metrics')).text)?.[1]);

/** Resolves when the daemon says that it can keep messages, or that it cannot. */
const untilReady = (daemon, isReady) =>
	eventually(async () => {
		const { status, text } = await get(daemon, '/readyz');
		assert.equal(status, isReady ? 200 : 503);
		if (!isReady)
			assert.match(JSON.parse(text).error.code, /^store_(failed|unavailable)$/);
		assert.equal(await storeUp(daemon), isReady ? 1 : 0);
		assert.equal((await get(daemon, '/healthz')).status, 200);
	}, isReady ? 'the daemon to be ready' : 'the daemon to be not ready');

const emptyLog = (db) => run('sqlite3', db, 'PRAGMA wal_checkpoint(TRUNCATE)');

/** What may happen to the files of a daemon that runs. `old` is an older copy of all of them. */
const mishaps = {
	'the file was deleted': (db) => rmSync(db),
	'the file was renamed': (db) => renameSync(db, `${db}.away`),
	'the folder was renamed': (db) => {
		renameSync(path.dirname(db), `${path.dirname(db)}.away`);
		mkdirSync(path.dirname(db));
	},
	'the file was replaced': (db, old) => {
		copyFileSync(path.join(old, 'linnet.db'), `${db}.new`);
		renameSync(`${db}.new`, db);
	},
	'the file was cut': async (db, old, client) => {
		emptyLog(db);
		await say(client, 'next');
		truncateSync(db, statSync(db).size - 4096);
	},
	'the end of a long text was cut off': async (db, old, client) => {
		await say(client, 'm'.repeat(16000));
		emptyLog(db);
		await say(client, 'next');
		truncateSync(db, statSync(db).size - 4096);
	},
	'the file was emptied': (db) => {
		emptyLog(db);
		truncateSync(db, 0);
	},
	'an older content was copied into the file': async (db, old, client) => {
		emptyLog(db);
		await say(client, 'next');
		run('cp', path.join(old, 'linnet.db'), db);
	},
	'the log was deleted': (db) => rmSync(`${db}-wal`),
	'the log was cut': (db) => truncateSync(`${db}-wal`, statSync(`${db}-wal`).size - 5000),
	'the log was emptied': (db) => truncateSync(`${db}-wal`, 0),
	'the log was replaced': (db) => {
		copyFileSync(`${db}-wal`, `${db}.new`);
		renameSync(`${db}.new`, `${db}-wal`);
	},
	'an older copy of the whole folder was put over it': (db, old) => run('cp', '-a', `${old}/.`, path.dirname(db)),
};

const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;
const needsSqlite = { skip: hasSqlite ? false : 'the program sqlite3 is not installed' };

/** Says ten messages, copies all files, says twenty more, and lets something happen to the files. */
async function meetMishap(daemon, folder, mishap) {
	const old = path.join(temporaryFolder(), 'old');
	const { client, joined } = await enter(daemon);
	const text = (n) => `${n} ${'m'.repeat(2000)}`;
	await sayMany(client, 10, { textOf: text });
	if (hasSqlite)
		emptyLog(path.join(folder, 'linnet.db'));
	run('cp', '-a', folder, old);
	await sayMany(client, 20, { textOf: text });
	await mishap(path.join(folder, 'linnet.db'), old, client);
	return { client, epoch: joined.epoch };
}

// The daemon looks at its files every few seconds: these tests wait for that together.
describe('what may happen to the files', { concurrency: true }, () => {
	for (const [what, mishap] of Object.entries(mishaps)) {
		test(`${what} under a daemon: it notices while idle, keeps nothing more, and the next one tells`, needsSqlite, async () => {
			const folder = path.join(temporaryFolder(), 'history');
			mkdirSync(folder);
			let epoch;
			await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
				const met = await meetMishap(daemon, folder, mishap);
				({ epoch } = met);
				await untilReady(daemon, false);
				const refused = await answerTo(met.client, { message: 'lost', ref: 'c1' });
				assert.equal(refused.code, 'store_failed');
				const lost = /^store_failed path=.* hint=".*restarted/;
				await daemon.waitForLog(lost);
				// It does not heal by itself.
				assert.equal((await answerTo(met.client, { message: 'lost', ref: 'c2' })).code, 'store_failed');
				const unknown = await answerTo(met.client, { type: 'delete', of: 0, ref: 'c3' });
				assert.equal(unknown.code, 'store_failed', 'whether it is a repetition cannot be known');
				assert.equal((await get(daemon, '/readyz')).status, 503);
				const { status, json } = await ask(daemon, 'POST', '/push/lobby', { body: 'lost' });
				assert.deepEqual([status, json.error.code], [503, 'store_failed']);
				assert.equal(daemon.log.filter((line) => lost.test(line)).length, 1, daemon.stderr);
			});
			// Either all of it is there, or whoever comes back is told. A damaged file is refused.
			const { code, stderr } = await startAgain(folder, epoch);
			assert.ok(code === 0 || (code === 3 && /damaged|log/.test(stderr)), stderr);
		});
	}
});

/** Starts the next daemon; returns its end if it does not start. */
async function startAgain(folder, epoch) {
	try {
		await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
			const { client, joined } = await enter(daemon, after(epoch, 25));
			const left = idsOf(await wholeHistory(client));
			assert.deepEqual(left, range(1, left.length));
			assert.equal(joined.recovered, joined.epoch === epoch);
			if (joined.recovered)
				assert.ok(left.length >= 30);
		});
		return { code: 0, stderr: '' };
	} catch (error) {
		if (!/ended before it logged/.test(error.message))
			throw error;
		return { code: 3, stderr: error.message };
	}
}

test('a message right after the log was emptied is refused, not written behind a hole', async () => {
	const folder = temporaryFolder();
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const { client } = await meetMishap(daemon, folder, mishaps['the log was emptied']);
		assert.equal((await answerTo(client, { message: 'lost', ref: 'c1' })).code, 'store_failed');
	});
});

describe('what others do to the files and their disk', { concurrency: true }, () => {
	test('another program may copy the log into the file and empty it', needsSqlite, async () => {
		const folder = temporaryFolder();
		await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
			const { client } = await meetMishap(daemon, folder, emptyLog);
			assert.equal(statSync(path.join(folder, 'linnet.db-wal')).size, 0);
			assert.equal(await say(client, 'next'), 31);
			emptyLog(path.join(folder, 'linnet.db'));
			// Twice the time in which it looks at the files.
			const before = daemon.cpuSeconds();
			await eventually(async () => {
				assert.equal((await get(daemon, '/readyz')).status, 200);
				assert.ok(daemon.cpuSeconds() > before + 0.1);
			}, 'the daemon to look');
			assert.equal(await say(client, 'next'), 32);
		});
	});

	test('while another process locks the file the daemon is not ready, though nobody writes, and then it is', needsSqlite, async () => {
		const folder = temporaryFolder();
		await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
			await untilReady(daemon, true);
			const lock = spawn('sqlite3', [path.join(folder, 'linnet.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
			const ended = new Promise((resolve) => lock.once('close', resolve));
			const locked = new Promise((resolve) => lock.stdout.once('data', resolve));
			lock.stdin.write(".timeout 10000\nBEGIN EXCLUSIVE;\nSELECT 'locked';\n");
			await within(locked, 'the lock');
			await untilReady(daemon, false);
			lock.stdin.end('ROLLBACK;\n');
			await within(ended, 'sqlite3 to end');
			await untilReady(daemon, true);
		});
	});

	test('on a full disk the daemon is not ready, and it is when there is space again, though nobody writes', async (t) => {
		const disk = smallDisk(4 * 1024 * 1024);
		if (!disk) {
			t.skip('a small file system cannot be mounted here');
			return;
		}
		try {
			await withDaemon(noRateLimitWith(`store.path=${path.join(disk.folder, 'linnet.db')}`), async (daemon) => {
				const ann = await daemon.ws();
				await say(ann, 'one');
				const filler = fillUp(disk.folder);
				await untilReady(daemon, false);
				rmSync(filler);
				await untilReady(daemon, true);
				assert.equal(await say(ann, 'two'), 2);
			});
		} finally {
			disk.remove();
		}
	});
});

test('with the driver memory the daemon is ready', () =>
	withDaemon({ settings: ['store.driver=memory'] }, (daemon) => untilReady(daemon, true)));

/** Runs linnetd --backup and returns { code, stderr }. */
const backup = (folder, to, ...settings) =>
	runDaemon({ folder, args: ['--backup', to], settings: ['http.port=0', ...settings] });

/** What a daemon on that file answers. */
async function contentOf(file) {
	let content;
	await withDaemon(noRateLimitWith(`store.path=${file}`), async (daemon) => {
		const { client, joined } = await enter(daemon);
		content = { epoch: joined.epoch, texts: (await wholeHistory(client)).map(({ message }) => message) };
	});
	return content;
}

test('--backup copies the whole history while the daemon runs, for its owner alone, with an epoch of its own', async () => {
	const folder = temporaryFolder();
	const to = path.join(temporaryFolder(), 'copy.db');
	let epoch;
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon);
		({ epoch } = joined);
		await sayMany(client, 300);
		const talking = sayMany(client, 300, { textOf: (n) => `meanwhile ${n}` });
		const { code, stderr } = await backup(folder, to);
		assert.deepEqual([code, stderr], [0, '']);
		assert.equal(await talking, 600);
	});
	assert.deepEqual(readdirSync(path.dirname(to)), ['copy.db']);
	assert.equal(statSync(to).mode & 0o777, 0o600);
	const { epoch: other, texts } = await contentOf(to);
	assert.notEqual(other, epoch);
	assert.ok(texts.length >= 300);
	assert.deepEqual(texts.slice(0, 300), range(1, 300).map((n) => `message-${n}`));
});

test('--backup copies what is only in the log of a daemon that was killed, and changes nothing', async () => {
	const folder = temporaryFolder();
	const to = path.join(folder, 'copy.db');
	let epoch;
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon);
		({ epoch } = joined);
		await sayMany(client, 5);
		await daemon.crash();
	});
	assert.equal((await backup(folder, to)).code, 0);
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon, after(epoch, 3));
		assert.deepEqual([joined.epoch, joined.recovered], [epoch, true]);
		assert.deepEqual(idsOf(await wholeHistory(client)), range(1, 5));
	});
	assert.equal((await contentOf(to)).texts.length, 5);
});

test('a restored backup has a new epoch, whoever had seen more is told, and ids go on', async () => {
	const folder = temporaryFolder();
	const [db, to] = [path.join(folder, 'linnet.db'), path.join(folder, 'copy.db')];
	let epoch;
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon);
		({ epoch } = joined);
		await sayMany(client, 5);
		assert.equal((await backup(folder, to)).code, 0);
		assert.equal(await sayMany(client, 5), 10);
	});
	renameSync(to, db);
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon, after(epoch, 7));
		assert.equal(joined.recovered, false);
		assert.notEqual(joined.epoch, epoch);
		assert.equal(await sayMany(client, 7), 12);
		assert.equal((await enter(daemon, after(epoch, 7))).joined.recovered, false);
	});
});

test('--backup never writes over a file, and says why it cannot', async () => {
	const folder = temporaryFolder();
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => say(await daemon.ws(), 'hi'));
	writeFileSync(path.join(folder, 'taken'), 'mine');
	symlinkSync('nowhere', path.join(folder, 'dangling'));
	const before = readdirSync(folder);
	const cases = [
		[['taken'], 3, /exists/],
		[['dangling'], 3, /exists/],
		[['nowhere/copy.db'], 3, /No such file/],
		[['copy.db', 'store.path=missing.db'], 3, /cannot be read: No such file/],
		[['copy.db', 'store.path=.'], 3, /not a file/],
		[['copy.db', 'store.path=taken'], 3, /no history of Linnet/],
		[['copy.db', 'store.driver=memory'], 3, /memory/],
	];
	for (const [[to, ...settings], status, why] of cases) {
		const { code, stderr } = await backup(folder, to, ...settings);
		assert.deepEqual([to, code], [to, status], stderr);
		assert.match(stderr, why);
		assert.equal(stderr.trim().split('\n').length, 1, stderr);
	}
	assert.deepEqual(readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name)), before);
	for (const args of [['--backup'], ['--backup', 'x', '-t'], ['-T', '--backup', 'x']])
		assert.equal(spawnSync(binary, args, { cwd: folder }).status, 2, args.join(' '));
});
