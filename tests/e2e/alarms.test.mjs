// Alarms at every door. New clients are shown the active alarms, also after a restart or a crash.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, enter, noRateLimit, receive, until, withHistory } from '../lib/chat.mjs';
import { temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, openStream, poll, post, push } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';

const alarm = (key, severity, members) => ({ type: 'alarm', key, severity, ...members });

/** An alarm in short, for comparing. */
const gist = ({ key, severity, state, acknowledged_by: by, standing }) =>
	[key, severity, state, ...(by ? [by] : []), ...(standing ? ['standing'] : [])].join(' ');

/** Returns the next alarm and discards what comes before it. */
const nextAlarm = async (client) => (await until(client, ({ type }) => type === 'alarm')).pop();

/** Returns the alarms that a new client is shown at each door, by door. */
async function shownToNewClients(daemon, room = 'lobby') {
	const mark = await daemon.ws(`/ws?room=${room}`);
	const { client } = await enter(daemon, `room=${room}`);
	const { stream } = await enterStream(daemon, room);
	const { messages } = await poll(daemon, room, 'wait=0');
	mark.sendJson({ type: 'mark', ephemeral: true });
	const isMark = ({ type }) => type === 'mark';
	const isAlarm = ({ type }) => type === 'alarm';
	const shown = {
		ws: (await until(client, isMark)).filter(isAlarm),
		sse: (await until({ nextJson: () => stream.nextJson() }, isMark)).filter(isAlarm),
		poll: messages.filter(isAlarm),
	};
	await Promise.all([client.close(), stream.close(), mark.close()]);
	return shown;
}

/** Fails unless new clients are shown exactly those alarms at every door. */
async function assertStanding(daemon, ...expected) {
	const shown = await shownToNewClients(daemon);
	for (const [door, alarms] of Object.entries(shown)) {
		assert.deepEqual(alarms.map(gist), expected.map((text) => `${text} standing`), door);
		assert.deepEqual(alarms, shown.ws, door);
		assert.ok(alarms.every((object) => !('id' in object)), door);
	}
}

test('an alarm is raised, updated in place, acknowledged and cleared', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await assertStanding(daemon);
		const raised = await push(daemon, 'lobby', alarm('disk', 'warning', { title: 'Full', message: '91 %', host: 'db1', room: 'x', since: 5, state: 'y' }));
		const first = await nextAlarm(ann);
		assert.equal(first.id, raised.id);
		assert.equal(gist(first), 'disk warning raised');
		assert.deepEqual([first.title, first.message, first.host, first.since], ['Full', '91 %', 'db1', first.ts]);
		await assertStanding(daemon, 'disk warning raised');

		ann.sendJson({ type: 'ack', key: 'disk', ref: 'a' });
		assert.equal(gist(await nextAlarm(ann)), 'disk warning acknowledged ann');
		const ack = await ann.nextJson();
		assert.deepEqual([ack.type, ack.id], ['ack', 2]);
		await assertStanding(daemon, 'disk warning acknowledged ann');

		await push(daemon, 'lobby', alarm('disk', 'warning', { message: '92 %' }));
		const updated = await nextAlarm(ann);
		assert.equal(gist(updated), 'disk warning updated ann');
		assert.deepEqual([updated.since, updated.title], [first.since, 'Full']);
		await push(daemon, 'lobby', alarm('load', 'info'));
		assert.equal(gist(await nextAlarm(ann)), 'load info raised');
		await push(daemon, 'lobby', alarm('disk', 'critical'));
		assert.equal(gist(await nextAlarm(ann)), 'disk critical updated');
		await assertStanding(daemon, 'disk critical updated', 'load info raised');

		await push(daemon, 'lobby', alarm('disk', 'ok'));
		assert.equal(gist(await nextAlarm(ann)), 'disk ok cleared');
		await assertStanding(daemon, 'load info raised');
		const again = await push(daemon, 'lobby', alarm('disk', 'ok'));
		assert.deepEqual([again.id, again.delivered], [undefined, 0]);
		await push(daemon, 'lobby', alarm('load', 'ok'));
		await assertStanding(daemon);
	}));

