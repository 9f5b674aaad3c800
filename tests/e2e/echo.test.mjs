// The echo service returns the same opcode and the same bytes.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { buildFrame, connectWebSocket, opcodes } from '../lib/raw.mjs';

const MiB = 1024 * 1024;

async function assertEchoes(client, bytes, binary) {
	client.send(bytes, { binary });
	const answer = await client.next();
	assert.equal(answer.isBinary, binary);
	assert.ok(answer.data.equals(bytes), `the ${bytes.length} bytes of the echo differ`);
}

/** Returns a whole message from the daemon, joined from its frames. */
async function readMessage(client) {
	const first = await client.nextMessage();
	const parts = [first.payload];
	for (let frame = first; !frame.fin; parts.push(frame.payload))
		frame = await client.nextMessage();
	return { opcode: first.opcode, code: first.code, payload: Buffer.concat(parts) };
}

test('text and binary messages come back with their type, empty ones too', () =>
	withDaemon({}, async (daemon) => {
		const client = await daemon.ws('/echo');
		for (const text of ['hello', '', 'é 汉字 😀', '{"message":"hi"}', '\0']) {
			await assertEchoes(client, Buffer.from(text), false);
			await assertEchoes(client, Buffer.from(text), true);
		}
		await assertEchoes(client, Buffer.from([0, 255, 254, 10, 13]), true);
	}));

test('a message of any size up to 16 MiB comes back byte for byte', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const client = await daemon.ws('/echo');
		for (const size of [1, 125, 126, 127, 4_095, 4_096, 65_535, 65_536, 65_537, MiB, 16 * MiB])
			await assertEchoes(client, randomBytes(size), true);
		await assertEchoes(client, Buffer.alloc(MiB, 'text '), false);
	}));

test('a fragmented message with pings in between comes back whole', () =>
	withDaemon({}, async (daemon) => {
		const client = await connectWebSocket(daemon, '/echo');
		for (const opcode of [opcodes.text, opcodes.binary]) {
			for (let pieces = 1; pieces <= 5; pieces++) {
				const sent = [];
				for (let piece = 0; piece < pieces; piece++) {
					const payload = `piece ${piece} `.repeat(300);
					sent.push(payload);
					await client.sendFrame(piece === 0 ? opcode : opcodes.continuation, payload, {
						fin: piece === pieces - 1,
					});
					await client.sendFrame(opcodes.ping, `ping ${piece}`);
				}
				const message = await readMessage(client);
				assert.equal(message.opcode, opcode);
				assert.equal(String(message.payload), sent.join(''));
			}
		}
		client.destroy();
	}));

test('messages come back in the order they were sent', () =>
	withDaemon({}, async (daemon) => {
		const client = await daemon.ws('/echo');
		for (let n = 0; n < 1_000; n++)
			client.send(String(n));
		for (let n = 0; n < 1_000; n++)
			assert.equal(await client.nextText(), String(n));
	}));

test('a message over 16 MiB is closed with 1009, whether sent or only announced', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const announced = await connectWebSocket(daemon, '/echo');
		await announced.write(buildFrame(opcodes.binary, 'x', { length: 16 * MiB + 1 }));
		assert.equal((await readMessage(announced)).code, 1009);
		announced.destroy();

		const sent = await daemon.ws('/echo');
		sent.send(Buffer.alloc(16 * MiB), { fin: false, binary: true });
		sent.send(Buffer.from('x'), { fin: true, binary: true });
		assert.equal((await sent.closed).code, 1009);
	}));

test('text that is not UTF-8 is closed with 1007; binary data may be anything', () =>
	withDaemon({}, async (daemon) => {
		const client = await connectWebSocket(daemon, '/echo');
		await client.sendFrame(opcodes.binary, Buffer.from([0xff, 0xc0]));
		assert.deepEqual([...(await readMessage(client)).payload], [0xff, 0xc0]);
		await client.sendFrame(opcodes.text, Buffer.from([0x61, 0xff]));
		const close = await readMessage(client);
		assert.equal(close.opcode, opcodes.close);
		assert.equal(close.code, 1007);
		client.destroy();
	}));

// The daemon must stop reading from a client that does not read. What is still buffered in the
// client, after the daemon has served another client many times, shows that it has stopped.
test('a client that sends without reading is throttled, costs no memory and loses nothing', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const count = 200;
		const before = daemon.residentBytes();
		const greedy = await daemon.ws('/echo');
		greedy.socket.pause();
		const messages = Array.from({ length: count }, () => randomBytes(MiB));
		messages.forEach((bytes) => greedy.send(bytes));

		const other = await daemon.ws('/echo');
		let peak = 0;
		for (let n = 0; n < 2_000; n++) {
			await assertEchoes(other, Buffer.from(String(n)), false);
			peak = Math.max(peak, daemon.residentBytes());
		}
		assert.ok(greedy.socket.bufferedAmount > 100 * MiB, 'the daemon did not stop reading');

		greedy.socket.resume();
		for (const bytes of messages) {
			assert.ok((await greedy.next()).data.equals(bytes));
			peak = Math.max(peak, daemon.residentBytes());
		}
		assert.ok(peak - before < 96 * MiB, `the daemon grew by ${Math.round((peak - before) / MiB)} MiB`);
	}));
