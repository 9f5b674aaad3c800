// Stored history: dense ids, the same messages after any kind of stop, paging, search.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	after, answerTo, assertError, enter, idsOf, join, noRateLimit, noRateLimitWith, range, receive, receivedSoFar, say,
	sayMany, wholeHistory, withHistory,
} from '../lib/chat.mjs';
import { eventually, isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';

const ends = {
	SIGTERM: (daemon) => daemon.stop(),
	'kill -9': (daemon) => daemon.crash(),
};

test('ids are dense from 1 in each room, for every kind of message', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const watchers = {};
		for (const room of ['lobby', 'ops'])
			watchers[room] = (await enter(daemon, `room=${room}`)).client;
		const speakers = [await daemon.ws('/ws?room=ops'), await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 60; n++)
			speakers[n % 3].sendJson({ message: `m${n}`, type: n % 4 ? undefined : 'chart', room: n % 2 ? 'ops' : 'lobby' });
		for (const [room, watcher] of Object.entries(watchers)) {
			const ids = [];
			while (ids.length < 30) {
				const { id } = await watcher.nextJson();
				if (id !== undefined)
					ids.push(id);
			}
			assert.deepEqual(ids, range(1, 30), room);
		}
	}));

for (const [how, end] of Object.entries(ends)) {
	test(`messages, ids, times and the epoch are the same after ${how}`, async () => {
		const seen = {};
		const epochs = [];
		await withHistory(
			noRateLimit,
			async (daemon) => {
				const { client: bob, joined } = await enter(daemon);
				await join(bob, 'ops');
				epochs.push(joined.epoch);
				const ann = await daemon.ws('/ws?name=ann');
				for (const room of ['lobby', 'ops']) {
					ann.sendJson({ message: `in ${room} 安😀"\\\u0001`, email: 'ann@example.org', x: { y: [1.5, null] }, room });
					ann.sendJson({ type: 'chart', value: 0.30000000000000004, room });
					await say(ann, { message: null, room });
				}
				const heard = (await receivedSoFar(bob, ann)).filter(({ id }) => id);
				for (const room of ['lobby', 'ops'])
					seen[room] = heard.filter((message) => message.room === room);
				assert.equal(seen.ops.length, 3);
				await end(daemon);
			},
			async (daemon) => {
				const { client: bob, joined } = await enter(daemon);
				epochs.push(joined.epoch);
				assert.equal(joined.last_id, 4);
				for (const room of ['lobby', 'ops'])
					assert.deepEqual((await wholeHistory(bob, room)).slice(0, 3), seen[room]);
				assert.equal(await say(bob, 'the next'), 5);
				assert.equal(await say(bob, { message: 'the next', room: 'ops' }), 4);
				await end(daemon);
			},
			async (daemon) => {
				const { client: bob, joined } = await enter(daemon, 'room=ops');
				epochs.push(joined.epoch);
				assert.deepEqual(idsOf(await wholeHistory(bob)), range(1, 5));
				assert.equal(joined.last_id, 4);
			},
		);
		assert.equal(new Set(epochs).size, 1);
	});
}

test('a message that any client has received survives kill -9', async () => {
	let lastSeen;
	await withHistory(
		noRateLimit,
		async (daemon) => {
			const [ann, bob] = [await daemon.ws(), await daemon.ws()];
			for (let n = 1; n <= 2_000; n++)
				ann.sendJson({ message: 'm', n });
			for (let n = 1; n <= 200; n++)
				lastSeen = (await bob.nextJson()).id;
			await daemon.crash();
			while (bob.waiting)
				lastSeen = (await bob.nextJson()).id;
		},
		async (daemon) => {
			const messages = await wholeHistory(await daemon.ws());
			assert.ok(messages.length >= lastSeen, `${messages.length} messages are stored, but ${lastSeen} were received`);
			assert.deepEqual(idsOf(messages), range(1, messages.length));
			messages.forEach(({ id, n }) => assert.equal(n, id));
		},
	);
});

