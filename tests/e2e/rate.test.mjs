// The message rate: a client over it is told when to continue, and closed if it keeps sending.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, assertError, noRateLimit, receive, say, until } from '../lib/chat.mjs';
import { withDaemon } from '../lib/daemon.mjs';

// The allowance does not refill while a test runs.
const withoutRefill = { settings: ['limits.message_rate=0.001'] };

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('twenty messages at once are accepted, and the next is refused with the time to wait', () =>
	withDaemon(withoutRefill, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		for (let n = 1; n <= 22; n++)
			ann.sendJson({ message: `m${n}`, ref: `c${n}` });
		const answers = await receive(ann, 22);
		const refused = answers.filter(({ type }) => type === 'error');
		assert.deepEqual(refused.map(({ code, ref }) => [code, ref]), [['rate_limited', 'c21'], ['rate_limited', 'c22']]);
		for (const { retry_after_ms: wait } of refused)
			assert.ok(Number.isInteger(wait) && wait > 900_000 && wait <= 1_000_001, `${wait} ms`);
		assert.equal(answers.filter(({ type }) => type === 'ack').length, 20);
		assert.deepEqual((await receive(bob, 20)).map(({ message }) => message).at(-1), 'm20');

		// Each session has its own allowance.
		assert.equal(await say(bob, 'I have all of mine'), 21);
		assert.equal((await ann.nextJson()).message, 'I have all of mine');
	}));

test('a client may send again after the time it was told, with the same ref', () =>
	withDaemon({ settings: ['limits.message_rate=2', 'limits.message_burst=2'] }, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		const said = [1, 2, 3].map((n) => ({ message: `m${n}`, ref: `c${n}` }));
		said.forEach((object) => ann.sendJson(object));
		const refused = (await receive(ann, 3)).find(({ type }) => type === 'error');
		assertError(refused, 'rate_limited');
		assert.equal(refused.ref, 'c3');
		assert.ok(refused.retry_after_ms <= 501, `${refused.retry_after_ms} ms`);
		await sleep(refused.retry_after_ms);
		const ack = await answerTo(ann, said[2]);
		assert.deepEqual(ack, { type: 'ack', ref: 'c3', room: 'lobby', id: 3, ts: ack.ts });
		assert.deepEqual((await receive(bob, 3)).map(({ message }) => message), ['m1', 'm2', 'm3']);
	}));

test('a refused request has no effect', () =>
	withDaemon({ settings: ['limits.message_rate=0.001', 'limits.message_burst=1'] }, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const bob = await daemon.ws('/ws?events=1');
		await until(bob, ({ type }) => type === 'joined');
		assert.equal(await say(ann, 'the only one'), 1);
		const refused = [
			{ message: 'hi', username: 'anna' }, { type: 'nick', username: 'anna' }, { type: 'join', room: 'ops' },
			{ type: 'leave' }, { type: 'typing' }, { type: 'history' }, { type: 'search', q: 'one' }, { type: 'ping' },
			{ type: 'chart' }, { type: 'cursor', ephemeral: true }, { type: 'joined' },
		];
		for (const object of refused)
			assertError(await answerTo(ann, object), 'rate_limited');
		ann.send('rubbish');
		assertError(await ann.nextJson(), 'rate_limited');
		const [message, ...others] = await bob.drain();
		assert.equal(message.id, 1);
		assert.deepEqual(others, []);
	}));

test('cheap requests are allowed more often than messages, expensive ones less often', () =>
	withDaemon(withoutRefill, async (daemon) => {
		const counts = { ping: 100, typing: 100, join: 40, history: 20, search: 10 };
		for (const [type, count] of Object.entries(counts)) {
			const ann = await daemon.ws();
			let taken = 0;
			for (; taken <= count; taken++) {
				// Typing in a room not joined costs as much, and is answered.
				const room = type === 'typing' ? 'nowhere' : 'lobby';
				if ((await answerTo(ann, { type, room, q: 'x' })).code === 'rate_limited')
					break;
			}
			assert.ok(Math.abs(taken - count) <= 1, `${taken} times ${type}`);
			await ann.close();
		}
	}));

test('invalid messages cost as much as valid ones', () =>
	withDaemon(withoutRefill, async (daemon) => {
		const ann = await daemon.ws();
		for (let n = 0; n < 20; n++)
			ann.send('rubbish');
		ann.send('rubbish');
		const answers = await receive(ann, 21);
		assert.deepEqual(answers.map(({ code }) => code), [...Array(20).fill('bad_json'), 'rate_limited']);
		assertError(await answerTo(ann, { message: 'hi' }), 'rate_limited');
	}));

test('a client that floods gets a hundred errors and is closed with 1008; others are not affected', () =>
	withDaemon(withoutRefill, async (daemon) => {
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=bob')];
		const flooder = await daemon.ws();
		for (let n = 0; n < 10_000; n++)
			flooder.sendJson({ message: `flood ${n}` });
		assert.equal((await flooder.closed).code, 1008);
		const told = [];
		while (flooder.waiting)
			told.push((await flooder.nextJson()).code);
		assert.deepEqual(told, Array(100).fill('rate_limited'));
		for (const [n, object] of (await receive(bob, 20)).entries())
			assert.equal(object.message, `flood ${n}`);
		assert.equal(await say(ann, 'as if nothing had happened'), 21);
		assert.equal((await bob.nextJson()).message, 'as if nothing had happened');
		await daemon.waitForLog(/^flooding\b/);
		assert.equal(daemon.log.filter((line) => line.startsWith('flooding')).length, 1);
		assert.deepEqual((await daemon.ws()).waiting, 0);
	}));

test('a client that waits as told is never closed, however often it is refused', () =>
	withDaemon({ settings: ['limits.message_rate=200', 'limits.message_burst=1'] }, async (daemon) => {
		const ann = await daemon.ws();
		for (let round = 0; round < 150; round++) {
			ann.sendJson({ message: 'taken', ref: 'c' });
			const got = await answerTo(ann, { message: 'most often refused' });
			if (got.type === 'error')
				await sleep(got.retry_after_ms);
		}
		assert.equal((await ann.close()).code, 1000);
	}));

test('with message_rate 0 there is no rate limit', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 1_000; n++)
			ann.sendJson({ message: 'm', n });
		for (let n = 0; n < 1_000; n++)
			assert.equal((await bob.nextJson()).n, n);
		assert.deepEqual(await ann.drain(), []);
	}));
