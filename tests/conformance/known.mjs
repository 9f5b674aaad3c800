// The known deviations from RFC 6455, with the reason and the exact outcome. A case listed here
// passes only as long as the daemon does what was observed. Remove one that has become conformant.

import { payloadOf } from './cases/kinds.mjs';
import { received } from './words.mjs';

const { open, cut, close, text, pong } = received;

/** Returns one case for each value, which replaces the star in the id: id and outcome. */
const each = (pattern, values, outcome) =>
	Object.fromEntries(
		values.map((value) => [
			pattern.replace('*', value),
			typeof outcome === 'function' ? outcome(value) : outcome,
		]),
	);

const echoed = (size) => [text(payloadOf('text', size)), open];

// Only another version of libwebsockets can change these (all are in 4.1.6).
export const known = [
	{
		name: 'unmasked frames',
		why: 'libwebsockets accepts unmasked frames and does not report them',
		observed: {
			'framing.unmasked.text': [text('hello'), open],
			'framing.unmasked.empty': [text(''), open],
			'framing.unmasked.ping': [pong('hello'), open],
			'framing.unmasked.second': [text('good'), text('bad'), open],
		},
	},
	{
		name: 'lengths not in the shortest form',
		why: 'libwebsockets accepts a length in every form',
		observed: {
			...each('framing.length.*.in.16.bits', [0, 1, 125], echoed),
			...each('framing.length.*.in.64.bits', [0, 125, 126, 65_535], echoed),
		},
	},
	{
		name: 'pings read together',
		why: 'libwebsockets keeps one ping to answer and drops further pings until it has answered',
		observed: each('ping.*.together', [2, 10], [pong('ping 0'), open]),
	},
	{
		name: 'no close frame',
		why: 'libwebsockets closes TCP on an invalid length, without a close frame',
		observed: {
			'framing.length.top.bit': [cut],
			...each('ping.of.*', [126, 127, 65_536], [cut]),
			...each('pong.of.*', [126, 127, 65_536], [cut]),
			...each('close.of.*', [126, 127, 65_536], [cut]),
			...each('*.not.shortest', ['ping', 'pong', 'close'], [cut]),
		},
	},
	{
		name: 'codes registered later',
		why: 'libwebsockets treats 1012, 1013 and 1014 from a peer as a protocol error',
		observed: {
			...each('close.code.*', [1012, 1013, 1014], [close(1002)]),
			...each('close.code.*.reason', [1012, 1013, 1014], [close(1002)]),
		},
	},
];
