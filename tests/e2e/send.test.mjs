// Sending beside a stream or a long-poll: POST /send/ROOM.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimit, receive, receivedSoFar, withHistory } from '../lib/chat.mjs';
import { withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, poll, post, push } from '../lib/doors.mjs';

const send = (daemon, room, you, body, headers) =>
	expectJson(post(daemon, `/send/${room}?session=${you.session}`, body, headers));

test('a client with a stream sends under the name of the stream and receives its own message there', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { stream, joined: { you, epoch } } = await enterStream(daemon, 'lobby', 'name=ann');
		const bob = await daemon.ws();
		const placed = await send(daemon, 'lobby', you, { message: 'hi', ref: 'r1', x: 1 });
		assert.deepEqual(placed, { ref: 'r1', room: 'lobby', id: 1, epoch, delivered: 2 });
		const said = await bob.nextJson();
		assert.deepEqual([said.username, said.message, said.x, said.via], ['ann', 'hi', 1, undefined]);
		const { id, object } = await stream.next();
		assert.deepEqual([id, object], [`${epoch}:1`, said]);
		assert.equal((await send(daemon, 'lobby', you, 'a text, as curl sends it\n')).id, 2);
		assert.equal((await bob.nextJson()).message, 'a text, as curl sends it');
	}));

test('the session is accepted in the query, as a bearer token or in the object, and is never relayed', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { joined: { you } } = await enterStream(daemon, 'lobby');
		const bob = await daemon.ws();
		await send(daemon, 'lobby', you, 'a');
		await expectJson(post(daemon, '/send/lobby', 'b', { Authorization: `Bearer ${you.session}` }));
		await expectJson(post(daemon, '/send/lobby', { message: 'c', session: you.session }));
		for (const text of ['a', 'b', 'c']) {
			const said = await bob.nextJson();
			assert.deepEqual([said.message, said.username, said.session], [text, you.username, undefined]);
		}
	}));

test('a send without a live session is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws();
		const { stream, joined: { you } } = await enterStream(daemon, 'lobby', 'events=1');
		for (const session of ['', 'x', '0'.repeat(32), `${you.session}0`, 'z'.repeat(2_000)])
			await assertRefused(post(daemon, `/send/lobby?session=${session}`, 'm'), 401, 'no_such_session');
		await assertRefused(post(daemon, '/send/lobby', { message: 'm', session: 5 }), 401, 'no_such_session');
		await assertRefused(post(daemon, '/send/lobby', 'm', { Authorization: 'Bearer x' }), 401, 'no_such_session');
		for (const [body, code] of [['[]', 'bad_body'], ['{', 'bad_json'], ['[{"message":"m"}]', 'bad_body']])
			await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, body, { 'Content-Type': 'application/json' }), 400, code);
		const { client: eve } = await enter(daemon);
		await stream.close();
		await eve.nextJson();
		await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, 'm'), 401, 'no_such_session');
		assert.deepEqual(await receivedSoFar(bob, eve), []);
	}));

test('a repeated ref is recognised after a crash and from a new stream with the same name', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			const { joined: { you } } = await enterStream(daemon, 'lobby', 'name=ann');
			assert.equal((await send(daemon, 'lobby', you, { message: 'once', ref: 'r' })).id, 1);
			assert.equal((await send(daemon, 'lobby', you, 'once', { ref: 'r' })).duplicate, true);
			await daemon.crash();
		},
		async (daemon) => {
			const { joined: { you } } = await enterStream(daemon, 'lobby', 'name=ann');
			const { id, duplicate } = await send(daemon, 'lobby', you, { message: 'once', ref: 'r' });
			assert.deepEqual([id, duplicate], [1, true]);
			// A push under the same name comes from another sender.
			assert.equal((await push(daemon, 'lobby', { message: 'once', ref: 'r', username: 'ann' })).id, 2);
		},
	));

test('POST /send accepts nick, typing and ack, and refuses types that need an answer', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { stream, joined: { you } } = await enterStream(daemon, 'lobby', 'name=ann');
		const { client: bob } = await enter(daemon, 'name=bob');
		assert.deepEqual(await send(daemon, 'lobby', you, { type: 'typing' }), {});
		assert.deepEqual(await bob.nextJson(), { type: 'typing', room: 'lobby', username: 'ann' });
		assert.deepEqual(await send(daemon, 'lobby', you, { type: 'nick', username: 'anna' }), {});
		assert.deepEqual((await bob.nextJson()).event, 'rename');
		await push(daemon, 'lobby', { type: 'alarm', key: 'disk', severity: 'error' });
		assert.equal((await send(daemon, 'lobby', you, { type: 'ack', key: 'disk' })).id, 2);
		assert.deepEqual((await receive(bob, 2)).map(({ state, acknowledged_by: by }) => [state, by]),
			[['raised', undefined], ['acknowledged', 'anna']]);
		for (const type of ['join', 'leave', 'history', 'search', 'ping'])
			await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, { type }), 400, 'bad_field');
		for (const type of ['joined', 'presence', 'alarm', 'metric', 'log', 'pong', 'error'])
			await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, { type }), 400, 'reserved_type');
		await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, { type: 'nick', username: 'BOB' }), 409, 'name_taken');
		await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, { message: 'm', username: 'bob' }), 409, 'name_taken');
		await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, { type: 'ack', key: 'none' }), 404, 'no_such_alarm');
		assert.deepEqual([(await stream.nextJson()).state, (await stream.nextJson()).state], ['raised', 'acknowledged']);
	}));

test('POST /send reaches any room and counts towards the rate limit of the session', () =>
	withDaemon({ settings: ['limits.message_rate=0.01', 'limits.message_burst=3'] }, async (daemon) => {
		const { joined: { you } } = await enterStream(daemon, 'lobby');
		const ops = await daemon.ws('/ws?room=ops');
		for (let n = 0; n < 3; n++)
			await send(daemon, 'ops', you, { message: `m${n}`, room: 'lobby' });
		const { headers } = await assertRefused(post(daemon, `/send/ops?session=${you.session}`, 'm'), 429, 'rate_limited');
		assert.ok(Number(headers['retry-after']) > 90);
		assert.equal((await ops.nextJson()).message, 'm0');
		await expectJson(get(daemon, '/rooms'));
	}));

test('a polling client can send between two polls and while one waits', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { you, since } = await poll(daemon, 'lobby', 'wait=0&name=ann');
		await send(daemon, 'lobby', you, 'between');
		const first = await poll(daemon, 'lobby', `since=${since}&session=${you.session}`);
		assert.deepEqual(first.messages.map(({ message, username }) => [message, username]), [['between', 'ann']]);
		const waiting = poll(daemon, 'lobby', `since=${first.since}&session=${you.session}`);
		await send(daemon, 'lobby', you, 'meanwhile');
		assert.deepEqual((await waiting).messages.map(({ message }) => message), ['meanwhile']);
	}));