test('history is returned in pages, oldest first, up to the limit and before an id', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 250);
		const page = async (members) => {
			const { type, room, more, messages } = await answerTo(ann, { type: 'history', ...members });
			assert.deepEqual([type, room], ['history', 'lobby']);
			messages.forEach(({ id, message }) => assert.equal(message, `message-${id}`));
			return { ids: idsOf(messages), more };
		};
		assert.deepEqual(await page({}), { ids: range(201, 250), more: true });
		assert.deepEqual(await page({ limit: 3 }), { ids: range(248, 250), more: true });
		assert.deepEqual(await page({ before: 248, limit: 3 }), { ids: range(245, 247), more: true });
		assert.deepEqual(await page({ before: 4, limit: 3 }), { ids: range(1, 3), more: false });
		assert.deepEqual(await page({ before: 5, limit: 3 }), { ids: range(2, 4), more: true });
		assert.deepEqual(await page({ before: 3 }), { ids: [1, 2], more: false });
		assert.deepEqual(await page({ before: 1 }), { ids: [], more: false });
		assert.deepEqual(await page({ before: 0 }), { ids: [], more: false });
		assert.deepEqual(await page({ before: 9e15, limit: 1 }), { ids: [250], more: true });
		assert.deepEqual(await page({ limit: 1_000_000 }), { ids: range(51, 250), more: true });
		assert.deepEqual(await page({ before: 250, limit: 200 }), { ids: range(50, 249), more: true });
		assert.deepEqual(idsOf(await wholeHistory(ann)), range(1, 250));
	}));

test('a page of long messages is cut and says that there are more', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 60, { textOf: (n) => `${n} ${'m'.repeat(15_000)}` });
		const page = await answerTo(ann, { type: 'history', limit: 60 });
		assert.equal(page.more, true);
		assert.ok(page.messages.length >= 1 && page.messages.length < 60);
		assert.equal(page.messages.at(-1).id, 60);
		assert.deepEqual(idsOf(await wholeHistory(ann)), range(1, 60));
	}));

test('the history of any existing room may be requested, and of no other', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws('/ws?room=ops')];
		await say(bob, 'in ops');
		assert.equal((await answerTo(ann, { type: 'history', room: 'ops' })).messages[0].message, 'in ops');
		assert.deepEqual((await answerTo(ann, { type: 'history' })).messages, []);
		assertError(await answerTo(ann, { type: 'history', room: 'nowhere' }), 'no_such_room');
		assertError(await answerTo(ann, { type: 'search', room: 'nowhere', q: 'x' }), 'no_such_room');
		assert.deepEqual(await receivedSoFar(bob, await daemon.ws(), 'ops'), []);
	}));

test('an invalid history or search request is answered by bad_field', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await say(ann, 'hi');
		const wrong = [
			{ limit: 0 }, { limit: -1 }, { limit: 1.5 }, { limit: '3' }, { limit: [] }, { limit: true },
			{ before: -1 }, { before: '2' }, { before: 1.5 }, { before: {} }, { before: 1e300 },
		];
		for (const members of wrong)
			assertError(await answerTo(ann, { type: 'history', ...members }), 'bad_field');
		const badSearches = [
			{}, { q: null }, { q: '' }, { q: 7 }, { q: ['a'] }, { q: 'q'.repeat(257) }, { q: 'hi', limit: 0 },
			{ q: 'a b c d e f g h i j k l m n o p q' }, { q: 'hi', before: -1 }, { q: 'hi', before: '2' },
		];
		for (const members of badSearches)
			assertError(await answerTo(ann, { type: 'search', ...members }), 'bad_field');
	}));

/** Returns a function that searches and returns the texts found. */
const searcher = (client, room = 'lobby') => async (q, limit) => {
	const found = await answerTo(client, { type: 'search', room, q, limit });
	assert.equal(found.type, 'search', `${q}: ${JSON.stringify(found)}`);
	assert.equal(found.q, q);
	return found.messages.map(({ message }) => message);
};

