// auth.mode = "jwt": without a token nobody can read or send, and a token only opens its own rooms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, assertError, receivedSoFar, say, until } from '../lib/chat.mjs';
import { ask, assertRefused, enterStream, expectJson, get, openStream, poll, post, push } from '../lib/doors.mjs';
import { bearer, inSeconds, sign, withJwt } from '../lib/jwt.mjs';
import { Terminal } from '../lib/line.mjs';
import { eventually, runDaemon } from '../lib/daemon.mjs';
import { connect } from '../lib/raw.mjs';

/** Every door for reading and sending, as an HTTP request. */
const doors = [
	['GET', '/events/lobby'], ['GET', '/poll/lobby?wait=0'], ['GET', '/history/lobby'], ['GET', '/search/lobby?q=x'], ['GET', '/rooms'],
	['POST', '/send/lobby'],
];

const wsWith = (daemon, token, query = '') => daemon.ws(`/ws?events=1&token=${token}${query}`);

/** Returns the status and error code of the refused handshake, as "STATUS CODE". */
async function refusalOf(daemon, at, options) {
	try {
		await daemon.ws(at, options);
	} catch (error) {
		return `${error.status} ${JSON.parse(error.body).error.code}`;
	}
	return 'none';
}

const connectTerminal = async (daemon) => new Terminal(await connect(daemon, daemon.linePort));

test('without a token every door refuses and says why', () =>
	withJwt(async (daemon) => {
		assert.equal(await refusalOf(daemon, '/ws'), '401 token_required');
		for (const [method, at] of doors) {
			const refused = await assertRefused(ask(daemon, method, at, { body: method === 'POST' ? 'm' : undefined }), 401, 'token_required');
			assert.equal(refused.headers['www-authenticate'], 'Bearer');
		}
		assert.equal((await get(daemon, '/')).status, 200, 'the page itself needs no token');
		assert.equal((await get(daemon, '/healthz')).status, 200);
	}));

test('a bad token is refused at every door without details, and each try is logged', () =>
	withJwt(async (daemon) => {
		const good = { sub: 'ann' };
		const bad = {
			bad_token: [
				sign(good, { key: 'another' }),
				sign(good, { header: { alg: 'none' } }),
				sign(good, { header: { alg: 'none' } }).replace(/[^.]*$/, ''),
				sign(good, { header: { alg: 'HS512' }, hash: 'sha512' }),
				sign(good).replace(/^./, 'f'),
				'x'.repeat(5000),
				'root-secret2',
			],
			expired: [sign({ ...good, exp: inSeconds(-1) })],
			not_yet: [sign({ ...good, nbf: inSeconds(3600) })],
			bad_claim: [sign({ ...good, rooms: 'lobby' }), sign({ ...good, rooms: [7] }), sign({ sub: 7 })],
			bad_name: [sign({ name: 'guest-1' }), sign({ name: 'a\u202eb' }), sign({ name: 'n'.repeat(33) })],
			bad_audience: [sign({ ...good, aud: 'shop' })],
		};
		for (const [why, list] of Object.entries(bad)) {
			for (const token of list) {
				const before = daemon.log.length;
				const refused = await assertRefused(get(daemon, '/rooms', { headers: bearer(token) }), 401, 'bad_token');
				assert.equal(refused.json.error.message, 'this token is not valid');
				assert.equal(await refusalOf(daemon, `/ws?token=${token}`), '401 bad_token');
				await eventually(() => {
					const lines = daemon.log.slice(before).filter((line) => line.startsWith('refused '));
					assert.deepEqual(lines, ['rooms', 'ws'].map((door) => `refused peer=127.0.0.1 why=${why} door=${door} level=warn`), token.slice(0, 80));
				}, 'the lines in the log');
			}
		}
	}));

test('a valid token opens every door under the name in the token', () =>
	withJwt(async (daemon) => {
		const token = sign({ sub: '1', name: 'ann', exp: inSeconds(3600) });
		const ann = await wsWith(daemon, token);
		assert.equal((await ann.nextJson()).you.username, 'ann');
		const byHeader = await daemon.ws('/ws?events=1', { headers: bearer(token) });
		assert.equal((await byHeader.nextJson()).you.username, 'ann');
		await say(ann, 'hi');
		const { stream, joined } = await enterStream(daemon, 'lobby', '', bearer(token));
		assert.equal(joined.you.username, 'ann');
		assert.equal((await poll(daemon, 'lobby', `wait=0&token=${token}`)).you.username, 'ann');
		assert.equal((await expectJson(get(daemon, `/history/lobby?token=${token}`))).messages.length, 1);
		assert.equal((await expectJson(get(daemon, '/search/lobby?q=hi', { headers: bearer(token) }))).messages.length, 1);
		assert.deepEqual((await expectJson(get(daemon, '/rooms', { headers: bearer(token) }))).rooms.map(({ room }) => room), ['lobby']);
		const { id } = await expectJson(post(daemon, `/send/lobby?session=${joined.you.session}`, 'by send', bearer(token)));
		assert.equal(id, 2);
		await stream.close();
	}));

