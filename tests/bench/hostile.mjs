// What does an honest client feel of 64 hostile connections? See README.md.

import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { startDaemon, temporaryFolder, within } from '../lib/daemon.mjs';
import { connectWebSocket } from '../lib/raw.mjs';
import { readNumbers } from './options.mjs';

const usage = `usage: LINNETD=FILE node hostile.mjs [--connections N] [--crowd N] [--seconds N]
  LINNETD=FILE       the linnetd to measure, built without sanitizers
  --connections N    hostile connections, all of one address (64)
  --crowd N          people who read in the same room (200)
  --seconds N        length of each measurement (10)
`;

const KINDS = ['messages', 'searches', 'joins', 'connects', 'lines', 'bodies', 'sends', 'polls', 'tokens', 'echo'];
const HISTORY = 600; // messages of nearly 16 KB
const SPEAKERS = 5;
const EVERY_MS = 250; // slower than limits.message_rate; all speakers together: limits.address_rate
const ACK_MS_MAX = 500;
const MEMORY_MB_MAX = 64;
const PATIENCE_MS = 120_000;

const options = readNumbers({ connections: 64, crowd: 200, seconds: 10 }, usage);
const folder = temporaryFolder();
const config = `http = { trusted_proxies = [ "127.0.0.1" ]; };
	line = { address = "0.0.0.0"; };
	heartbeat = { ping_s = 3600; };
	auth = { tokens = ( { name = "ci"; token_sha256 = "${'0'.repeat(64)}"; } ); };\n`;
const lineHost = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const megabytes = (bytes) => bytes / 1024 / 1024;
const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** Fills the room's history, so that a search has work to do. */
async function writeHistory() {
	const daemon = await startDaemon({ folder, settings: ['limits.message_rate=0'] });
	const client = await daemon.ws('/ws', { isChecked: false });
	const words = Array.from({ length: 2500 }, (_, n) => `w${n % 97}`).join(' ');
	for (let n = 0; n < HISTORY; n++) {
		client.sendJson({ message: `${words} ${n}`, ref: 'h' });
		await client.nextJson();
	}
	await daemon.stop();
}

/** People of many addresses, who read and say nothing. */
async function openCrowd(daemon) {
	for (let n = 0; n < options.crowd; n++) {
		const { socket } = await connectWebSocket(daemon, '/ws?events=1', { 'X-Forwarded-For': `192.0.2.${n % 250}` });
		socket.removeAllListeners('data');
		socket.resume();
	}
}

/** Says something every EVERY_MS until the end; adds the times until the acks, in ms, to times. */
async function speak(client, end, times) {
	const sentAt = new Map();
	const hear = (data) => {
		const { type, ref } = JSON.parse(data);
		if (type === 'error')
			throw new Error(`the honest client was refused: ${data}`);
		if (type !== 'ack')
			return;
		times.push(performance.now() - sentAt.get(ref));
		sentAt.delete(ref);
	};
	client.socket.removeAllListeners('message');
	client.socket.on('message', hear);
	for (let n = 0; performance.now() < end; n++) {
		sentAt.set(`c${n}`, performance.now());
		client.sendJson({ message: 'how are you?', ref: `c${n}` });
		await sleep(EVERY_MS);
	}
	while (sentAt.size)
		await within(once(client.socket, 'message'), 'the last acks', PATIENCE_MS);
}

/** Returns the figures while all speakers of one address speak. */
async function listen(daemon, speakers) {
	const [begin, cpu] = [performance.now(), daemon.cpuSeconds()];
	const end = begin + options.seconds * 1000;
	const times = [];
	const spoken = speakers.map(async (client, n) => {
		await sleep((n * EVERY_MS) / SPEAKERS);
		await speak(client, end, times);
	});
	let bytes = 0;
	const memory = setInterval(() => (bytes = Math.max(bytes, daemon.residentBytes())), 100);
	await Promise.all(spoken);
	clearInterval(memory);
	times.sort((a, b) => a - b);
	return {
		p50: quantile(times, 0.5),
		p99: quantile(times, 0.99),
		max: times.at(-1),
		cpu: (100 * (daemon.cpuSeconds() - cpu)) / ((performance.now() - begin) / 1000),
		bytes: Math.max(bytes, daemon.residentBytes()),
	};
}

/** Measures before and during an attack; each has a daemon of its own. */
async function measure(kinds) {
	const daemon = await startDaemon({ config, folder });
	await openCrowd(daemon);
	const speakers = [];
	for (let n = 0; n < SPEAKERS; n++)
		speakers.push(await daemon.ws('/ws', { headers: { 'X-Forwarded-For': '203.0.113.9' }, isChecked: false }));
	const calm = await listen(daemon, speakers);
	const { host, port, linePort } = daemon;
	const flood = new Worker(new URL('hostile-worker.mjs', import.meta.url), {
		workerData: { host, port, linePort, lineHost, kinds, connections: options.connections },
	});
	await once(flood, 'online');
	const attacked = await listen(daemon, speakers);
	await flood.terminate();
	daemon.kill();
	await daemon.ended;
	return { calm, attacked, more: megabytes(attacked.bytes - calm.bytes) };
}

function print(cells) {
	process.stdout.write(`${cells.map((cell, n) => String(cell)[n ? 'padStart' : 'padEnd'](n ? 9 : 10)).join('')}\n`);
}

const row = ({ p50, p99, max, cpu, bytes }, more) =>
	[p50, p99, max, cpu, megabytes(bytes), ...more].map((number) => number.toFixed(1));

const kinds = KINDS.filter((kind) => kind !== 'lines' || lineHost);
let isKept = true;
await writeHistory();
print(['attack', 'p50 ms', 'p99 ms', 'max ms', 'cpu %', 'MB', 'MB more']);
for (const [title, attack] of [...kinds.map((kind) => [kind, [kind]]), ['all', kinds]]) {
	const { calm, attacked, more } = await measure(attack);
	if (title === kinds[0])
		print(['none', ...row(calm, [])]);
	print([title, ...row(attacked, [more])]);
	isKept &&= attacked.max < ACK_MS_MAX && more < MEMORY_MB_MAX;
}
process.exit(isKept ? 0 : 1);
