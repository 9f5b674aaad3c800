// Resuming: a client receives exactly the messages it missed and then new ones, or is told that it
// cannot resume.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	after, answerTo, assertError, enter, idsOf, join, noRateLimit, noRateLimitWith, range, receive, say, sayMany,
	until, withHistory,
} from '../lib/chat.mjs';
import { eventually, isSlowRun, withDaemon } from '../lib/daemon.mjs';

/** Runs body with a daemon that has messages 1 to count in the lobby, and with its epoch. */
const withMessages = (count, body, options = noRateLimit, sayOptions = {}) =>
	withDaemon(options, async (daemon) => {
		const { client: ann, joined } = await enter(daemon, 'name=ann');
		if (count)
			await sayMany(ann, count, sayOptions);
		await body(daemon, joined.epoch, ann);
	});

/**
 * Returns the old messages that the client was sent. A history request marks their end, since answers
 * come in the order of the requests.
 */
async function pastOf(client) {
	client.sendJson({ type: 'history', limit: 1, ref: 'the end of the past' });
	return (await until(client, ({ ref }) => ref === 'the end of the past')).slice(0, -1);
}

/** Receives messages up to that id and fails unless they are dense from first. */
async function assertDense(client, first, last) {
	for (let id = first; id <= last; id++)
		assert.equal((await client.nextJson()).id, id);
}

test('a plain connection receives exactly the messages it missed, and then new ones', () =>
	withMessages(20, async (daemon, epoch, ann) => {
		for (const id of [0, 1, 7, 19, 20]) {
			const bob = await daemon.ws(`/ws?${after(epoch, id)}`);
			const missed = await receive(bob, 20 - id);
			assert.deepEqual(idsOf(missed), range(id + 1, 20));
			for (const message of missed)
				assert.equal(message.message, `message-${message.id}`);
			assert.deepEqual(await pastOf(bob), []);
			await bob.close();
		}
		const bob = await daemon.ws(`/ws?${after(epoch, 18)}`);
		await say(ann, 'new');
		await assertDense(bob, 19, 21);
	}));

test('a client with events is first told that nothing is missing', () =>
	withMessages(20, async (daemon, epoch) => {
		for (const id of [0, 15, 20]) {
			const { client: bob, joined } = await enter(daemon, after(epoch, id));
			assert.deepEqual([joined.recovered, joined.last_id, joined.epoch], [true, 20, epoch]);
			await assertDense(bob, id + 1, 20);
			assert.deepEqual(await pastOf(bob), []);
			await bob.close();
		}
	}));

test('a join resumes each room separately', () =>
	withMessages(20, async (daemon, epoch, ann) => {
		await sayMany(ann, 7, { room: 'ops' });
		const bob = await daemon.ws('/ws?room=elsewhere');
		for (const [room, since, last] of [['lobby', 12, 20], ['ops', 0, 7]]) {
			const joined = await answerTo(bob, { type: 'join', room, since: `${epoch}:${since}` });
			assert.deepEqual([joined.room, joined.recovered, joined.last_id], [room, true, last]);
			await assertDense(bob, since + 1, last);
		}
		assert.deepEqual(await pastOf(bob), []);
	}));

test('resumed messages are byte for byte those that the others received', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: bob, joined } = await enter(daemon);
		const ann = await daemon.ws('/ws?name=ann');
		await bob.nextJson();
		ann.sendJson({ message: 'hi 安"\\', email: 'ann@example.org', n: [1.5, 1e300, 9007199254740993, null] });
		ann.sendJson({ type: 'chart', value: 0.1 });
		await say(ann, { message: null });
		const seen = [];
		for (let n = 0; n < 3; n++)
			seen.push(await bob.nextText());
		const late = await daemon.ws(`/ws?${after(joined.epoch, 0)}`);
		for (const text of seen)
			assert.equal(await late.nextText(), text);
	}));

test('with another epoch, a future id or garbage as since, no old messages are sent', () =>
	withMessages(5, async (daemon, epoch) => {
		const bad = [
			'wrong:3', `${epoch}x:3`, `x${epoch}:3`, `${epoch.slice(1)}:3`, `${epoch.toUpperCase()}:3`, `${epoch}:6`,
			`${epoch}:99999999999999999999999`, `${epoch}:-1`, `${epoch}:+3`, `${epoch}: 3`, `${epoch}:3x`, `${epoch}:3.0`,
			`${epoch}:0x3`, `${epoch}:`, epoch, ':3', '3', ':', 'x'.repeat(64), '安:1',
		];
		for (const since of bad) {
			const { client: bob, joined } = await enter(daemon, `since=${encodeURIComponent(since)}`);
			assert.deepEqual([joined.recovered, joined.last_id], [false, 5], since);
			const again = await answerTo(bob, { type: 'join', since });
			assert.equal(again.recovered, false, since);
			assert.deepEqual(await pastOf(bob), [], since);
			await bob.close();
		}
	}));