test('the session of a stream cannot be used with the token of another person', () =>
	withJwt(async (daemon) => {
		const { stream, joined } = await enterStream(daemon, 'lobby', '', bearer(sign({ sub: 'ann' })));
		const at = `/send/lobby?session=${joined.you.session}`;
		await assertRefused(post(daemon, at, 'm'), 401, 'token_required');
		await assertRefused(post(daemon, at, 'm', bearer(joined.you.session)), 401, 'bad_token');
		await assertRefused(post(daemon, at, 'm', bearer(sign({ sub: 'eve' }))), 401, 'no_such_session');
		await assertRefused(post(daemon, at, 'm', bearer('ci-secret')), 401, 'no_such_session');
		const eve = sign({ sub: 'eve' });
		await assertRefused(get(daemon, `/poll/lobby?wait=0&session=${joined.you.session}&name=ann&token=${eve}`), 403, 'denied');
		await stream.close();
	}));

test('a poll cannot be continued with the token of another person', () =>
	withJwt(async (daemon) => {
		const ann = await poll(daemon, 'lobby', 'wait=0', { headers: bearer(sign({ sub: 'ann' })) });
		assert.equal(ann.you.username, 'ann');
		const eve = await poll(daemon, 'lobby', `wait=0&session=${ann.you.session}`, { headers: bearer(sign({ sub: 'eve' })) });
		assert.equal(eve.you.username, 'eve');
		assert.notEqual(eve.you.session, ann.you.session);
	}));

test('the rooms of a token are the only rooms its bearer sees, at every door', () =>
	withJwt(async (daemon) => {
		const all = await wsWith(daemon, sign({ sub: 'root' }), '&room=secret');
		await all.nextJson();
		await say(all, { message: 'hidden', room: 'secret' });
		const token = sign({ sub: 'ann', rooms: ['ops', 'dev'] });
		for (const room of ['lobby', 'secret', 'new']) {
			assert.equal(await refusalOf(daemon, `/ws?room=${room}&token=${token}`), '403 denied');
			for (const at of ['/events/', '/poll/', '/history/', '/search/'])
				await assertRefused(get(daemon, `${at}${room}?q=x&wait=0`, { headers: bearer(token) }), 403, 'denied');
		}
		const ann = await wsWith(daemon, token);
		assert.equal((await ann.nextJson()).room, 'ops');
		for (const object of [
			{ message: 'm' }, { type: 'join' }, { type: 'typing' }, { type: 'history' }, { type: 'search', q: 'hidden' }, { type: 'ack', key: 'k' },
			{ type: 'chart' }, { type: 'leave' },
		])
			assertError(await answerTo(ann, { ...object, room: 'secret' }), 'denied');
		assert.deepEqual(await receivedSoFar(all, await wsWith(daemon, sign({ sub: 'bob' }), '&room=secret'), 'secret').then((heard) =>
			heard.filter(({ type }) => type !== 'presence')), []);
		await say(ann, { message: 'this makes the room' });
		const { rooms } = await expectJson(get(daemon, '/rooms', { headers: bearer(token) }));
		assert.deepEqual(rooms.map(({ room }) => room), ['ops']);
		const { stream, joined } = await enterStream(daemon, 'dev', '', bearer(token));
		await assertRefused(post(daemon, `/send/secret?session=${joined.you.session}`, 'm', bearer(token)), 403, 'denied');
		await stream.close();
	}));

test('the name in the token cannot be changed', () =>
	withJwt(async (daemon) => {
		const ann = await wsWith(daemon, sign({ sub: 'ann' }), '&name=eve');
		assertError(await ann.nextJson(), 'denied');
		assert.equal((await ann.nextJson()).you.username, 'ann');
		for (const object of [{ type: 'nick', username: 'eve' }, { message: 'm', username: 'eve' }, { type: 'join', room: 'ops', username: 'eve' }])
			assertError(await answerTo(ann, object), 'denied');
		await say(ann, { message: 'as I am', username: 'ann' });
		const other = await wsWith(daemon, sign({ sub: '2', name: 'ann' })).catch((error) => error);
		assert.equal(JSON.parse(other.body).error.code, 'name_taken');
	}));

test('a configured token lets a program read its rooms as a guest', () =>
	withJwt(async (daemon) => {
		const reader = await daemon.ws('/ws?room=ops&events=1', { headers: bearer('ci-secret') });
		assert.match((await reader.nextJson()).you.username, /^guest-/);
		assertError(await answerTo(reader, { type: 'nick', username: 'ann' }), 'denied');
		assert.equal(await refusalOf(daemon, '/ws?room=lobby&token=ci-secret'), '403 denied');
		await push(daemon, 'ops', 'pushed', bearer('ci-secret'));
		assert.equal((await until(reader, ({ type }) => type === 'message')).at(-1).message, 'pushed');
		await assertRefused(post(daemon, '/push/ops', 'm', bearer(sign({ sub: 'ann' }))), 401, 'bad_token');
	}));

