// Single requests: GET /history, /search and /rooms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, enter, idsOf, noRateLimit, noRateLimitWith, range, sayMany } from '../lib/chat.mjs';
import { withDaemon } from '../lib/daemon.mjs';
import { ask, assertRefused, enterStream, expectJson, get, push } from '../lib/doors.mjs';

const history = (daemon, query) => expectJson(get(daemon, `/history/lobby?${query}`));
const search = (daemon, query) => expectJson(get(daemon, `/search/lobby?${query}`));

test('GET /history returns what a WebSocket receives as history', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 250, { textOf: (n) => `message ${n}, 第${n}个` });
		const { ref, ...told } = await answerTo(ann, { type: 'history' });
		assert.deepEqual(await history(daemon, ''), told, ref);
		for (const [query, first, last, more] of [
			['', 201, 250, true], ['limit=2', 249, 250, true], ['before=3', 1, 2, false], ['before=3&limit=1', 2, 2, true],
			['limit=9999', 51, 250, true], ['before=1', 1, 0, false], ['before=0', 1, 0, false], ['before=999999999999', 201, 250, true],
		]) {
			const page = await history(daemon, query);
			assert.deepEqual([idsOf(page.messages), page.more], [range(first, last), more], query);
		}
		for (const [query, first, last, more] of [
			['after=0&limit=2', 1, 2, true], ['after=248', 249, 250, false], ['after=100', 101, 150, true],
			['after=250', 1, 0, false], ['after=999999999999', 1, 0, false], ['after=0&limit=9999', 1, 200, true],
		]) {
			const page = await history(daemon, query);
			assert.deepEqual([idsOf(page.messages), page.more], [range(first, last), more], query);
		}
		const { ref: asked, ...newer } = await answerTo(ann, { type: 'history', after: 247, limit: 2 });
		assert.deepEqual(newer, await history(daemon, 'after=247&limit=2'), asked);
		const first = await answerTo(ann, { type: 'history', before: 4, after: null });
		assert.deepEqual(idsOf(first.messages), range(1, 3), 'null is as good as left out');
		await assertRefused(get(daemon, '/history/lobby?after=1&before=9'), 400, 'bad_field');
		await assertRefused(get(daemon, '/history/lobby?after=x'), 400, 'bad_query');
	}));

test('a history after an id leaves out edits, deletions and reactions', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		await sayMany(ann, 3);
		assert.equal((await answerTo(ann, { type: 'react', of: 1, emoji: '👍' })).id, 4);
		await sayMany(ann, 2);
		assert.equal((await answerTo(ann, { type: 'react', of: 2, emoji: '👍' })).id, 7);
		await sayMany(ann, 1);
		const page = await history(daemon, 'after=2&limit=3');
		assert.deepEqual([idsOf(page.messages), page.more], [[3, 5, 6], true]);
		const rest = await history(daemon, 'after=6&limit=3');
		assert.deepEqual([idsOf(rest.messages), rest.more], [[8], false]);
	}));

test('GET /who lists the people of a room, and nobody is told of the question', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&room=ops&events=1');
		await ann.nextJson();
		await enterStream(daemon, 'ops', 'name=bob');
		const { type, room, users, count } = await expectJson(get(daemon, '/who/OPS'));
		assert.deepEqual([type, room, count], ['who', 'ops', 2]);
		assert.deepEqual(users, [{ username: 'ann', via: 'ws' }, { username: 'bob', via: 'sse' }]);
		assert.deepEqual((await ann.drain()).map(({ username }) => username), ['bob']);
		await assertRefused(get(daemon, '/who/nowhere'), 404, 'no_such_room');
	}));

