// kill -9 at random moments: acknowledged and received messages survive, once, with their ids.

import { test } from 'node:test';
import { isSlowRun } from '../lib/daemon.mjs';
import { Crowd, secondsSince } from './crowd.mjs';
import { KillableDaemon } from './mortal.mjs';
import { Chance, moment, size, summary } from './options.mjs';

const clients = size('CLIENTS', { small: 50, full: 50 });
const messages = size('MESSAGES', { small: 2000, full: 20_000 });
const kills = size('KILLS', { small: 3, full: 10 });

// About the time of a commit and its broadcast, so that a kill can hit any part of them. Every
// other kill comes at once, while other acks of the same commit are still on their way.
const AIM_MS = 30;

/**
 * Returns the numbers of acks at which the daemon is killed. Some kills come right after a start.
 */
function plan(chance) {
	const moments = chance.moments(kills, Math.floor(messages * 0.95));
	return moments.map((at, n) => (n > 0 && chance.isLucky(0.25) ? moments[n - 1] : at));
}

async function killAndRestart(mortal, crowd, chance) {
	for (const at of plan(chance)) {
		await crowd.reached(at);
		if (chance.isLucky(0.5))
			await moment(chance.below(AIM_MS));
		await mortal.kill();
		await mortal.start();
	}
}

const title = 'kill -9 loses no acked message and delivers none twice';

test(title, { skip: isSlowRun }, async () => {
	const chance = new Chance();
	const mortal = new KillableDaemon();
	await mortal.start();
	const start = performance.now();
	const crowd = new Crowd({ port: mortal.port, clients, inFlight: 16 });
	try {
		await crowd.allJoined();
		crowd.send(messages);
		await killAndRestart(mortal, crowd, chance);
		await crowd.complete();
		crowd.assertSameView();
		summary('restart', { kills, ...crowd.figures(), seconds: secondsSince(start) });
		await crowd.assertNewMemberReadsTheSame();
		crowd.leave();
		await mortal.daemon.stop();
	} catch (error) {
		summary('restart', { failed: true, ...crowd.figures(), seconds: secondsSince(start) });
		error.message += `\nlinnetd said:\n${mortal.daemon.stderr.slice(-8192)}`;
		throw error;
	} finally {
		crowd.leave();
		mortal.daemon.kill();
	}
});
