// HTTP pushes: every form that is accepted, and everything that is refused.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { idsOf, noRateLimit, noRateLimitWith, receivedSoFar, say, wholeHistory, withHistory } from '../lib/chat.mjs';
import { fillUp, isSlowRun, smallDisk, withDaemon } from '../lib/daemon.mjs';
import { ask, assertRefused, enterStream, expectJson, get, post, push } from '../lib/doors.mjs';
import { connect, request } from '../lib/raw.mjs';

const json = { 'Content-Type': 'application/json' };

/** Returns the message as everybody receives it, without the members that differ in every run. */
function shown({ ts, type, room, ...rest }) {
	assert.ok(Math.abs(Date.now() - ts) < 600_000, `ts ${ts}`);
	return rest;
}

test('a text is pushed as curl sends it, and the answer says where it was stored', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const { id, epoch, ...where } = await push(daemon, 'lobby', 'hi\n');
		assert.deepEqual(where, { room: 'lobby', delivered: 1 });
		const message = await ann.nextJson();
		assert.deepEqual(shown(message), { id, username: 'push', via: 'push', message: 'hi' });
		assert.equal(message.type, 'message');
		assert.match(epoch, /^[0-9a-z]+$/);
		for (const type of ['text/plain; charset=utf-8', 'application/x-www-form-urlencoded', 'image/png', '']) {
			await push(daemon, 'lobby', 'a=b&c\r\n', { 'Content-Type': type });
			assert.equal((await ann.nextJson()).message, 'a=b&c', type);
		}
		await push(daemon, 'lobby', 'two\nlines, 数据, 😀');
		assert.equal((await ann.nextJson()).message, 'two\nlines, 数据, 😀');
	}));

test('an object is pushed with its own members into the room of the path', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, other] = [await daemon.ws('/ws?room=ops'), await daemon.ws('/ws?room=other')];
		const object = {
			message: 'm', title: 'T', priority: 5, tags: ['a', 'b c'], click: 'https://x.example/?a=1', username: 'cron',
			x: { y: [1, 2.5, null] },
		};
		for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8']) {
			const { id } = await push(daemon, 'ops', JSON.stringify({ ...object, room: 'other' }), { 'Content-Type': type });
			assert.deepEqual(shown(await ann.nextJson()), { id, ...object, via: 'push' });
		}
		await push(daemon, 'ops', { type: 'build', ok: true });
		const { type, ok } = await ann.nextJson();
		assert.deepEqual([type, ok], ['build', true]);
		assert.deepEqual(await receivedSoFar(other, await daemon.ws(), 'other'), []);
	}));

test('title, priority and other members can be given in headers or in the query', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const headers = { Title: 'Tür', Priority: '4', Tags: 'disk, db 1,,x', Click: 'http://x.example', Username: 'cron' };
		const utf8 = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]));
		const query = new URLSearchParams(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
		const expected = {
			username: 'cron', via: 'push', message: 'm', title: 'Tür', priority: 4, tags: ['disk', 'db 1', 'x'], click: 'http://x.example',
		};
		for (const pushIt of [() => push(daemon, 'lobby', 'm', utf8), () => push(daemon, `lobby?${query}`, 'm')]) {
			const { id } = await pushIt();
			assert.deepEqual(shown(await ann.nextJson()), { id, ...expected });
		}
		// The body wins over the headers, and the headers over the query.
		await push(daemon, 'lobby?title=query&click=http://q.example', { message: 'm', title: 'body' }, { title: 'header', tags: 'h' });
		const { title, tags, click } = await ann.nextJson();
		assert.deepEqual([title, tags, click], ['body', ['h'], 'http://q.example']);
		// The standard Priority header of browsers (RFC 9218) does not set the priority of a push.
		await push(daemon, 'lobby', 'm', { Priority: 'u=1, i' });
		assert.equal((await ann.nextJson()).priority, undefined);
	}));

const utf8 = (text) => Buffer.from(text).toString('latin1');
const word = (text, charset = 'utf-8') => `=?${charset}?B?${Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1').toString('base64')}?=`;

