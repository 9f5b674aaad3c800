// Large messages, and many messages.

import { binary, chopped, continuation, fragmented, received, sliced, unfinished } from '../words.mjs';
import { bothKinds, KiB, kinds, MiB, payloadOf } from './kinds.mjs';

const large = [1, 4, 16].flatMap((size) =>
	bothKinds(
		{ id: `limits.${size}.MiB`, says: `a message of ${size} MiB comes back`, rfc: '5.2' },
		size * MiB,
		(send, payload) => [send(payload)],
	),
);

const largeInPieces = [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB].flatMap((bytes) =>
	bothKinds(
		{
			id: `limits.1.MiB.in.${bytes}`,
			says: `a message of 1 MiB in fragments of ${bytes} bytes comes back`,
			rfc: '5.4',
		},
		MiB,
		(send, payload) => fragmented(send, sliced(payload, bytes)),
	),
);

const largeInWrites = [128, KiB, 4 * KiB].flatMap((bytes) =>
	bothKinds(
		{
			id: `limits.1.MiB.by.${bytes}`,
			says: `a message of 1 MiB, written ${bytes} bytes at a time, comes back`,
			rfc: '5.2',
		},
		MiB,
		(send, payload) => [chopped(send(payload), bytes)],
	),
);

const tooLarge = [
	{
		id: 'limits.over.16.MiB',
		says: 'a message over 16 MiB is too big as soon as its length is announced',
		send: [binary('hello', { length: 16 * MiB + 1 })],
		expect: [received.close(1009)],
	},
	{
		id: 'limits.over.16.MiB.in.pieces',
		says: 'a message is too big as soon as the announced length of a fragment makes it so',
		send: [binary('x', unfinished), continuation('y', { length: 16 * MiB })],
		expect: [received.close(1009)],
	},
].map((example) => ({ ...example, rfc: '7.4.1' }));

const many = [0, 16, 64, 125, 256, KiB, 4 * KiB].flatMap((size) =>
	Object.entries(kinds).map(([kind, send]) => {
		const numbered = (n) =>
			Buffer.concat([Buffer.from(String(n)), payloadOf(kind, size)]).subarray(0, size);
		const payloads = Array.from({ length: 1000 }, (_, n) => numbered(n));
		return {
			id: `limits.1000.of.${size}.${kind}`,
			says: `a thousand ${kind} messages of ${size} bytes come back in order`,
			rfc: '5.2',
			send: () => payloads.map((payload) => send(payload)),
			expect: [...payloads.map(received[kind]), received.open],
		};
	}),
);

export default [...large, ...largeInPieces, ...largeInWrites, ...tooLarge, ...many];