test('search finds English and Chinese words, newest first, and only in its room', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const texts = [
			'The disk is full', 'disk-full on /dev/sda1', 'diskette',
			'我们今天去北京大学看书', '北方和东京', '今晚吃饭吗？',
			'Café Ünïcode', '東京タワー', '서울에서 만나요', 'error 42 in main.c', 'smile 😀 again',
		];
		for (const message of texts)
			await say(ann, message);
		await say(ann, { message: 'the disk of ops', room: 'ops' });
		const find = searcher(ann);
		assert.deepEqual(await find('disk'), [texts[1], texts[0]]);
		assert.deepEqual(await find('DISK full'), [texts[1], texts[0]]);
		assert.deepEqual(await find('full disk the'), [texts[0]]);
		assert.deepEqual(await find('disk-full'), [texts[1]]);
		assert.deepEqual(await find('disk', 1), [texts[1]]);
		assert.deepEqual(await find('dis'), []);
		assert.deepEqual(await find('北京'), [texts[3]]);
		assert.deepEqual(await find('京'), [texts[7], texts[4], texts[3]]);
		assert.deepEqual(await find('书'), [texts[3]]);
		assert.deepEqual(await find('今'), [texts[5], texts[3]]);
		assert.deepEqual(await find('大学'), [texts[3]]);
		assert.deepEqual(await find('学大'), []);
		assert.deepEqual(await find('看书 北京'), [texts[3]]);
		assert.deepEqual(await find('吃饭'), [texts[5]]);
		assert.deepEqual(await find('東京'), [texts[7]]);
		assert.deepEqual(await find('タワ'), [texts[7]]);
		assert.deepEqual(await find('만나'), [texts[8]]);
		assert.deepEqual(await find('cafe unicode'), [texts[6]]);
		assert.deepEqual(await find('42'), [texts[9]]);
		assert.deepEqual(await find('😀'), [texts[10]]);
		assert.deepEqual(await searcher(ann, 'ops')('disk'), ['the disk of ops']);
	}));

test('a search goes on before an id, in either kind of store and over HTTP', async () => {
	for (const driver of ['sqlite', 'memory']) {
		await withDaemon(noRateLimitWith(`store.driver=${driver}`), async (daemon) => {
			const ann = await daemon.ws('/ws?name=ann');
			await sayMany(ann, 30, { textOf: (n) => (n % 3 ? `hay ${n}` : `needle ${n}`) });
			await say(ann, { message: 'needle of ops', room: 'ops' });
			const find = async (members) => {
				const { messages, more } = await answerTo(ann, { type: 'search', q: 'needle', ...members });
				return [idsOf(messages), more];
			};
			assert.deepEqual(await find({ limit: 3 }), [[30, 27, 24], true]);
			assert.deepEqual(await find({ limit: 3, before: 24 }), [[21, 18, 15], true]);
			assert.deepEqual(await find({ before: 7 }), [[6, 3], false]);
			assert.deepEqual(await find({ before: 3 }), [[], false]);
			assert.deepEqual(await find({ before: 0 }), [[], false]);
			assert.deepEqual(await find({ before: 99, limit: 1 }), [[30], true]);
			const { messages } = await (await fetch(`${daemon.url}/search/lobby?q=needle&before=6`)).json();
			assert.deepEqual(idsOf(messages), [3]);
		});
	}
});

/** The most expensive query that was found: a phrase that is nearly everywhere, but nowhere. */
const worst = {
	text: 'a b '.repeat(4_000),
	query: `${'a-b-'.repeat(63)}b`,
};