test('text in headers may be encoded as in mail (RFC 2047), or be ISO-8859-1', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const titles = {
			[word('Tür')]: 'Tür', [word('Tür', 'ISO-8859-1')]: 'Tür', '=?UTF-8?Q?T=C3=BCr_zu?=': 'Tür zu',
			[`${word('数')} ${word('据')} x`]: '数据 x', '=?koi8-r?Q?=FC?= x': '=?koi8-r?Q?=FC?= x', 'T\xfcr': 'Tür', [utf8('Tür')]: 'Tür',
			[word('two\nlines')]: 'two lines',
		};
		for (const [title, expected] of Object.entries(titles)) {
			await push(daemon, 'lobby', 'm', { Title: title });
			assert.equal((await ann.nextJson()).title, expected);
		}
		await push(daemon, 'lobby', '', { Message: word('two\nlines'), Tags: word('a, ü'), Username: word('Jörg') });
		const { message, tags, username } = await ann.nextJson();
		assert.deepEqual([message, tags, username], ['two\nlines', ['a', 'ü'], 'Jörg']);
	}));

test("a client of ntfy may use ntfy's names", () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const names = {
			title: ['X-Title', 'Title', 'ti', 't'], priority: ['X-Priority', 'Priority', 'prio', 'p'],
			tags: ['X-Tags', 'Tags', 'Tag', 'ta'], click: ['X-Click', 'Click', 'X-Click', 'Click'], message: ['X-Message', 'Message', 'm', 'm'],
		};
		const given = { title: 'T', priority: 'high', tags: 'a,b', click: 'https://x.example', message: 'm' };
		const expected = { ...given, priority: 4, tags: ['a', 'b'], username: 'push', via: 'push' };
		for (const n of [0, 1, 2, 3]) {
			const fields = Object.entries(given).map(([name, value]) => [names[name][n], value]);
			await push(daemon, 'lobby', '', Object.fromEntries(fields));
			const { id, ...inHeaders } = shown(await ann.nextJson());
			assert.deepEqual(inHeaders, expected);
			await push(daemon, `lobby?${new URLSearchParams(fields.map(([name, value]) => [name.toLowerCase(), value]))}`, '');
			assert.deepEqual(shown(await ann.nextJson()), { id: id + 1, ...expected });
		}
		const priorities = { min: 1, LOW: 2, default: 3, High: 4, max: 5, urgent: 5, 3: 3, 0: 1, '-7': 1, 6: 5, 99999999999999999999: 5, 2.4: 2 };
		for (const [priority, number] of Object.entries(priorities)) {
			await push(daemon, 'lobby', 'm', { Priority: priority });
			assert.equal((await ann.nextJson()).priority, number, priority);
			await push(daemon, 'lobby', { message: 'm', priority });
			assert.equal((await ann.nextJson()).priority, number, priority);
		}
		// A browser's Priority, or another one that is none, leaves the place to the next.
		await push(daemon, 'lobby?priority=2', 'm', { Priority: 'u=1, i', Prio: 'nan' });
		assert.equal((await ann.nextJson()).priority, 2);
	}));

