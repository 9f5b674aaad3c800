// A client that writes to the daemon byte by byte, including what a library would never send.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { within } from './daemon.mjs';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

const endOfHead = Buffer.from('\r\n\r\n');

/** The number of extra bytes for the length of a frame. */
const leastLengthBytes = (length) => (length < 126 ? 0 : length < 65_536 ? 2 : 8);

function headerOf(firstByte, length, maskBit, lengthBytes = leastLengthBytes(length)) {
	const header = Buffer.alloc(2 + lengthBytes);
	header[0] = firstByte;
	header[1] = maskBit | { 0: length, 2: 126, 8: 127 }[lengthBytes];
	if (lengthBytes === 2)
		header.writeUInt16BE(length, 2);
	else if (lengthBytes === 8)
		header.writeBigUInt64BE(BigInt(length), 2);
	return header;
}

/**
 * Builds a client's frame. `length` announces a length other than the payload's, `lengthBytes` (2
 * or 8) writes it longer than needed, `masked: false` leaves out the mask. All three violate the
 * protocol on purpose.
 */
export function buildFrame(
	opcode,
	payload = '',
	{ fin = true, rsv = 0, masked = true, mask = randomBytes(4), length, lengthBytes } = {},
) {
	const body = Buffer.from(payload);
	const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
	const header = headerOf(first, length ?? body.length, masked ? 0x80 : 0, lengthBytes);
	if (!masked)
		return Buffer.concat([header, body]);
	for (let i = 0; i < body.length; i++)
		body[i] ^= mask[i & 3];
	return Buffer.concat([header, mask, body]);
}

/** The payload of a close frame. */
export function closePayload(code, reason = '') {
	const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
	payload.writeUInt16BE(code);
	payload.write(reason, 2);
	return payload;
}

/** Parses one frame at the start of the buffer as { frame, size }, or null if it is incomplete. */
export function parseFrame(buffer) {
	if (buffer.length < 2)
		return null;
	let length = buffer[1] & 0x7f;
	let start = 2;
	if (length === 126) {
		if (buffer.length < 4)
			return null;
		length = buffer.readUInt16BE(2);
		start = 4;
	} else if (length === 127) {
		if (buffer.length < 10)
			return null;
		length = Number(buffer.readBigUInt64BE(2));
		start = 10;
	}
	if (buffer.length < start + length)
		return null;
	const frame = {
		fin: (buffer[0] & 0x80) !== 0,
		rsv: (buffer[0] >> 4) & 7,
		opcode: buffer[0] & 0x0f,
		masked: (buffer[1] & 0x80) !== 0,
		payload: Buffer.from(buffer.subarray(start, start + length)),
	};
	if (frame.opcode === opcodes.close && frame.payload.length >= 2)
		frame.code = frame.payload.readUInt16BE();
	return { frame, size: start + length };
}

function parseHead(text) {
	const [statusLine, ...lines] = text.split('\r\n');
	const headers = {};
	for (const line of lines) {
		const colon = line.indexOf(':');
		headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
	}
	return { statusLine, status: Number(statusLine.split(' ')[1]), headers };
}

/** Parses a response at the start of the buffer, or returns null if it is incomplete. */
function parseResponse(buffer, { isHead, isEnded }) {
	const at = buffer.indexOf(endOfHead);
	if (at < 0)
		return null;
	const head = parseHead(buffer.subarray(0, at).toString('latin1'));
	const start = at + endOfHead.length;
	const hasBody = !isHead && head.status >= 200 && head.status !== 204 && head.status !== 304;
	let length = 0;
	if (hasBody && head.headers['content-length'] !== undefined)
		length = Number(head.headers['content-length']);
	else if (hasBody && isEnded)
		length = buffer.length - start;
	else if (hasBody)
		return null;
	if (buffer.length < start + length)
		return null;
	const body = buffer.subarray(start, start + length).toString('utf8');
	return { response: { ...head, body }, size: start + length };
}

export class RawClient {
	#chunks = [];
	#size = 0;
	#ended = false;
	#wake = () => {};

	constructor(socket) {
		this.socket = socket;
		socket.setNoDelay(true);
		socket.unref(); // a client left open by a test must not keep its process alive
		socket.on('data', (chunk) => {
			this.#chunks.push(chunk);
			this.#size += chunk.length;
			this.#wake();
		});
		socket.on('error', () => {}); // "close" follows with the reason
		socket.on('end', () => this.#end());
		/** Resolves when the daemon has closed or reset the connection, or destroy() was called. */
		this.closed = new Promise((resolve) => {
			socket.once('end', resolve);
			socket.once('close', resolve);
		});
		socket.once('close', () => this.#end());
	}

	#end() {
		this.#ended = true;
		this.#wake();
	}

	/** The number of received bytes not read yet. */
	get waitingBytes() {
		return this.#size;
	}

	/** True when nothing more will arrive. */
	get isEnded() {
		return this.#ended;
	}

	#gather() {
		if (this.#chunks.length !== 1)
			this.#chunks = [Buffer.concat(this.#chunks)];
		return this.#chunks[0];
	}

	#consume(size) {
		const rest = this.#gather().subarray(size);
		this.#chunks = [rest];
		this.#size = rest.length;
	}

	/** Resolves when the kernel has the bytes; a closed connection is not an error. */
	write(bytes) {
		return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
	}

	/** Sends each byte in a write of its own. */
	async drip(bytes) {
		for (const byte of Buffer.from(bytes))
			await this.write(Buffer.from([byte]));
	}

