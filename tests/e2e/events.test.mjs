// Streams of events: GET /events/ROOM.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, enter, idsOf, noRateLimit, noRateLimitWith, range, receive, say, sayMany, until } from '../lib/chat.mjs';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, openStream, poll, post, push } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { connect, request } from '../lib/raw.mjs';

/** Returns the next count events of the stream. */
async function events(stream, count) {
	const all = [];
	while (all.length < count)
		all.push(await stream.next());
	return all;
}

test('a stream begins with "joined", then shows messages, each with the id to resume from', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		const stream = await openStream(daemon, '/events/lobby?name=bob');
		assert.match(stream.headers['content-type'], /^text\/event-stream\b/);
		assert.equal(stream.headers['cache-control'], 'no-store');
		assert.equal(stream.headers['x-accel-buffering'], 'no');
		const first = await stream.next();
		const { type, epoch, last_id: lastId, recovered, you, users } = first.object;
		assert.deepEqual([type, lastId, recovered, you.username], ['joined', 0, false, 'bob']);
		assert.deepEqual(users, [{ username: 'ann', via: 'ws' }, { username: 'bob', via: 'sse' }]);
		assert.equal(first.id, `${epoch}:0`);
		const presence = await ann.nextJson();
		assert.deepEqual([presence.event, presence.username, presence.via], ['enter', 'bob', 'sse']);

		await say(ann, 'hi\nthere');
		ann.sendJson({ type: 'cursor', x: 1, ephemeral: true });
		await say(ann, 'again');
		const [hi, cursor, again] = await events(stream, 3);
		assert.deepEqual([hi.id, hi.object.message, hi.object.id], [`${epoch}:1`, 'hi\nthere', 1]);
		assert.deepEqual([cursor.id, cursor.object.type], [undefined, 'cursor']);
		assert.equal(again.id, `${epoch}:2`);
	}));

/** Opens a stream byte by byte; returns the client and the head of the answer. */
async function openRaw(daemon, version = '1.1') {
	const client = await connect(daemon);
	await client.write(request('GET', '/events/lobby?name=bob', { Host: 'localhost' }).replace('HTTP/1.1', `HTTP/${version}`));
	return { client, head: await client.readHead() };
}

test('each event is a chunk of its own and comes without waiting for the next one', () =>
	withDaemon(noRateLimitWith('heartbeat.ping_s=1'), async (daemon) => {
		const { client, head } = await openRaw(daemon);
		assert.equal(head.headers['transfer-encoding'], 'chunked');
		assert.equal(head.headers['content-length'], undefined);
		// A block without data is an empty event for some libraries: these lines have none.
		assert.equal(await client.readChunk(), 'retry: 1000\n');
		assert.match(await client.readChunk(), /^id: \S+:0\ndata: \{"type":"joined".*\}\n\n$/);
		assert.equal(await client.readChunk(), ': ping\n');
		for (const text of ['one', 'x'.repeat(9_000), 'three']) {
			const { id, epoch } = await push(daemon, 'lobby', text);
			const event = await client.readChunk();
			assert.ok(event.startsWith(`id: ${epoch}:${id}\ndata: {`) && event.endsWith(`"${text}"}\n\n`), event);
		}
		await sayMany(await daemon.ws(), 100);
		let chunks = [];
		while (chunks.length < 100)
			chunks = [...chunks, await client.readChunk()].filter((text) => text !== ': ping\n');
		chunks.forEach((text, n) => assert.match(text, new RegExp(`^id: \\S+:${n + 4}\ndata: .*\n\n$`)));
		client.destroy();
	}));

test('a stream that the daemon ends has a last chunk, and one that is cut has none', () =>
	withDaemon({ config: `auth = { ${tokens} };` }, async (daemon) => {
		const { stream } = await enterStream(daemon, 'lobby', 'name=ann');
		await expectJson(post(daemon, '/admin/kick', { username: 'ann' }, bearer('root-secret')));
		await stream.closed;
		assert.equal(stream.response.complete, true, 'kicked');
		const { client } = await openRaw(daemon);
		await client.readChunk();
		assert.match(await client.readChunk(), /"joined"/);
		await daemon.crash();
		assert.equal(`${await client.readToEnd()}`, '');
	}));

