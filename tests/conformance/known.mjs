// What differs from RFC 6455, why, and how exactly: a case that stands here passes only as long
// as the daemon does what was observed. One that has become conformant is to be taken out.

import { payloadOf } from './cases/kinds.mjs';
import { heard } from './words.mjs';

const { open, cut, close, later, text, pong } = heard;

/** A case of each value, which takes the place of the star in its id: id and outcome. */
const each = (pattern, values, outcome) =>
	Object.fromEntries(
		values.map((value) => [
			pattern.replace('*', value),
			typeof outcome === 'function' ? outcome(value) : outcome,
		]),
	);

const echoed = (size) => [text(payloadOf('text', size)), open];

const reservedOpcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

// What only another libwebsockets can change (all of it is in 4.1.6).
const libwebsockets = [
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
	{
		name: 'nonsense behind a close frame',
		why: 'libwebsockets reads on, and hangs up before it has answered the close frame',
		observed: { 'close.then.nonsense': [cut] },
	},
];

// What the daemon itself could do better.
const linnetd = [
	{
		name: 'messages behind a close frame',
		why: 'what waits to be written goes out behind a close frame that libwebsockets has sent',
		observed: {
			...each('reserved.bits.*.between', [1, 2, 4], [close(1002), later(text('good'))]),
			...each('reserved.opcode.*.with.payload', reservedOpcodes, [close(1002), later(text('good'))]),
			...each('fragments.no.start.*.after.message', ['last', 'first', 'empty'], [
				close(1002), later(text('good')),
			]),
			...each('fragments.no.start.*.after.pieces', ['last', 'first', 'empty'], [
				close(1002), later(text('good')),
			]),
			'utf8.bad.second': [close(1007), later(text('é'))],
		},
	},
	{
		name: 'alive behind a close frame',
		why: 'libwebsockets misreads the answer to a close frame of its own, and the heartbeat goes on',
		observed: { 'close.ends.after.bits.of.ping': [close(1002), later('ping "linnet"')] },
	},
	{
		name: 'the UTF-8 check',
		why: 'that of libwebsockets takes pongs for text, misses ends, and fails without a close frame',
		observed: {
			'pong.binary.after.text': [close(1007), later(text('hello'))],
			'utf8.split.pong': [close(1007)],
			'utf8.half.then.empty.last': [close(1007), later('text e2')],
			'utf8.half.then.empty.last.then.rest': ['text e2', 'text 82ac', open],
			...each('close.reason.bad.*', ['alone', 'within'], [cut]),
			'close.reason.bad.half': ['close 1000 with a bad reason'],
			'close.then.bad.text': [cut],
			'close.ends.after.long.text': [cut],
		},
	},
	{
		name: 'half a code',
		why: 'libwebsockets answers a close frame of one byte by the same',
		observed: { 'close.half.code': ['close with half a code'] },
	},
];

export const known = [...libwebsockets, ...linnetd];
