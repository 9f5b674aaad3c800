// Connections that break in every possible way: no member misses a message or receives one twice,
// and a resend is recognised.

import { test } from 'node:test';
import { isSlowRun, startDaemon } from '../lib/daemon.mjs';
import { Crowd, secondsSince, settings } from './crowd.mjs';
import { Chance, size, summary } from './options.mjs';
import { Proxy } from './proxy.mjs';

const clients = size('CLIENTS', { small: 50, full: 50 });
const messages = size('MESSAGES', { small: 2000, full: 20_000 });
const cuts = size('CUTS', { small: 60, full: 600 });

async function troubleAtRandom(proxy, crowd, chance) {
	for (const at of chance.moments(cuts, messages)) {
		await crowd.reached(at);
		proxy.trouble();
	}
}

const title = 'connections that are cut lose no message and deliver none twice';

test(title, { skip: isSlowRun }, async () => {
	const chance = new Chance();
	const daemon = await startDaemon({ settings });
	const proxy = new Proxy(daemon.port, chance);
	await proxy.open();
	const start = performance.now();
	const crowd = new Crowd({ port: proxy.port, clients, inFlight: 6 });
	try {
		await crowd.allJoined();
		crowd.send(messages);
		await troubleAtRandom(proxy, crowd, chance);
		await crowd.complete();
		crowd.assertSameView();
		const done = { ...proxy.counts, resets: proxy.resets };
		summary('cuts', { cuts, ...done, ...crowd.figures(), seconds: secondsSince(start) });
		await crowd.assertNewMemberReadsTheSame();
		crowd.leave();
		proxy.close();
		await daemon.stop();
	} catch (error) {
		summary('cuts', { failed: true, ...crowd.figures(), seconds: secondsSince(start) });
		error.message += `\nlinnetd said:\n${daemon.stderr.slice(-8192)}`;
		throw error;
	} finally {
		crowd.leave();
		proxy.close();
		daemon.kill();
	}
});
