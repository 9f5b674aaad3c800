// The history is set back again and again, by an older copy or by a cut log: every client has the same
// list in the end, or was told.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary, isSlowRun, temporaryFolder } from '../lib/daemon.mjs';
import { get } from '../lib/doors.mjs';
import { Crowd, secondsSince } from './crowd.mjs';
import { KillableDaemon } from './mortal.mjs';
import { Chance, moment, size, summary } from './options.mjs';

const clients = size('CLIENTS', { small: 50, full: 50 });
const messages = size('MESSAGES', { small: 2000, full: 20_000 });
const kills = size('KILLS', { small: 4, full: 10 });

// The kernel's times tell a copy that was put back over the files from the files, if it is older than
// this.
const SLACK_MS = 600;

const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });

/** Ways to put the older files of a folder back. */
const restores = [
	(folder, copy) => {
		rmSync(folder, { recursive: true });
		run('cp', '-a', copy, folder);
	},
	async (folder, copy) => {
		await moment(SLACK_MS);
		run('cp', '-a', `${copy}/.`, folder);
	},
	(folder, copy) => {
		rmSync(folder, { recursive: true });
		renameSync(copy, folder);
	},
	(folder, copy) => {
		for (const end of ['-wal', '-shm'])
			rmSync(path.join(folder, `linnet.db${end}`), { force: true });
		run('cp', `${copy}.db`, path.join(folder, 'linnet.db'));
	},
];

/** A consistent copy of the folder; beside it is one that linnetd has made itself. */
async function copyOf(mortal) {
	const copy = path.join(temporaryFolder(), 'copy');
	// Nothing is written while the process is stopped.
	mortal.daemon.signal('SIGSTOP');
	run('cp', '-a', mortal.folder, copy);
	mortal.daemon.signal('SIGCONT');
	run(binary, '-s', `store.path=${mortal.folder}/linnet.db`, '--backup', `${copy}.db`);
	return copy;
}

/** Sets the history back by an older copy. */
async function restoreAgainAndAgain(mortal, crowd, chance) {
	for (const [n, at] of chance.moments(kills, Math.floor(messages * 0.95)).entries()) {
		await crowd.reached(Math.max(0, at - Math.floor(messages / 50)));
		const copy = await copyOf(mortal);
		await crowd.reached(at);
		await mortal.kill();
		await restores[n % restores.length](mortal.folder, copy);
		await mortal.start();
	}
}

/** Cuts or deletes the log, which has the newest messages. */
async function cutAgainAndAgain(mortal, crowd, chance) {
	for (const at of chance.moments(kills, Math.floor(messages * 0.95))) {
		await crowd.reached(at);
		await mortal.kill();
		const log = path.join(mortal.folder, 'linnet.db-wal');
		if (chance.isLucky(0.3))
			rmSync(log, { force: true });
		else if (existsSync(log))
			truncateSync(log, chance.below(statSync(log).size + 1));
		await startOrBeginAnew(mortal);
	}
}

/** If what was cut off the log was in the file already, they contradict each other. */
async function startOrBeginAnew(mortal) {
	try {
		await mortal.start();
	} catch (error) {
		assert.match(error.message, /^store_failed path=\S+ error="the file is damaged/m);
		for (const end of ['', '-wal', '-shm'])
			rmSync(path.join(mortal.folder, `linnet.db${end}`), { force: true });
		await mortal.start();
	}
}

for (const [name, title, setBack] of [
	['restore', 'after a restore of an older copy', restoreAgainAndAgain],
	['cut', 'after the log was cut', cutAgainAndAgain],
]) {
	test(`${title} every client has the same list, or was told`, { skip: isSlowRun }, async () => {
		const chance = new Chance();
		const mortal = new KillableDaemon();
		await mortal.start();
		const start = performance.now();
		const crowd = new Crowd({ port: mortal.port, clients, inFlight: 16, mayLose: true });
		try {
			await crowd.allJoined();
			crowd.send(messages);
			await setBack(mortal, crowd, chance);
			await crowd.allAcked();
			const { json } = await get(mortal.daemon, '/history/torture?limit=1');
			crowd.total = json.messages[0].id;
			await crowd.complete();
			crowd.assertSameView();
			const figures = { kills, sent: messages, told: crowd.sum('told'), ...crowd.figures() };
			summary(name, { ...figures, seconds: secondsSince(start) });
			assert.ok(figures.told > 0, 'nobody was told');
			await crowd.assertNewMemberReadsTheSame();
			crowd.leave();
			await mortal.daemon.stop();
		} catch (error) {
			error.message += `\nlinnetd said:\n${mortal.daemon.stderr.slice(-8192)}`;
			throw error;
		} finally {
			crowd.leave();
			mortal.daemon.kill();
		}
	});
}
