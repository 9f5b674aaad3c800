// Fragmented messages, and frames that may or may not come between the fragments.

import {
	afterPong, binary, chopped, continuation, failed, fragmented, ping, pong, received, text, unfinished,
} from '../words.mjs';

const kinds = { text, binary };

const good = Object.entries(kinds).flatMap(([kind, send]) => [
	...[
		['two', 'two fragments', ['hel', 'lo']],
		['five', 'five fragments', ['a', 'bc', 'def', 'ghij', 'klmno']],
		['two.empty', 'two empty fragments', ['', '']],
		['five.empty', 'five empty fragments', ['', '', '', '', '']],
		['empty.first', 'an empty first fragment', ['', 'hello']],
		['empty.between', 'an empty fragment in the middle', ['hel', '', 'lo']],
		['empty.last', 'an empty last fragment', ['hello', '']],
		['thousand', 'a thousand fragments', Array.from({ length: 1000 }, (_, n) => String(n))],
	].map(([id, what, pieces]) => ({
		id: `fragments.${id}.${kind}`,
		says: `a ${kind} message with ${what} comes back whole`,
		rfc: '5.4',
		send: fragmented(send, pieces),
		expect: [received[kind](pieces.join('')), received.open],
	})),
	{
		id: `fragments.chopped.${kind}`,
		says: `a fragmented ${kind} message, written byte by byte, comes back whole`,
		rfc: '5.4',
		send: [chopped(fragmented(send, ['one ', 'two ', '', 'three']), 1)],
		expect: [received[kind]('one two three'), received.open],
	},
	{
		id: `fragments.several.${kind}`,
		says: `three fragmented ${kind} messages come back one after the other`,
		rfc: '5.4',
		send: ['1', '2', '3'].flatMap((n) => fragmented(send, [n, n, n])),
		expect: [...['111', '222', '333'].map(received[kind]), received.open],
	},
]);

const [first, second, third] = fragmented(text, ['one ', 'two ', 'three']);
const message = received.text('one two three');

const controls = [
	{
		id: 'fragments.ping.between',
		says: 'a ping within a fragmented message is answered before the message ends',
		rfc: '5.4',
		send: [first, ping('now'), afterPong, second, third],
		expect: [message, received.pong('now'), received.open],
	},
	{
		id: 'fragments.pings.between',
		says: 'a ping after each fragment is answered before the next fragment arrives',
		rfc: '5.4',
		send: [first, ping('1'), afterPong, second, ping('2'), afterPong, third],
		expect: [message, received.pong('1'), received.pong('2'), received.open],
	},
	{
		id: 'fragments.ping.together',
		says: 'a ping within a fragmented message is answered when everything arrives together',
		rfc: '5.4',
		send: [first, ping('now'), second, third],
		expect: [message, received.pong('now'), received.open],
	},
	{
		id: 'fragments.ping.chopped',
		says: 'a ping within a fragmented message is answered when everything is written byte by byte',
		rfc: '5.4',
		send: [chopped([first, ping('now'), second, third], 1)],
		expect: [message, received.pong('now'), received.open],
	},
	{
		id: 'fragments.pong.between',
		says: 'a pong within a fragmented message is ignored',
		rfc: '5.4',
		send: [first, pong('unasked'), second, pong(''), third],
		expect: [message, received.open],
	},
	{
		id: 'fragments.ping.binary',
		says: 'a ping within a fragmented binary message is answered',
		rfc: '5.4',
		send: [binary('one ', unfinished), ping('now'), continuation('two')],
		expect: [received.binary('one two'), received.pong('now'), received.open],
	},
];

const noStart = [
	['last', 'a last fragment', continuation('hello')],
	['first', 'a fragment', continuation('hello', unfinished)],
	['empty', 'an empty last fragment', continuation('')],
].flatMap(([id, what, piece]) => [
	{
		id: `fragments.no.start.${id}`,
		says: `${what} without a message fails the connection`,
		rfc: '5.4',
		send: [piece],
		expect: [received.close(1002)],
	},
	{
		id: `fragments.no.start.${id}.after.message`,
		says: `${what} after a whole message fails the connection`,
		rfc: '5.4',
		send: [text('good'), piece, text('too late')],
		anyOf: failed(1002, received.text('good')),
	},
	{
		id: `fragments.no.start.${id}.after.pieces`,
		says: `${what} after the last one fails the connection`,
		rfc: '5.4',
		send: [...fragmented(text, ['go', 'od']), piece],
		anyOf: failed(1002, received.text('good')),
	},
]);

const nested = Object.entries(kinds).flatMap(([outer, sendOuter]) =>
	Object.entries(kinds).flatMap(([inner, sendInner]) => [
		{
			id: `fragments.nested.${inner}.in.${outer}`,
			says: `a ${inner} message within a fragmented ${outer} message fails the connection`,
			rfc: '5.4',
			send: [sendOuter('one ', unfinished), sendInner('inner'), continuation('two')],
			expect: [received.close(1002)],
		},
		{
			id: `fragments.nested.${inner}.in.${outer}.unfinished`,
			says: `the start of a ${inner} message within a fragmented ${outer} message fails the connection`,
			rfc: '5.4',
			send: [sendOuter('one ', unfinished), continuation('', unfinished), sendInner('inner', unfinished), continuation('two')],
			expect: [received.close(1002)],
		},
	]),
);

export default [...good, ...controls, ...noStart, ...nested];