test('a reader that speaks HTTP/1.0 is sent no chunks', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client, head } = await openRaw(daemon, '1.0');
		assert.equal(head.headers['transfer-encoding'], undefined);
		assert.equal(head.headers.connection, 'close');
		await push(daemon, 'lobby', 'm');
		await client.readUntil((buffer) => buffer.includes('"m"}\n\n') && { value: true, size: 0 }, 'the event');
		await daemon.stop();
		const text = `${await client.readToEnd()}`;
		assert.match(text, /^retry: 1000\nid: \S+:0\ndata: \{"type":"joined".*\}\n\nid: \S+:1\ndata: .*"m"\}\n\n$/);
	}));

test('a stream shows events only if it asked for them', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [{ stream: curious }, { stream: quiet }] = [
			await enterStream(daemon, 'lobby', 'events=1'), await enterStream(daemon, 'lobby'),
		];
		const { client: ann } = await enter(daemon, 'name=ann');
		ann.sendJson({ type: 'typing' });
		await say(ann, 'hi');
		const seen = [...await events(curious, 4)].map(({ object: { type, event } }) => event ?? type);
		assert.deepEqual(seen, ['enter', 'enter', 'typing', 'message']);
		assert.equal((await quiet.nextJson()).type, 'message');
	}));

test('a stream resumes right after the id in its header or query', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 700);
		const { joined: { epoch } } = await enterStream(daemon, 'lobby');
		for (const id of [0, 1, 350, 699, 700]) {
			const since = `${epoch}:${id}`;
			for (const stream of [
				await openStream(daemon, `/events/lobby?since=${since}`),
				await openStream(daemon, '/events/lobby', { 'Last-Event-ID': since }),
				// A stream that broke off repeats the since that it was opened with.
				await openStream(daemon, `/events/lobby?since=${epoch}:0`, { 'Last-Event-ID': since }),
			]) {
				const joined = await stream.next();
				assert.deepEqual([joined.object.recovered, joined.id], [true, since]);
				const missed = await events(stream, 700 - id);
				assert.deepEqual(missed.map(({ object }) => object.id), range(id + 1, 700));
				assert.deepEqual(missed.map((event) => event.id), range(id + 1, 700).map((n) => `${epoch}:${n}`));
				await stream.close();
			}
		}
	}));

/** What polyfills, libraries and other hubs call the id to resume from. */
const placeNames = [
	'since', 'si', 'x-since', 'lastEventId', 'lastEventID', 'Last-Event-ID', 'last-event-id', 'last_event_id', 'evs_last_event_id',
	'lastEvent', 'eventid',
];
const placeHeaders = ['Last-Event-ID', 'last-event-id', 'X-Last-Event-ID', 'X-Since', 'Since', 'Si'];

test('a stream and a poll resume by the names that polyfills and other hubs use', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await sayMany(await daemon.ws(), 3);
		const { epoch } = await poll(daemon, 'lobby', 'wait=0');
		const ways = [
			...placeNames.map((name) => [`${name}=${epoch}:2`, {}]),
			...placeHeaders.map((name) => ['', { [name]: `${epoch}:2` }]),
			[`%6Cast%45ventId=${epoch}%3A2`, {}],
		];
		for (const [query, headers] of ways) {
			const stream = await openStream(daemon, `/events/lobby?${query}`, headers);
			assert.equal((await stream.nextJson()).recovered, true, query);
			assert.equal((await stream.nextJson()).id, 3);
			await stream.close();
			const { recovered, messages } = await poll(daemon, 'lobby', query, { headers });
			assert.deepEqual([recovered, idsOf(messages)], [true, [3]], query);
		}
		assert.equal((await poll(daemon, 'lobby', `wait=0&last_event_ids=${epoch}:2`)).recovered, false);
	}));

