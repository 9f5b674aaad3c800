// Plays a case and returns its outcome.

import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { acceptOf, connect, handshakeKey, opcodes, parseFrame, request } from '../lib/raw.mjs';
import { close, closeReason, eventOf, received, text } from './words.mjs';

/** Sent after every case. A daemon that echoes it has kept the connection open. */
const lastWord = 'is anybody there?';

const nameOf = (opcode) => Object.keys(opcodes).find((name) => opcodes[name] === opcode);

const isControl = (opcode) => opcode >= opcodes.close;

/** Checks the rules of section 5 for every frame of a server. size includes the header. */
function checkFrame({ fin, rsv, opcode, masked, payload }, size) {
	assert.equal(masked, false, 'a server masks nothing (5.1)');
	assert.equal(rsv, 0, 'reserved bits are 0 (5.2)');
	assert.ok(Object.values(opcodes).includes(opcode), `opcode ${opcode} is reserved (5.2)`);
	const { length } = payload;
	const leastHeader = length < 126 ? 2 : length < 65_536 ? 4 : 10;
	assert.equal(size - length, leastHeader, `the length of ${length} bytes in its shortest form (5.2)`);
	if (isControl(opcode))
		assert.ok(fin && length <= 125, 'control frames are short and not fragmented (5.5)');
}

/** Returns the event of a close frame in an outcome. */
function closeEventOf(payload) {
	if (payload.length < 2)
		return payload.length === 0 ? received.close() : 'close with half a code';
	const event = received.close(payload.readUInt16BE());
	return isUtf8(payload.subarray(2)) ? event : `${event} with a bad reason`;
}

/** The daemon's side of a WebSocket: assembles its messages and records them. */
class Listener {
	#client;
	#message = null;
	messages = [];
	pongs = [];
	/** How it ended: a close frame as an event, "cut", or null. */
	end = null;
	/** Frames after a close frame, which are forbidden. */
	later = [];
	#isOver = false;

	constructor(client) {
		this.#client = client;
	}

	/** Reads one frame, or the end of TCP. */
	async readFrame() {
		const found = await this.#client.readUntil(
			(buffer, isEnded) => {
				const parsed = parseFrame(buffer);
				return parsed ? { value: parsed, size: parsed.size } : isEnded && { value: null, size: 0 };
			},
			`a frame or the end, after ${this.summary()}`,
		);
		if (!found) {
			this.end ??= received.cut;
			this.#isOver = true;
			return;
		}
		checkFrame(found.frame, found.size);
		this.#take(found.frame);
	}

	#take({ fin, opcode, payload }) {
		if (this.end !== null)
			this.later.push(received.later(eventOf(nameOf(opcode), payload)));
		else if (opcode === opcodes.close)
			this.end = closeEventOf(payload);
		else if (opcode === opcodes.pong)
			this.pongs.push(received.pong(payload));
		else if (!isControl(opcode))
			this.#takePiece(fin, opcode, payload);
	}

	#takePiece(fin, opcode, payload) {
		const isFirst = opcode !== opcodes.continuation;
		assert.equal(this.#message === null, isFirst, 'messages come one after the other (5.4)');
		this.#message ??= { kind: opcode === opcodes.text ? 'text' : 'binary', pieces: [] };
		this.#message.pieces.push(payload);
		if (!fin)
			return;
		const { kind, pieces } = this.#message;
		this.messages.push(eventOf(kind, Buffer.concat(pieces)));
		this.#message = null;
	}

	/** Reads until check() is true or the connection ends. */
	async until(check) {
		while (this.end === null && !check())
			await this.readFrame();
	}

	/** Reads until the daemon has closed TCP, which is its duty (7.1.1), or sends more frames. */
	async untilClosed() {
		while (!this.#isOver && this.later.length === 0)
			await this.readFrame();
	}

	/** All received frames, as an outcome. */
	get outcome() {
		return [...this.messages, ...this.pongs, this.end, ...this.later];
	}

	summary() {
		return JSON.stringify([...this.messages, ...this.pongs].slice(-5));
	}
}