test('the line door accepts only /login before a login', () =>
	withJwt(async (daemon) => {
		const terminal = await connectTerminal(daemon);
		assert.equal(await terminal.next(), '* This needs a token: /login TOKEN');
		for (const line of ['hello?', '/nick ann', '/rooms', '/login', '/help'])
			assert.equal(await terminal.ask(line), '* This needs a token: /login TOKEN', line);
		assert.match(await terminal.ask(`/login ${sign({ sub: 'ann' })}`), /^Welcome to Linnet\. You are ann in lobby with 0 others\./);
		assert.equal(await terminal.ask('/login again'), '* you have logged in');
		assert.equal(await terminal.ask('/nick eve'), '* what you are called is said by your token');
		assert.equal(await terminal.ask('/history'), '* That was nothing: there is no history of lobby');
	}));

test('a line connection without a login ends after a bad token, too many lines or /quit', () =>
	withJwt(async (daemon) => {
		const wrong = await connectTerminal(daemon);
		wrong.say(`/login ${sign({ sub: 'ann' }, { key: 'x' })}`, 'and on');
		assert.deepEqual(await wrong.rest(), ['* This needs a token: /login TOKEN', '* this token is not valid', '* Goodbye: bad_token']);
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=bad_token door=line level=warn$/);
		const talker = await connectTerminal(daemon);
		talker.say(...Array(50).fill('let me in'));
		assert.equal((await talker.rest()).at(-1), '* Goodbye: token_required');
		for (const word of ['Q', '/quit']) {
			const guest = await connectTerminal(daemon);
			guest.say(word);
			assert.deepEqual(await guest.rest(), ['* This needs a token: /login TOKEN']);
		}
	}));

test('lines sent together with /login are processed after the login', () =>
	withJwt(async (daemon) => {
		const ann = await wsWith(daemon, sign({ sub: 'ann' }));
		const script = await connectTerminal(daemon);
		script.say(`/login ${sign({ sub: 'bob' })}`, 'one', 'two');
		const heard = await until(ann, ({ message }) => message === 'two');
		assert.deepEqual(heard.filter(({ type }) => type === 'message').map(({ message, username }) => `${username}: ${message}`), ['bob: one', 'bob: two']);
	}));

test('without auth /login is refused and its text reaches nobody', () =>
	withJwt(async (daemon) => {
		const ann = await daemon.ws();
		const terminal = await connectTerminal(daemon);
		await terminal.next();
		assert.equal(await terminal.ask('/login secret'), '* nobody has to log in here');
		terminal.say('hi');
		assert.equal((await ann.nextJson()).message, 'hi');
	}, { settings: ['auth.mode=open'] }));

test('a session is told and closed at every door when its token expires', () =>
	withJwt(async (daemon) => {
		const claims = { exp: inSeconds(3) };
		const token = sign({ sub: 'ann', ...claims });
		const ann = await wsWith(daemon, token);
		const stays = await wsWith(daemon, sign({ sub: 'stays', exp: inSeconds(3600) }));
		const { stream } = await enterStream(daemon, 'lobby', '', bearer(sign({ sub: 'eva', ...claims })));
		const terminal = await connectTerminal(daemon);
		await terminal.next();
		terminal.say(`/login ${sign({ sub: 'ida', ...claims })}`);
		const waiting = get(daemon, '/poll/lobby?wait=60', { headers: bearer(sign({ sub: 'bob', ...claims })) });

		assertError((await until(ann, ({ type }) => type === 'error')).at(-1), 'token_expired');
		assert.deepEqual(await ann.closed, { code: 1008, reason: 'token expired' });
		await stream.closed;
		assert.equal((await terminal.rest()).at(-1), '* Goodbye: token expired');
		await assertRefused(waiting, 401, 'token_expired');
		await assertRefused(get(daemon, '/rooms', { headers: bearer(token) }), 401, 'bad_token');
		await assert.rejects(openStream(daemon, '/events/lobby', bearer(token)), { status: 401 });
		await say(stays, 'still here');
	}));

test('a poll repeated with a newer token outlives the older token', () =>
	withJwt(async (daemon) => {
		const first = await poll(daemon, 'lobby', 'wait=0', { headers: bearer(sign({ sub: 'ann', exp: inSeconds(2) })) });
		const at = `/poll/lobby?session=${first.you.session}&since=${first.since}`;
		const ann = sign({ sub: 'ann', exp: inSeconds(3600) });
		const second = await expectJson(get(daemon, `${at}&wait=4`, { headers: bearer(ann) }));
		assert.deepEqual([second.you, second.recovered], [first.you, true]);
	}));

test('a missing or invalid secret keeps the daemon from starting', async () => {
	const missing = await runDaemon({ args: ['-t'], settings: ['auth.mode=jwt'] });
	assert.equal(missing.code, 1);
	assert.match(missing.stderr + missing.stdout, /auth\.mode is "jwt", but auth\.jwt_secret_file is not set/);
	const absent = await runDaemon({ args: ['-t'], settings: ['auth.mode=jwt', 'auth.jwt_secret_file=/nowhere/secret'] });
	assert.equal(absent.code, 1);
	assert.match(absent.stderr + absent.stdout, /cannot read auth\.jwt_secret_file from \/nowhere\/secret: No such file/);
});
