// Shared by text and binary messages.

import { randomBytes } from 'node:crypto';
import { binary, received, text } from '../words.mjs';

export const KiB = 1024;
export const MiB = 1024 * KiB;

export const kinds = { text, binary };

/** A payload in which a missing byte shows: random for binary, ASCII for text. */
export function payloadOf(kind, size) {
	if (kind === 'binary')
		return randomBytes(size);
	const payload = Buffer.alloc(size, 'the quick brown fox jumps over the lazy dog. ');
	for (let at = 0; at + 8 <= size; at += 1000)
		payload.write(String(at).padStart(8), at);
	return payload;
}

/**
 * Makes a case for each kind: a message of that size comes back. steps(send, payload) returns the
 * steps, where send makes a frame of the kind.
 */
export function bothKinds({ id, says, rfc }, size, steps) {
	return Object.entries(kinds).map(([kind, send]) => {
		const payload = payloadOf(kind, size);
		return {
			id: `${id}.${kind}`,
			says: `${says}, ${kind}`,
			rfc,
			send: () => steps(send, payload),
			expect: [received[kind](payload), received.open],
		};
	});
}