/** Writes the steps of a case, until the daemon ends the connection. */
async function perform(steps, client, listener) {
	let together = [];
	const flush = () => client.write(Buffer.concat(together.splice(0)));
	for (const step of steps) {
		if (Buffer.isBuffer(step)) {
			together.push(step);
			continue;
		}
		await flush();
		if (step.awaits === 'pong') {
			const count = listener.pongs.length;
			await listener.until(() => listener.pongs.length > count);
		}
		for (const piece of step.chopped ?? [])
			await client.write(piece);
		if (listener.end !== null)
			return;
	}
	await flush();
}

/**
 * Ends the connection: with a close handshake if the last word is echoed. If the daemon has failed
 * the connection, its close frame is answered. Then TCP is closed, unless the case tests that:
 * libwebsockets would keep some connections open after frames it has misread.
 */
async function finish(client, listener, { isPatient = false }) {
	const echo = received.text(lastWord);
	await listener.until(() => listener.messages.at(-1) === echo);
	const isOpen = listener.end === null;
	if (isOpen)
		listener.messages.pop();
	await client.write(close(closeReason(1000)));
	if (!isOpen && !isPatient)
		client.halfClose();
	await listener.untilClosed();
	if (isOpen)
		listener.end = listener.end === received.close(1000) ? received.open : `open, then ${listener.end}`;
}

/** Checks the other headers of an accepted handshake, for any request (section 4.2.2). */
function checkAccepted({ headers }, key, asked) {
	assert.match(headers.upgrade, /^websocket$/i);
	assert.match(headers.connection, /(^|[, ])upgrade($|[, ])/i);
	assert.equal(headers['sec-websocket-accept'], acceptOf(key));
	assert.equal(headers['sec-websocket-extensions'], undefined);
	const chosen = headers['sec-websocket-protocol'];
	if (chosen !== undefined)
		assert.match(asked, new RegExp(`^Sec-WebSocket-Protocol:.*\\b${chosen}\\b`, 'im'));
}

/** The usual handshake. */
export function usualRequest(daemon, headers) {
	return request('GET', '/echo', {
		Host: `${daemon.host}:${daemon.port}`,
		Upgrade: 'websocket',
		Connection: 'Upgrade',
		'Sec-WebSocket-Key': handshakeKey,
		'Sec-WebSocket-Version': '13',
		...headers,
	});
}

/** Requests the upgrade; returns the answer, or null if there is none. */
async function open(daemon, client, { request: bytesOf = usualRequest, key = handshakeKey }) {
	const asked = bytesOf(daemon);
	for (const piece of [asked].flat())
		await client.write(piece);
	let response;
	try {
		response = await client.readResponse({ isHead: true });
	} catch (error) {
		assert.ok(client.isEnded, error);
		return null;
	}
	if (response.status === 101)
		checkAccepted(response, key, [asked].flat().join(''));
	return response;
}

/** Returns the event of a refused handshake in an outcome. */
function refusalOf(response) {
	if (response === null)
		return [received.cut];
	const { 'sec-websocket-version': version } = response.headers;
	return [received.status(response.status), ...(version ? [`version ${version}`] : [])];
}

async function playOn(client, daemon, example) {
	const response = await open(daemon, client, example);
	if (response?.status !== 101)
		return refusalOf(response);
	const listener = new Listener(client);
	const { send = [], isClosing } = example;
	const steps = typeof send === 'function' ? send() : send;
	await perform(isClosing ? steps : [...steps, text(lastWord)], client, listener);
	if (isClosing)
		await listener.untilClosed();
	else
		await finish(client, listener, example);
	return listener.outcome;
}

/**
 * Plays a case against the daemon and returns its outcome, see words.mjs. A pong may overtake
 * messages, so pongs come after messages in an outcome. Throws if the daemon does something that is
 * never allowed.
 */
export async function play(daemon, example) {
	const client = await connect(daemon);
	try {
		return await playOn(client, daemon, example);
	} finally {
		client.destroy();
	}
}