test('of several ids to resume from, the highest one of this history counts', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await sayMany(await daemon.ws(), 11);
		const { epoch } = await poll(daemon, 'lobby', 'wait=0');
		const at = (id) => `${epoch}:${id}`;
		for (const [query, header, first] of [
			[`since=${at(9)}`, at(10), 11], [`since=${at(10)}`, at(9), 11], [`since=${at(2)}&lastEventId=${at(10)}`, at(1), 11],
			// Yaffle's polyfill once appended its argument to a query that had it.
			[`lastEventId=${at(2)}&lastEventId=${at(8)}`, undefined, 9], [`lastEventId=${at(8)}&lastEventId=${at(2)}`, undefined, 9],
			[`since=${at(9)}`, 'other:11', 10], ['since=other:11', at(9), 10], [`since=&last_event_id=${at(9)}`, '', 10],
			[`since=12h&since=11&lastEventId=${at('x')}`, at(9), 10], [`since=${at('0009')}`, undefined, 10],
		]) {
			const headers = header === undefined ? {} : { 'Last-Event-ID': header };
			const { recovered, messages } = await poll(daemon, 'lobby', query, { headers });
			assert.deepEqual([recovered, idsOf(messages)], [true, range(first, 11)], `${query} ${header}`);
			const stream = await openStream(daemon, `/events/lobby?${query}`, headers);
			assert.equal((await stream.next()).id, at(first - 1));
			await stream.close();
		}
		for (const query of ['since=other:1&lastEventId=x', `since=${at(1)}&lastEventId=${at(12)}`])
			assert.equal((await poll(daemon, 'lobby', query)).recovered, false, query);
	}));

test('a stream that cannot be resumed is told so and is sent no old messages', () =>
	withDaemon(noRateLimitWith('store.keep_messages=100'), async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 3_000);
		const { joined: { epoch } } = await enterStream(daemon, 'lobby');
		const odd = [`${epoch}:3001`, 'other:1', `${epoch}`, `${epoch}:`, `${epoch}:-1`, `${epoch}:1x`, `${epoch}:1`, 'x'.repeat(1_000)];
		const streams = [];
		for (const since of odd) {
			const stream = await openStream(daemon, '/events/lobby', { 'Last-Event-ID': since });
			const { id, object } = await stream.next();
			assert.deepEqual([object.recovered, id], [false, `${epoch}:3000`], since);
			streams.push(stream);
		}
		await say(ann, 'new');
		for (const stream of streams)
			assert.equal((await stream.nextJson()).message, 'new');
	}));

test('a stream that broke off before its first message resumes from where it began', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await say(ann, 'before');
		const { stream } = await enterStream(daemon, 'lobby');
		await stream.reset();
		await say(ann, 'meanwhile');
		const back = await openStream(daemon, '/events/lobby', { 'Last-Event-ID': stream.lastId });
		assert.equal((await back.nextJson()).recovered, true);
		assert.equal((await back.nextJson()).message, 'meanwhile');
	}));

test('a stream that breaks off again and again receives everything once and in order', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const count = 1_000;
		const ann = await daemon.ws();
		const { stream: first } = await enterStream(daemon, 'lobby');
		const writing = sayMany(ann, count);
		const seen = [];
		let stream = first;
		while (seen.length < count) {
			for (let n = 0; n < 1 + Math.floor(Math.random() * 90) && seen.length < count; n++)
				seen.push((await stream.nextJson()).id);
			const since = `${stream.lastId}`;
			await (seen.length % 2 ? stream.reset() : stream.close());
			stream = await openStream(daemon, '/events/lobby', { 'Last-Event-ID': since.replace(/\d+$/, seen.at(-1)) });
			assert.equal((await stream.nextJson()).recovered, true);
		}
		assert.deepEqual(seen, range(1, count));
		await writing;
	}));

test('a comment keeps a quiet stream open', () =>
	withDaemon(noRateLimitWith('heartbeat.ping_s=1'), async (daemon) => {
		const { stream } = await enterStream(daemon, 'lobby');
		for (let n = 0; n < 2; n++)
			assert.equal(await stream.nextComment(), ': ping');
		await push(daemon, 'lobby', 'm');
		assert.equal((await stream.nextJson()).message, 'm');
	}));

