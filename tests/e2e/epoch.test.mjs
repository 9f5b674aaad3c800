// The epoch of a history changes whenever the newest messages may be missing, and only then: files
// that were put back from a copy, cut, moved elsewhere, or not written before the machine stopped.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
	chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { after, enter, idsOf, noRateLimit, noRateLimitWith, range, say, sayMany, wholeHistory } from '../lib/chat.mjs';
import { eventually, smallDisk, temporaryFolder, withDaemon } from '../lib/daemon.mjs';

const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
const has = (program) => spawnSync(program, ['--version']).error === undefined;

/** Where a test keeps the history and a copy of it. */
function places() {
	const top = temporaryFolder();
	const at = (...names) => path.join(top, ...names);
	mkdirSync(at('history'));
	return { top, folder: at('history'), copy: at('copy'), db: at('history/linnet.db'), copied: at('copy/linnet.db') };
}

/** What the file beside the history says of itself. */
const lineageOf = (db) => Object.fromEntries(readFileSync(`${db}-lineage`, 'utf8').trim().split(' ').slice(2).map((pair) => pair.split('=')));

/** Copies the folder as it is, as a backup that knows nothing of Linnet does. */
const copyAll = ({ folder, copy }) => run('cp', '-a', folder, copy);

/** The time at which a file was changed tells a copy from the original, but not to the millisecond. */
const laterThan = (db) =>
	eventually(() => assert.ok(Date.now() > Number(lineageOf(db).written) + 600), 'the clock to go on');

/**
 * Runs a daemon, says five messages, calls copy(place), says five more, ends it, calls restore(place),
 * and returns the epoch and last id before, with the place.
 */
async function loseNewest({ copy = () => {}, restore, isKilled = false, options = noRateLimit }) {
	const place = places();
	let epoch;
	await withDaemon({ ...options, folder: place.folder }, async (daemon) => {
		const { client, joined } = await enter(daemon);
		epoch = joined.epoch;
		assert.equal(await sayMany(client, 5), 5);
		if (isKilled)
			await copy(place);
		else
			await daemon.stop();
		if (isKilled) {
			assert.equal(await sayMany(client, 5), 10);
			await daemon.crash();
		}
	});
	if (!isKilled) {
		await copy(place);
		await withDaemon({ ...options, folder: place.folder }, async (daemon) => {
			const { client, joined } = await enter(daemon);
			assert.equal(joined.epoch, epoch, 'a clean stop changed the epoch');
			assert.equal(await sayMany(client, 5), 10);
		});
	}
	await restore(place);
	return { place, epoch };
}

/** Whoever comes back is told that messages are lost: at once, and when there are as many again. */
async function assertTold({ place: { folder }, epoch }, { options = noRateLimit, why } = {}) {
	let fresh;
	await withDaemon({ ...options, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon, after(epoch, 7));
		assert.equal(joined.recovered, false);
		assert.notEqual(joined.epoch, epoch);
		fresh = joined.epoch;
		const left = await wholeHistory(client);
		assert.deepEqual(idsOf(left), range(1, left.length));
		const last = await sayMany(client, 7);
		assert.equal(last, left.length + 7, 'ids go on');
		const late = await enter(daemon, after(epoch, 7));
		assert.equal(late.joined.recovered, false);
		const [, said] = await daemon.waitForLog(/^epoch_changed path=\S+ epoch=\w+ why="(.*)"/);
		assert.match(said, why ?? /./);
	});
	await withDaemon({ ...options, folder }, async (daemon) => {
		const { joined } = await enter(daemon, after(fresh, 5));
		assert.deepEqual([joined.epoch, joined.recovered], [fresh, true], 'the new epoch stays');
	});
}

/** Nothing was lost, and whoever comes back is sent what came after. */
async function assertRecovers({ folder }, epoch, { last = 10, options = noRateLimit } = {}) {
	await withDaemon({ ...options, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon, after(epoch, 7));
		assert.deepEqual([joined.epoch, joined.recovered], [epoch, true]);
		assert.deepEqual(idsOf(await wholeHistory(client)), range(1, last));
		assert.ok(!daemon.stderr.includes('epoch_changed'), daemon.stderr);
	});
}

