// Metrics pushed to rooms: everybody receives the newest value, and a new client the last one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimit, until, wholeHistory, withHistory } from '../lib/chat.mjs';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { ask, assertRefused, enterStream, get, keepAlive, poll, post, push, waitForOnePoll } from '../lib/doors.mjs';
import { bearer, sign, withJwt } from '../lib/jwt.mjs';
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

const past = (daemon, room, query) => get(daemon, `/metric/${room}?${query}`);

/** Runs part() within one interval of interval_s seconds, if it takes less; otherwise again. */
async function withinInterval(seconds, part) {
	const intervalNow = () => Math.floor(Date.now() / 1000 / seconds) * seconds * 1000;
	for (;;) {
		const start = intervalNow();
		const result = await part(start);
		if (intervalNow() === start)
			return result;
	}
}

test('the past of a metric has the minimum, mean and maximum of all values', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const [range, interval_s] of [['15m', 10], ['1h', 30], ['24h', 300]])
			await withinInterval(interval_s, async (start) => {
				const room = `${range}-${start}`;
				// Most of these are too fast to be shown.
				await push(daemon, room, [0.25, 3, 1.5, -2, 7.25].map((value) => metric('cpu', value, { unit: 'ratio' })));
				const { status, json, headers } = await past(daemon, room, `name=cpu&range=${range}`);
				assert.equal(status, 200);
				assert.equal(headers['cache-control'], 'no-store');
				if (json.points[0][0] === start)
					assert.deepEqual(json, { room, name: 'cpu', unit: 'ratio', interval_s, points: [[start, -2, 2, 7.25]] });
			});
		await push(daemon, 'lobby', metric('a b/é', 1e300));
		const { json } = await past(daemon, 'lobby', `name=${encodeURIComponent('a b/é')}`);
		assert.deepEqual([json.name, json.interval_s, Object.hasOwn(json, 'unit')], ['a b/é', 10, false]);
		assert.deepEqual(json.points[0].slice(1), [1e300, 1e300, 1e300]);
		const head = await ask(daemon, 'HEAD', '/metric/lobby?name=a%20b/%C3%A9');
		assert.deepEqual([head.status, head.text], [200, '']);
	}));

test('a past is refused where there is none, and to those who may not read the history', () =>
	withJwt(async (daemon) => {
		const may = (at) => get(daemon, at, { headers: bearer(sign({ name: 'ann', rooms: ['ops', 'none'] })) });
		await push(daemon, 'ops', metric('cpu', 1), bearer('root-secret'));
		for (const query of ['', 'name=', 'range=1h', 'name=cpu&range=2h', 'name=cpu&range=1H', `name=${'x'.repeat(2_000)}`])
			await assertRefused(may(`/metric/ops?${query}`), 400, 'bad_query');
		for (const query of ['name=none', 'name=CPU', `name=${'x'.repeat(100)}`])
			await assertRefused(may(`/metric/ops?${query}`), 404, 'no_such_metric');
		await assertRefused(may('/metric/none?name=cpu'), 404, 'no_such_room');
		await assertRefused(may('/metric/secret?name=cpu'), 403, 'denied');
		await assertRefused(past(daemon, 'ops', 'name=cpu'), 401, 'token_required');
		const { headers } = await assertRefused(ask(daemon, 'POST', '/metric/ops?name=cpu'), 405, 'method_not_allowed');
		assert.equal(headers.allow, 'GET, HEAD');
		assert.equal((await may('/metric/ops?name=cpu&range=')).status, 200);
	}));
