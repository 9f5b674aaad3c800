// What do waiting readers cost, and what remains of readers that vanish? See README.md.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { startDaemon } from '../lib/daemon.mjs';
import { expectJson, get, poll, push } from '../lib/doors.mjs';
import { readNumbers } from './options.mjs';

const usage = `usage: LINNETD=FILE node parked.mjs [--readers N] [--seconds N]
  LINNETD=FILE    the linnetd to measure, built without sanitizers
  --readers N     readers at each of the two doors (1000)
  --seconds N     length of each measurement (30)
`;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a socket and requests at. For a stream, waits for its first bytes. */
async function waitAt({ host, port }, at, isStream) {
	const socket = net.connect(port, host);
	socket.on('error', () => {});
	await once(socket, 'connect');
	socket.write(`GET ${at} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
	if (isStream)
		await once(socket, 'data');
	socket.resume();
	return socket;
}

/** A process of readers: count at each door, until it is told to end them. */
async function runCrowd() {
	const [{ count, since, ...daemon }] = await once(process, 'message');
	const sockets = [];
	for (let n = 0; n < count; n++) {
		const name = n % 2 ? '' : `&name=p${process.pid}-${n}`;
		sockets.push(await waitAt(daemon, `/poll/lobby?wait=60&since=${since}${name}`, false));
		sockets.push(await waitAt(daemon, `/events/lobby?name=s${process.pid}-${n}`, true));
	}
	process.send('waiting');
	await once(process, 'message');
	sockets.forEach((socket) => socket.resetAndDestroy());
	process.disconnect();
}

async function startCrowd({ host, port }, count, since) {
	const crowd = fork(fileURLToPath(import.meta.url), ['--crowd']);
	crowd.send({ host, port, count, since });
	await once(crowd, 'message');
	return crowd;
}

async function stateOf(daemon) {
	const [{ count: people }] = (await expectJson(get(daemon, '/rooms'))).rooms;
	return { people, sockets: daemon.openSockets(), MiB: Math.round(daemon.residentBytes() / 2 ** 20) };
}

/** Returns the state, and the processor time in percent of one cpu. */
async function measureIdle(daemon, seconds) {
	const before = daemon.cpuSeconds();
	await sleep(seconds * 1000);
	const cpu = Number(((100 * (daemon.cpuSeconds() - before)) / seconds).toFixed(2));
	return { ...(await stateOf(daemon)), 'cpu %': cpu };
}

async function measure(daemon, crowds, { readers, seconds }) {
	const { since } = await poll(daemon, 'lobby', 'wait=0');
	const empty = await stateOf(daemon);
	// Half stay, two fifths break off without a FIN, and the others stop reading for good.
	for (const part of [0.5, 0.4, 0.1])
		crowds.push(await startCrowd(daemon, Math.round(readers * part), since));
	const [staying, broken, abandoned] = crowds;
	const waiting = await measureIdle(daemon, seconds);
	abandoned.kill('SIGSTOP');
	broken.send('break off');
	await once(broken, 'exit');
	const vanished = await measureIdle(daemon, seconds);
	for (let n = 0; n < 600; n++)
		await push(daemon, 'lobby', 'x'.repeat(10_000));
	const spoken = await stateOf(daemon);
	staying.kill('SIGKILL');
	abandoned.kill('SIGKILL');
	// Wait until the polls under a name expire.
	while ((await stateOf(daemon)).people > 0)
		await sleep(500);
	return { empty, waiting, vanished, spoken, gone: await measureIdle(daemon, seconds) };
}

async function run(options) {
	const daemon = await startDaemon({ settings: ['limits.message_rate=0'] });
	const crowds = [];
	try {
		console.table(await measure(daemon, crowds, options));
		await daemon.stop();
	} finally {
		crowds.forEach((crowd) => crowd.kill('SIGKILL'));
		daemon.kill();
	}
}

if (process.argv.includes('--crowd'))
	await runCrowd();
else
	await run(readNumbers({ readers: 1000, seconds: 30 }, usage));
