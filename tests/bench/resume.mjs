// What does it cost to send a client what it has missed? See README.md.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import WebSocket from 'ws';
import { startDaemon } from '../lib/daemon.mjs';

const ROUNDS = 9;
const MESSAGES = 5000;
// How many messages a client has missed, and how often that is done in one turn.
const CASES = [[30, 1000], [MESSAGES, 30]];

/** Processor time of all threads of the daemon, in µs. */
function cpuMicroseconds({ pid }) {
	const tasks = `/proc/${pid}/task`;
	return readdirSync(tasks)
		.map((task) => Number(readFileSync(path.join(tasks, task, 'schedstat'), 'utf8').split(' ')[0]))
		.reduce((sum, ns) => sum + ns) / 1000;
}

/** A client that connects with the query and leaves when it has heard count messages. Resolves to the last one. */
function listen(daemon, query, count, onOpen = () => {}) {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/ws?${query}`, { perMessageDeflate: false });
		let last;
		socket.on('error', reject);
		socket.on('open', () => onOpen(socket));
		socket.on('message', (data) => {
			if (--count === 0) {
				last = JSON.parse(data);
				socket.close();
			}
		});
		socket.on('close', (code) => (last ? resolve(last) : reject(new Error(`closed with ${code}, ${count} messages are missing`))));
	});
}

/** Says all messages. Returns the epoch. */
async function fill(daemon) {
	const text = 'what was said while a client was away '.repeat(3);
	await listen(daemon, 'name=ann', MESSAGES, (socket) => {
		for (let n = 0; n < MESSAGES; n++)
			socket.send(JSON.stringify({ message: `${n} ${text}`, ref: `r${n}` }));
	});
	const answer = await fetch(`${daemon.url}/history/lobby?limit=1`);
	return (await answer.json()).epoch;
}

/** Returns the µs of a resume after so many missed messages. */
async function measure({ daemon, epoch }, missed, times) {
	const since = MESSAGES - missed;
	const before = cpuMicroseconds(daemon);
	for (let n = 0; n < times; n++) {
		const { id } = await listen(daemon, `since=${epoch}:${since}`, missed);
		if (id !== MESSAGES)
			throw new Error(`message ${id} came last`);
	}
	return (cpuMicroseconds(daemon) - before) / times;
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1];

async function start(program) {
	const daemon = await startDaemon({ program, settings: ['limits.message_rate=0', 'limits.queue_bytes=67108864'] });
	return { daemon, epoch: await fill(daemon) };
}

const programs = process.argv.slice(2);
if (!programs.length) {
	process.stderr.write('usage: node resume.mjs LINNETD...\n');
	process.exit(2);
}
const runs = await Promise.all(programs.map(start));
for (const [missed, times] of CASES) {
	const us = programs.map(() => []);
	for (const run of runs)
		await measure(run, missed, Math.ceil(times / 10));
	for (let round = 0; round < ROUNDS; round++)
		for (let i = 0; i < runs.length; i++) {
			const turn = (i + round) % runs.length;
			us[turn].push(await measure(runs[turn], missed, times));
		}
	console.log(`${missed} missed messages`);
	console.table(programs.map((program, i) => ({
		program,
		'µs of CPU a resume': Math.round(median(us[i])),
		'of the first': median(us[i].map((one, round) => one / us[0][round])).toFixed(3),
		'all': us[i].map(Math.round).join(' '),
	})));
}
runs.forEach(({ daemon }) => daemon.kill());
process.exit(0);