const needsSqlite = { skip: has('sqlite3') ? false : 'the program sqlite3 is not installed' };
const removeLog = ({ db }) => ['-wal', '-shm'].forEach((end) => rmSync(db + end, { force: true }));

/** Ways to put back an older copy of all files. */
const restores = {
	'by cp -a into another folder of the same name': ({ folder, copy }) => {
		rmSync(folder, { recursive: true });
		run('cp', '-a', copy, folder);
	},
	'by cp -a over the files': async ({ folder, copy, copied }) => {
		await laterThan(copied);
		removeLog({ db: path.join(folder, 'linnet.db') });
		run('cp', '-a', `${copy}/.`, folder);
	},
	'by cp over the files': async ({ folder, copy, copied }) => {
		await laterThan(copied);
		run('cp', '-r', `${copy}/.`, folder);
	},
	'by tar': ({ folder, copy }) => {
		run('tar', '-C', copy, '-cf', `${copy}.tar`, '.');
		run('tar', '-C', folder, '-xf', `${copy}.tar`);
	},
	'by renaming the copies, as rsync does': ({ folder, copy }) => {
		rmSync(folder, { recursive: true });
		renameSync(copy, folder);
	},
};

for (const isKilled of [false, true]) {
	for (const [how, restore] of Object.entries(restores)) {
		const what = isKilled ? 'taken while it runs' : 'taken while it is stopped';
		test(`an older copy of all files, ${what} and put back ${how}, has a new epoch`, async () =>
			assertTold(await loseNewest({ copy: copyAll, restore, isKilled })));
	}
}

/** Ways to lose the newest messages with the file beside the history still there. */
const losses = {
	'the file alone, by dd': {
		copy: copyAll,
		restore: (place) => {
			removeLog(place);
			run('dd', `if=${place.copied}`, `of=${place.db}`, 'status=none');
		},
		why: /newest messages are missing/,
	},
	'the file alone, from a copy by sqlite3': {
		copy: ({ db, copy, copied }) => {
			mkdirSync(copy);
			run('sqlite3', db, `.backup ${copied}`);
		},
		restore: (place) => {
			removeLog(place);
			run('cp', place.copied, place.db);
		},
		isKilled: true,
		isSqlite: true,
		why: /newest messages are missing/,
	},
	'the log was deleted after kill -9': { restore: removeLog, isKilled: true, why: /not the one that was here last/ },
	'the log was cut after kill -9': {
		restore: ({ db }) => {
			assert.ok(statSync(`${db}-wal`).size > 20_000);
			truncateSync(`${db}-wal`, statSync(`${db}-wal`).size - 4_000);
		},
		isKilled: true,
		why: /newest messages are missing/,
	},
	'the file beside it is missing': { restore: ({ db }) => rmSync(`${db}-lineage`), why: /missing/ },
	'the file beside it is damaged': { restore: ({ db }) => writeFileSync(`${db}-lineage`, 'x'.repeat(400)), why: /damaged/ },
	'the file beside it is of another history': {
		restore: async ({ db }) => {
			const other = temporaryFolder();
			await withDaemon({ ...noRateLimit, folder: other }, async (daemon) => say(await daemon.ws(), 'hi'));
			renameSync(path.join(other, 'linnet.db-lineage'), `${db}-lineage`);
		},
		why: /not the history that was here last/,
	},
};

for (const [how, { isSqlite, why, ...loss }] of Object.entries(losses))
	test(`a history has a new epoch: ${how}`, isSqlite ? needsSqlite : {}, async () =>
		assertTold(await loseNewest(loss), { why }));

test('a history that was moved to another disk has a new epoch', async (t) => {
	const disk = smallDisk(8 * 1024 * 1024);
	if (!disk) {
		t.skip('a small file system cannot be mounted here');
		return;
	}
	try {
		const { place, epoch } = await loseNewest({ restore: ({ folder }) => run('mv', folder, disk.folder) });
		await assertTold({ place: { ...place, folder: path.join(disk.folder, 'history') }, epoch });
	} finally {
		disk.remove();
	}
});

