// The vocabulary of the cases: what is sent, and what must come back.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { buildFrame, opcodes } from '../lib/raw.mjs';

// A constant, so failures are reproducible.
const mask = Buffer.from('37fa213d', 'hex');

/** A frame of any opcode, see buildFrame. */
export const frame = (opcode, payload, options) => buildFrame(opcode, payload, { mask, ...options });

const sender = (opcode) => (payload, options) => frame(opcode, payload, options);

export const text = sender(opcodes.text);
export const binary = sender(opcodes.binary);
export const continuation = sender(opcodes.continuation);
export const ping = sender(opcodes.ping);
export const pong = sender(opcodes.pong);
export const close = sender(opcodes.close);

/** An option for every fragment but the last. */
export const unfinished = { fin: false };

/** The payload of a close frame; the reason is a string or bytes. */
export function closeReason(code, reason = '') {
	return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

/** The frames of a message with these fragments; `first` is text or binary. */
export function fragmented(first, pieces) {
	const last = pieces.length - 1;
	return pieces.map((piece, i) => (i === 0 ? first : continuation)(piece, { fin: i === last }));
}

/** Splits into parts of that many bytes; the last one may be shorter. */
export function sliced(bytes, size) {
	const pieces = [];
	for (let at = 0; at < bytes.length; at += size)
		pieces.push(bytes.subarray(at, at + size));
	return pieces;
}

// Steps: send is a list of bytes and of these. Consecutive bytes go out in one write, so the daemon
// reads them together.

/** The bytes, written that many at a time. */
export const chopped = (bytes, size) => ({ chopped: sliced(Buffer.concat([bytes].flat()), size) });

/** Waits for a pong before the next step. */
export const afterPong = { awaits: 'pong' };

/** Payloads up to this length are shown, longer ones as a digest. */
const shownBytes = 64;

/** An event in the text form of an outcome. */
export function eventOf(kind, payload) {
	const bytes = Buffer.from(payload);
	if (bytes.length > shownBytes) {
		const digest = createHash('sha1').update(bytes).digest('hex').slice(0, 8);
		return `${kind} of ${bytes.length} bytes (${digest})`;
	}
	return `${kind} ${isUtf8(bytes) ? JSON.stringify(String(bytes)) : bytes.toString('hex')}`;
}

/** What can be received. An outcome is a list of these: messages, then pongs, then the end. */
export const received = {
	text: (payload) => eventOf('text', payload),
	binary: (payload) => eventOf('binary', payload),
	pong: (payload) => eventOf('pong', payload),
	/** A close frame with that code, or with none. */
	close: (code) => (code === undefined ? 'close' : `close ${code}`),
	/** The connection works, and a close handshake ends it. */
	open: 'open',
	/** TCP ends without a close frame. */
	cut: 'cut',
	/** A forbidden frame after a close frame. */
	later: (event) => `then ${event}`,
	/** The answer to a handshake. */
	status: (status) => `status ${status}`,
};

/**
 * The connection is failed with that code. Earlier messages, with these events as their answers,
 * need no answer any more (section 7.1.7).
 */
export function failed(code, ...before) {
	return before
		.map((_, i) => [...before.slice(0, before.length - i), received.close(code)])
		.concat([[received.close(code)]]);
}