test('an alarm can be acknowledged at the line door as on a WebSocket', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		await push(daemon, 'lobby', alarm('disk', 'error', { title: 'Full' }));
		await ann.nextJson();
		const line = await openTerminal(daemon);
		assert.equal(await line.next(), '! error disk: Full');
		assert.match(await line.ask('/ack none'), /^\* there is no such alarm/);
		assert.equal(await line.ask('/ack disk'), '! guest-2 acknowledged disk: Full');
		assert.equal(gist((await receive(ann, 2)).pop()), 'disk error acknowledged guest-2');
		assert.equal((await answerTo(ann, { type: 'ack', key: 'nothing' })).code, 'no_such_alarm');
		ann.sendJson({ type: 'ack', key: 'disk' });
		assert.equal(await line.next(), '! ann acknowledged disk: Full');
	}));

for (const ending of ['a clean stop', 'kill -9']) {
	test(`active alarms survive ${ending}, and cleared alarms stay cleared`, () =>
		withHistory(
			noRateLimit,
			async (daemon) => {
				const ann = await daemon.ws('/ws?name=ann');
				for (const key of ['a', 'b', 'c'])
					await push(daemon, 'lobby', alarm(key, 'warning'));
				await push(daemon, 'elsewhere', alarm('z', 'info'));
				await push(daemon, 'lobby', alarm('b', 'ok'));
				assert.equal((await until(ann, ({ state }) => state === 'cleared')).length, 4);
				ann.sendJson({ type: 'ack', key: 'c', ref: 'r' });
				await until(ann, ({ type }) => type === 'ack');
				if (ending === 'kill -9')
					await daemon.crash();
			},
			async (daemon) => {
				await assertStanding(daemon, 'a warning raised', 'c warning acknowledged ann');
				assert.deepEqual((await shownToNewClients(daemon, 'elsewhere')).sse.map(gist), ['z info raised standing']);
				const ann = await daemon.ws();
				await ann.nextJson();
				await ann.nextJson();
				await push(daemon, 'lobby', alarm('c', 'warning'));
				assert.equal(gist(await ann.nextJson()), 'c warning updated ann');
				await push(daemon, 'lobby', alarm('a', 'ok'));
				await push(daemon, 'lobby', alarm('c', 'ok'));
				await assertStanding(daemon);
			},
		));
}

test('a push repeated with the same ref raises no second alarm, also after a crash', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			await push(daemon, 'lobby', alarm('disk', 'error', { ref: 'r1' }));
			await push(daemon, 'lobby', alarm('disk', 'ok', { ref: 'r2' }));
			const { duplicate, id } = await push(daemon, 'lobby', alarm('disk', 'error', { ref: 'r1' }));
			assert.deepEqual([duplicate, id], [true, 1]);
			const cleared = await push(daemon, 'lobby', alarm('disk', 'ok', { ref: 'r2' }));
			assert.deepEqual([cleared.duplicate, cleared.id], [true, 2], 'an end that was pushed before');
			const nothing = await push(daemon, 'lobby', alarm('disk', 'ok', { ref: 'r3' }));
			assert.deepEqual([nothing.duplicate, nothing.id, nothing.ref], [undefined, undefined, 'r3'], 'an end of nothing');
			await assertStanding(daemon);
			await daemon.crash();
		},
		async (daemon) => {
			assert.equal((await push(daemon, 'lobby', alarm('disk', 'error', { ref: 'r1' }))).duplicate, true);
			await assertStanding(daemon);
		},
	));

test('a client that resumes is sent the missed changes and not the active alarms again', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await push(daemon, 'lobby', alarm('a', 'info'));
		const { joined } = await enterStream(daemon, 'lobby');
		await push(daemon, 'lobby', alarm('b', 'info'));
		await push(daemon, 'lobby', alarm('a', 'ok'));
		const since = `${joined.epoch}:${joined.last_id}`;
		const changes = ['b info raised', 'a ok cleared'];
		const { messages, recovered } = await poll(daemon, 'lobby', `since=${since}`);
		assert.deepEqual([messages.map(gist), recovered], [changes, true]);
		const stream = await openStream(daemon, '/events/lobby', { 'Last-Event-ID': since });
		assert.equal((await stream.nextJson()).recovered, true);
		assert.deepEqual([gist(await stream.nextJson()), gist(await stream.nextJson())], changes);
	}));

