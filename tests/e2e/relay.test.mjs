// The WebSocket door as a plain relay: what one client sends reaches the others.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { eventually, isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';
import { buildFrame, connect, connectWebSocket, opcodes, parseFrame } from '../lib/raw.mjs';

// These tests are not about the rate limit.
const noRateLimit = { settings: ['limits.message_rate=0'] };

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

async function pair(daemon) {
	return [await daemon.ws(), await daemon.ws()];
}

function assertError(object, code) {
	assert.equal(object.type, 'error');
	assert.equal(typeof object.message, 'string');
	assert.match(object.code, /^[a-z_]+$/);
	if (code)
		assert.equal(object.code, code);
}

test('a message reaches the other client with sender, time and place, and without the email', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.send(
			'{"username":"ann","email":" Ann@Example.org ","message":"hi","x":1,' +
				'"y":{"z":[1.5,null,true,"é😀"]}}',
		);
		const got = await bob.nextJson();
		assert.equal(got.type, 'message');
		assert.equal(got.room, 'lobby');
		assert.ok(Number.isInteger(got.ts) && Math.abs(got.ts - Date.now()) < 600_000, `ts ${got.ts}`);
		assert.equal(got.username, 'ann');
		assert.equal(got.message, 'hi');
		assert.equal(got.avatar, sha256('ann@example.org'));
		assert.equal(got.x, 1);
		assert.deepEqual(got.y, { z: [1.5, null, true, 'é😀'] });
		assert.ok(!('email' in got));
	}));

test('a message is one compact JSON object', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.send('{ "message" : "a b",\n\t"list" : [ 1, 2 ],  "o" : { } }');
		const text = await bob.nextText();
		assert.equal(text, JSON.stringify(JSON.parse(text)));
	}));

test('numbers are relayed with their exact value', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const numbers = '"n":[0.1,0.30000000000000004,3.14,100,-7,1e300,9007199254740993,2.5e-8]';
		ann.send(`{"message":"n",${numbers}}`);
		const text = await bob.nextText();
		assert.match(text, /\[0\.1,0\.30000000000000004,3\.14,100,-7,/);
		assert.match(text, /,9007199254740993,/);
		assert.deepEqual(JSON.parse(text).n, JSON.parse(`{${numbers}}`).n);
	}));

test('text in every script, with quotes and control characters, arrives unchanged', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const message = 'é 汉字 😀 👩‍👩‍👧 \u202e "quoted" \\ / \b\f\n\r\t\u0001 \u2028 <script>';
		ann.sendJson({ message });
		assert.equal((await bob.nextJson()).message, message);
	}));

test('the sender receives nothing back', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.sendJson({ message: 'hi' });
		await bob.nextJson();
		assert.deepEqual(await ann.drain(), []);
	}));

test('echo_to_sender also returns a message to its sender', () =>
	withDaemon({ settings: ['chat.echo_to_sender=true'] }, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.sendJson({ message: 'hi' });
		assert.deepEqual(await ann.nextJson(), await bob.nextJson());
	}));

test('share_email keeps the email in the message', () =>
	withDaemon({ settings: ['chat.share_email=true'] }, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.sendJson({ message: 'hi', email: 'ann@example.org' });
		assert.equal((await bob.nextJson()).email, 'ann@example.org');
	}));

test('a client cannot forge a server message', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.sendJson({ message: 'hi', ts: 1, avatar: 'forged', room: 'lobby' });
		const got = await bob.nextJson();
		assert.notEqual(got.ts, 1);
		assert.notEqual(got.avatar, 'forged');
	}));

test('a sender without a username is a numbered guest', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const eve = await daemon.ws();
		ann.sendJson({ message: 'one' });
		bob.sendJson({ message: 'two', username: '' });
		const [first, second] = [await eve.nextJson(), await eve.nextJson()];
		assert.match(first.username, /^guest-\d+$/);
		assert.match(second.username, /^guest-\d+$/);
		assert.notEqual(first.username, second.username);
	}));

test('text that is not JSON is answered by bad_json and the connection stays open', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.send('hello');
		assertError(await ann.nextJson(), 'bad_json');
		ann.sendJson({ message: 'now right' });
		assert.equal((await bob.nextJson()).message, 'now right');
	}));