test('two streams are one person if the second one gives the session of the first', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon, 'name=watcher');
		const { stream: one, joined: { you } } = await enterStream(daemon, 'lobby', 'name=ann');
		const { stream: two, joined } = await enterStream(daemon, 'lobby', `name=ann&session=${you.session}`);
		assert.deepEqual([joined.you, joined.count], [you, 2]);
		const { stream: byToken, joined: third } = await enterStream(daemon, 'lobby', `session=${you.session}`);
		assert.deepEqual(third.you, you);
		await one.close();
		await two.reset();
		await byToken.close();
		assert.deepEqual((await receive(watcher, 2)).map(({ event, username }) => `${username} ${event}`), ['ann enter', 'ann leave']);
	}));

test('a taken name is refused in the stream, which continues as a guest', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await enter(daemon, 'name=ann');
		for (const [query, code] of [['name=ANN', 'name_taken'], ['name=%2Fx', 'bad_name'], ['name=x&session=a', 'bad_field']]) {
			const stream = await openStream(daemon, `/events/lobby?${query}`);
			assert.equal((await stream.nextJson()).code, code);
			const { you } = await stream.nextJson();
			assert.match(you.username, code === 'bad_field' ? /^x$/ : /^guest-/);
			await stream.close();
		}
	}));

for (const ending of ['close', 'reset']) {
	test(`a reader that closes with a ${ending === 'close' ? 'FIN' : 'RST'} leaves its room`, () =>
		withDaemon(noRateLimit, async (daemon) => {
			const { client: watcher } = await enter(daemon);
			for (let n = 0; n < 5; n++) {
				const { stream } = await enterStream(daemon, 'lobby', `name=ann-${n}`);
				await stream[ending]();
			}
			const seen = await receive(watcher, 10);
			assert.equal(seen.filter(({ event }) => event === 'leave').length, 5);
			assert.equal((await answerTo(watcher, { type: 'join' })).count, 1);
		}));
}

test('a stream that does not read is cut off, others are not affected, and it can resume', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith('limits.queue_bytes=65536'), async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const { stream: slow } = await enterStream(daemon, 'lobby', 'name=slow');
		await watcher.nextJson();
		slow.response.pause();
		slow.response.socket.pause();
		const ann = await daemon.ws();
		for (let n = 0; n < 5_000 && !/^slow_reader /m.test(daemon.stderr); n++)
			await say(ann, 'x'.repeat(8_000));
		await daemon.waitForLog(/^slow_reader session=\d+ queued=\d+ max=65536 peer=127\.0\.0\.1 username=slow room=lobby$/);
		const sent = await say(ann, 'the last one');
		const heard = await until(watcher, ({ id }) => id === sent);
		assert.ok(heard.some(({ event, username }) => event === 'leave' && username === 'slow'));
		assert.deepEqual(idsOf(heard.filter(({ type }) => type === 'message')), range(1, sent));

		slow.response.socket.resume();
		slow.response.resume();
		await slow.closed;
		assert.equal(slow.response.complete, true);
		const seen = Number(slow.lastId.split(':')[1]);
		assert.ok(seen < sent, `${seen} of ${sent} were sent`);
		const back = await openStream(daemon, '/events/lobby', { 'Last-Event-ID': slow.lastId });
		assert.equal((await back.nextJson()).recovered, true);
		assert.deepEqual((await events(back, sent - seen)).map(({ object }) => object.id), range(seen + 1, sent));
	}));

test('a stop ends every stream, and they resume at the next daemon', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { stream } = await enterStream(daemon, 'lobby');
		await push(daemon, 'lobby', 'm');
		const stopped = daemon.stop();
		assert.equal((await stream.nextJson()).message, 'm');
		await stream.closed;
		assert.equal(stream.response.complete, true);
		await stopped;
	}));

test('a bad request for a stream is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await assertRefused(get(daemon, '/events/%2F'), 400, 'bad_room');
		await assertRefused(get(daemon, `/events/${'x'.repeat(65)}`), 400, 'bad_room');
		for (const name of ['name', 'since', 'lastEventId', 'session', 'events'])
			await assertRefused(get(daemon, `/events/lobby?${name}=${'x'.repeat(1_100)}`), 400, 'bad_query');
	}));
