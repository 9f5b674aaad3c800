// Random damage to bytes.

// Byte sequences that confuse parsers.
const words = [
	'\r', '\n', '\r\n', '\r\n\r\n', '\0', ' ', '\t', ':', ';', ',', '"', '%', '%00', '%zz', '?', '#',
	'/../', '//', '\xff', '\x7f', '\x80', '-1', '0', '99999999999999999999', '{', '}', '[', '\\u0000', '\\ud800',
	'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: other\r\n', 'Connection: close\r\n',
	'Connection: Upgrade\r\n', 'Upgrade: foo\r\n', 'Expect: 100-continue\r\n', ' folded\r\n',
	'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
].map((word) => Buffer.from(word, 'latin1'));

const spliced = (bytes, at, removed, inserted) =>
	Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);

const nothing = Buffer.alloc(0);

/** Picks a random part of the bytes. Short parts are more likely. */
function part(bytes, chance) {
	const at = chance.below(bytes.length + 1);
	const most = chance.pick([4, 40, bytes.length]);
	return { at, length: Math.min(chance.below(most + 1), bytes.length - at) };
}

const ways = [
	function flip(bytes, chance) {
		const copy = Buffer.from(bytes);
		if (copy.length > 0)
			copy[chance.below(copy.length)] ^= 1 << chance.below(8);
		return copy;
	},
	function overwrite(bytes, chance) {
		const copy = Buffer.from(bytes);
		const { at, length } = part(copy, chance);
		for (let i = at; i < at + Math.min(length, 8); i++)
			copy[i] = chance.below(256);
		return copy;
	},
	function insert(bytes, chance) {
		return spliced(bytes, part(bytes, chance).at, 0, chance.pick(words));
	},
	function replace(bytes, chance) {
		const { at, length } = part(bytes, chance);
		return spliced(bytes, at, length, chance.pick(words));
	},
	function remove(bytes, chance) {
		const { at, length } = part(bytes, chance);
		return spliced(bytes, at, length, nothing);
	},
	function repeat(bytes, chance) {
		const { at, length } = part(bytes, chance);
		const times = Math.min(chance.pick([1, 1, 2, 10, 300]), 1 + Math.floor(65_536 / (length + 1)));
		const taken = bytes.subarray(at, at + length);
		return spliced(bytes, at, 0, Buffer.concat(Array(times).fill(taken)));
	},
	function move(bytes, chance) {
		const { at, length } = part(bytes, chance);
		const taken = bytes.subarray(at, at + length);
		const rest = spliced(bytes, at, length, nothing);
		return spliced(rest, chance.below(rest.length + 1), 0, taken);
	},
	function cut(bytes, chance) {
		return bytes.subarray(0, chance.below(bytes.length + 1));
	},
];

/** Returns the bytes with that many random changes. */
export function damaged(bytes, times, chance) {
	while (times-- > 0)
		bytes = chance.pick(ways)(bytes, chance);
	return bytes;
}
