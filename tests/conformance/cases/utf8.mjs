// Valid and invalid UTF-8, and where a message may be split.

import {
	afterPong, binary, chopped, continuation, failed, fragmented, ping, pong, received, sliced, text, unfinished,
} from '../words.mjs';

const bytes = (hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

// The first and the last character of each length, and those next to forbidden ones.
const goodTexts = [
	['ascii', 'every ASCII character', Buffer.from(Array.from({ length: 128 }, (_, n) => n))],
	['nul', 'U+0000', bytes('00')],
	['2.first', 'U+0080', bytes('c2 80')],
	['2.last', 'U+07FF', bytes('df bf')],
	['3.first', 'U+0800', bytes('e0 a0 80')],
	['3.last', 'U+FFFF', bytes('ef bf bf')],
	['4.first', 'U+10000', bytes('f0 90 80 80')],
	['4.last', 'U+10FFFF', bytes('f4 8f bf bf')],
	['before.surrogates', 'U+D7FF', bytes('ed 9f bf')],
	['after.surrogates', 'U+E000', bytes('ee 80 80')],
	['replacement', 'U+FFFD', bytes('ef bf bd')],
	['noncharacter.fdd0', 'U+FDD0, a noncharacter that is allowed', bytes('ef b7 90')],
	['noncharacter.1fffe', 'U+1FFFE, a noncharacter that is allowed', bytes('f0 9f bf be')],
	['byte.order.mark', 'U+FEFF', bytes('ef bb bf')],
	['mixed', 'characters of all lengths', Buffer.from('a é 汉字 😀 ü\u0301 ß 𝄞 z')],
	['long', 'more characters than are read at once', Buffer.from('aé汉😀'.repeat(300))],
];

const good = goodTexts.flatMap(([id, what, payload]) => [
	{
		id: `utf8.good.${id}`,
		says: `a text of ${what} comes back`,
		rfc: '8.1',
		send: [text(payload)],
		expect: [received.text(payload), received.open],
	},
	{
		id: `utf8.good.${id}.in.pieces`,
		says: `a text of ${what} in fragments of one byte comes back`,
		rfc: '5.6',
		send: fragmented(text, sliced(payload, 1)),
		expect: [received.text(payload), received.open],
	},
	{
		id: `utf8.good.${id}.chopped`,
		says: `a text of ${what}, written byte by byte, comes back`,
		rfc: '8.1',
		send: [chopped(text(payload), 1)],
		expect: [received.text(payload), received.open],
	},
]);

const badTexts = [
	['80', 'a continuation byte alone'],
	['bf', 'the last continuation byte alone'],
	['61 80', 'a continuation byte after a letter'],
	['80 bf 80 bf', 'continuation bytes alone'],
	['c3', 'half of a character'],
	['c3 61', 'half of a character and a letter'],
	['e2 82', 'two thirds of a character'],
	['e2 82 61', 'two thirds of a character and a letter'],
	['f0 9f 98', 'three quarters of a character'],
	['f0 9f 98 61', 'three quarters of a character and a letter'],
	['c0 80', 'U+0000 in two bytes'],
	['c0 af', 'a slash in two bytes'],
	['c1 bf', 'U+007F in two bytes'],
	['e0 80 80', 'U+0000 in three bytes'],
	['e0 80 af', 'a slash in three bytes'],
	['e0 9f bf', 'U+07FF in three bytes'],
	['f0 80 80 80', 'U+0000 in four bytes'],
	['f0 8f bf bf', 'U+FFFF in four bytes'],
	['ed a0 80', 'the first surrogate'],
	['ed ad bf', 'the last high surrogate without private use'],
	['ed af bf', 'the last high surrogate'],
	['ed b0 80', 'the first low surrogate'],
	['ed bf bf', 'the last surrogate'],
	['ed a0 bd ed b8 80', 'a pair of surrogates'],
	['f4 90 80 80', 'the first code point beyond U+10FFFF'],
	['f7 bf bf bf', 'the last four-byte sequence'],
	['f5 80 80 80', 'a lead byte that no character has'],
	['f8 88 80 80 80', 'five bytes'],
	['fb bf bf bf bf', 'the last five-byte sequence'],
	['fc 84 80 80 80 80', 'six bytes'],
	['fd bf bf bf bf bf', 'the last six-byte sequence'],
	['fe', 'the byte FE'],
	['ff', 'the byte FF'],
	['fe fe ff ff', 'the bytes FE and FF'],
].map(([hex, what]) => ({ id: hex.replaceAll(' ', ''), what, payload: bytes(hex) }));

const around = Buffer.from('aé汉😀');

const bad = badTexts.flatMap(({ id, what, payload }) => [
	{
		id: `utf8.bad.${id}`,
		says: `text with ${what} fails the connection`,
		rfc: '8.1',
		send: [text(payload)],
		expect: [received.close(1007)],
	},
	{
		id: `utf8.bad.${id}.within`,
		says: `text with ${what} between good characters fails the connection`,
		rfc: '8.1',
		send: [text(Buffer.concat([around, payload, around]))],
		expect: [received.close(1007)],
	},
	{
		id: `utf8.bad.${id}.in.pieces`,
		says: `text with ${what}, in fragments of one byte, fails the connection`,
		rfc: '8.1',
		send: fragmented(text, sliced(payload, 1)),
		expect: [received.close(1007)],
	},
]);

// Invalid bytes may fail the connection before the rest has arrived.
const still = 'still here?';

const early = [
	{
		id: 'piece',
		says: 'bad text in a fragment fails the connection',
		begin: [text('aé', unfinished), continuation(bytes('ff'), unfinished)],
		rest: continuation('aé'),
	},
	{
		id: 'surrogate',
		says: 'the start of a surrogate fails the connection',
		begin: [text(bytes('61 ed a0'), unfinished)],
		rest: continuation(bytes('80')),
	},
	{
		id: 'overlong',
		says: 'the start of an overlong character fails the connection',
		begin: [text(bytes('61 e0 80'), unfinished)],
		rest: continuation(bytes('af')),
	},
	{
		id: 'too.large',
		says: 'the start of a character beyond U+10FFFF fails the connection',
		begin: [text(bytes('61 f4 90'), unfinished)],
		rest: continuation(bytes('80 80')),
	},
].map(({ id, says, begin, rest }) => ({
	id: `utf8.early.${id}`,
	says: `${says}, at once or at the end of its message`,
	rfc: '8.1',
	send: [...begin, ping(still), afterPong, rest],
	choices: {
		'bad text fails at once': [received.close(1007)],
		'bad text fails later': [received.pong(still), received.close(1007)],
	},
}));

const euro = bytes('e2 82 ac');
const [euroFirst, euroRest] = [euro.subarray(0, 1), euro.subarray(1)];

const states = [
	{
		id: 'utf8.split.ping',
		says: 'a ping may come within a character',
		rfc: '5.4',
		send: [text(euroFirst, unfinished), ping('now'), afterPong, continuation(euroRest)],
		expect: [received.text(euro), received.pong('now'), received.open],
	},
	{
		id: 'utf8.split.pong',
		says: 'a pong may come within a character',
		rfc: '5.4',
		send: [text(euroFirst, unfinished), pong('now'), continuation(euroRest)],
		expect: [received.text(euro), received.open],
	},
	{
		id: 'utf8.split.pong.empty',
		says: 'an empty pong may come within a character',
		rfc: '5.4',
		send: [text(euroFirst, unfinished), pong(''), continuation(euroRest)],
		expect: [received.text(euro), received.open],
	},
	{
		id: 'utf8.split.empty.piece',
		says: 'an empty fragment may come within a character',
		rfc: '5.4',
		send: [text(euroFirst, unfinished), continuation('', unfinished), continuation(euroRest)],
		expect: [received.text(euro), received.open],
	},
	{
		id: 'utf8.half.then.empty.last',
		says: 'half of a character before an empty last fragment fails the connection',
		rfc: '8.1',
		send: [text(euroFirst, unfinished), continuation('')],
		expect: [received.close(1007)],
	},
	{
		id: 'utf8.half.then.empty.last.then.rest',
		says: 'half of a character is not completed by the next message',
		rfc: '8.1',
		send: [text(euroFirst, unfinished), continuation(''), text(euroRest)],
		expect: [received.close(1007)],
	},
	{
		id: 'utf8.binary.is.free',
		says: 'a binary message may have any bytes, and good text after it comes back',
		rfc: '5.6',
		send: [binary(bytes('ff fe c3')), text('é')],
		expect: [received.binary(bytes('ff fe c3')), received.text('é'), received.open],
	},
	{
		id: 'utf8.binary.is.free.in.pieces',
		says: 'a fragmented binary message may have any bytes, and good text after it comes back',
		rfc: '5.6',
		send: [...fragmented(binary, [bytes('ff'), bytes('c3')]), ...fragmented(text, ['é', 'é'])],
		expect: [received.binary(bytes('ff c3')), received.text('éé'), received.open],
	},
	{
		id: 'utf8.bad.second',
		says: 'bad text after good text fails the connection',
		rfc: '8.1',
		send: [text('é'), text(bytes('c3'))],
		anyOf: failed(1007, received.text('é')),
	},
	{
		id: 'utf8.bad.far',
		says: 'a bad byte late in a long text fails the connection',
		rfc: '8.1',
		send: [text(Buffer.concat([Buffer.alloc(100_000, 'é'), bytes('ff'), around]))],
		expect: [received.close(1007)],
	},
];

export default [...good, ...bad, ...early, ...states];