test('a decoration that is no good never costs the text', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const long = (n) => 'x'.repeat(n);
		const mended = [
			[{ title: long(257) }, { title: `${long(253)}…` }], [{ title: ' a\nb\u0007' }, { title: 'a b' }], [{ title: ['a'] }, {}],
			[{ title: '' }, {}], [{ title: ' \n' }, {}], [{ title: null }, {}],
			[{ priority: 6 }, { priority: 5 }], [{ priority: -1e300 }, { priority: 1 }], [{ priority: 2.6 }, { priority: 3 }],
			[{ priority: 'highest' }, {}], [{ priority: [] }, {}], [{ priority: '' }, {}], [{ priority: 'inf' }, {}],
			[{ click: 'javascript:alert(1)' }, {}], [{ click: 'http://a\u0007' }, {}], [{ click: 'http://' }, {}], [{ click: 5 }, {}],
			[{ click: `https://a/${long(2_100)}` }, {}],
			[{ tags: 'a, b' }, { tags: ['a', 'b'] }], [{ tags: ['', 'a', {}, 'b\n', long(65), 'c d'] }, { tags: ['a', 'c d'] }],
			[{ tags: Array(17).fill('a') }, { tags: Array(16).fill('a') }], [{ tags: [{}] }, {}], [{ tags: 7 }, {}],
			[{ username: 'guest-1' }, {}], [{ username: '*' }, {}], [{ username: 7 }, {}], [{ username: long(300) }, {}],
		];
		for (const [given, expected] of mended) {
			await push(daemon, 'lobby', { message: 'm', ...given });
			const { id, ...got } = shown(await ann.nextJson());
			assert.deepEqual(got, { message: 'm', username: 'push', via: 'push', ...expected }, JSON.stringify(given));
		}
		// The same beside a text, and what the body lacks then comes from there.
		await push(daemon, 'lobby', 'm', { Title: long(2_000), Priority: 'soon', Tags: `${long(70)},a`, Click: 'x', Username: 'a: b' });
		const { title, priority, tags, click, username } = await ann.nextJson();
		assert.deepEqual([title.length, priority, tags, click, username], [254, undefined, ['a'], undefined, 'push']);
		await push(daemon, 'lobby?click=http://q.example', { message: 'm', click: 'no link' }, { click: 'x' });
		assert.equal((await ann.nextJson()).click, 'http://q.example');
		const alarm = { type: 'alarm', key: 'k', severity: 'info', title: long(300), priority: 9, username: '!' };
		await push(daemon, 'lobby', alarm);
		const raised = await ann.nextJson();
		assert.deepEqual([raised.title.length, raised.priority, raised.username], [254, 5, 'push']);
		await push(daemon, 'lobby', { type: 'metric', name: 'a', value: 1, username: '\u202e' });
		assert.equal((await ann.nextJson()).username, 'push');
	}));

test('a push may use the name of a connected person as its label', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws()];
		await push(daemon, 'lobby', 'x', { username: 'ann' });
		const { username, via } = await bob.nextJson();
		assert.deepEqual([username, via], ['ann', 'push']);
		await say(ann, { message: 'y', via: 'push' });
		const said = await bob.nextJson();
		assert.deepEqual([said.username, said.via], ['ann', undefined]);
	}));

test('a push repeated with the same ref is answered with the first id, also after a crash', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			const ann = await daemon.ws();
			const first = await push(daemon, 'lobby', { message: 'once', ref: 'r1' });
			assert.equal(first.ref, 'r1');
			for (const again of [{ message: 'once', ref: 'r1' }, { message: 'other words', ref: 'r1' }]) {
				const { id, duplicate, delivered } = await push(daemon, 'lobby', again);
				assert.deepEqual([id, duplicate, delivered], [first.id, true, 0]);
			}
			assert.equal((await push(daemon, 'lobby?ref=r1', 'once')).duplicate, true);
			assert.equal((await push(daemon, 'lobby', 'once', { ref: 'r1', username: 'cron' })).id, 2);
			assert.deepEqual(idsOf(await receivedSoFar(ann, await daemon.ws())), [1, 2]);
			await daemon.crash();
		},
		async (daemon) => {
			const { id, duplicate } = await push(daemon, 'lobby', 'once', { ref: 'r1' });
			assert.deepEqual([id, duplicate], [1, true]);
		},
	));

test('an ephemeral push is delivered but not stored', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		assert.deepEqual(Object.keys(await push(daemon, 'lobby', { type: 'tick', ephemeral: true })), ['room', 'epoch', 'delivered']);
		const { type, id } = await ann.nextJson();
		assert.deepEqual([type, id], ['tick', undefined]);
		assert.deepEqual(await wholeHistory(ann), []);
	}));

