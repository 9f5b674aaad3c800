// The gate: what all sessions of one address share. Clients come from addresses behind a trusted
// proxy, because loopback is exempt.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, assertError, enter, receivedSoFar, say } from '../lib/chat.mjs';
import { eventually, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, expectJson, get, openStream, poll, post } from '../lib/doors.mjs';
import { secret, sha256 } from '../lib/jwt.mjs';
import { openTerminal, Terminal } from '../lib/line.mjs';
import { connect, connectWebSocket } from '../lib/raw.mjs';
import { scrape } from '../lib/exposition.mjs';

const proxy = 'http.trusted_proxies=["127.0.0.1"]';
const from = (address) => ({ 'X-Forwarded-For': address });
const eve = from('198.51.100.7');
const bob = from('203.0.113.9');

// Nothing refills while a test runs, and a session alone has no limit.
const sharing = (burst, ...more) => ({
	settings: [proxy, 'limits.message_rate=0', 'limits.address_rate=0.001', `limits.address_burst=${burst}`, ...more],
});
const connecting = (burst, ...more) => ({
	settings: [proxy, 'limits.connect_rate=0.001', `limits.connect_burst=${burst}`, ...more],
});

const wsOf = (daemon, headers, at = '/ws') => daemon.ws(at, { headers });

/** Fails unless the WebSocket is refused as over the limit. */
async function assertNoWs(daemon, headers, at) {
	await assert.rejects(wsOf(daemon, headers, at), ({ status, headers: answered, body }) => {
		assert.equal(status, 429, body);
		assert.match(answered['retry-after'], /^\d+$/);
		assert.equal(JSON.parse(body).error.code, 'rate_limited');
		return true;
	});
}

test('64 sessions of one address together say little more than the burst of one address', () =>
	withDaemon({ settings: [proxy] }, async (daemon) => {
		const sessions = [];
		for (let n = 0; n < 64; n++)
			sessions.push(await wsOf(daemon, eve));
		const refusals = await Promise.all(
			sessions.map(async (session) => {
				const answers = [];
				for (let n = 0; n < 20; n++)
					session.sendJson({ message: 'flood', ref: `r${n}` });
				while (answers.length < 20) {
					const got = await session.nextJson();
					if (got.ref)
						answers.push(got);
				}
				return answers.filter(({ type }) => type === 'error').length;
			}),
		);
		// 1,280 were sent, 200 are the burst; the rest is for a machine that takes its time.
		assert.ok(refusals.reduce((a, b) => a + b) > 400, `${refusals}`);
		await say(await wsOf(daemon, bob), 'another address has its own');
		await daemon.waitForLog(/^over_limit limit=address_rate count=\d+ client=198\.51\.100\.7 /);
	}));

test('messages, searches, joins, questions and bad input of one address are counted together', () =>
	withDaemon(sharing(8), async (daemon) => {
		const [ann, amy] = [await wsOf(daemon, eve), await wsOf(daemon, eve)];
		await say(ann, 'one'); // 1
		assert.equal((await answerTo(amy, { type: 'search', q: 'one' })).type, 'search'); // 2
		assert.equal((await answerTo(amy, { type: 'join', room: 'ops' })).type, 'joined'); // 0.5
		assert.equal((await answerTo(ann, { type: 'join', room: 'ops' })).type, 'joined'); // 0.5
		assert.equal((await expectJson(get(daemon, '/history/lobby', { headers: eve }))).messages.length, 1); // 1
		assert.equal((await expectJson(get(daemon, '/rooms', { headers: eve }))).type, 'rooms'); // 1
		amy.send('rubbish'); // 1
		await answerTo(amy, { message: 'two' }); // 1
		for (const object of [{ message: 'm' }, { type: 'search', q: 'm' }, { type: 'join', room: 'dev' }, { type: 'ping' }])
			for (const session of [ann, amy])
				assertError(await answerTo(session, object), 'rate_limited');
		const refused = await assertRefused(get(daemon, '/search/lobby?q=one', { headers: eve }), 429, 'rate_limited');
		assert.match(refused.headers['retry-after'], /^\d+$/);
		await say(await wsOf(daemon, bob), 'three');
		await say(await daemon.ws(), 'four');
	}));

