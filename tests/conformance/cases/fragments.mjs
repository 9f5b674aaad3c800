// Fragmented messages, and frames that may or may not come between the fragments.

import {
	afterPong, binary, chopped, failed, heard, inPieces, more, ping, pong, text, unfinished,
} from '../words.mjs';

const kinds = { text, binary };

const good = Object.entries(kinds).flatMap(([kind, send]) => [
	...[
		['two', 'two pieces', ['hel', 'lo']],
		['five', 'five pieces', ['a', 'bc', 'def', 'ghij', 'klmno']],
		['two.empty', 'two empty fragments', ['', '']],
		['five.empty', 'five empty fragments', ['', '', '', '', '']],
		['empty.first', 'an empty first fragment', ['', 'hello']],
		['empty.between', 'an empty fragment in the middle', ['hel', '', 'lo']],
		['empty.last', 'an empty last fragment', ['hello', '']],
		['thousand', 'a thousand pieces', Array.from({ length: 1000 }, (_, n) => String(n))],
	].map(([id, what, pieces]) => ({
		id: `fragments.${id}.${kind}`,
		says: `a ${kind} message with ${what} comes back whole`,
		rfc: '5.4',
		send: inPieces(send, pieces),
		expect: [heard[kind](pieces.join('')), heard.open],
	})),
	{
		id: `fragments.chopped.${kind}`,
		says: `a fragmented ${kind} message, written byte by byte, comes back whole`,
		rfc: '5.4',
		send: [chopped(inPieces(send, ['one ', 'two ', '', 'three']), 1)],
		expect: [heard[kind]('one two three'), heard.open],
	},
	{
		id: `fragments.several.${kind}`,
		says: `three fragmented ${kind} messages come back one after the other`,
		rfc: '5.4',
		send: ['1', '2', '3'].flatMap((n) => inPieces(send, [n, n, n])),
		expect: [...['111', '222', '333'].map(heard[kind]), heard.open],
	},
]);

const [first, second, third] = inPieces(text, ['one ', 'two ', 'three']);
const message = heard.text('one two three');

const controls = [
	{
		id: 'fragments.ping.between',
		says: 'a ping within a fragmented message is answered before the message ends',
		rfc: '5.4',
		send: [first, ping('now'), afterPong, second, third],
		expect: [message, heard.pong('now'), heard.open],
	},
	{
		id: 'fragments.pings.between',
		says: 'a ping after each fragment is answered before the next fragment arrives',
		rfc: '5.4',
		send: [first, ping('1'), afterPong, second, ping('2'), afterPong, third],
		expect: [message, heard.pong('1'), heard.pong('2'), heard.open],
	},
	{
		id: 'fragments.ping.together',
		says: 'a ping within a fragmented message is answered when everything arrives together',
		rfc: '5.4',
		send: [first, ping('now'), second, third],
		expect: [message, heard.pong('now'), heard.open],
	},
	{
		id: 'fragments.ping.chopped',
		says: 'a ping within a fragmented message is answered when everything is written byte by byte',
		rfc: '5.4',
		send: [chopped([first, ping('now'), second, third], 1)],
		expect: [message, heard.pong('now'), heard.open],
	},
	{
		id: 'fragments.pong.between',
		says: 'a pong within a fragmented message is ignored',
		rfc: '5.4',
		send: [first, pong('unasked'), second, pong(''), third],
		expect: [message, heard.open],
	},
	{
		id: 'fragments.ping.binary',
		says: 'a ping within a fragmented binary message is answered',
		rfc: '5.4',
		send: [binary('one ', unfinished), ping('now'), more('two')],
		expect: [heard.binary('one two'), heard.pong('now'), heard.open],
	},
];

const noStart = [
	['last', 'a last piece', more('hello')],
	['first', 'a piece', more('hello', unfinished)],
	['empty', 'an empty last fragment', more('')],
].flatMap(([id, what, piece]) => [
	{
		id: `fragments.no.start.${id}`,
		says: `${what} without a message fails the connection`,
		rfc: '5.4',
		send: [piece],
		expect: [heard.close(1002)],
	},
	{
		id: `fragments.no.start.${id}.after.message`,
		says: `${what} after a whole message fails the connection`,
		rfc: '5.4',
		send: [text('good'), piece, text('too late')],
		anyOf: failed(1002, heard.text('good')),
	},
	{
		id: `fragments.no.start.${id}.after.pieces`,
		says: `${what} after the last one fails the connection`,
		rfc: '5.4',
		send: [...inPieces(text, ['go', 'od']), piece],
		anyOf: failed(1002, heard.text('good')),
	},
]);

const nested = Object.entries(kinds).flatMap(([outer, sendOuter]) =>
	Object.entries(kinds).flatMap(([inner, sendInner]) => [
		{
			id: `fragments.nested.${inner}.in.${outer}`,
			says: `a ${inner} message within a fragmented ${outer} message fails the connection`,
			rfc: '5.4',
			send: [sendOuter('one ', unfinished), sendInner('inner'), more('two')],
			expect: [heard.close(1002)],
		},
		{
			id: `fragments.nested.${inner}.in.${outer}.unfinished`,
			says: `the start of a ${inner} message within a fragmented ${outer} message fails the connection`,
			rfc: '5.4',
			send: [sendOuter('one ', unfinished), more('', unfinished), sendInner('inner', unfinished), more('two')],
			expect: [heard.close(1002)],
		},
	]),
);

export default [...good, ...controls, ...noStart, ...nested];