test('without a since no old messages are sent', () =>
	withMessages(5, async (daemon) => {
		for (const query of ['', 'since=']) {
			const { client: bob, joined } = await enter(daemon, query);
			assert.equal(joined.recovered, false);
			assert.deepEqual(await pastOf(bob), []);
			await bob.close();
		}
	}));

test('a since of the wrong type or of absurd length is answered by bad_field', () =>
	withMessages(1, async (daemon, epoch) => {
		const bob = await daemon.ws();
		for (const since of [7, {}, [], true, `${epoch}:${'0'.repeat(100)}1`])
			assertError(await answerTo(bob, { type: 'join', room: 'ops', since }), 'bad_field');
		assertError(await answerTo(bob, { type: 'history', room: 'ops' }), 'no_such_room');
	}));

test('a room without a history can be resumed from 0', () =>
	withMessages(0, async (daemon, epoch, ann) => {
		const { client: bob, joined } = await enter(daemon, `room=new&${after(epoch, 0)}`);
		assert.deepEqual([joined.recovered, joined.last_id], [true, 0]);
		await say(ann, { message: 'hi', room: 'new' });
		assert.equal((await bob.nextJson()).id, 1);
	}));

for (const [how, end] of Object.entries({
	SIGTERM: (daemon) => daemon.stop(),
	'kill -9': (daemon) => daemon.crash(),
})) {
	test(`messages missed before and after a restart by ${how} are resumed as one history`, () => {
		let epoch;
		return withHistory(
			noRateLimit,
			async (daemon) => {
				const { client: ann, joined } = await enter(daemon);
				epoch = joined.epoch;
				await sayMany(ann, 10);
				await end(daemon);
			},
			async (daemon) => {
				const ann = await daemon.ws();
				await sayMany(ann, 5);
				const { client: bob, joined } = await enter(daemon, after(epoch, 4));
				assert.equal(joined.recovered, true);
				await assertDense(bob, 5, 15);
			},
		);
	});
}

// 3,000 messages of 3 kB exceed the kernel's socket buffers and many times queue_bytes.
for (const [how, open] of Object.entries({
	'the query': (daemon, epoch) => daemon.ws(`/ws?${after(epoch, 0)}`),
	'a join': async (daemon, epoch) => {
		const bob = await daemon.ws('/ws?room=elsewhere');
		bob.sendJson({ type: 'join', room: 'lobby', since: `${epoch}:0` });
		assert.equal((await until(bob, ({ room }) => room === 'lobby')).pop().recovered, true);
		return bob;
	},
})) {
	test(`a slow reader that resumes by ${how} receives all it missed, then the new messages`, { skip: isSlowRun }, () =>
		withMessages(
			3_000,
			async (daemon, epoch, ann) => {
				const bob = await open(daemon, epoch);
				bob.socket.pause();
				for (let n = 0; n < 200; n++)
					await say(ann, `meanwhile ${n}`);
				// The answer shows that the daemon is still sending old messages.
				bob.sendJson({ type: 'join', room: 'lobby', ref: 'still?' });
				await say(ann, 'and this');
				bob.socket.resume();
				const others = [];
				for (let id = 1; id <= 3_201; ) {
					const object = await bob.nextJson();
					if (object.id === undefined)
						others.push(object);
					else
						assert.equal(object.id, id++);
				}
				assert.deepEqual(others.map(({ code, ref }) => [code, ref]), [['busy', 'still?']]);
				await say(ann, 'the end');
				const { id, message } = await bob.nextJson();
				assert.deepEqual([id, message], [3_202, 'the end']);
				assert.ok(!daemon.stderr.includes('slow_reader'), daemon.stderr);
			},
			noRateLimitWith('limits.queue_bytes=65536'),
			{ textOf: (n) => `${n} ${'m'.repeat(3_000)}` },
		));
}

