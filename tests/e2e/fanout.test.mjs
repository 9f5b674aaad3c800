// Rooms so large that a message is written to them in several turns of the loop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimitWith, say, sayMany, until } from '../lib/chat.mjs';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { scrape } from '../lib/exposition.mjs';

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