test('a malformed alarm is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const object of [
			{ severity: 'info' }, { key: '', severity: 'info' }, { key: 5, severity: 'info' }, { key: 'a\nb', severity: 'info' },
			{ key: 'a\u001b[31m', severity: 'info' }, { key: 'x'.repeat(129), severity: 'info' }, { key: 'a' },
			{ key: 'a', severity: 'fatal' }, { key: 'a', severity: 3 }, { key: 'a', severity: 'OK' },
			{ key: 'a', severity: 'info', message: {} },
		])
			await assertRefused(post(daemon, '/push/lobby', { type: 'alarm', ...object }), 400, 'bad_field');
		await assertStanding(daemon);
	}));

test('alarms are cleared at every door by who may write, once, and stay in the history', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			const ann = await daemon.ws('/ws?name=ann');
			const bob = await openTerminal(daemon, 'bob');
			for (const key of ['a', 'b', 'c', 'd', 'e'])
				await push(daemon, 'lobby', alarm(key, 'error', { title: `Title of ${key}` }));
			await until(ann, ({ key }) => key === 'e');
			const { joined: { you } } = await enterStream(daemon, 'lobby', 'name=sse');
			await bob.drain();
			const ack = await answerTo(ann, { type: 'clear', key: 'a', ref: 'r' });
			assert.deepEqual([ack.type, ack.id], ['ack', 6]);
			assert.equal(await bob.next(), '! ann cleared a: Title of a');
			assert.equal(await bob.ask('/clear b'), '! bob cleared b: Title of b');
			assert.equal((await expectJson(post(daemon, `/send/lobby?session=${you.session}`, { type: 'clear', key: 'c' }))).id, 8);
			assert.equal(await bob.next(), '! sse cleared c: Title of c');
			assert.equal((await push(daemon, 'lobby', { type: 'clear', key: 'd' })).id, 9);
			assert.equal(await bob.next(), '! OK d: Title of d');
			// Again, it does not stand, and only the sender is told.
			assert.equal((await answerTo(ann, { type: 'clear', key: 'a' })).code, 'no_such_alarm');
			assert.equal(await bob.ask('/clear a'), '* there is no such alarm in this room');
			await assertRefused(post(daemon, `/send/lobby?session=${you.session}`, { type: 'clear', key: 'a' }), 404, 'no_such_alarm');
			await assertRefused(post(daemon, '/push/lobby', { type: 'clear', key: 'a' }), 404, 'no_such_alarm');
			await assertStanding(daemon, 'e error raised');
			const { messages } = await expectJson(get(daemon, '/history/lobby'));
			assert.deepEqual(messages.slice(5).map(({ key, state, cleared_by: by, username }) => [key, state, by, username]), [
				['a', 'cleared', 'ann', 'ann'], ['b', 'cleared', 'bob', 'bob'], ['c', 'cleared', 'sse', 'sse'], ['d', 'cleared', undefined, 'push'],
			]);
			assert.equal(messages[0].title, 'Title of a');
			await daemon.crash();
		},
		async (daemon) => {
			const ann = await daemon.ws('/ws?name=ann');
			const again = await answerTo(ann, { type: 'clear', key: 'a', ref: 'r' });
			assert.deepEqual([again.type, again.id, again.duplicate], ['ack', 6, true]);
			await assertStanding(daemon, 'e error raised');
		},
	));

test('an alarm cannot be cleared in the room of a log file', () => {
	const file = path.join(temporaryFolder(), 'log');
	writeFileSync(file, '');
	const config = `tails = ( { room = "syslog"; path = "${file}"; } );`;
	return withDaemon({ config }, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		assert.equal((await answerTo(ann, { type: 'clear', room: 'syslog', key: 'a' })).code, 'read_only');
		await assertRefused(post(daemon, '/push/syslog', { type: 'clear', key: 'a' }), 403, 'read_only');
	});
});