test('a client that resumes in many rooms at once receives all of them and is not closed', { skip: isSlowRun }, () =>
	withMessages(
		0,
		async (daemon, epoch, ann) => {
			const rooms = range(1, 20).map((n) => `room-${n}`);
			for (const room of rooms)
				await sayMany(ann, 100, { room, textOf: (n) => `${n} ${'m'.repeat(1_000)}` });
			const bob = await daemon.ws();
			for (const room of rooms)
				bob.sendJson({ type: 'join', room, since: `${epoch}:0` });
			const next = Object.fromEntries(rooms.map((room) => [room, 1]));
			for (let n = 0; n < rooms.length * 100; ) {
				const object = await bob.nextJson();
				if (object.id === undefined)
					continue;
				assert.equal(object.id, next[object.room]++);
				n++;
			}
		},
		noRateLimitWith('limits.queue_bytes=65536'),
	));

test('clients that resume at once, while others send, miss nothing and receive nothing twice', { skip: isSlowRun }, () =>
	withMessages(1_000, async (daemon, epoch, ann) => {
		let isTalking = true;
		let last = 1_000;
		const talk = async (talker) => {
			while (isTalking) {
				const id = await say(talker, 'talk');
				last = Math.max(last, id);
			}
		};
		const talkers = [await daemon.ws(), await daemon.ws()];
		const talks = talkers.map(talk);
		const readers = range(0, 19).map(async (n) => {
			const since = n * 50;
			const bob = await daemon.ws(`/ws?${after(epoch, since)}${n % 2 ? '&events=1' : ''}`);
			let id = since;
			while (id < 1_200) {
				const object = await bob.nextJson();
				if (object.id === undefined)
					continue;
				assert.equal(object.id, ++id);
			}
			await bob.close();
		});
		await Promise.all(readers);
		isTalking = false;
		await Promise.all(talks);
		assert.deepEqual((await answerTo(ann, { type: 'history', limit: 1 })).messages[0].id, last);
	}));

test('a second join during a resume is refused with busy, and nothing is lost', { skip: isSlowRun }, () =>
	withMessages(
		3_000,
		async (daemon, epoch) => {
			const bob = await daemon.ws('/ws?room=elsewhere');
			bob.sendJson({ type: 'join', room: 'lobby', since: `${epoch}:0` });
			bob.sendJson({ type: 'join', room: 'lobby', since: `${epoch}:2990`, ref: 'again' });
			let id = 0;
			const others = [];
			while (id < 3_000) {
				const object = await bob.nextJson();
				if (object.id === undefined)
					others.push(object.code ?? object.type);
				else
					assert.equal(object.id, ++id);
			}
			assert.deepEqual(others.sort(), ['busy', 'joined']);
		},
		noRateLimitWith('limits.queue_bytes=65536'),
		{ textOf: (n) => `${n} ${'m'.repeat(1_000)}` },
	));

test('a client that leaves, renames or disconnects during a resume harms nobody', { skip: isSlowRun }, () =>
	withMessages(2_000, async (daemon, epoch, ann) => {
		for (let n = 0; n < 10; n++) {
			const bob = await daemon.ws(`/ws?events=1&${after(epoch, 0)}`);
			bob.sendJson({ type: 'nick', username: `bob-${n}` });
			if (n % 2)
				bob.sendJson({ type: 'leave' });
			await bob.drain();
			await bob.vanish();
		}
		await say(ann, 'we live');
		await eventually(
			async () => assert.equal((await join(ann, 'lobby')).count, 1),
			'all clients to be gone',
		);
	}));

test('a reader closed for being slow can resume the rest', { skip: isSlowRun }, () =>
	withMessages(
		0,
		async (daemon, epoch, ann) => {
			const slow = await daemon.ws();
			slow.socket.pause();
			const said = sayMany(ann, 3_000, { textOf: (n) => `${n} ${'m'.repeat(4_000)}` });
			// The daemon closes the slow reader and waits only briefly for its close.
			await daemon.waitForLog(/^slow_reader\b/);
			slow.socket.resume();
			assert.equal((await slow.closed).code, 1013);
			let last = 0;
			while (slow.waiting)
				assert.equal((await slow.nextJson()).id, ++last);
			assert.ok(last < 3_000);
			await said;
			const again = await daemon.ws(`/ws?${after(epoch, last)}`);
			await assertDense(again, last + 1, 3_000);
		},
		noRateLimitWith('limits.queue_bytes=65536'),
	));