test('an invalid push is refused with the reason, and nobody receives any of it', () =>
	withDaemon(noRateLimitWith('chat.max_rooms=2'), async (daemon) => {
		const ann = await daemon.ws();
		const long = (n) => 'x'.repeat(n);
		const nested = (n) => `{"x":${'['.repeat(n)}${']'.repeat(n)}}`;
		const refusals = [
			['', {}, 400, 'bad_body'], ['\n', {}, 400, 'bad_body'], [Buffer.from('a\xff', 'latin1'), {}, 400, 'bad_body'],
			['a\0b', {}, 400, 'bad_body'], ['{', json, 400, 'bad_json'], ['', json, 400, 'bad_json'],
			[Buffer.from('{"message":"\xff"}', 'latin1'), json, 400, 'bad_json'], ['"text"', json, 400, 'bad_json'],
			['{"message":"\\u0000"}', json, 400, 'bad_json'], [nested(2_040), json, 400, 'bad_json'],
			[nested(8_000), json, 400, 'bad_json'], ['1e999', json, 400, 'bad_json'], ['[]', json, 400, 'bad_field'],
			['[1]', json, 400, 'bad_field'], ['[{"message":"a"},{"message":"b"}]', json, 400, 'bad_field'],
			['[{"type":"metric","name":"a","value":1},7]', json, 400, 'bad_field'], [{ message: 5 }, {}, 400, 'bad_field'],
			[{ message: 'm', ref: long(65) }, {}, 400, 'bad_field'], [{ message: 'm', ref: 5 }, {}, 400, 'bad_field'],
			['m', { ref: long(65) }, 400, 'bad_field'], ['m', { ref: long(2_000) }, 400, 'bad_field'],
			[long(16_385), {}, 413, 'too_large'],
		];
		for (const type of ['joined', 'presence', 'error', 'pong', 'log', 'ack', 'history', 'typing', 'nick', 'join'])
			refusals.push([{ type }, {}, 400, 'reserved_type']);
		for (const [body, headers, status, code] of refusals) {
			await assertRefused(post(daemon, '/push/lobby', body, headers), status, code);
		}
		await assertRefused(post(daemon, '/push/lobby?title=%ff', 'm'), 400, 'bad_request');
		await assertRefused(post(daemon, '/push/a%2Fb', 'm'), 400, 'bad_room');
		await assertRefused(post(daemon, '/push/%20', 'm'), 400, 'bad_room');
		await push(daemon, 'second', 'm');
		await assertRefused(post(daemon, '/push/third', 'm'), 503, 'too_many_rooms');
		assert.deepEqual(await receivedSoFar(ann, await daemon.ws()), []);
	}));

test('a push of the maximum nesting depth can be read at every door', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		const deepest = (n) => `{"x":${'['.repeat(n)}${']'.repeat(n)},"message":"deep"}`;
		let levels = 2_048;
		while ((await post(daemon, '/push/lobby', deepest(levels), json)).status !== 200)
			levels--;
		assert.ok(levels > 10, `${levels} levels`);
		assert.equal((await ann.nextJson()).message, 'deep');
		assert.equal((await wholeHistory(ann)).length, 1);
		assert.equal((await expectJson(get(daemon, '/history/lobby'))).messages.length, 1);
		const { stream, joined } = await enterStream(daemon, 'lobby', 'since=a:0');
		await stream.close();
		const { messages } = await expectJson(get(daemon, `/poll/lobby?since=${joined.epoch}:0`));
		assert.equal(messages.length, 1);
	}));

test('a request that is not a push gets the usual HTTP status', () =>
	withDaemon({}, async (daemon) => {
		for (const at of ['/push/lobby', '/hooks/github/lobby', '/send/lobby']) {
			const { headers } = await assertRefused(get(daemon, at), 405, 'method_not_allowed');
			assert.equal(headers.allow, at.startsWith('/push') ? 'POST, PUT' : 'POST');
			await assertRefused(ask(daemon, 'POST', at, { headers: { 'Transfer-Encoding': 'gzip' } }), 501, 'not_implemented');
			await assertRefused(post(daemon, at, 'x', { 'Content-Type': 'multipart/form-data; boundary=x' }), 415, 'bad_body');
			const client = await connect(daemon);
			await client.write(request('POST', at, { Host: `${daemon.host}:${daemon.port}` }));
			assert.equal((await client.readResponse()).status, 411, at);
			client.destroy();
		}
		for (const at of ['/push', '/push/', '/push/a/b', '/hooks/github', '/push/lobby//'])
			assert.ok([400, 404, 405].includes((await post(daemon, at, 'x')).status), at);
		await assertRefused(post(daemon, '/hooks/unknown/lobby', '{}'), 404, 'no_such_hook');
	}));

