// Long-polls: GET /poll/ROOM.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, idsOf, noRateLimit, noRateLimitWith, range, say, sayMany } from '../lib/chat.mjs';
import { eventually, isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, expectJson, get, keepAlive, poll, post, push, waitForOnePoll } from '../lib/doors.mjs';
import { bearer, sign, withJwt } from '../lib/jwt.mjs';
import { connect, request } from '../lib/raw.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('the first poll returns the position in the room, later ones the messages since then', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await say(ann, 'before');
		const { epoch, ...first } = await poll(daemon, 'lobby', 'wait=0');
		assert.deepEqual(first, { room: 'lobby', topic: '', last_id: 1, since: `${epoch}:1`, recovered: false, more: false, messages: [] });
		await say(ann, 'a');
		await say(ann, 'b');
		const second = await poll(daemon, 'lobby', `since=${first.since}`);
		assert.deepEqual([second.recovered, second.last_id, second.since], [true, 3, `${epoch}:3`]);
		assert.deepEqual(second.messages.map(({ id, message, username }) => [id, message, username]), [[2, 'a', 'ann'], [3, 'b', 'ann']]);
		const waiting = poll(daemon, 'lobby', `since=${second.since}`);
		await say(ann, 'c');
		assert.deepEqual((await waiting).messages.map(({ id }) => id), [4]);
	}));

test('a poll without news is answered by an empty list when its time is over', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { since } = await poll(daemon, 'lobby', 'wait=1');
		const empty = await poll(daemon, 'lobby', `wait=1&since=${since}`);
		assert.deepEqual([empty.messages, empty.since, empty.recovered], [[], since, true]);
		for (const wait of ['', '-1', 'x', '1.5', '1s'])
			await assertRefused(get(daemon, `/poll/lobby?wait=${wait}`), 400, 'bad_query');
		// However many seconds are asked for, what is there is answered at once.
		await say(await daemon.ws(), 'hi');
		assert.equal((await poll(daemon, 'lobby', `wait=18446744073709551616&since=${since}`)).messages.length, 1);
	}));

test('a repeated poll for events waits for a new event and does not repeat known ones', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const first = await poll(daemon, 'lobby', 'wait=20&events=1&name=ann');
		assert.equal(first.messages[0].type, 'joined');
		const next = poll(daemon, 'lobby', `wait=20&events=1&session=${first.you.session}&since=${first.since}`);
		await waitForOnePoll(daemon);
		const bob = await daemon.ws('/ws?name=bob');
		const { messages } = await next;
		assert.deepEqual(messages.map(({ type, event, username }) => [type, event, username]), [['presence', 'enter', 'bob']]);
		await bob.close();
	}));

test('a poll that cannot be resumed is told so at once and is sent no old messages', () =>
	withDaemon(noRateLimitWith('store.keep_messages=100'), async (daemon) => {
		await sayMany(await daemon.ws(), 3_000);
		const { epoch } = await poll(daemon, 'lobby', 'wait=0');
		for (const since of ['other:1', `${epoch}:3001`, `${epoch}:1`, 'x', `${epoch}:`, `${epoch}:18446744073709551616`]) {
			const { recovered, messages, last_id: lastId } = await poll(daemon, 'lobby', `since=${since}&wait=60`);
			assert.deepEqual([recovered, messages, lastId], [false, [], 3_000], since);
		}
	}));

test('a long history arrives in parts, each with the position for the next poll', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await sayMany(await daemon.ws(), 1_500, { textOf: (n) => `${n} ${'x'.repeat(200)}` });
		const { epoch } = await poll(daemon, 'lobby', 'wait=0');
		const seen = [];
		let part = { since: `${epoch}:0`, more: true };
		while (part.more) {
			part = await poll(daemon, 'lobby', `since=${part.since}&wait=0`);
			assert.ok(part.messages.length > 0);
			seen.push(...idsOf(part.messages));
			assert.equal(part.last_id, seen.at(-1));
		}
		assert.deepEqual(seen, range(1, 1_500));
	}));

