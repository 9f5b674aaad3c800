// Metrics pushed to rooms: everybody receives the newest value, and a new client the last one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimit, until, wholeHistory, withHistory } from '../lib/chat.mjs';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, get, keepAlive, poll, post, push, waitForOnePoll } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';

const metric = (name, value, members) => ({ type: 'metric', name, value, ...members });

test('a metric is sent unchanged to the doors that show metrics, and is not stored', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		const { stream } = await enterStream(daemon, 'lobby', 'name=sse');
		const waiting = poll(daemon, 'lobby');
		const line = await openTerminal(daemon);
		await until(ann, ({ via }) => via === 'line');
		await waitForOnePoll(daemon);
		const { ref, ...placed } = await push(daemon, 'lobby', metric('cpu', 0.1, { unit: 'ratio', host: 'db1', id: 7, ref: 'r' }));
		assert.equal(ref, 'r');
		assert.deepEqual(Object.keys(placed), ['room', 'epoch', 'delivered']);
		const { ts, ...shown } = await ann.nextJson();
		assert.deepEqual(shown, { type: 'metric', room: 'lobby', username: 'push', name: 'cpu', value: 0.1, unit: 'ratio', host: 'db1' });
		assert.deepEqual(await stream.nextJson(), { ts, ...shown });
		assert.deepEqual((await waiting).messages, [{ ts, ...shown }]);
		ann.sendJson({ message: 'what follows' });
		assert.equal(await line.next(), 'ann: what follows');
		assert.equal((await wholeHistory(ann)).length, 1);
	}));

test('several metrics can be pushed in one array', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const values = [metric('a', 1), metric('b', -2.5e-7), metric('c', 12_345_678_901_234, { unit: 'B' })];
		assert.equal((await push(daemon, 'lobby', values)).count, 3);
		const seen = [await ann.nextJson(), await ann.nextJson(), await ann.nextJson()];
		assert.deepEqual(seen.map(({ name, value }) => [name, value]), values.map(({ name, value }) => [name, value]));
		assert.equal((await push(daemon, 'lobby', [metric('a', 2)])).count, undefined);
	}));

test('a new client is shown the last value of each metric', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			for (const value of [1, 2, 3])
				await push(daemon, 'lobby', [metric('a', value), metric('b', -value)]);
			const last = (objects) => objects.filter(({ type }) => type === 'metric').map(({ name, value }) => [name, value]);
			const talker = await daemon.ws('/ws?room=other');
			const { client } = await enter(daemon);
			const { stream } = await enterStream(daemon, 'lobby');
			talker.sendJson({ type: 'mark', room: 'lobby', ephemeral: true });
			const isMark = ({ type }) => type === 'mark';
			assert.deepEqual(last(await until(client, isMark)).slice(0, 2), [['a', 3], ['b', -3]]);
			assert.deepEqual(last(await until({ nextJson: () => stream.nextJson() }, isMark)).slice(0, 2), [['a', 3], ['b', -3]]);
			const { messages, since } = await poll(daemon, 'lobby', 'wait=0');
			assert.deepEqual(last(messages), [['a', 3], ['b', -3]]);
			// A poll that resumes waits for something new.
			assert.deepEqual((await poll(daemon, 'lobby', `wait=0&since=${since}`)).messages, []);
		},
		async (daemon) => assert.deepEqual((await poll(daemon, 'lobby', 'wait=0')).messages, []),
	));

test('a flood of ten thousand values is thinned to the newest of each metric', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client } = await enter(daemon, 'name=ann');
		const { stream } = await enterStream(daemon, 'lobby');
		await client.nextJson();
		const agent = keepAlive();
		const count = 10_000;
		const started = Date.now();
		for (let n = 1; n <= count; n += 50) {
			const values = Array.from({ length: 50 }, (_, i) => metric(i % 2 ? 'odd' : 'even', n + i));
			assert.equal((await post(daemon, '/push/lobby', values, {}, agent)).status, 200);
		}
		agent.destroy();
		// The newest value arrives in the end, and each value is newer than the one before.
		for (const reader of [client, { nextJson: () => stream.nextJson() }]) {
			const newest = {};
			let seen = 0;
			while (newest.odd !== count || newest.even !== count - 1) {
				const { name, value } = await reader.nextJson();
				assert.ok(value > (newest[name] ?? 0), `${name} ${value}`);
				newest[name] = value;
				seen++;
			}
			// Four values a second of each name, and one at the beginning.
			const most = 2 * (4 * Math.ceil((Date.now() - started) / 1000) + 2);
			assert.ok(seen <= most, `${seen} values arrived, the limit is ${most}`);
		}
	}));

test('a malformed metric is refused, and the number of metrics is limited', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const object of [
			{ value: 1 }, { name: '', value: 1 }, { name: 7, value: 1 }, { name: 'a\tb', value: 1 }, { name: 'x'.repeat(65), value: 1 },
			{ name: 'a' }, { name: 'a', value: '1' }, { name: 'a', value: null }, { name: 'a', value: 1, unit: 5 },
			{ name: 'a', value: 1, unit: 'x'.repeat(33) },
		])
			await assertRefused(post(daemon, '/push/lobby', { type: 'metric', ...object }), 400, 'bad_field');
		const batch = (from) => Array.from({ length: 250 }, (_, n) => metric(`m${from + n}`, n));
		for (let from = 0; from < 1_000; from += 250)
			await push(daemon, 'lobby', batch(from));
		await assertRefused(post(daemon, '/push/lobby', metric('one more', 1)), 409, 'too_many_metrics');
		await push(daemon, 'lobby', metric('m7', 77));
		await push(daemon, 'other', metric('one more', 1));
		const { messages } = (await get(daemon, '/poll/lobby?wait=0')).json;
		assert.equal(messages.length, 1_000);
		assert.equal(messages.find(({ name }) => name === 'm7').value, 77);
	}));