	/**
	 * Reads until parse(buffer, isEnded) returns { value, size }, and consumes size bytes. Fails if the
	 * daemon closes first.
	 */
	readUntil(parse, what = 'the expected bytes') {
		const read = async () => {
			for (;;) {
				const found = parse(this.#gather(), this.#ended);
				if (found) {
					this.#consume(found.size);
					return found.value;
				}
				if (this.#ended)
					throw new Error(`the connection was closed before ${what}`);
				await new Promise((resolve) => (this.#wake = resolve));
			}
		};
		return within(read(), what);
	}

	/** Returns everything until the daemon closes. */
	readToEnd() {
		return this.readUntil(
			(buffer, isEnded) => isEnded && { value: buffer, size: buffer.length },
			'the end of the connection',
		);
	}

	/** A response as { statusLine, status, headers, body }. isHead: it answers a HEAD. */
	readResponse({ isHead = false } = {}) {
		return this.readUntil((buffer, isEnded) => {
			const found = parseResponse(buffer, { isHead, isEnded });
			return found && { value: found.response, size: found.size };
		}, 'a response');
	}

	/** The head of a response, as readResponse() returns it, but without a body. */
	readHead() {
		return this.readUntil((buffer) => {
			const at = buffer.indexOf(endOfHead);
			return at >= 0 && { value: parseHead(buffer.subarray(0, at).toString('latin1')), size: at + endOfHead.length };
		}, 'a head');
	}

	/** The text of the next chunk of a response (RFC 9112 section 7.1); the last chunk is "". */
	readChunk() {
		return this.readUntil((buffer) => {
			const start = buffer.indexOf('\r\n') + 2;
			const length = /^[0-9a-f]+$/.test(buffer.subarray(0, start - 2)) ? parseInt(buffer.subarray(0, start), 16) : 0;
			const end = start + length;
			if (start < 2 || buffer.length < end + 2)
				return null;
			const isChunk = length > 0 || buffer[0] === 0x30;
			if (!isChunk || buffer.toString('latin1', end, end + 2) !== '\r\n')
				throw new Error(`not a chunk: ${buffer}`);
			return { value: buffer.toString('utf8', start, end), size: end + 2 };
		}, 'a chunk');
	}

	/** The daemon's next frame as { fin, rsv, opcode, masked, payload, code? }. */
	nextFrame() {
		return this.readUntil((buffer) => {
			const found = parseFrame(buffer);
			return found && { value: found.frame, size: found.size };
		}, 'a frame');
	}

	/** The next frame that is neither a ping nor a pong. */
	async nextMessage() {
		for (;;) {
			const frame = await this.nextFrame();
			if (frame.opcode !== opcodes.ping && frame.opcode !== opcodes.pong)
				return frame;
		}
	}

	sendFrame(opcode, payload, options) {
		return this.write(buildFrame(opcode, payload, options));
	}

	/** Upgrades and returns the response. Headers replace the usual ones; undefined leaves one out. */
	async handshake(path = '/ws', headers = {}, method = 'GET') {
		await this.write(upgradeRequest(this.socket, path, headers, method));
		return this.readResponse();
	}

	/** Closes the sending half; reading continues. */
	halfClose() {
		this.socket.end();
	}

	pause() {
		this.socket.pause();
	}

	resume() {
		this.socket.resume();
	}

	destroy() {
		this.socket.destroy();
	}
}

export const handshakeKey = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The right Sec-WebSocket-Accept for a key. */
export function acceptOf(key) {
	return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The text of a request; a header that is undefined is left out. */
export function request(method, path, headers = {}, body = '') {
	const lines = Object.entries(headers)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}: ${value}\r\n`);
	return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

function upgradeRequest(socket, path, headers, method) {
	return request(method, path, {
		Host: `${socket.remoteAddress}:${socket.remotePort}`,
		Connection: 'Upgrade',
		Upgrade: 'websocket',
		'Sec-WebSocket-Version': '13',
		'Sec-WebSocket-Key': handshakeKey,
		...headers,
	});
}

/** Returns a port that is free now. */
export async function freePort() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

/** Connects a client. It stays open when the daemon closes its half. */
export function connect(daemon, port = daemon.port) {
	const to = port === undefined ? { path: daemon.socketPath } : { port, host: daemon.host.replace(/^\[(.*)\]$/, '$1') };
	const socket = net.connect({ ...to, allowHalfOpen: true });
	const connected = new Promise((resolve, reject) => {
		socket.once('connect', () => resolve(new RawClient(socket)));
		socket.once('error', reject);
	});
	return within(connected, 'the connection to open');
}

/** Sends one request on a connection of its own; returns the response. */
export async function ask(daemon, method, path, headers = {}, body = '') {
	const client = await connect(daemon);
	try {
		const usual = { Host: daemon.port ? `${daemon.host}:${daemon.port}` : daemon.host, Connection: 'close' };
		await client.write(request(method, path, { ...usual, ...headers }, body));
		return await client.readResponse({ isHead: method === 'HEAD' });
	} finally {
		client.destroy();
	}
}

/** Connects a client and upgrades. */
export async function connectWebSocket(daemon, path, headers) {
	const client = await connect(daemon);
	const response = await client.handshake(path, headers);
	if (response.status !== 101)
		throw new Error(`the upgrade was answered by ${response.status}: ${response.body}`);
	return client;
}