test('JSON that is not an object is answered by an error and reaches nobody', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const bad = [
			'', ' ', 'null', 'true', '42', '"text"', '[]', '[{"message":"hi"}]', '{', '{"message":"hi"',
			'{"message":"hi"}}', '{"message":"hi"} {"message":"ho"}', '{message:"hi"}', "{'message':'hi'}",
			'{"message":"\\u0000"}', '{"message":"\\ud800"}', '{"message":"\\udc00\\ud800"}', '{"\\u0000":1}',
			'{"message":"a\nb"}', '{"n":1e999}', '{"n":NaN}', '\ufeff{"message":"hi"}',
			`{"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`,
		];
		for (const text of bad) {
			ann.send(text);
			assertError(await ann.nextJson());
		}
		ann.sendJson({ message: 'end' });
		assert.equal((await bob.nextJson()).message, 'end');
	}));

test('deeply nested JSON is relayed unchanged', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const deep = `${'['.repeat(1_000)}${']'.repeat(1_000)}`;
		ann.send(`{"message":"deep","deep":${deep}}`);
		assert.ok((await bob.nextText()).includes(`"deep":${deep}}`));
	}));

test('a member of the wrong type is answered by an error that names the ref', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const wrong = [
			{ username: 1 }, { username: {} }, { email: ['a@example.org'] }, { email: true },
			{ message: 7 }, { message: { text: 'hi' } }, { type: 5 }, { room: [] },
		];
		for (const members of wrong) {
			ann.sendJson({ message: 'hi', ...members, ref: 'c1' });
			const answer = await ann.nextJson();
			assertError(answer);
			assert.equal(answer.ref, 'c1', JSON.stringify(members));
		}
		for (const ref of [1, {}, '', 'r'.repeat(65)]) {
			ann.sendJson({ message: 'hi', ref });
			const answer = await ann.nextJson();
			assertError(answer);
			assert.ok(!('ref' in answer), JSON.stringify(ref));
		}
		ann.sendJson({ message: 'end' });
		assert.equal((await bob.nextJson()).message, 'end');
	}));

test('a binary message is closed with 1003', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		ann.send(Buffer.from('{"message":"hi"}'), { binary: true });
		assert.equal((await ann.closed).code, 1003);
		assert.deepEqual(await bob.drain(), []);
	}));

test('invalid UTF-8 anywhere in a message is closed with 1007', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bad = [
			Buffer.from([0xff]),
			Buffer.from('{"message":"\xc3"}', 'latin1'),
			Buffer.from('{"message":"\xc0\xaf"}', 'latin1'),
			Buffer.from('{"message":"\xed\xa0\x80"}', 'latin1'),
			Buffer.from('{"message":"\xf4\x90\x80\x80"}', 'latin1'),
			Buffer.from('{"message":"hi"}\xe2\x82', 'latin1'),
		];
		for (const bytes of bad) {
			const client = await connectWebSocket(daemon);
			await client.sendFrame(opcodes.text, bytes);
			const frame = await client.nextMessage();
			assert.equal(frame.opcode, opcodes.close);
			assert.equal(frame.code, 1007, bytes.toString('latin1'));
			client.destroy();
		}
	}));

test('a character may be split between fragments', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws();
		const ann = await connectWebSocket(daemon);
		const bytes = Buffer.from('{"message":"😀"}');
		for (let i = 0; i < bytes.length; i++) {
			await ann.sendFrame(i === 0 ? opcodes.text : opcodes.continuation, bytes.subarray(i, i + 1), {
				fin: i === bytes.length - 1,
			});
		}
		assert.equal((await bob.nextJson()).message, '😀');
		ann.destroy();
	}));

const withSmallMessages = (body) => withDaemon({ settings: ['limits.message_bytes=1024'] }, body);

/** Returns a JSON text of exactly that many bytes. */
function jsonOf(bytes) {
	const empty = JSON.stringify({ message: '' }).length;
	return JSON.stringify({ message: 'm'.repeat(bytes - empty) });
}

test('a message of exactly message_bytes is relayed, whole or in fragments', () =>
	withSmallMessages(async (daemon) => {
		const bob = await daemon.ws();
		const ann = await connectWebSocket(daemon);
		const text = jsonOf(1024);
		await ann.sendFrame(opcodes.text, text);
		assert.equal((await bob.nextJson()).message, JSON.parse(text).message);
		await ann.sendFrame(opcodes.text, text.slice(0, 1000), { fin: false });
		await ann.sendFrame(opcodes.continuation, text.slice(1000));
		assert.equal((await bob.nextJson()).message, JSON.parse(text).message);
		ann.destroy();
	}));

