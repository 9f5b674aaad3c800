// Rooms so large that a message is written to them in several turns of the loop, and a reader whose
// frames are written in parts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimitWith, say, sayMany, until } from '../lib/chat.mjs';
import { eventually, isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { scrape } from '../lib/exposition.mjs';
import { connectWebSocket, opcodes } from '../lib/raw.mjs';

const lobby = 'chat.default_room="lobby"';
const last = 'the last one';

// A test of many deliveries checks the schema of none.
const readerOf = (daemon) => daemon.ws('/ws', { isChecked: false });

/** Connects that many readers. */
async function connectReaders(daemon, count) {
	const readers = [];
	while (readers.length < count)
		readers.push(...await Promise.all(Array.from({ length: 50 }, () => readerOf(daemon))));
	return readers;
}

/** The texts of all messages that the reader gets up to the last one. */
const textsOf = async (reader) =>
	(await until(reader, ({ message }) => message === last)).map(({ message }) => message).filter(Boolean);

const enterAs = async (daemon, name) => ({ name, client: (await enter(daemon, `name=${name}`)).client });

const speakersOf = (daemon, count) =>
	Promise.all(Array.from({ length: count }, (_, n) => enterAs(daemon, `speaker-${n}`)));

test('everybody in a large room gets all messages in one order, while others come and go', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith(lobby), async (daemon) => {
		const readers = await connectReaders(daemon, 450);
		const speakers = await speakersOf(daemon, 8);
		const all = Promise.all(readers.map(textsOf));
		let isOver = false;

		// Each comes, reads a little and goes: by a close frame, without one, or to another room.
		const visits = [];
		const visit = async (n) => {
			while (!isOver) {
				const client = await readerOf(daemon);
				const texts = [];
				while (texts.length < 5 && !texts.includes(last)) {
					const { message } = await client.nextJson();
					if (message)
						texts.push(message);
				}
				visits.push(texts);
				if (n % 3 === 0)
					await client.close();
				else if (n % 3 === 1)
					client.vanish();
				else
					client.sendJson({ type: 'join', room: 'elsewhere' });
			}
		};
		const visitors = Promise.all(Array.from({ length: 12 }, (_, n) => visit(n)));
		visitors.catch(() => {}); // it is awaited below
		await Promise.all(speakers.map(async ({ client, name }) => {
			for (let n = 1; n <= 25; n++)
				await say(client, `${name} ${n}`);
		}));
		await say(speakers[0].client, last);
		const [first, ...others] = await all;
		isOver = true;
		// Who has just come reads one more.
		let isEmpty = false;
		const gone = visitors.finally(() => (isEmpty = true));
		while (!isEmpty)
			await say(speakers[0].client, last);
		await gone;

		assert.equal(first.length, 8 * 25 + 1);
		for (const texts of others)
			assert.deepEqual(texts, first);
		for (const { name } of speakers)
			assert.deepEqual(first.filter((text) => text.startsWith(`${name} `)),
				Array.from({ length: 25 }, (_, n) => `${name} ${n + 1}`));
		const order = first;
		assert.ok(visits.length > 12, `${visits.length} visits`);
		for (const texts of visits) {
			const at = order.indexOf(texts[0]);
			assert.ok(at >= 0);
			assert.deepEqual(texts, order.slice(at, at + texts.length));
		}
	}));

test('nobody is taken for a slow reader because it waits for its turn in a large room', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith(lobby, 'limits.queue_bytes=4096'), async (daemon) => {
		const readers = await connectReaders(daemon, 1500);
		const speakers = await speakersOf(daemon, 20);
		const all = Promise.all(readers.map(textsOf));
		const textOf = (n) => `${n} ${'x'.repeat(200)}`;
		await Promise.all(speakers.map(({ client }) => sayMany(client, 5, { textOf })));
		await say(speakers[0].client, last);
		for (const texts of await all)
			assert.equal(texts.length, 20 * 5 + 1);
		assert.equal((await scrape(daemon)).get('linnet_slow_readers_closed_total'), 0);
	}));

// More than the kernel buffers for one connection.
const long = 'x'.repeat(15_000);
const count = 1000;

test('a frame that is written in parts is whole for a slow reader, with pongs between frames only', () =>
	withDaemon(noRateLimitWith(lobby, 'limits.queue_bytes=67108864'), async (daemon) => {
		const { client: speaker } = await enter(daemon);
		const slow = await connectWebSocket(daemon, '/ws');
		const sent = [];
		const ping = async () => {
			sent.push(`ping ${sent.length}`);
			await slow.sendFrame(opcodes.ping, sent.at(-1));
		};
		slow.pause();
		for (let n = 1; n <= count; n++)
			speaker.sendJson({ message: `${n} ${long}` });
		await say(speaker, last);
		const waiting = async () => (await scrape(daemon)).get('linnet_queue_bytes');
		await eventually(async () => assert.ok(await waiting() > 1_000_000), 'the daemon to wait for the reader');

		const texts = [], pongs = [];
		await ping();
		slow.resume();
		while (texts.at(-1) !== last) {
			const frame = await slow.nextFrame();
			assert.ok(frame.fin && !frame.rsv && !frame.masked);
			if (frame.opcode === opcodes.pong) {
				pongs.push(frame.payload.toString());
				continue;
			}
			assert.equal(frame.opcode, opcodes.text);
			const { message } = JSON.parse(frame.payload);
			if (!message)
				continue;
			texts.push(message);
			if (texts.length % 20 === 0)
				await ping();
		}
		assert.deepEqual(texts, [...Array.from({ length: count }, (_, n) => `${n + 1} ${long}`), last]);
		// The pong of the first ping waits for the part that was begun before it, and only one waits.
		assert.ok(pongs.length > 2, `${pongs.length} pongs`);
		assert.deepEqual(pongs, sent.filter((payload) => pongs.includes(payload)));
	}));
