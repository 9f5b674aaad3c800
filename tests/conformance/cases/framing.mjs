// How a length and a mask may be encoded, and how not.

import { binary, chopped, failed, ping, received, text } from '../words.mjs';
import { bothKinds, KiB, payloadOf } from './kinds.mjs';

// Sizes on both sides of each change of the length encoding and of each buffer size of the daemon.
const sizes = [
	0, 1, 2, 124, 125, 126, 127, 128, 129, 511, 512, 513, 4 * KiB,
	65_534, 65_535, 65_536, 65_537, 128 * KiB, 256 * KiB + 1,
];

const whole = sizes.flatMap((size) =>
	bothKinds(
		{ id: `framing.${size}`, says: `a message of ${size} bytes comes back`, rfc: '5.2' },
		size,
		(send, payload) => [send(payload)],
	),
);

const chops = [[125, 1], [126, 1], [300, 1], [65_535, 997], [65_536, 997], [65_536, 2 * KiB]];

const inWrites = chops.flatMap(([size, bytes]) =>
	bothKinds(
		{
			id: `framing.${size}.by.${bytes}`,
			says: `a message of ${size} bytes, written ${bytes} at a time, comes back`,
			rfc: '5.2',
		},
		size,
		(send, payload) => [chopped(send(payload), bytes)],
	),
);

const masks = ['00000000', 'ffffffff', '00000001', '80000000'].flatMap((mask) =>
	bothKinds(
		{ id: `framing.mask.${mask}`, says: `a mask of ${mask} is valid`, rfc: '5.3' },
		200,
		(send, payload) => [send(payload, { mask: Buffer.from(mask, 'hex') })],
	),
);

const bare = { masked: false };

const unmasked = [
	{
		id: 'framing.unmasked.text',
		says: 'an unmasked message fails the connection',
		send: [text('hello', bare)],
		expect: [received.close(1002)],
	},
	{
		id: 'framing.unmasked.empty',
		says: 'an empty unmasked message fails the connection',
		send: [text('', bare)],
		expect: [received.close(1002)],
	},
	{
		id: 'framing.unmasked.ping',
		says: 'an unmasked ping fails the connection',
		send: [ping('hello', bare)],
		expect: [received.close(1002)],
	},
	{
		id: 'framing.unmasked.second',
		says: 'an unmasked message after a masked one fails the connection',
		send: [text('good'), text('bad', bare)],
		anyOf: failed(1002, received.text('good')),
	},
].map((example) => ({ ...example, rfc: '5.1' }));

const longForms = [[0, 2], [1, 2], [125, 2], [0, 8], [125, 8], [126, 8], [65_535, 8]];

const notShortest = longForms.map(([size, lengthBytes]) => ({
	id: `framing.length.${size}.in.${lengthBytes * 8}.bits`,
	says: `a length of ${size} in ${lengthBytes * 8} bits fails the connection`,
	rfc: '5.2',
	send: [text(payloadOf('text', size), { lengthBytes })],
	expect: [received.close(1002)],
}));

const impossible = [
	{
		id: 'framing.length.top.bit',
		says: 'a length with the most significant bit set fails the connection',
		rfc: '5.2',
		send: [text('hello', { length: 2n ** 63n, lengthBytes: 8 })],
		anyOf: [[received.close(1002)], [received.close(1009)]],
	},
	{
		id: 'framing.length.largest',
		says: 'the largest possible length is too big',
		rfc: '7.4.1',
		send: [binary('hello', { length: 2n ** 63n - 1n, lengthBytes: 8 })],
		expect: [received.close(1009)],
	},
];

export default [...whole, ...inWrites, ...masks, ...unmasked, ...notShortest, ...impossible];