test('what a session is refused for its own rate does not cost the others of its address', () =>
	withDaemon(
		{ settings: [proxy, 'limits.message_rate=0.001', 'limits.message_burst=2', 'limits.address_rate=0.001', 'limits.address_burst=4'] },
		async (daemon) => {
			const [ann, amy] = [await wsOf(daemon, eve), await wsOf(daemon, eve)];
			await say(ann, '1');
			await say(ann, '2');
			for (let n = 0; n < 20; n++)
				assertError(await answerTo(ann, { message: 'm' }), 'rate_limited');
			await say(amy, '3');
			await say(amy, '4');
			const may = await wsOf(daemon, eve);
			assertError(await answerTo(may, { message: '5' }), 'rate_limited');
		},
	));

test('this machine and what a trusted proxy asks for itself share no limit', () =>
	withDaemon({ settings: [...sharing(1).settings, 'limits.connect_rate=0.001', 'limits.connect_burst=1'] }, async (daemon) => {
		for (let n = 1; n <= 5; n++) {
			assert.equal(await say(await daemon.ws(), 'm'), n);
			await poll(daemon, 'lobby', `name=n${n}&wait=0`);
		}
	}));

test('all doors share the connects of an address, and over them a session is not opened', () =>
	withDaemon(connecting(5), async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const origin = { ...eve, Origin: 'http://elsewhere.example' };
		for (let n = 0; n < 10; n++) // refused for another reason: costs nothing
			await assert.rejects(wsOf(daemon, origin), ({ status }) => status === 403);
		await assertRefused(get(daemon, '/events/no%2Fname?name=eve', { headers: eve }), 400, 'bad_room');

		await wsOf(daemon, eve, '/ws?name=eve1');
		await connectWebSocket(daemon, '/echo', eve);
		await openStream(daemon, '/events/lobby?name=eve2', eve);
		await openStream(daemon, '/events/lobby?name=eve3', eve);
		const polled = await poll(daemon, 'lobby', 'name=eve4&wait=0', { headers: eve });

		await assertNoWs(daemon, eve, '/ws?name=eve5');
		await assertNoWs(daemon, eve, '/echo');
		for (const at of ['/events/lobby?name=eve6', '/poll/lobby?name=eve7&wait=0', '/poll/lobby?session=00000000000000000000000000000000&wait=0'])
			assert.match((await assertRefused(get(daemon, at, { headers: eve }), 429, 'rate_limited')).headers['retry-after'], /^\d+$/);

		// A poll that goes on opens none, and one without a name is no session that lasts.
		await poll(daemon, 'lobby', `session=${polled.you.session}&since=${polled.since}&wait=0`, { headers: eve });
		await poll(daemon, 'lobby', 'wait=0', { headers: eve });
		await wsOf(daemon, bob, '/ws?name=bob');

		const heard = await receivedSoFar(watcher, await daemon.ws('/ws?name=zoe'), 'lobby');
		const entered = heard.filter(({ event }) => event === 'enter').map(({ username }) => username);
		assert.deepEqual(entered, ['eve1', 'eve2', 'eve3', 'eve4', 'bob', 'zoe']);
		await daemon.waitForLog(/^over_limit limit=connect_rate count=\d+ client=198\.51\.100\.7 /);
		const metrics = await scrape(daemon);
		assert.equal(metrics.get('linnet_connections_refused_total', { limit: 'connect_rate' }), 5);
	}));

test('polls without a name cost as much as joins', () =>
	withDaemon(sharing(2), async (daemon) => {
		for (let n = 0; n < 4; n++)
			await poll(daemon, 'lobby', 'wait=0', { headers: eve });
		await assertRefused(get(daemon, '/poll/lobby?wait=0', { headers: eve }), 429, 'rate_limited');
		await poll(daemon, 'lobby', 'wait=0', { headers: bob });
	}));