test('a poll loop with pauses receives two thousand messages once and in order', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const count = 2_000;
		const [first, named] = [await poll(daemon, 'lobby', 'wait=0'), await poll(daemon, 'lobby', 'wait=0&name=ann')];
		const read = async (query, since) => {
			const agent = keepAlive();
			const seen = [];
			while (seen.length < count) {
				const part = await poll(daemon, 'lobby', `since=${since}${query}`, { agent });
				assert.equal(part.recovered, true);
				seen.push(...part.messages.map(({ message }) => Number(message)));
				since = part.since;
				if (Math.random() < 0.3)
					await sleep(Math.random() * 20);
			}
			agent.destroy();
			return seen;
		};
		const write = async () => {
			const agent = keepAlive();
			for (let n = 1; n <= count; n++) {
				await expectJson(post(daemon, '/push/lobby', `${n}`, {}, agent));
				if (Math.random() < 0.02)
					await sleep(Math.random() * 20);
			}
			agent.destroy();
		};
		const reading = [read('', first.since), read(`&session=${named.you.session}`, named.since)];
		await write();
		for (const seen of await Promise.all(reading))
			assert.deepEqual(seen, range(1, count));
	}));

test('a client that polls under a name stays one person between two polls', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon, 'name=watcher');
		let { you, since } = await poll(daemon, 'lobby', 'wait=0&name=ann');
		const seen = await watcher.nextJson();
		assert.deepEqual([seen.event, seen.username, seen.via, seen.count], ['enter', 'ann', 'poll', 2]);
		for (let n = 0; n < 5; n++) {
			await say(watcher, `m${n}`);
			const next = await poll(daemon, 'lobby', `since=${since}&session=${you.session}`);
			assert.deepEqual(next.messages.map(({ message }) => message), [`m${n}`]);
			assert.deepEqual(next.you, you);
			since = next.since;
		}
		// A poll without a name has no identity.
		assert.equal((await poll(daemon, 'lobby', 'wait=0')).you, undefined);
		assert.deepEqual(await watcher.drain(), []);
	}));

test('a poll with a taken name is refused, and nobody is told about it', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		const { json } = await assertRefused(get(daemon, '/poll/lobby?name=ANN'), 409, 'name_taken');
		assert.match(json.error.message, /\bsession=/);
		await assertRefused(get(daemon, '/poll/lobby?name=guest-7'), 400, 'bad_name');
		for (const session of ['a', 'g'.repeat(32), '0'.repeat(33)])
			await assertRefused(get(daemon, `/poll/lobby?name=bob&session=${session}`), 400, 'bad_field');
		assert.deepEqual(await ann.drain(), []);
		const { count } = await expectJson(get(daemon, '/rooms')).then(({ rooms }) => rooms[0]);
		assert.equal(count, 1);
	}));

test('a second poll of a session ends its waiting first poll', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { you, since } = await poll(daemon, 'lobby', 'wait=0&name=ann');
		const start = () => {
			const waiting = { answer: null };
			waiting.answered = poll(daemon, 'lobby', `since=${since}&session=${you.session}&wait=60`)
				.then((answer) => (waiting.answer = answer));
			return waiting;
		};
		let current = start();
		for (let n = 0; n < 10; n++) {
			// The two requests may arrive in either order. The later one ends the other at once.
			const next = start();
			await Promise.race([current.answered, next.answered]);
			const given = current.answer ? current : next;
			assert.deepEqual([given.answer.messages, given.answer.since], [[], since]);
			current = given === current ? next : current;
		}
		assert.equal(current.answer, null);
		await push(daemon, 'lobby', 'm');
		assert.deepEqual((await current.answered).messages.map(({ message }) => message), ['m']);
		assert.equal((await expectJson(get(daemon, '/rooms'))).rooms[0].count, 1);
	}));

