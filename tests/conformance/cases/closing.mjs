// The close handshake: codes, reasons, and frames after it.

import {
	chopped, close, closeReason, continuation, fragmented, frame, ping, pong, received, text, unfinished,
} from '../words.mjs';

const closing = (example) => ({ ...example, isClosing: true });

// The codes of the RFC, those registered later (1012 to 1014), and the ranges for libraries and
// applications.
const goodCodes = [
	1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

// Never used, reserved, never sent, not registered.
const badCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999];

const codes = [
	...goodCodes.map((code) => ({
		id: `close.code.${code}`,
		says: `a close frame with ${code} is answered by the same code`,
		rfc: '5.5.1',
		send: [close(closeReason(code))],
		expect: [received.close(code)],
	})),
	...goodCodes.map((code) => ({
		id: `close.code.${code}.reason`,
		says: `a close frame with ${code} and a reason is answered by the same code`,
		rfc: '5.5.1',
		send: [close(closeReason(code, 'so long'))],
		expect: [received.close(code)],
	})),
	...badCodes.flatMap((code) => ['', 'so long'].map((reason) => ({
		id: `close.code.${code}${reason && '.reason'}`,
		says: `a close frame with ${code}${reason && ' and a reason'} is a protocol error`,
		rfc: '7.4',
		send: [close(closeReason(code, reason))],
		expect: [received.close(1002)],
	}))),
];

// The RFC does not mention these codes.
const beyondCodes = [5000, 65_535].map((code) => ({
	id: `close.code.${code}`,
	says: `a close frame with ${code} is answered by the same code or is a protocol error`,
	rfc: '7.4.2',
	send: [close(closeReason(code))],
	choices: {
		'codes from 5000 are answered by the same': [received.close(code)],
		'codes from 5000 are errors': [received.close(1002)],
	},
}));

const euro = Buffer.from('€');

const bodies = [
	{
		id: 'close.empty',
		says: 'a close frame without a code is answered',
		rfc: '5.5.1',
		send: [close('')],
		choices: {
			'no code is answered by none': [received.close()],
			'no code is answered by 1000': [received.close(1000)],
		},
	},
	{
		id: 'close.half.code',
		says: 'a close frame with one byte is a protocol error',
		rfc: '5.5.1',
		send: [close(Buffer.from([3]))],
		expect: [received.close(1002)],
	},
	{
		id: 'close.reason.123',
		says: 'a reason may have 123 bytes',
		rfc: '5.5',
		send: [close(closeReason(1000, 'x'.repeat(123)))],
		expect: [received.close(1000)],
	},
	{
		id: 'close.reason.123.utf8',
		says: 'a reason may have 123 bytes of three-byte characters',
		rfc: '5.5.1',
		send: [close(closeReason(1000, '€'.repeat(41)))],
		expect: [received.close(1000)],
	},
	{
		id: 'close.reason.chopped',
		says: 'a close frame written byte by byte is answered',
		rfc: '5.5.1',
		send: [chopped(close(closeReason(1000, 'so long')), 1)],
		expect: [received.close(1000)],
	},
	...[
		['alone', 'is not UTF-8', Buffer.from([0xff])],
		['within', 'has bytes in the middle that are not UTF-8', Buffer.from([0x61, 0xce, 0xba, 0xed, 0xa0, 0x80, 0x61])],
		['half', 'ends within a character', euro.subarray(0, 2)],
	].map(([id, what, reason]) => ({
		id: `close.reason.bad.${id}`,
		says: `a reason that ${what} fails the connection`,
		rfc: '5.5.1',
		send: [close(closeReason(1000, reason))],
		anyOf: [[received.close(1007)], [received.close(1002)]],
	})),
];

const normalClose = close(closeReason(1000));

const behind = [
	['text', 'a message', [text('too late')]],
	['pieces', 'a fragmented message', fragmented(text, ['too ', 'late'])],
	['ping', 'a ping', [ping('too late')]],
	['pong', 'a pong', [pong('too late')]],
	['close', 'another close frame', [close(closeReason(1001))]],
	['bad.text', 'text that is not UTF-8', [text(Buffer.from([0xff]))]],
	['nonsense', 'a frame with all reserved bits and a reserved opcode', [Buffer.alloc(32, 0xff)]],
].map(([id, what, late]) => ({
	id: `close.then.${id}`,
	says: `${what} after a close frame is not answered`,
	rfc: '5.5.1',
	send: [normalClose, ...late],
	expect: [received.close(1000)],
}));

const before = [
	{
		id: 'close.after.text',
		says: 'a close frame right after a message is answered, and the message may be',
		rfc: '5.5.1',
		send: [text('hello'), normalClose],
		choices: {
			'a message right before a close frame is answered': [received.text('hello'), received.close(1000)],
			'a message right before a close frame is not answered': [received.close(1000)],
		},
	},
	{
		id: 'close.after.ping',
		says: 'a close frame right after a ping is answered, and the ping may be',
		rfc: '5.5.2',
		send: [ping('hello'), normalClose],
		choices: {
			'a ping right before a close frame is answered': [received.pong('hello'), received.close(1000)],
			'a ping right before a close frame is not answered': [received.close(1000)],
		},
	},
	{
		id: 'close.within.message',
		says: 'a close frame within a fragmented message is answered, and the rest of the message is not',
		rfc: '5.4',
		send: [text('hel', unfinished), normalClose, continuation('lo')],
		expect: [received.close(1000)],
	},
	{
		id: 'close.within.character',
		says: 'a close frame with a reason, sent within a character of a message, is answered',
		rfc: '5.4',
		send: [text(euro.subarray(0, 1), unfinished), close(closeReason(1000, 'so long'))],
		expect: [received.close(1000)],
	},
];

// The daemon has failed the connection and the peer has answered, so TCP must be closed. The daemon
// must read the answer despite the bytes after the bad frame.
const ends = [
	['bits', 'reserved bits', 1002, text('hello', { rsv: 3 })],
	['bits.of.ping', 'reserved bits in a ping', 1002, ping('hello', { rsv: 1 })],
	['opcode', 'a reserved opcode', 1002, frame(3, 'hello')],
	['pieces', 'a continuation without a message', 1002, continuation('hello')],
	['control', 'a fragmented ping', 1002, ping('hello', unfinished)],
	['text', 'bad text', 1007, text(Buffer.from([0xff, 0xfe]))],
	['long.text', 'bad text with more bytes after it', 1007, text(Buffer.alloc(2000, 0xff))],
].map(([id, what, code, bad]) => ({
	id: `close.ends.after.${id}`,
	says: `TCP is closed after the peer answers the close frame caused by ${what}`,
	rfc: '7.1.1',
	isPatient: true,
	send: [bad],
	expect: [received.close(code)],
}));

export default [...codes, ...beyondCodes, ...bodies, ...behind, ...before].map(closing).concat(ends);