test('a resume passes the searches of a crowd, which stop and say how far they came', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await sayMany(ann, 600, { textOf: () => worst.text });
		const { joined } = await enter(daemon);
		const cpu = daemon.cpuSeconds();
		const answers = [];
		const guests = [];
		for (let n = 0; n < 6; n++) {
			const guest = await daemon.ws();
			for (let k = 0; k < 2; k++)
				guest.sendJson({ type: 'search', q: worst.query, ref: `s${k}` });
			guests.push(guest);
		}
		const found = Promise.all(guests.map(async (guest) => {
			for (const got of await receive(guest, 2)) {
				answers.push('search');
				assert.deepEqual([got.type, got.more, got.messages], ['search', false, []]);
				// Nobody waits behind the last one. So it has four times as long, which may be enough.
				if (answers.length === 13 && got.complete === undefined)
					continue;
				assert.equal(got.complete, false);
				assert.ok(got.searched_from > 1 && got.searched_from <= 601, `searched from ${got.searched_from}`);
			}
		}));
		// The answer of one of the guests, too, passes its own searches.
		const since = `${joined.epoch}:598`;
		const back = await daemon.ws('/ws?room=elsewhere');
		assert.equal((await join(back, 'lobby', { since })).recovered, true);
		assert.deepEqual(idsOf(await receive(back, 2)), [599, 600]);
		answers.push('resume');
		await found;
		assert.ok(answers.indexOf('resume') < 6, answers.join(' '));
		// 12 searches of 0.05 to 0.2 s, with a factor of 3.
		assert.ok(daemon.cpuSeconds() - cpu < 7, `${daemon.cpuSeconds() - cpu} s`);
		const { complete, messages } = await answerTo(ann, { type: 'search', q: 'ann', limit: 2 });
		assert.deepEqual([complete, idsOf(messages)], [undefined, [600, 599]]);
	}));

test('a history passes the searches of its own session', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 300, { textOf: () => worst.text });
		for (let n = 0; n < 3; n++)
			ann.sendJson({ type: 'search', q: worst.query });
		ann.sendJson({ type: 'history', limit: 1 });
		assert.deepEqual((await receive(ann, 4)).map(({ type }) => type), ['history', 'search', 'search', 'search']);
	}));

test('a search over HTTP says that it is not complete, and too many at once are busy', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 600, { textOf: () => worst.text });
		const at = `/search/lobby?q=${worst.query}`;
		const alone = await expectJson(get(daemon, at));
		assert.equal(alone.complete, false);
		assert.ok(alone.searched_from > 1, `searched from ${alone.searched_from}`);
		const answers = await Promise.all(Array.from({ length: 100 }, () => get(daemon, at)));
		const statuses = answers.map(({ status }) => status);
		assert.ok(statuses.includes(200) && statuses.includes(503), `${new Set(statuses)}`);
		for (const { status, text } of answers)
			if (status === 503)
				assert.equal(JSON.parse(text).error.code, 'busy');
	}));

test('search finds a message by its sender', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=bob')];
		await say(ann, 'one');
		await say(bob, 'two');
		assert.deepEqual(await searcher(ann)('bob'), ['two']);
	}));

test('quotes, operators and garbage in a search are ordinary words', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await say(ann, 'to be OR not to be AND near');
		await say(ann, 'plain');
		const find = searcher(ann);
		assert.deepEqual(await find('OR'), ['to be OR not to be AND near']);
		assert.deepEqual(await find('NOT'), ['to be OR not to be AND near']);
		assert.deepEqual(await find('plain OR near'), []);
		assert.deepEqual(await find('plain NOT near'), []);
		assert.deepEqual(await find('"plain"'), ['plain']);
		assert.deepEqual(await find('plain*'), ['plain']);
		const rubbish = [
			'"', '""', "'", '*', '^', '-', '(', ')', '()', 'words:plain', 'room : "in1"', 'NEAR(a b, 5)', '{a b}:c',
			'a + b', '"unclosed', '%', '_', '\\', ';', "'; DROP TABLE message; --", '\u0001', '\u0085', '\ufffd',
			' ', '\t\n', '😀'.repeat(64), '"'.repeat(256), '北'.repeat(85), 'a '.repeat(128),
		];
		for (const q of rubbish)
			assert.ok(Array.isArray(await find(q)), q);
		assert.deepEqual(await find('plain'), ['plain']);
	}));

test('an ephemeral message is delivered but neither stored nor numbered', async () => {
	await withHistory(
		noRateLimit,
		async (daemon) => {
			const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws()];
			await say(ann, 'one');
			const ack = await answerTo(ann, { type: 'cursor', x: 17, ephemeral: true });
			assert.deepEqual([ack.type, 'id' in ack, 'duplicate' in ack], ['ack', false, false]);
			ann.sendJson({ message: 'psst', ephemeral: true });
			await say(ann, 'two');
			const [one, cursor, whisper, two] = await receive(bob, 4);
			assert.deepEqual([one.id, cursor.id, whisper.id, two.id], [1, undefined, undefined, 2]);
			assert.deepEqual([cursor.type, cursor.x, whisper.message], ['cursor', 17, 'psst']);
			assert.deepEqual(await searcher(ann)('psst'), []);
		},
		async (daemon) => {
			const messages = await wholeHistory(await daemon.ws());
			assert.deepEqual(messages.map(({ message }) => message), ['one', 'two']);
		},
	);
});