/** How many polls were opened so far. */
const openedPolls = (daemon) => daemon.log.filter((line) => /^session_open .*door=poll/.test(line)).length;

test('a client that polls several rooms under one name has one session in each', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const rooms = ['lobby', 'ops', 'dev'];
		const { you } = await poll(daemon, 'lobby', 'wait=0&name=ann');
		const since = {};
		for (let n = 0; n < 20; n++) {
			for (const room of rooms) {
				const answer = await poll(daemon, room, `wait=0&session=${you.session}${since[room] ? `&since=${since[room]}` : ''}`);
				assert.deepEqual(answer.you, you);
				assert.deepEqual(answer.messages.map(({ message }) => message), n ? [`${room} ${n - 1}`] : []);
				since[room] = answer.since;
				await push(daemon, room, `${room} ${n}`);
			}
		}
		await eventually(() => assert.equal(openedPolls(daemon), rooms.length), 'the log');
	}));

test('a session and a room are not taken for another room of the session', () =>
	withDaemon({}, async (daemon) => {
		const { you } = await poll(daemon, 'x%20y', 'name=dave&wait=0');
		await assertRefused(get(daemon, `/poll/y?session=${you.session}%20x&wait=0`), 400, 'bad_field');
	}));

test('polls under the name of a token, beside another session of it, are one session', () =>
	withJwt(async (daemon) => {
		const token = sign({ name: 'ann' });
		await daemon.ws(`/ws?token=${token}`);
		const headers = bearer(token);
		let { you } = await poll(daemon, 'lobby', 'wait=0', { headers });
		for (let n = 0; n < 10; n++) {
			const next = await poll(daemon, 'lobby', `wait=0&session=${you.session}`, { headers });
			assert.deepEqual(next.you, you);
			you = next.you;
		}
		await eventually(() => assert.equal(openedPolls(daemon), 1), 'the log');
	}));

test('clients that disconnect during a poll leave nothing behind', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { since } = await poll(daemon, 'lobby', 'wait=0');
		await get(daemon, '/rooms', { agent: false });
		const before = daemon.openDescriptors();
		const gone = [];
		for (let n = 0; n < 60; n++) {
			const client = await connect(daemon);
			await client.write(request('GET', `/poll/lobby?wait=60&since=${since}${n % 2 ? `&name=p${n}` : ''}`, { Host: daemon.host }));
			gone.push(client);
		}
		while ((await expectJson(get(daemon, '/rooms'))).rooms[0].count < 30);
		gone.forEach((client, n) => (n % 3 ? client.socket.resetAndDestroy() : client.destroy()));
		await eventually(() => assert.ok(daemon.openDescriptors() <= before), 'the file descriptors to be closed');
		await push(daemon, 'lobby', 'm');
		assert.deepEqual((await poll(daemon, 'lobby', `since=${since}`)).messages.map(({ message }) => message), ['m']);
	}));

test('a message sent at the moment of a poll arrives in this poll or in the next one', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		let { since } = await poll(daemon, 'lobby', 'wait=0');
		for (let n = 1; n <= 150; n++) {
			const [first] = await Promise.all([poll(daemon, 'lobby', `since=${since}`), push(daemon, 'lobby', `${n}`)]);
			assert.deepEqual(first.messages.map(({ message }) => message), [`${n}`]);
			since = first.since;
		}
	}));

test('polls on one connection are answered one after the other', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await sayMany(ann, 3);
		const { epoch } = await poll(daemon, 'lobby', 'wait=0');
		const client = await connect(daemon);
		const ids = [0, 1, 2];
		await client.write(ids.map((id) => request('GET', `/poll/lobby?since=${epoch}:${id}`, { Host: daemon.host })).join(''));
		for (const id of ids)
			assert.deepEqual(idsOf(JSON.parse((await client.readResponse()).body).messages), range(id + 1, 3));
		client.destroy();
	}));
