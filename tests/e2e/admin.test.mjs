// Moderation: list sessions, kick, ban, mute.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, assertError, say, sayMany, until } from '../lib/chat.mjs';
import { sourceDir, startDaemon, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { ask, assertRefused, enterStream, expectJson, get, openStream, poll, post } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { openTerminal, Terminal } from '../lib/line.mjs';
import { connect } from '../lib/raw.mjs';

const root = bearer('root-secret');
const from = (address) => ({ 'X-Forwarded-For': address });

const options = (...settings) => ({
	config: `limits = { message_rate = 0.0; }; auth = { ${tokens} };`,
	settings: ['http.trusted_proxies=["127.0.0.1"]', ...settings],
});

const withAdmin = (body, ...settings) => withDaemon(options(...settings), body);

const adminPost = (daemon, word, body, headers = root) => post(daemon, `/admin/${word}`, body, headers);
const adminPostOk = (daemon, word, body) => expectJson(adminPost(daemon, word, body));
const sessions = async (daemon) => (await expectJson(get(daemon, '/admin/sessions', { headers: root }))).sessions;
const bans = (daemon) => expectJson(get(daemon, '/admin/bans', { headers: root }));

/** Returns the last error before the close, and the close. */
async function end(client) {
	const error = (await until(client, ({ type }) => type === 'error')).at(-1);
	return { ...(await client.closed), error: error.code, message: error.message };
}

/** Returns the status and error code of the refused handshake, as "STATUS CODE". */
async function refusalOf(daemon, at, headers) {
	const error = await daemon.ws(at, { headers }).then(() => assert.fail('the handshake was accepted'), (failure) => failure);
	return `${error.status} ${JSON.parse(error.body).error.code}`;
}

const adminRoutes = [
	['GET', 'sessions'], ['GET', 'bans'], ['POST', 'kick'], ['POST', 'ban'], ['POST', 'unban'], ['POST', 'mute'], ['POST', 'unmute'],
	['POST', 'delete'], ['POST', 'forget'],
];

test('only an admin token may use the admin API, from any address', () =>
	withAdmin(async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		for (const [method, word] of adminRoutes) {
			const body = method === 'POST' ? { username: 'ann' } : undefined;
			const send = (headers) => ask(daemon, method, `/admin/${word}`, { body, headers });
			await assertRefused(send({}), 401, 'token_required');
			await assertRefused(send(bearer('wrong')), 401, 'bad_token');
			await assertRefused(send(bearer('ci-secret')), 403, 'denied');
		}
		assert.deepEqual(await ann.drain(), []);
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=not_admin door=admin token=ci level=warn$/);
	}));

test('without configured tokens the admin API is refused, for local requests too', () =>
	withDaemon({}, async (daemon) => {
		for (const [method, word] of adminRoutes)
			await assertRefused(ask(daemon, method, `/admin/${word}`, { body: method === 'POST' ? {} : undefined }), 403, 'denied');
	}));

test('an unknown or malformed admin request is refused', () =>
	withAdmin(async (daemon) => {
		for (const at of ['/admin/nothing', '/admin/Kick', '/admin/%2e'])
			assert.equal((await ask(daemon, 'POST', at, { body: {}, headers: root })).status, 404, at);
		assert.equal((await get(daemon, '/admin/kick', { headers: root })).headers.allow, 'POST');
		assert.equal((await assertRefused(adminPost(daemon, 'sessions', {}), 405, 'method_not_allowed')).headers.allow, 'GET');
		await assertRefused(adminPost(daemon, 'kick', 'no json'), 400, 'bad_json');
		await assertRefused(adminPost(daemon, 'kick', '[]'), 400, 'bad_json');
		await assertRefused(adminPost(daemon, 'kick', {}), 400, 'bad_field');
		await assertRefused(adminPost(daemon, 'kick', { session: 4711 }), 404, 'no_such_session');
		await assertRefused(adminPost(daemon, 'unban', { username: 'ann' }), 404, 'no_such_ban');
		await assertRefused(adminPost(daemon, 'ban', { username: '\u0000' }), 400, 'bad_json');
		await assertRefused(adminPost(daemon, 'ban', { username: 'x'.repeat(300) }), 400, 'bad_name');
		await assertRefused(adminPost(daemon, 'ban', 'x'.repeat(20_000)), 413, 'too_large');
	}));

