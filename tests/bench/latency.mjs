// Does a long history slow down the chat? See README.md.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { startDaemon, temporaryFolder, within } from '../lib/daemon.mjs';
import { readNumbers } from './options.mjs';

const usage = `usage: LINNETD=FILE node latency.mjs [--messages N] [--clients N] [--rate N]
                                     [--seconds N] [--resume N]
  LINNETD=FILE    the linnetd to measure, built without sanitizers
  --messages N    length of the history (100000)
  --clients N     connected clients (500)
  --rate N        messages a second (100)
  --seconds N     length of each measurement (10)
  --resume N      messages missed by the client that resumes (5000)
`;

const SETUP_MS = 300_000;
const IN_FLIGHT = 2000; // while the history is written

// The history has the word "disk" in every second message and "quokka" in every 10,000th.
const COMMON = 'disk';
const RARE = 'quokka';
const WORDS =
	'the service host on rack seven says that its fan is loud again and nobody knows why'.split(' ');

const options = readNumbers({ messages: 100_000, clients: 500, rate: 100, seconds: 10, resume: 5000 }, usage);
const folder = temporaryFolder();

function start() {
	return startDaemon({
		folder,
		settings: [
			'limits.message_rate=0',
			`limits.connections=${options.clients + 100}`,
			'store.keep_messages=0',
			'heartbeat.ping_s=3600', // the crowd does not answer pings
		],
	});
}

function historyText(n) {
	const pick = (i) => WORDS[(n * 7 + i * (n % 5) + i) % WORDS.length];
	const words = Array.from({ length: 16 }, (_, i) => pick(i));
	if (n % 2)
		words[3] = COMMON;
	if (n % 10_000 === 5)
		words[5] = RARE;
	return `${words.join(' ')} ${n}`;
}

/** Writes the history through the door, with many messages in flight at once. */
async function writeHistory(daemon) {
	const client = await daemon.ws('/ws?name=historian');
	let sent = 0;
	let acked = 0;
	const send = () => client.sendJson({ message: historyText(sent), ref: `h${sent++}` });
	const done = new Promise((resolve, reject) => {
		client.socket.on('message', (data) => {
			const { type } = JSON.parse(data);
			if (type !== 'ack')
				return reject(new Error(`expected an ack: ${data}`));
			if (++acked === options.messages)
				return resolve();
			if (sent < options.messages)
				send();
		});
	});
	while (sent < Math.min(IN_FLIGHT, options.messages))
		send();
	await within(done, 'the history to be written', SETUP_MS);
	await client.close();
}

/** Returns the time from spawn() to the line "ready", in ms. */
async function timedStart() {
	const begin = performance.now();
	const daemon = await start();
	return { daemon, ms: performance.now() - begin };
}

/** Restarts the daemon after a clean stop and after a kill -9; returns it, and the times. */
async function measureStarts(first) {
	await first.stop();
	const clean = await timedStart();
	clean.daemon.kill();
	await clean.daemon.ended;
	const killed = await timedStart();
	return { daemon: killed.daemon, start_ms: clean.ms, start_after_kill_ms: killed.ms };
}

/** Starts a worker of latency-worker.mjs; resolves when it is ready. */
async function openWorker(kind, daemon, more) {
	const worker = new Worker(new URL('latency-worker.mjs', import.meta.url), {
		workerData: { kind, port: daemon.port, ...more },
	});
	await within(once(worker, 'message'), `the ${kind}`, SETUP_MS);
	return worker;
}

/** Resolves at that time of performance.now(). */
function at(time) {
	return new Promise((resolve) => setTimeout(resolve, time - performance.now()));
}

/** The sender and the measuring receiver, in this process, which does little else. */
class Talk {
	#count = 0;
	#sent = new Map(); // send times by number