test("a client's own message types are stored with all their members", async () => {
	const own = { type: 'vote/2.0 安', choice: ['a', { b: null }], weight: 1e-7, on: false };
	let seen;
	await withHistory(
		noRateLimit,
		async (daemon) => {
			const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws()];
			await say(ann, own);
			seen = await bob.nextJson();
			for (const [key, value] of Object.entries(own))
				assert.deepEqual(seen[key], value);
			assert.ok(!('message' in seen) && !('ref' in seen));
		},
		async (daemon) => assert.deepEqual(await wholeHistory(await daemon.ws()), [seen]),
	);
});

test('each room keeps keep_messages messages, and a resume from before them is refused', async () => {
	const options = noRateLimitWith('store.keep_messages=10');
	let epoch;
	const check = async (daemon, last) => {
		const client = await daemon.ws();
		await eventually(
			async () => assert.deepEqual(idsOf(await wholeHistory(client)), range(last - 9, last)),
			'the history to have ten messages',
		);
		assert.deepEqual(idsOf(await wholeHistory(client, 'ops')), range(1, 5));
		assert.deepEqual(await searcher(client)('message-3'), []);
		assert.equal((await searcher(client)(`message-${last - 9}`)).length, 1);
		for (const [id, recovered] of [[0, false], [1, false], [last - 11, false], [last - 10, true], [last, true]]) {
			const { joined, client: late } = await enter(daemon, after(epoch, id));
			assert.equal(joined.recovered, recovered, `since ${id} of ${last}`);
			assert.equal(joined.last_id, last);
			const missed = recovered ? last - id : 0;
			assert.deepEqual(idsOf(await receive(late, missed)), range(id + 1, id + missed));
			assert.deepEqual(await late.drain(), []);
			await late.close();
		}
	};
	await withHistory(
		options,
		async (daemon) => {
			const { client: ann, joined } = await enter(daemon);
			epoch = joined.epoch;
			await sayMany(ann, 5, { room: 'ops' });
			await sayMany(ann, 30);
			await ann.close();
			await check(daemon, 30);
		},
		async (daemon) => {
			await check(daemon, 30);
			const ann = await daemon.ws();
			for (let n = 31; n <= 45; n++)
				assert.equal(await say(ann, `message-${n}`), n);
			await ann.close();
			await check(daemon, 45);
		},
	);
});

test('with the memory driver a restart begins a new history with a new epoch', async () => {
	const epochs = [];
	await withHistory(
		noRateLimitWith('store.driver=memory'),
		async (daemon) => {
			const { client: ann, joined } = await enter(daemon);
			epochs.push(joined.epoch);
			await sayMany(ann, 5);
			assert.deepEqual(idsOf(await wholeHistory(ann)), range(1, 5));
			assert.equal((await searcher(ann)('message-3')).length, 1);
			const { joined: again, client: bob } = await enter(daemon, after(joined.epoch, 2));
			assert.equal(again.recovered, true);
			assert.deepEqual(idsOf(await receive(bob, 3)), [3, 4, 5]);
		},
		async (daemon) => {
			for (const id of [0, 1, 5]) {
				const { joined } = await enter(daemon, after(epochs[0], id));
				epochs.push(joined.epoch);
				assert.deepEqual([joined.recovered, joined.last_id], [false, 0]);
			}
			assert.equal(await say(await daemon.ws(), 'anew'), 1);
		},
	);
	assert.notEqual(epochs[0], epochs[1]);
});

test('after its file is removed, a new history begins with a new epoch', async () => {
	const epochs = [];
	for (let n = 0; n < 2; n++)
		await withDaemon(noRateLimit, async (daemon) => epochs.push((await enter(daemon)).joined.epoch));
	assert.notEqual(epochs[0], epochs[1]);
});
