// The other clients of latency.mjs, in separate threads, so that their work does not delay the
// client that measures.

import { parentPort, workerData } from 'node:worker_threads';
import { openClient } from '../lib/daemon.mjs';
import { connectWebSocket } from '../lib/raw.mjs';

const daemon = { host: '127.0.0.1', port: workerData.port };
const url = (query) => `ws://${daemon.host}:${daemon.port}/ws?${query}`;

// How often the crowd reads. It reads in bulk: on a machine with few processors hundreds of clients
// that wake up for each message would dominate the measurement. The kernel's buffers last much
// longer.
const READ_MS = 250;
const READ_FOR_MS = 20;

/** Many listening clients. If one connection ends, the measurement fails. */
async function runCrowd({ clients }) {
	const sockets = [];
	for (let n = 0; n < clients; n++) {
		const { socket } = await connectWebSocket(daemon);
		socket.removeAllListeners('data'); // nothing is stored
		socket.on('data', () => {});
		socket.once('close', () => {
			throw new Error('one of the crowd was cut off');
		});
		socket.pause();
		sockets.push(socket);
	}
	setInterval(() => {
		sockets.forEach((socket) => socket.resume());
		setTimeout(() => sockets.forEach((socket) => socket.pause()), READ_FOR_MS);
	}, READ_MS);
	parentPort.postMessage('ready');
}

/** Returns the next message of a type. */
async function nextOf(client, type) {
	for (;;) {
		const object = await client.nextJson();
		if (object.type === type)
			return object;
	}
}

/** Resumes after that many missed messages and reads them all; returns the time in ms. */
async function timeResume({ epoch, last_id: lastId }, missed) {
	const begin = performance.now();
	const client = await openClient(url(`events=1&since=${epoch}:${lastId}`));
	const joined = await nextOf(client, 'joined');
	if (!joined.recovered)
		throw new Error('the history is no longer available');
	for (let id = lastId + 1; id <= joined.last_id; id++) {
		const message = await nextOf(client, 'message');
		if (message.id !== id)
			throw new Error(`received ${message.id} instead of ${id}`);
		if (id === lastId + missed)
			break;
	}
	const time = performance.now() - begin;
	client.socket.terminate();
	return time;
}

async function timeSearch(client, q) {
	const begin = performance.now();
	client.sendJson({ type: 'search', room: 'lobby', q });
	const { messages } = await nextOf(client, 'search');
	if (messages.length === 0)
		throw new Error(`"${q}" was not found`);
	return performance.now() - begin;
}

/** Returns the current position of the room. */
async function askPosition() {
	const client = await openClient(url('events=1'));
	const joined = await nextOf(client, 'joined');
	client.socket.terminate();
	return joined;
}

/** Each second runs a resume and the two searches at once, until it is told to stop. */
async function runReader({ resume, common, rare }) {
	const times = { 'resume': [], 'search for a common word': [], 'search for a rare word': [] };
	const [resumes, commons, rares] = Object.values(times);
	const asker = await openClient(url('room=hall&events=1'));
	asker.sendJson({ type: 'leave', room: 'hall' });
	const position = await askPosition();
	let isWanted = true;
	parentPort.once('message', () => (isWanted = false));
	parentPort.postMessage('ready');
	while (isWanted) {
		const second = new Promise((resolve) => setTimeout(resolve, 1000));
		const since = { ...position, last_id: Math.max(0, position.last_id - resume) };
		const searches = async () => {
			commons.push(await timeSearch(asker, common));
			rares.push(await timeSearch(asker, rare));
		};
		await Promise.all([
			timeResume(since, resume).then((time) => resumes.push(time)),
			searches(),
			second,
		]);
	}
	parentPort.postMessage(times);
}

await { crowd: runCrowd, reader: runReader }[workerData.kind](workerData);
