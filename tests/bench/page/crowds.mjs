// Measures what many people, rooms and messages cost the page.
//
//     node tests/bench/page/crowds.mjs LINNETD...
//
// Several daemons, an old and a new one, take turns. Prints the processor time of the page's main thread, each number
// the median of ROUNDS rounds:
//
// - comers: COMERS people join the room of the reader, and leave again;
// - rooms: the page opens in ROOMS rooms, and MESSAGES messages arrive in those that the reader does not look at;
// - stream: a message of STREAM that arrive, 50 each second, in a room that already has more than a log shows. "script" is
//   the part of it that the page's own code takes;
// - keys: a key in the message field, in a room with 10,000 messages, while 50 more arrive each second. "key" is not
//   processor time, but the time until the frame that shows it.
import { setTimeout as sleep } from 'node:timers/promises';
import { openBrowser } from '../../lib/browser.mjs';
import { join, say, sayMany } from '../../lib/chat.mjs';
import { startDaemon } from '../../lib/daemon.mjs';

const ROUNDS = 3;
const COMERS = 200;
const ROOMS = 300;
const MESSAGES = 250;
const STREAM = 2000;
const BLOCK = 500;
// A loaded machine takes its time, which is not what is measured.
const PATIENCE_MS = 10 * 60 * 1000;
const SETTINGS = ['limits.message_rate=0.0', 'limits.address_rate=0.0', 'limits.connect_rate=0.0', `chat.rooms_per_session=${ROOMS + 1}`];

const median = (numbers) => numbers.slice().sort((one, other) => one - other)[numbers.length >> 1];

// Opens the page as Ann, who has joined these rooms. Returns { page, cost, leave }: cost(kind) is the time since its last
// call, in ms.
async function arrive(browser, daemon, rooms = []) {
	const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
	const page = await context.newPage();

	page.setDefaultTimeout(PATIENCE_MS);
	await page.addInitScript((names) => {
		localStorage.setItem('linnet.name', 'Ann');
		localStorage.setItem('linnet.rooms', JSON.stringify(names));
		localStorage.setItem('linnet.room', 'lobby');
	}, ['lobby', ...rooms]);
	const developer = await context.newCDPSession(page);
	await developer.send('Performance.enable', { timeDomain: 'threadTicks' });
	await page.goto(daemon.url);
	await page.waitForSelector('#state[data-state="online"]');
	const last = {};
	async function cost(kind = 'TaskDuration') {
		const { metrics } = await developer.send('Performance.getMetrics');
		const now = metrics.find(({ name }) => name === kind).value * 1000;
		const spent = now - (last[kind] ?? 0);
		last[kind] = now;
		return spent;
	}
	return { page, cost, leave: () => context.close() };
}

// Waits until the page has shown what it received.
const quiet = (page) => page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => setTimeout(resolve, 500)), 1500)));

async function comers(browser, daemon) {
	const ann = await arrive(browser, daemon);
	await quiet(ann.page);
	await ann.cost();
	const people = await Promise.all(Array.from({ length: COMERS }, (_, n) => daemon.ws(`/ws?name=person%20${n}`)));
	await quiet(ann.page);
	const came = await ann.cost();
	await Promise.all(people.map((one) => one.close()));
	await quiet(ann.page);
	const went = await ann.cost();
	await ann.leave();
	return { came, went };
}

async function rooms(browser, daemon) {
	const names = Array.from({ length: ROOMS }, (_, n) => `room-${n}`);
	const bob = await daemon.ws('/ws?name=bob&events=1');
	for (const name of names)
		await join(bob, name);
	for (const room of names)
		await say(bob, { message: 'before', room });
	const ann = await arrive(browser, daemon, names);
	await ann.page.waitForFunction((count) => document.querySelectorAll('.log[data-loaded]').length > count, ROOMS);
	await quiet(ann.page);
	const opened = await ann.cost();
	for (let n = 0; n < MESSAGES; n++)
		bob.sendJson({ message: `message ${n}`, room: names[n % ROOMS] });
	await quiet(ann.page);
	const spoken = await ann.cost();
	await ann.leave();
	await bob.close();
	return { opened, spoken };
}

// Returns the time from each of these key presses to the frame that shows it, in ms.
const typeKeys = (page, letters) =>
	page.evaluate(async (keys) => {
		const field = document.getElementById('text');
		const times = [];

		for (const key of keys) {
			const begun = performance.now();
			field.setRangeText(key, field.value.length, field.value.length, 'end');
			field.dispatchEvent(new InputEvent('input', { data: key, inputType: 'insertText', bubbles: true }));
			await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
			times.push(performance.now() - begun);
		}
		return times;
	}, letters);

// Opens the page in a room in which this many messages are said. In blocks: a server drops a reader that lags behind.
async function arriveAfter(browser, daemon, bob, count) {
	const ann = await arrive(browser, daemon);
	for (let n = 0; n < count; n += BLOCK) {
		await sayMany(bob, BLOCK, { textOf: (at) => `message ${n + at}` });
		await ann.page.getByText(`message ${n + BLOCK}`, { exact: true }).waitFor();
	}
	await quiet(ann.page);
	return ann;
}

async function stream(browser, daemon) {
	const bob = await daemon.ws('/ws?name=bob');
	const ann = await arriveAfter(browser, daemon, bob, 1000);
	await ann.cost();
	await ann.cost('ScriptDuration');
	for (let n = 0; n < STREAM; n++) {
		bob.sendJson({ message: `more ${n}` });
		await sleep(20);
	}
	await quiet(ann.page);
	const results = { message: (await ann.cost()) / STREAM, script: (await ann.cost('ScriptDuration')) / STREAM };
	await ann.leave();
	await bob.close();
	return results;
}

async function keys(browser, daemon) {
	const bob = await daemon.ws('/ws?name=bob');
	const ann = await arriveAfter(browser, daemon, bob, 10_000);
	await ann.cost();
	let n = 0;
	const talk = setInterval(() => bob.sendJson({ message: `more ${++n}` }), 20);
	const times = await typeKeys(ann.page, 'The quick brown fox jumps over the lazy dog. '.repeat(6));
	clearInterval(talk);
	const busy = await ann.cost();
	await ann.leave();
	await bob.close();
	return { key: median(times), 'slowest key': Math.max(...times), 'per key': busy / times.length };
}

const programs = process.argv.slice(2);
if (programs.length === 0) {
	process.stderr.write('usage: node tests/bench/page/crowds.mjs LINNETD...\n');
	process.exit(2);
}
const browser = await openBrowser();
for (const measure of [comers, rooms, stream, keys]) {
	const results = programs.map(() => ({}));
	for (let round = 0; round < ROUNDS; round++)
		for (const [index, program] of programs.entries()) {
			const daemon = await startDaemon({ program, settings: SETTINGS });
			for (const [name, ms] of Object.entries(await measure(browser, daemon)))
				(results[index][name] ??= []).push(ms);
			await daemon.stop();
		}
	for (const [index, program] of programs.entries())
		for (const [name, all] of Object.entries(results[index]))
			console.log(`${measure.name.padEnd(7)} ${name.padEnd(12)} ${median(all).toFixed(2).padStart(8)} ms  ${program}`);
}
await browser.close();
