// What do the most expensive searches cost everybody else? See README.md.

import { startDaemon } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';
import { readNumbers } from './options.mjs';

const usage = `usage: LINNETD=FILE node search.mjs [--messages N] [--guests N] [--seconds N]
  LINNETD=FILE    the linnetd to measure, built without sanitizers
  --messages N    messages of 16 KB in the room (600)
  --guests N      guests who search all the time (6)
  --seconds N     length of each measurement (10)
`;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const TEXT = 'a b '.repeat(4_000);
const QUERIES = [`${'a-b-'.repeat(63)}b`, Array.from({ length: 16 }, (_, n) => 'a-b-'.repeat(3) + 'ab'[n % 2]).join(' ')];

async function fill(daemon, count) {
	const client = await daemon.ws('/ws?name=historian');
	for (let n = 0; n < count; n++) {
		client.sendJson({ message: TEXT, ref: `h${n}` });
		await client.nextJson();
	}
	await client.close();
}

/** A guest asks again as soon as it is answered, until isOver(). Returns how often. */
async function searchOn(daemon, n, isOver) {
	const guest = await daemon.ws();
	let count = 0;
	for (; !isOver(); count++) {
		guest.sendJson({ type: 'search', q: QUERIES[n % QUERIES.length] });
		while ((await guest.nextJson()).type !== 'search');
	}
	await guest.close();
	return count;
}

async function timed(ask) {
	const begin = performance.now();
	await ask();
	return performance.now() - begin;
}

/** A client that joins with "since" and is sent the last two messages. */
async function resume(daemon, since) {
	const client = await daemon.ws('/ws?room=elsewhere');
	client.sendJson({ type: 'join', room: 'lobby', since });
	for (let n = 0; n < 3; n++)
		await client.nextJson();
	await client.close();
}

/** Measures each of the works, one after the other, until isOver(). */
async function watch(works, isOver) {
	const times = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
	while (!isOver())
		for (const [name, work] of Object.entries(works)) {
			times[name].push(await timed(work));
			await sleep(10);
		}
	return Object.fromEntries(Object.entries(times).map(([name, all]) => [`${name} max ms`, Math.round(Math.max(...all))]));
}

async function measure(daemon, guests, seconds, since) {
	const end = performance.now() + seconds * 1000;
	const isOver = () => performance.now() > end;
	const [speaker, listener] = [await daemon.ws('/ws?room=talk'), await daemon.ws('/ws?room=talk')];
	const works = {
		resume: () => resume(daemon, since),
		healthz: () => get(daemon, '/healthz'),
		message: () => {
			speaker.sendJson({ message: 'hi' });
			return listener.nextJson();
		},
	};
	const cpu = daemon.cpuSeconds();
	const crowd = Promise.all(Array.from({ length: guests }, (_, n) => searchOn(daemon, n, isOver)));
	const times = await watch(works, isOver);
	const used = (100 * (daemon.cpuSeconds() - cpu)) / seconds;
	await Promise.race([crowd, sleep(60_000)]);
	return { ...times, 'cpu %': Math.round(used) };
}

const options = readNumbers({ messages: 600, guests: 6, seconds: 10 }, usage);
for (const driver of ['sqlite', 'memory']) {
	const daemon = await startDaemon({ settings: ['limits.message_rate=0', `store.driver="${driver}"`] });
	try {
		await fill(daemon, options.messages);
		const { epoch } = await expectJson(get(daemon, '/history/lobby?limit=1'));
		const since = `${epoch}:${options.messages - 2}`;
		console.log(driver);
		console.table({
			alone: await measure(daemon, 0, options.seconds, since),
			[`${options.guests} guests search`]: await measure(daemon, options.guests, options.seconds, since),
		});
	} finally {
		daemon.kill();
	}
}
process.exit(0);