test('the sessions of every door are listed with their addresses', () =>
	withAdmin(async (daemon) => {
		const before = Date.now();
		const ann = await daemon.ws('/ws?name=ann', { headers: from('198.51.100.7') });
		await say(ann, { message: 'm', room: 'ops' });
		await answerTo(ann, { type: 'join', room: 'ops' });
		const { stream } = await enterStream(daemon, 'ops', 'name=eva', from('2001:db8::1'));
		await poll(daemon, 'lobby', 'wait=0&name=ida', { headers: from('198.51.100.8') });
		await openTerminal(daemon, 'bob');
		const list = await sessions(daemon);
		const brief = ({ username, via, address, rooms }) => [username, via, address, rooms.join()].join(' ');
		assert.deepEqual(list.map(brief), [
			'ann ws 198.51.100.7 lobby,ops', 'eva sse 2001:db8::1 ops', 'ida poll 198.51.100.8 lobby', 'bob line 127.0.0.1 lobby',
		]);
		assert.equal(new Set(list.map(({ session }) => session)).size, 4);
		assert.ok(list.every(({ since }) => since >= before && since <= Date.now()));
		await stream.close();
	}));

test('a kicked person is told the reason at every door and may reconnect', () =>
	withAdmin(async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		assert.equal((await adminPostOk(daemon, 'kick', { username: 'ANN', reason: 'be kind' })).sessions, 1);
		assert.deepEqual(await end(ann), { code: 1008, reason: 'kicked', error: 'kicked', message: 'be kind' });

		const bob = await openTerminal(daemon, 'bob');
		await adminPostOk(daemon, 'kick', { username: 'bob' });
		assert.deepEqual(await bob.rest(), ['* a moderator has sent you away', '* Goodbye: kicked']);

		const { stream } = await enterStream(daemon, 'lobby', 'name=eva');
		await adminPostOk(daemon, 'kick', { username: 'eva' });
		assertError(await stream.nextJson(), 'kicked');
		await stream.closed;

		const waiting = get(daemon, '/poll/lobby?wait=60&name=ida');
		const isThere = (list) => list.length === 1 && list[0].username === 'ida';
		const { session } = (await until({ nextJson: () => sessions(daemon) }, isThere)).at(-1)[0];
		await adminPostOk(daemon, 'kick', { session });
		await assertRefused(waiting, 403, 'kicked');

		assert.deepEqual(await sessions(daemon), []);
		await daemon.ws('/ws?name=ann');
		assert.deepEqual((await sessions(daemon)).map(({ username }) => username), ['ann']);
		await daemon.waitForLog(/^kicked by=root username=ANN sessions=1$/);
	}));

test('a banned name is refused in every spelling and at every door until it is unbanned', () =>
	withAdmin(async (daemon) => {
		const eve = await daemon.ws('/ws?name=eve');
		const banned = await adminPostOk(daemon, 'ban', { username: 'Eve', reason: 'spam' });
		assert.deepEqual([banned.sessions, banned.username, banned.reason], [1, 'Eve', 'spam']);
		assert.deepEqual(await end(eve), { code: 1008, reason: 'banned', error: 'banned', message: 'spam' });

		const guest = await daemon.ws('/ws?name=EVE');
		assertError(await guest.nextJson(), 'banned');
		for (const object of [{ type: 'nick', username: 'eve' }, { message: 'm', username: 'eve' }, { type: 'join', room: 'ops', username: 'eVe' }])
			assertError(await answerTo(guest, object), 'banned');
		await assertRefused(get(daemon, '/poll/lobby?name=eve'), 403, 'banned');
		const { stream } = await enterStream(daemon, 'lobby', 'name=bob');
		const terminal = await openTerminal(daemon);
		assert.equal(await terminal.ask('/nick eve'), '* this name is banned');
		await stream.close();

		await adminPostOk(daemon, 'unban', { username: 'eve' });
		assert.equal((await answerTo(guest, { message: 'm', username: 'eve' })).type, 'ack');
	}));

test('a ban or mute of a name covers the names that look like it', () =>
	withAdmin(async (daemon) => {
		const alike = '\u0435v\u0435';
		const client = await daemon.ws(`/ws?name=${encodeURIComponent(alike)}`);
		assert.equal((await adminPostOk(daemon, 'ban', { username: 'eve' })).sessions, 1);
		assert.equal((await end(client)).error, 'banned');
		const guest = await daemon.ws();
		for (const username of ['eve', alike, '\uff25ve'])
			assertError(await answerTo(guest, { message: 'm', username }), 'banned');
		await assertRefused(get(daemon, `/poll/lobby?name=${encodeURIComponent(alike)}`), 403, 'banned');
		await adminPostOk(daemon, 'unban', { username: 'eve' });

		await adminPostOk(daemon, 'mute', { username: 'eve' });
		for (const username of ['eve', alike])
			assertError(await answerTo(guest, { message: 'm', username }), 'muted');
		await adminPostOk(daemon, 'unmute', { username: 'eve' });
		assert.equal((await answerTo(guest, { message: 'm', username: alike })).type, 'ack');
	}));