test('a message over message_bytes is closed with 1009: whole, in fragments or only announced', () =>
	withSmallMessages(async (daemon) => {
		const bob = await daemon.ws();
		const text = jsonOf(1025);
		const tooBig = {
			whole: [buildFrame(opcodes.text, text)],
			'in two fragments': [
				buildFrame(opcodes.text, text.slice(0, 1000), { fin: false }),
				buildFrame(opcodes.continuation, text.slice(1000)),
			],
			'without end': [
				buildFrame(opcodes.text, text.slice(0, 1000), { fin: false }),
				buildFrame(opcodes.continuation, text.slice(0, 1000), { fin: false }),
			],
			announced: [buildFrame(opcodes.text, 'x', { length: 2 ** 40 })],
			'announced a little too long': [buildFrame(opcodes.text, 'x', { length: 1025 })],
			'ten times as long': [buildFrame(opcodes.text, jsonOf(10_240))],
		};
		for (const [how, frames] of Object.entries(tooBig)) {
			const ann = await connectWebSocket(daemon);
			await ann.write(Buffer.concat(frames));
			const frame = await ann.nextMessage();
			assert.equal(frame.opcode, opcodes.close, how);
			assert.equal(frame.code, 1009, how);
			ann.destroy();
		}
		assert.deepEqual(await bob.drain(), []);
	}));

test('fragments with pings in between are one message, and every ping is answered', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws();
		const ann = await connectWebSocket(daemon);
		await ann.sendFrame(opcodes.text, '{"mess', { fin: false });
		await ann.sendFrame(opcodes.ping, 'one');
		assert.equal(String((await ann.nextFrame()).payload), 'one');
		await ann.sendFrame(opcodes.continuation, '', { fin: false });
		await ann.sendFrame(opcodes.ping, 'two');
		assert.equal(String((await ann.nextFrame()).payload), 'two');
		await ann.sendFrame(opcodes.continuation, 'age":"whole"}');
		assert.equal((await bob.nextJson()).message, 'whole');
		ann.destroy();
	}));

test('many messages in one segment arrive one by one', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws();
		const ann = await connectWebSocket(daemon);
		const frames = Array.from({ length: 200 }, (_, n) =>
			buildFrame(opcodes.text, JSON.stringify({ message: `m${n}` })),
		);
		await ann.write(Buffer.concat(frames));
		for (let n = 0; n < frames.length; n++)
			assert.equal((await bob.nextJson()).message, `m${n}`);
		ann.destroy();
	}));

test('a message in one-byte segments arrives whole', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws();
		const ann = await connectWebSocket(daemon);
		await ann.drip(buildFrame(opcodes.text, JSON.stringify({ message: 'm'.repeat(300) })));
		assert.equal((await bob.nextJson()).message, 'm'.repeat(300));
		ann.destroy();
	}));

test('5,000 messages of one sender reach 20 receivers complete and in order', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const receivers = await Promise.all(Array.from({ length: 20 }, () => daemon.ws()));
		for (let n = 0; n < 5_000; n++)
			ann.sendJson({ message: 'm', n });
		await Promise.all(
			receivers.map(async (receiver) => {
				for (let n = 0; n < 5_000; n++)
					assert.equal((await receiver.nextJson()).n, n);
			}),
		);
	}));

test('messages of several senders reach everybody in the same order', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const senders = await Promise.all(Array.from({ length: 5 }, () => daemon.ws()));
		const readers = [await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 50; n++)
			senders.forEach((sender, who) => sender.sendJson({ message: `${who}:${n}` }));
		const orders = [[], []];
		for (const [index, reader] of readers.entries()) {
			for (let n = 0; n < 250; n++)
				orders[index].push((await reader.nextJson()).message);
		}
		assert.deepEqual(orders[0], orders[1]);
		assert.equal(new Set(orders[0]).size, 250);
	}));

test('clients that vanish at any point harm nobody', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const whole = buildFrame(opcodes.text, jsonOf(2_000));
		for (const size of [0, 1, 3, 7, 100, whole.length - 1, whole.length]) {
			const client = await connectWebSocket(daemon);
			await client.write(whole.subarray(0, size));
			client.destroy();
			const halfClosed = await connectWebSocket(daemon);
			await halfClosed.write(whole.subarray(0, size));
			halfClosed.halfClose();
			await halfClosed.readToEnd();
		}
		const inHandshake = await connect(daemon);
		await inHandshake.write('GET /ws HTTP/1.1\r\nUpgrade: webso');
		inHandshake.destroy();
		ann.sendJson({ message: 'we live' });
		for (;;) {
			const { message } = await bob.nextJson();
			if (message === 'we live')
				break;
		}
	}));