test('a poll that goes on is free, but one that reads the history or the alarms again costs as much as a join', () =>
	withDaemon(sharing(2), async (daemon) => {
		const ann = await wsOf(daemon, bob);
		await say(ann, 'one');
		let { you, since } = await poll(daemon, 'lobby', 'name=eve&wait=0', { headers: eve });
		const goOn = (more) => `/poll/lobby?session=${you.session}&wait=0${more}`;
		for (let n = 0; n < 20; n++)
			({ since } = await expectJson(get(daemon, goOn(`&since=${since}`), { headers: eve })));
		await say(ann, 'two');
		const news = await expectJson(get(daemon, goOn(`&since=${since}`), { headers: eve }));
		assert.deepEqual(news.messages.map(({ message }) => message), ['two']);
		const again = `&since=${news.epoch}:0`;
		for (const more of [again, '', again, '&since=x:1'])
			assert.equal((await get(daemon, goOn(more), { headers: eve })).status, 200);
		for (const more of [again, '', '&since=x:1'])
			await assertRefused(get(daemon, goOn(more), { headers: eve }), 429, 'rate_limited');
	}));

const tokenFolder = temporaryFolder();
const withTokens = (burst, mode = 'open') => {
	writeFileSync(path.join(tokenFolder, 'secret'), secret);
	return {
		...sharing(burst),
		config: `auth = { mode = "${mode}"; jwt_secret_file = "${path.join(tokenFolder, 'secret')}";
			tokens = ( { name = "ci"; token_sha256 = "${sha256('ci-token')}"; } ); };`,
	};
};
const ci = { Authorization: 'Bearer ci-token' };

test('who shows a configured token is counted by it, from wherever it comes', () =>
	withDaemon(withTokens(2), async (daemon) => {
		await expectJson(post(daemon, '/push/lobby', 'one', { ...eve, ...ci }));
		await expectJson(post(daemon, '/push/lobby', 'two', { ...bob, ...ci }));
		await assertRefused(post(daemon, '/push/lobby', 'three', { ...bob, ...ci }), 429, 'rate_limited');
		assertError(await answerTo(await wsOf(daemon, bob, '/ws?token=ci-token'), { message: 'm' }), 'rate_limited');
		await say(await wsOf(daemon, bob), 'bob has all of his own');
		await say(await wsOf(daemon, eve), 'eve, too');
		await daemon.waitForLog(/^over_limit limit=address_rate count=\d+ client=ci /);
	}));

test('refused tokens are answered and logged no faster than messages', () =>
	withDaemon(withTokens(3, 'jwt'), async (daemon) => {
		const bad = { ...eve, Authorization: 'Bearer guess' };
		await assertRefused(get(daemon, '/rooms', { headers: bad }), 401, 'bad_token');
		await assertRefused(post(daemon, '/push/lobby', 'm', bad), 401, 'bad_token');
		await assert.rejects(wsOf(daemon, bad), ({ status }) => status === 401);
		for (let n = 0; n < 5; n++) {
			await assertRefused(get(daemon, '/rooms', { headers: bad }), 429, 'rate_limited');
			await assertRefused(post(daemon, '/push/lobby', 'm', bad), 429, 'rate_limited');
			await assertRefused(get(daemon, '/admin/sessions', { headers: bad }), 429, 'rate_limited');
			await assertNoWs(daemon, bad);
		}
		await expectJson(get(daemon, '/rooms', { headers: { ...eve, ...ci } }));
		await assertRefused(get(daemon, '/rooms', { headers: { ...bob, Authorization: 'Bearer guess' } }), 401, 'bad_token');
		const logged = () => daemon.log.filter((line) => /^refused peer=198\.51\.100\.7 /.test(line)).length;
		await eventually(() => assert.equal(logged(), 3), 'the log');
	}));

