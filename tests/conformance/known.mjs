// What differs from RFC 6455, why, and how exactly: a case that stands here passes only as long
// as the daemon does what was observed. One that has become conformant is to be taken out.

import { payloadOf } from './cases/kinds.mjs';
import { heard } from './words.mjs';

const { open, cut, close, text, pong } = heard;

/** A case of each value, which takes the place of the star in its id: id and outcome. */
const each = (pattern, values, outcome) =>
	Object.fromEntries(
		values.map((value) => [
			pattern.replace('*', value),
			typeof outcome === 'function' ? outcome(value) : outcome,
		]),
	);

const echoed = (size) => [text(payloadOf('text', size)), open];

// What only another libwebsockets can change (all of it is in 4.1.6).
export const known = [
	{
		name: 'unmasked frames',
		why: 'libwebsockets reads frames without a mask and tells nobody that they had none',
		observed: {
			'framing.unmasked.text': [text('hello'), open],
			'framing.unmasked.empty': [text(''), open],
			'framing.unmasked.ping': [pong('hello'), open],
			'framing.unmasked.second': [text('good'), text('bad'), open],
		},
	},
	{
		name: 'lengths not in the shortest form',
		why: 'libwebsockets takes a length in every form',
		observed: {
			...each('framing.length.*.in.16.bits', [0, 1, 125], echoed),
			...each('framing.length.*.in.64.bits', [0, 125, 126, 65_535], echoed),
		},
	},
	{
		name: 'pings read together',
		why: 'libwebsockets keeps one ping to answer and drops those that come until it has',
		observed: each('ping.*.together', [2, 10], [pong('ping 0'), open]),
	},
	{
		name: 'no close frame',
		why: 'libwebsockets hangs up on a length that cannot be, without a close frame',
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
		why: 'libwebsockets takes 1012, 1013 and 1014 from a peer for a protocol error',
		observed: {
			...each('close.code.*', [1012, 1013, 1014], [close(1002)]),
			...each('close.code.*.reason', [1012, 1013, 1014], [close(1002)]),
		},
	},
];