test('clients that vanish while their push is being stored harm nobody', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const count = 100;
		const clients = [];
		for (let n = 0; n < count; n++) {
			const client = await connect(daemon);
			const body = `vanishing ${n}`;
			client.write(request('POST', '/push/lobby', { Host: `${daemon.host}:${daemon.port}`, 'Content-Length': body.length }, body));
			clients.push(client);
			if (n % 3 === 0)
				client.socket.resetAndDestroy();
			else if (n % 3 === 1)
				client.destroy();
		}
		// A client that waits is answered, and nothing is stored twice.
		for (const client of clients.filter((_, n) => n % 3 === 2))
			assert.equal((await client.readResponse()).status, 200);
		clients.forEach((client) => client.destroy());
		const kept = (await wholeHistory(await daemon.ws())).map(({ message }) => message);
		assert.equal(new Set(kept).size, kept.length);
		assert.ok(clients.every((_, n) => n % 3 !== 2 || kept.includes(`vanishing ${n}`)));
	}));

test('a push is answered by 503 while the history cannot be written, and works again afterwards', async (t) => {
	const disk = smallDisk(2 * 1024 * 1024);
	if (!disk) {
		t.skip('a small file system cannot be mounted here');
		return;
	}
	try {
		await withDaemon(noRateLimitWith(`store.path=${path.join(disk.folder, 'linnet.db')}`), async (daemon) => {
			const filler = fillUp(disk.folder);
			const body = 'x'.repeat(8_000);
			let refused;
			for (let n = 0; n < 100 && !refused; n++) {
				const answer = await post(daemon, '/push/lobby', body);
				refused = answer.status === 200 ? null : answer;
			}
			assert.equal(refused.status, 503);
			assert.equal(refused.json.error.code, 'store_unavailable');
			assert.equal(refused.headers['retry-after'], '5');
			const alarm = { type: 'alarm', key: 'disk', severity: 'error', message: body };
			await assertRefused(post(daemon, '/push/lobby', alarm), 503, 'store_unavailable');
			// An alarm that was not stored must not be active.
			assert.deepEqual((await expectJson(get(daemon, '/poll/lobby?wait=0'))).messages, []);
			rmSync(filler);
			await push(daemon, 'lobby', alarm);
			assert.equal((await expectJson(get(daemon, '/poll/lobby?wait=0'))).messages.length, 1);
		});
	} finally {
		disk.remove();
	}
});

test('a stop answers every waiting request and ends every stream', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { joined, stream } = await enterStream(daemon, 'lobby');
		const since = `${joined.epoch}:${joined.last_id}`;
		const polls = [get(daemon, '/poll/lobby?wait=60'), get(daemon, `/poll/lobby?wait=60&since=${since}&name=ann`)];
		while ((await expectJson(get(daemon, '/rooms'))).rooms[0].count < 2);
		const idle = await connect(daemon);
		const late = await connect(daemon);
		await late.write(request('POST', '/push/lobby', { Host: `${daemon.host}:${daemon.port}`, 'Content-Length': '5' }, 'he'));
		const pushes = Array.from({ length: 20 }, (_, n) => post(daemon, '/push/other', `m${n}`));
		await pushes[0];
		const stopped = daemon.stop();
		for (const answer of await Promise.all(polls))
			assert.deepEqual([answer.status, answer.json.messages], [200, []]);
		for (const { status, value } of await Promise.allSettled(pushes))
			assert.ok(status === 'rejected' || [200, 503].includes(value.status), value?.text);
		await Promise.all([stream.closed, idle.closed, late.closed]);
		await stopped;
	}));

test('an array of ten thousand metrics is accepted or refused as a whole, quickly', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith('limits.message_bytes=1000000'), async (daemon) => {
		const value = (n) => ({ type: 'metric', name: `m${n % 100}`, value: n });
		const values = Array.from({ length: 10_000 }, (_, n) => value(n));
		assert.equal((await push(daemon, 'lobby', values)).count, 10_000);
		await assertRefused(post(daemon, '/push/lobby', [...values.slice(1), 'x']), 400, 'bad_field');
		const newest = (await expectJson(get(daemon, '/poll/lobby?wait=0'))).messages.map(({ value: n }) => n);
		assert.deepEqual(newest.sort((a, b) => a - b), Array.from({ length: 100 }, (_, n) => 9_900 + n));
		const many = Array.from({ length: 1_001 }, (_, n) => ({ ...value(n), name: `n${n}` }));
		await assertRefused(post(daemon, '/push/other', many), 409, 'too_many_metrics');
	}));
