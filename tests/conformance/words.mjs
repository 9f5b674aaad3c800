// The words in which cases are written: what is sent, and what must come back.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { buildFrame, opcodes } from '../lib/raw.mjs';

// Always the same, so that what goes wrong does so in the same way every time.
const mask = Buffer.from('37fa213d', 'hex');

/** A frame of any opcode, see buildFrame. */
export const frame = (opcode, payload, options) => buildFrame(opcode, payload, { mask, ...options });

const sender = (opcode) => (payload, options) => frame(opcode, payload, options);

export const text = sender(opcodes.text);
export const binary = sender(opcodes.binary);
export const more = sender(opcodes.continuation);
export const ping = sender(opcodes.ping);
export const pong = sender(opcodes.pong);
export const close = sender(opcodes.close);

/** Said in the first frames of a message: others follow. */
export const unfinished = { fin: false };

/** The payload of a close frame; the reason is a string or bytes. */
export function because(code, reason = '') {
	return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

/** The frames of a message that is sent in these pieces; `first` is text or binary. */
export function inPieces(first, pieces) {
	const last = pieces.length - 1;
	return pieces.map((piece, i) => (i === 0 ? first : more)(piece, { fin: i === last }));
}

/** Pieces of that many bytes; the last one may be shorter. */
export function sliced(bytes, size) {
	const pieces = [];
	for (let at = 0; at < bytes.length; at += size)
		pieces.push(bytes.subarray(at, at + size));
	return pieces;
}

// Steps: what is sent is a list of bytes and of these. Bytes that follow each other go out in
// one write, so that they are read together.

/** The bytes by writes of that many each. */
export const chopped = (bytes, size) => ({ chopped: sliced(Buffer.concat([bytes].flat()), size) });

/** Goes on when a pong has come. */
export const afterPong = { awaits: 'pong' };

/** Bytes up to this length are shown, longer ones are known by their digest. */
const shownBytes = 64;

/** An event as the texts of an outcome have it. */
export function eventOf(kind, payload) {
	const bytes = Buffer.from(payload);
	if (bytes.length > shownBytes) {
		const digest = createHash('sha1').update(bytes).digest('hex').slice(0, 8);
		return `${kind} of ${bytes.length} bytes (${digest})`;
	}
	return `${kind} ${isUtf8(bytes) ? JSON.stringify(String(bytes)) : bytes.toString('hex')}`;
}

/** What may be heard. An outcome is a list of these: messages, then pongs, then the end. */
export const heard = {
	text: (payload) => eventOf('text', payload),
	binary: (payload) => eventOf('binary', payload),
	pong: (payload) => eventOf('pong', payload),
	/** A close frame with that code, or with none. */
	close: (code) => (code === undefined ? 'close' : `close ${code}`),
	/** The connection works, and is closed in the polite way when we wish. */
	open: 'open',
	/** TCP ends and no close frame has come. */
	cut: 'cut',
	/** What comes behind a close frame, where nothing may. */
	later: (event) => `then ${event}`,
	/** The answer to a handshake. */
	status: (status) => `status ${status}`,
};

/**
 * The connection is failed with that code. What was good before, and is answered by these
 * events, need not be answered any more (section 7.1.7).
 */
export function failed(code, ...before) {
	return before
		.map((_, i) => [...before.slice(0, before.length - i), heard.close(code)])
		.concat([[heard.close(code)]]);
}
