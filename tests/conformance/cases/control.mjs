// Pings, pongs, and control frames that are not allowed.

import {
	afterPong, binary, chopped, close, closeReason, continuation, failed, frame, ping, pong, received, text, unfinished,
} from '../words.mjs';

const bytes = (...values) => Buffer.from(values);

const payloads = [
	['empty', 'an empty payload', ''],
	['text', 'text', 'hello'],
	['binary', 'bytes that are not UTF-8', bytes(0x00, 0xff, 0xfe, 0xfd, 0xc0, 0x80)],
	['125', '125 bytes', 'x'.repeat(125)],
	['125.binary', '125 bytes that are not UTF-8', Buffer.alloc(125, 0xfe)],
];

const pings = payloads.flatMap(([id, what, payload]) => [
	{
		id: `ping.${id}`,
		says: `a ping with ${what} is answered by a pong with the same payload`,
		rfc: '5.5.2',
		send: [ping(payload), afterPong],
		expect: [received.pong(payload), received.open],
	},
	{
		id: `ping.${id}.chopped`,
		says: `a ping with ${what}, written byte by byte, is answered`,
		rfc: '5.5.2',
		send: [chopped(ping(payload), 1), afterPong],
		expect: [received.pong(payload), received.open],
	},
]);

const numbered = (count) => Array.from({ length: count }, (_, n) => `ping ${n}`);

/** Returns all outcomes in which the last ping is answered; earlier ones may be too (5.5.3). */
function lastAnswered(names) {
	const last = received.pong(names.at(-1));
	let outcomes = [[]];
	for (const name of names.slice(0, -1))
		outcomes = outcomes.flatMap((outcome) => [outcome, [...outcome, received.pong(name)]]);
	return outcomes.map((outcome) => [...outcome, last, received.open]);
}

const manyPings = [
	{
		id: 'ping.10.one.by.one',
		says: 'ten pings, each sent after the pong of the one before, are answered in order',
		rfc: '5.5.2',
		send: numbered(10).flatMap((name) => [ping(name), afterPong]),
		expect: [...numbered(10).map(received.pong), received.open],
	},
	...[2, 10].map((count) => ({
		id: `ping.${count}.together`,
		says: `of ${count} pings sent together at least the last one is answered`,
		rfc: '5.5.3',
		send: numbered(count).map((name) => ping(name)),
		anyOf: lastAnswered(numbered(count)),
	})),
	{
		id: 'ping.between.messages',
		says: 'a ping between two messages is answered, and so are the messages',
		rfc: '5.5.2',
		send: [text('one'), ping('ping'), text('two')],
		expect: [received.text('one'), received.text('two'), received.pong('ping'), received.open],
	},
];

const pongs = [
	...payloads.map(([id, what, payload]) => ({
		id: `pong.unsolicited.${id}`,
		says: `an unsolicited pong with ${what} is not answered`,
		rfc: '5.5.3',
		send: [pong(payload)],
		expect: [received.open],
	})),
	{
		id: 'pong.unsolicited.10',
		says: 'ten unsolicited pongs are not answered',
		rfc: '5.5.3',
		send: numbered(10).map((name) => pong(name)),
		expect: [received.open],
	},
	{
		id: 'pong.unsolicited.then.ping',
		says: 'a ping after an unsolicited pong is answered',
		rfc: '5.5.3',
		send: [pong('pong'), ping('ping'), afterPong],
		expect: [received.pong('ping'), received.open],
	},
	{
		id: 'pong.binary.after.text',
		says: 'a pong after a text message may have any bytes',
		rfc: '5.5.3',
		send: [text('hello'), pong(bytes(0xff, 0xfe))],
		expect: [received.text('hello'), received.open],
	},
	{
		id: 'pong.binary.after.binary',
		says: 'a pong after a binary message may have any bytes',
		rfc: '5.5.3',
		send: [binary('hello'), pong(bytes(0xff, 0xfe))],
		expect: [received.binary('hello'), received.open],
	},
];

const controls = { ping, pong, close };

const wrong = Object.entries(controls).flatMap(([name, send]) => [
	...[126, 127, 65_536].map((size) => ({
		id: `${name}.of.${size}`,
		says: `a ${name} with ${size} bytes fails the connection`,
		rfc: '5.5',
		send: [send(name === 'close' ? closeReason(1000, 'x'.repeat(size - 2)) : Buffer.alloc(size))],
		expect: [received.close(1002)],
	})),
	{
		id: `${name}.in.pieces`,
		says: `a fragmented ${name} fails the connection`,
		rfc: '5.5',
		send: [send('', unfinished), continuation('')],
		expect: [received.close(1002)],
	},
	{
		id: `${name}.not.shortest`,
		says: `a ${name} with a 16-bit length fails the connection`,
		rfc: '5.2',
		send: [send('', { lengthBytes: 2 })],
		expect: [received.close(1002)],
	},
]);

const reservedBits = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) =>
	['continuation', 'text', 'binary', 'close', 'ping', 'pong'].map((name) => {
		const send = { continuation, text, binary, ...controls }[name];
		const before = name === 'continuation' ? [text('', unfinished)] : [];
		return {
			id: `reserved.bits.${rsv}.${name}`,
			says: `reserved bits (${rsv}) fail the connection`,
			rfc: '5.2',
			send: [...before, send(name === 'close' ? '' : 'hello', { rsv })],
			expect: [received.close(1002)],
		};
	}),
);

const reservedBitsLater = [1, 2, 4].map((rsv) => ({
	id: `reserved.bits.${rsv}.between`,
	says: `reserved bits (${rsv}) fail the connection between two good messages`,
	rfc: '5.2',
	send: [text('good'), text('bad', { rsv }), text('too late')],
	anyOf: failed(1002, received.text('good')),
}));

const reservedOpcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
	{
		id: `reserved.opcode.${opcode}`,
		says: `opcode ${opcode} fails the connection`,
		rfc: '5.2',
		send: [frame(opcode, '')],
		expect: [received.close(1002)],
	},
	{
		id: `reserved.opcode.${opcode}.with.payload`,
		says: `opcode ${opcode} fails the connection between two good messages`,
		rfc: '5.2',
		send: [text('good'), frame(opcode, 'hello'), text('too late')],
		anyOf: failed(1002, received.text('good')),
	},
	{
		id: `reserved.opcode.${opcode}.within`,
		says: `opcode ${opcode} fails the connection within a fragmented message`,
		rfc: '5.2',
		send: [text('one', unfinished), frame(opcode, ''), continuation('two')],
		expect: [received.close(1002)],
	},
]);

export default [
	...pings, ...manyPings, ...pongs, ...wrong,
	...reservedBits, ...reservedBitsLater, ...reservedOpcodes,
];