test('GET /search returns matching messages, newest first', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 30, { textOf: (n) => (n % 3 ? `disk ${n}` : `磁盘空间 ${n}`) });
		await push(daemon, 'lobby', { type: 'alarm', key: 'k', severity: 'error', title: 'Fire at once' });
		assert.deepEqual(idsOf((await search(daemon, 'q=disk')).messages), range(1, 30).filter((n) => n % 3).reverse().slice(0, 20));
		assert.deepEqual(idsOf((await search(daemon, `q=${encodeURIComponent('空间')}&limit=2`)).messages), [30, 27]);
		assert.deepEqual(idsOf((await search(daemon, 'q=fire+once')).messages), [31]);
		assert.deepEqual((await search(daemon, 'q=nothing')).messages, []);
		assert.deepEqual((await search(daemon, 'q=%22)(*')).messages, []);
	}));

test('GET /rooms lists the rooms with their people and last id', () =>
	withDaemon({ settings: noRateLimit.settings, config: 'rooms = ( { name = "ops"; topic = "What runs"; } );' }, async (daemon) => {
		await enter(daemon, 'room=ops&name=ann');
		await enterStream(daemon, 'ops', 'name=bob');
		await push(daemon, 'ops', 'm');
		await push(daemon, 'new', 'm');
		await push(daemon, 'new', [{ type: 'metric', name: 'a', value: 1 }, { type: 'metric', name: 'b', value: 1 }]);
		for (const [key, severity] of [['a', 'error'], ['b', 'info'], ['a', 'ok']])
			await push(daemon, 'new', { type: 'alarm', key, severity });
		const lastTime = async (room) => (await expectJson(get(daemon, `/history/${room}?limit=1`))).messages[0].ts;
		const quiet = { alarms: 0, metrics: 0, read_only: false };
		assert.deepEqual(await expectJson(get(daemon, '/rooms')), {
			type: 'rooms',
			rooms: [
				{ room: 'lobby', topic: '', count: 0, last_id: 0, ...quiet, last_ts: 0 },
				{ room: 'ops', topic: 'What runs', count: 2, last_id: 1, ...quiet, last_ts: await lastTime('ops') },
				{ room: 'new', topic: '', count: 0, last_id: 4, ...quiet, alarms: 1, metrics: 2, last_ts: await lastTime('new') },
			],
			tails: [],
		});
	}));

test('an invalid request is refused with the reason', () =>
	withDaemon(noRateLimitWith('chat.create_rooms=false'), async (daemon) => {
		for (const query of ['limit=-1', 'limit=a', 'limit=', 'limit=1.5', 'before=x', 'before=99999999999999999999', 'limit=%31a'])
			await assertRefused(get(daemon, `/history/lobby?${query}`), 400, 'bad_query');
		await assertRefused(get(daemon, '/history/lobby?limit=0'), 400, 'bad_field');
		await assertRefused(get(daemon, '/search/lobby'), 400, 'bad_field');
		await assertRefused(get(daemon, '/search/lobby?q='), 400, 'bad_field');
		await assertRefused(get(daemon, `/search/lobby?q=${'x'.repeat(300)}`), 400, 'bad_field');
		await assertRefused(get(daemon, `/search/lobby?q=${'x'.repeat(3_000)}`), 400, 'bad_query');
		await assertRefused(get(daemon, '/search/lobby?q=a&limit=x'), 400, 'bad_query');
		for (const at of ['/history/none', '/search/none?q=a', '/events/none', '/poll/none'])
			await assertRefused(get(daemon, at), 404, 'no_such_room');
		await assertRefused(get(daemon, '/history/%2F'), 400, 'bad_room');
		for (const at of ['/history/lobby', '/search/lobby?q=a', '/rooms']) {
			const { headers } = await assertRefused(ask(daemon, 'DELETE', at), 405, 'method_not_allowed');
			assert.equal(headers.allow, 'GET, HEAD');
			const head = await ask(daemon, 'HEAD', at);
			assert.deepEqual([head.status, head.text], [200, '']);
			assert.equal(head.headers['content-type'], 'application/json');
			assert.equal(head.headers['cache-control'], 'no-store');
		}
		for (const at of ['/events/lobby', '/poll/lobby'])
			assert.equal((await assertRefused(ask(daemon, 'POST', at), 405, 'method_not_allowed')).headers.allow, 'GET');
	}));