test('banning an address closes its connections at every door and leaves other addresses alone', () =>
	withAdmin(async (daemon) => {
		const there = from('198.51.100.7');
		const ws = await daemon.ws('/ws?name=ann', { headers: there });
		const echo = await daemon.ws('/echo', { headers: there });
		const { stream } = await enterStream(daemon, 'lobby', 'name=eva', there);
		const waiting = get(daemon, '/poll/lobby?wait=60&name=ida', { headers: there });
		const neighbour = await daemon.ws('/ws', { headers: from('198.51.101.7') });
		await until({ nextJson: () => sessions(daemon) }, (list) => list.length === 4);

		assert.equal((await adminPostOk(daemon, 'ban', { address: '198.51.100.0/24' })).sessions, 3);
		assert.deepEqual(await end(ws), { code: 1008, reason: 'banned', error: 'banned', message: 'a moderator has sent you away' });
		assert.equal((await echo.closed).code, 1008);
		await until(stream, ({ code }) => code === 'banned');
		await stream.closed;
		await assertRefused(waiting, 403, 'banned');

		assert.equal(await refusalOf(daemon, '/ws', there), '403 banned');
		assert.equal(await refusalOf(daemon, '/echo', from('198.51.100.200')), '403 banned');
		for (const at of ['/', '/rooms', '/healthz', '/nothing'])
			await assertRefused(get(daemon, at, { headers: there }), 403, 'banned');
		await assertRefused(post(daemon, '/push/ops', 'm', { ...there, ...root }), 403, 'banned');
		await daemon.waitForLog(/^refused peer=198\.51\.100\.7 why=banned door=page level=warn$/);
		assert.match((await get(daemon, '/metrics')).text, /^linnet_connections_refused_total\{limit="banned"\} 7$/m);
		await say(neighbour, 'still here');

		await adminPostOk(daemon, 'unban', { address: '198.51.100.0/24' });
		await daemon.ws('/ws', { headers: there });
	}));

const own = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test('a client at a banned address is told so as soon as it connects', { skip: !own && 'this machine has only loopback addresses' }, () =>
	withAdmin(async (daemon) => {
		const outside = { host: own, port: daemon.port, linePort: daemon.linePort };
		const ann = await openTerminal(outside, 'ann');
		await adminPostOk(daemon, 'ban', { address: own });
		assert.equal((await ann.rest()).at(-1), '* Goodbye: banned');
		assert.deepEqual(await new Terminal(await connect(outside, outside.linePort)).rest(), ['* You are banned']);
		const http = await connect(outside);
		const response = await http.readResponse();
		assert.deepEqual([response.status, JSON.parse(response.body).error.code], [403, 'banned']);
		await daemon.waitForLog(new RegExp(`^refused peer=${own.replaceAll('.', '\\.')} why=banned count=\\d+ level=warn$`));
		assert.equal((await get(daemon, '/rooms')).status, 200);
	}, 'http.address=0.0.0.0', 'line.address=0.0.0.0'));

test('an admin cannot ban this machine, the address in use by the admin, or everybody', () =>
	withAdmin(async (daemon) => {
		for (const address of ['127.0.0.1', '::1', '127.0.0.0/8', '0.0.0.0/0', '::/0', '::ffff:127.0.0.1'])
			await assertRefused(adminPost(daemon, 'ban', { address }), 400, 'bad_address');
		await assertRefused(adminPost(daemon, 'ban', { address: '198.51.100.0/24' }, { ...root, ...from('198.51.100.1') }), 400, 'bad_address');
		assert.deepEqual((await bans(daemon)).bans, []);
	}));