test('a body for /send that names no session costs as much as a message, a good one only once', () =>
	withDaemon(sharing(6), async (daemon) => {
		const { you } = await poll(daemon, 'lobby', 'name=eve&wait=0', { headers: eve });
		for (let n = 1; n <= 3; n++)
			assert.equal((await expectJson(post(daemon, '/send/lobby', { message: 'm', session: you.session }, eve))).id, n);
		await assertRefused(post(daemon, '/send/lobby', '{', { ...eve, 'Content-Type': 'application/json' }), 400, 'bad_json');
		await assertRefused(post(daemon, '/send/lobby', '[]', { ...eve, 'Content-Type': 'application/json' }), 400, 'bad_body');
		await assertRefused(post(daemon, '/send/lobby', { message: 'm', session: 'x' }, eve), 401, 'no_such_session');
		await assertRefused(post(daemon, '/send/lobby', '{', { ...eve, 'Content-Type': 'application/json' }), 429, 'rate_limited');
		await assertRefused(post(daemon, '/send/lobby', { message: 'm', session: you.session }, eve), 429, 'rate_limited');
	}));

test('a reload changes the limits of an address at once', async () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const save = (burst) =>
		writeFileSync(file, `http = { trusted_proxies = [ "127.0.0.1" ]; };
			limits = { message_rate = 0.0; address_rate = ${burst ? '0.001' : '0.0'}; address_burst = ${burst || 1};
			connect_rate = ${burst ? '0.001' : '0.0'}; connect_burst = ${burst || 1}; };\n`);
	save(1);
	await withDaemon({ args: ['-c', file] }, async (daemon) => {
		const ann = await wsOf(daemon, eve);
		await say(ann, 'one');
		assertError(await answerTo(ann, { message: 'two' }), 'rate_limited');
		await assertNoWs(daemon, eve);
		save(0);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded/);
		await say(ann, 'two');
		await say(await wsOf(daemon, eve), 'three');
	});
});

const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const outside = { skip: !address && 'this machine has only loopback addresses' };

test('at the line door a connect over the limit is told so by one line, and enters nothing', outside, () =>
	withDaemon(connecting(2, 'line.address=0.0.0.0'), async (daemon) => {
		const there = { host: address, linePort: daemon.linePort };
		const { client: watcher } = await enter(daemon);
		await openTerminal(there);
		const foreign = new Terminal(await connect(there, daemon.linePort));
		foreign.say('GET / HTTP/1.1'); // another protocol: closed, and costs nothing
		assert.deepEqual(await foreign.rest(), []);
		await openTerminal(there);
		const refused = new Terminal(await connect(there, daemon.linePort));
		refused.say('hello');
		assert.deepEqual(await refused.rest(), ['* Goodbye: your address opens too many connections, try later']);
		const silent = new Terminal(await connect(there, daemon.linePort));
		assert.deepEqual(await silent.rest(), ['* Goodbye: your address opens too many connections, try later']);
		await openTerminal(daemon);
		const heard = await receivedSoFar(watcher, await daemon.ws('/ws?name=zoe'), 'lobby');
		assert.equal(heard.filter(({ event }) => event === 'enter').length, 4, JSON.stringify(heard));
		assert.equal(heard.filter(({ message }) => message).length, 0);
	}));

test('at the line door lines over the limit of the address wait, and none is lost', outside, () =>
	withDaemon(
		{ settings: ['line.address=0.0.0.0', 'limits.message_rate=1000', 'limits.address_rate=100', 'limits.address_burst=2'] },
		async (daemon) => {
			const there = { host: address, linePort: daemon.linePort };
			const { client: watcher } = await enter(daemon);
			const terminals = [await openTerminal(there), await openTerminal(there)];
			terminals.forEach((terminal, at) => terminal.say(...Array.from({ length: 20 }, (_, n) => `${at} ${n}`)));
			const said = [[], []];
			while (said[0].length + said[1].length < 40) {
				const { message } = await watcher.nextJson();
				if (message)
					said[Number(message[0])].push(Number(message.slice(2)));
			}
			for (const lines of said)
				assert.deepEqual(lines, Array.from({ length: 20 }, (_, n) => n));
		},
	));