/** Options that make a daemon take it that the machine has booted anew. */
function anotherBoot() {
	const file = path.join(temporaryFolder(), 'boot');
	writeFileSync(file, '11111111-2222-3333-4444-555555555555\n');
	const place = '/proc/sys/kernel/random/boot_id';
	// In a container the place may be a mount of a deleted file, on which nothing can be mounted.
	const mount = `umount ${place} 2>/dev/null; mount --bind ${file} ${place} && exec "$@"`;
	return { wrapper: ['unshare', '--mount', 'sh', '-c', mount, 'sh'] };
}

const [unshare, ...mounted] = anotherBoot().wrapper;
const canBoot = spawnSync(unshare, [...mounted, 'true']).status === 0;
const needsBoot = { skip: canBoot ? false : 'this process may not have mounts of its own' };

test('after kill -9 and another boot a history has a new epoch, as a power loss may have cut it', needsBoot, async () =>
	assertTold(await loseNewest({ restore: () => {}, isKilled: true }), {
		options: { ...noRateLimit, ...anotherBoot() },
		why: /machine stopped/,
	}));

test('another boot changes no epoch after a clean stop', needsBoot, async () => {
	const { place, epoch } = await loseNewest({ restore: () => {} });
	await assertRecovers(place, epoch, { options: { ...noRateLimit, ...anotherBoot() } });
});

test('another boot changes no epoch after kill -9 with store.sync full', needsBoot, async () => {
	const options = noRateLimitWith('store.sync=full');
	const { place, epoch } = await loseNewest({ restore: () => {}, isKilled: true, options });
	await assertRecovers(place, epoch, { options: { ...options, ...anotherBoot() } });
});

test('with store.sync full a copy of the machine that was lost has a new epoch', needsBoot, async () => {
	const options = noRateLimitWith('store.sync=full');
	const loss = { copy: copyAll, restore: restores['by cp -a into another folder of the same name'], isKilled: true, options };
	await assertTold(await loseNewest(loss), { options: { ...options, ...anotherBoot() } });
});

/** What happens to files without any loss. */
const harmless = {
	'a clean stop': {},
	'kill -9': { isKilled: true },
	'a folder that was renamed': {
		restore: (place) => {
			renameSync(place.folder, place.copy);
			place.folder = place.copy;
		},
	},
	'a folder that was renamed after kill -9': {
		restore: (place) => {
			renameSync(place.folder, place.copy);
			place.folder = place.copy;
		},
		isKilled: true,
	},
	'a file that others may read now': { restore: ({ db }) => chmodSync(db, 0o644) },
	'another path, by a link': {
		restore: (place) => {
			mkdirSync(place.copy);
			symlinkSync(place.db, place.copied);
			place.folder = place.copy;
		},
	},
	'a copy that is as new': { restore: (place) => run('cp', '-a', '--remove-destination', place.db, `${place.db}.new`) && renameSync(`${place.db}.new`, place.db) },
};

for (const [what, { restore = () => {}, isKilled }] of Object.entries(harmless))
	test(`the epoch stays: ${what}`, async () => {
		const { place, epoch } = await loseNewest({ restore, isKilled });
		await assertRecovers(place, epoch);
	});

test('the file beside the history is its owner\'s alone, and knows of each message that was seen', async () => {
	const { folder, db } = places();
	await withDaemon({ ...noRateLimit, folder }, async (daemon) => {
		const client = await daemon.ws();
		assert.equal(statSync(`${db}-lineage`).mode & 0o777, 0o600);
		for (let id = 1; id <= 5; id++) {
			assert.equal(await say(client, 'hi'), id);
			assert.equal(lineageOf(db).entries, String(id));
		}
		assert.equal(lineageOf(db).end, 'none');
	});
	assert.equal(lineageOf(db).end, 'clean');
	assert.ok(!existsSync(`${db}-wal`));
});