	async open(daemon) {
		this.speaker = await daemon.ws('/ws?name=speaker');
		this.listener = await daemon.ws('/ws?name=listener');
		this.listener.socket.removeAllListeners('message'); // messages are not queued
		this.listener.socket.on('message', (data) => this.#hear(data));
	}

	#hear(data) {
		const now = performance.now();
		const { n } = JSON.parse(data);
		this.latencies?.push(now - this.#sent.get(n));
		this.#sent.delete(n);
		if (this.heardAt !== undefined)
			this.gaps?.push(now - this.heardAt);
		this.heardAt = now;
	}

	/** Resolves when everything that was sent has arrived. */
	async #settled() {
		while (this.#sent.size > 0)
			await within(once(this.listener.socket, 'message'), 'what was sent');
	}

	/** Sends for that many seconds; returns the figures. */
	async run(seconds) {
		this.latencies = [];
		this.gaps = [];
		this.heardAt = undefined;
		const sendGaps = [];
		let last;
		const begin = performance.now();
		for (let i = 0; i < seconds * options.rate; i++) {
			await at(begin + (i * 1000) / options.rate);
			const now = performance.now();
			if (last !== undefined)
				sendGaps.push(now - last);
			last = now;
			this.#sent.set(++this.#count, now);
			this.speaker.sendJson({ message: historyText(this.#count), n: this.#count });
		}
		await this.#settled();
		return {
			p50_ms: quantile(this.latencies, 0.5),
			p99_ms: quantile(this.latencies, 0.99),
			max_ms: quantile(this.latencies, 1),
			gap_ms: quantile(this.gaps, 1),
			send_gap_ms: quantile(sendGaps, 1),
		};
	}
}

function quantile(numbers, part) {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Runs a talk and returns its figures, with the daemon's processor time in percent of a cpu. */
async function measure(daemon, talk) {
	const cpu = daemon.cpuSeconds();
	const begin = performance.now();
	const figures = await talk.run(options.seconds);
	const seconds = (performance.now() - begin) / 1000;
	return { ...figures, cpu_percent: ((daemon.cpuSeconds() - cpu) / seconds) * 100 };
}

async function measureDisturbed(daemon, talk) {
	const reader = await openWorker('reader', daemon, {
		resume: options.resume,
		common: COMMON,
		rare: RARE,
	});
	const figures = await measure(daemon, talk);
	const told = once(reader, 'message');
	reader.postMessage('stop');
	const [times] = await within(told, 'the times of the reader');
	await reader.terminate();
	return { figures, times };
}

const ms = (number) => number.toFixed(number < 10 ? 2 : 0).padStart(7);

function printTalk(name, figures) {
	console.log(name.padEnd(12), ...Object.values(figures).map(ms));
}

function printTimes(times) {
	for (const [name, list] of Object.entries(times)) {
		const [median, max] = [quantile(list, 0.5), quantile(list, 1)];
		console.log(name.padEnd(26), ms(median), ms(max), ` (${list.length} times)`);
	}
}

function printKeys(starts, calm, disturbed, times) {
	const print = (prefix, figures) =>
		Object.entries(figures).map(([key, value]) => `${prefix}${key}=${value.toFixed(2)}`);
	const medians = Object.fromEntries(
		Object.entries(times).map(([name, list]) => [
			`${name.replaceAll(' ', '_')}_ms`,
			quantile(list, 0.5),
		]),
	);
	const all = [print('', starts), print('calm_', calm), print('disturbed_', disturbed)];
	console.log(`\n${[...all, print('', medians)].flat().join(' ')}`);
}

async function prepare() {
	const daemon = await start();
	const begin = performance.now();
	await writeHistory(daemon);
	const seconds = ((performance.now() - begin) / 1000).toFixed(1);
	console.log(`${options.messages} messages of history, written in ${seconds} s`);
	return daemon;
}

async function main() {
	const { daemon, ...starts } = await measureStarts(await prepare());
	console.log(
		`start-up until ready, in ms: ${ms(starts.start_ms)},`,
		`after kill -9: ${ms(starts.start_after_kill_ms)}\n`,
	);
	const crowd = await openWorker('crowd', daemon, { clients: options.clients - 2 });
	const talk = new Talk();
	await talk.open(daemon);
	await talk.run(1); // warm-up
	const calm = await measure(daemon, talk);
	const { figures: disturbed, times } = await measureDisturbed(daemon, talk);
	console.log(`${options.rate} messages/s to ${options.clients} clients`);
	console.log('delivery in ms; largest gap at receiver, at sender; cpu of linnetd in %');
	console.log('                 p50     p99     max     gap  sender     cpu');
	printTalk('undisturbed', calm);
	printTalk('disturbed', disturbed);
	console.log('\nmeanwhile, in ms            median     max');
	printTimes(times);
	printKeys(starts, calm, disturbed, times);
	await crowd.terminate();
	await daemon.stop();
}

await main();
process.exit(0);