test('a frame that violates the protocol ends only its own connection', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = await pair(daemon);
		const hello = JSON.stringify({ message: 'must not arrive' });
		const violations = {
			'reserved bit': buildFrame(opcodes.text, hello, { rsv: 4 }),
			'reserved opcode': buildFrame(3, hello),
			'reserved control opcode': buildFrame(11, ''),
			'long ping': buildFrame(opcodes.ping, 'p'.repeat(126)),
			'fragmented ping': buildFrame(opcodes.ping, 'p', { fin: false }),
			'continuation without a start': buildFrame(opcodes.continuation, hello),
			'text within a fragmented text': Buffer.concat([
				buildFrame(opcodes.text, '{', { fin: false }),
				buildFrame(opcodes.text, hello),
			]),
		};
		for (const [what, bytes] of Object.entries(violations)) {
			const client = await connectWebSocket(daemon);
			await client.write(bytes);
			client.halfClose();
			const answer = parseFrame(await client.readToEnd());
			if (answer) {
				assert.equal(answer.frame.opcode, opcodes.close, what);
				assert.equal(answer.frame.code, 1002, what);
			}
		}
		ann.sendJson({ message: 'end' });
		assert.equal((await bob.nextJson()).message, 'end');
	}));

test('a close is answered by a close with the same code', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		assert.equal((await ann.close(1000)).code, 1000);
		const bob = await daemon.ws();
		assert.equal((await bob.close(3999)).code, 3999);
	}));

/** Sends the texts and a close frame in one write, and returns what comes back as JSON until the close frame. */
async function sayAndLeave(daemon, at, objects, { isEnded = false } = {}) {
	const client = await connectWebSocket(daemon, at);
	const frames = objects.map((object) => buildFrame(opcodes.text, typeof object === 'string' ? object : JSON.stringify(object)));
	await client.write(Buffer.concat([...frames, buildFrame(opcodes.close, Buffer.from([0x03, 0xe8]))]));
	if (isEnded)
		client.halfClose();
	const answers = [];
	for (;;) {
		const { opcode, payload } = await client.nextFrame();
		if (opcode === opcodes.close) {
			assert.deepEqual([...payload], [0x03, 0xe8]);
			assert.equal((await client.readToEnd()).length, 0);
			client.destroy();
			return answers;
		}
		answers.push(at.includes('format=line') ? String(payload) : JSON.parse(payload));
	}
}

for (const isEnded of [false, true]) {
	test(`a client that leaves at once gets all its answers before the close frame${isEnded ? ', also when it has closed its half' : ''}`, () =>
		withDaemon(noRateLimit, async (daemon) => {
			const said = Array.from({ length: 50 }, (_, n) => ({ message: `m${n}`, ref: `c${n}` }));
			const asked = [{ type: 'history', limit: 10 }, { type: 'search', q: 'm7' }];
			const answers = await sayAndLeave(daemon, '/ws', [...said, ...asked], { isEnded });
			assert.deepEqual(answers.filter(({ type }) => type === 'ack').map(({ id }) => id), said.map((_, n) => n + 1));
			for (const type of ['history', 'search'])
				assert.equal(answers.filter((answer) => answer.type === type).length, 1, type);
			const missed = await sayAndLeave(daemon, '/ws', [{ type: 'join', room: 'lobby', since: `${answers.find(({ type }) => type === 'history').epoch}:0` }], { isEnded });
			assert.deepEqual(missed.filter(({ type }) => type === 'message').map(({ id }) => id), said.map((_, n) => n + 1));
			const lines = await sayAndLeave(daemon, '/ws?format=line', ['hi', '/history 2'], { isEnded });
			assert.match(lines.join(''), /m49/);
			await eventually(async () => assert.equal((await expectJson(get(daemon, '/rooms'))).rooms[0].count, 0), 'everybody to be gone');
		}));
}

test('clients that leave at once leave no descriptor behind, and the others are served', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws('/ws?name=bob');
		await get(daemon, '/rooms');
		const before = daemon.openDescriptors();
		for (let round = 0; round < 5; round++) {
			const leavers = Array.from({ length: 20 }, (_, n) => sayAndLeave(daemon, '/ws', [{ message: `${round} ${n}`, ref: `r${round}` }]));
			for (const answers of await Promise.all(leavers))
				assert.deepEqual(answers.map(({ type }) => type).filter((type) => type !== 'message'), ['ack']);
			for (let n = 0; n < 20; n++)
				await bob.nextJson();
		}
		await eventually(() => assert.ok(daemon.openDescriptors() <= before), 'the descriptors to be closed');
	}));

test('a client that resets after its close frame, or never reads, harms nobody', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (let n = 0; n < 20; n++) {
			const client = await connectWebSocket(daemon, '/ws');
			client.pause();
			await client.write(Buffer.concat([buildFrame(opcodes.text, '{"message":"x","ref":"r"}'), buildFrame(opcodes.close, '')]));
			if (n % 2)
				client.socket.resetAndDestroy();
		}
		await bob.drain();
		assert.equal((await get(daemon, '/healthz')).status, 200);
	}));