test('a muted person receives everything and can send nothing', () =>
	withAdmin(async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const eve = await daemon.ws('/ws?name=eve');
		const { stream, joined } = await enterStream(daemon, 'lobby', 'name=eva');
		for (const username of ['eve', 'eva'])
			await adminPostOk(daemon, 'mute', { username, reason: 'calm down' });
		const refused = [
			{ message: 'm' }, { type: 'chart' }, { type: 'typing' }, { type: 'nick', username: 'adam' }, { type: 'ack', key: 'k' },
			{ message: 'm', username: 'adam' }, { type: 'join', username: 'adam' }, { type: 'join', room: 'ops', username: 'adam' },
		];
		for (const object of refused)
			assertError(await answerTo(eve, object), 'muted');
		await assertRefused(post(daemon, `/send/lobby?session=${joined.you.session}`, 'm'), 403, 'muted');
		await say(ann, 'can you hear me?');
		assert.equal((await eve.nextJson()).message, 'can you hear me?');
		assert.equal((await answerTo(eve, { type: 'history' })).messages.length, 1);
		assert.deepEqual((await bans(daemon)).mutes.map(({ username, reason }) => `${username}: ${reason}`), ['eve: calm down', 'eva: calm down']);
		await adminPostOk(daemon, 'unmute', { username: 'EVE' });
		assert.equal(await say(eve, 'thank you'), 2);
		await stream.close();
	}));

test('a ban ends after its minutes', () =>
	withAdmin(async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await adminPostOk(daemon, 'ban', { username: 'eve', minutes: 0.02 });
		await adminPostOk(daemon, 'ban', { address: '198.51.100.7', minutes: 0.02 });
		const { bans: list } = await bans(daemon);
		assert.ok(list.every(({ since, until: over }) => over - since === 1200));
		await until({ nextJson: () => bans(daemon) }, (answered) => answered.bans.length === 0);
		await say(ann, { message: 'as eve', username: 'eve' });
		await daemon.ws('/ws', { headers: from('198.51.100.7') });
	}));

test('an acknowledged ban survives kill -9', async () => {
	const folder = temporaryFolder();
	const crashing = await startDaemon({ ...options(), folder });
	await adminPostOk(crashing, 'ban', { username: 'eve', reason: 'spam' });
	await adminPostOk(crashing, 'ban', { address: '198.51.100.0/24', minutes: 60 });
	await adminPostOk(crashing, 'mute', { username: 'bob' });
	await adminPostOk(crashing, 'ban', { username: 'ann' });
	await adminPostOk(crashing, 'unban', { username: 'ann' });
	const before = await bans(crashing);
	await crashing.crash();
	await withDaemon({ ...options(), folder }, async (daemon) => {
		assert.deepEqual(await bans(daemon), before);
		assert.equal(await refusalOf(daemon, '/ws', from('198.51.100.9')), '403 banned');
		const eve = await daemon.ws('/ws?name=eve');
		assertError(await eve.nextJson(), 'banned');
		assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby']);
	});
});

test('the orders in the table of OPERATIONS.md work as printed', async () => {
	const text = readFileSync(path.join(sourceDir, 'docs/OPERATIONS.md'), 'utf8');
	const section = /^## Moderate$(.*?)^## /ms.exec(text)[1];
	const orders = [...section.matchAll(/ \| `(GET|POST) \/admin\/(\w+)`([^|]*)\|/g)].flatMap(([, method, word, bodies]) =>
		method === 'GET' ? [[word]] : [...bodies.matchAll(/`(\{.*?\})`/g)].map(([, body]) => [word, body]));
	assert.deepEqual(new Set(orders.map(([word]) => word)), new Set(adminRoutes.map(([, word]) => word)));
	await withAdmin(async (daemon) => {
		await sayMany(await daemon.ws('/ws?name=ann'), 42, { room: 'ops' });
		await daemon.ws('/ws?name=eve', { headers: from('198.51.100.7') });
		for (const [word, body] of orders)
			await (body ? adminPostOk(daemon, word, JSON.parse(body)) : expectJson(get(daemon, `/admin/${word}`, { headers: root })));
		assert.deepEqual((await bans(daemon)).bans.map(({ username, address }) => username ?? address), ['eve']);
	});
});

test('with the memory driver bans are forgotten when the daemon stops', async () => {
	const folder = temporaryFolder();
	const first = await startDaemon({ ...options('store.driver=memory'), folder });
	await adminPostOk(first, 'ban', { username: 'eve' });
	await first.stop();
	await withDaemon({ ...options('store.driver=memory'), folder }, async (daemon) =>
		assert.deepEqual((await bans(daemon)).bans, []));
});

test('a stream that asks for a banned name is told so and continues as a guest', () =>
	withAdmin(async (daemon) => {
		await adminPostOk(daemon, 'ban', { username: 'eve' });
		const stream = await openStream(daemon, '/events/lobby?name=eve');
		assertError(await stream.nextJson(), 'banned');
		assert.match((await stream.nextJson()).you.username, /^guest-/);
		await stream.close();
	}));
