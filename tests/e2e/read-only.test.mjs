// Read-only rooms: only bearers of a token of auth.tokens speak there, at every door. And what a room keeps.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, assertError, enter, idsOf, range, say, sayMany, until, wholeHistory } from '../lib/chat.mjs';
import { eventually, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, post, push } from '../lib/doors.mjs';
import { bearer, jwtConfig, sign, tokens } from '../lib/jwt.mjs';
import { openTerminal, Terminal } from '../lib/line.mjs';
import { connect } from '../lib/raw.mjs';

const root = bearer('root-secret');
const ci = bearer('ci-secret'); // for the room "ops"
const readOnly = 'rooms = ( { name = "ops"; read_only = true; }, { name = "News"; read_only = true; } );\n';
const open = `limits = { message_rate = 0.0; address_rate = 0.0; }; auth = { ${tokens} };\n`;

const withConfig = (config, body, settings) => withDaemon({ config, settings }, body);

async function refused(client, object) {
	assertError(await answerTo(client, object), 'read_only');
}

test('in a read-only room only bearers of a token for it speak: WebSocket', () =>
	withConfig(open + readOnly, async (daemon) => {
		const { client: ann, joined } = await enter(daemon, 'room=OPS&name=ann');
		assert.equal(joined.read_only, true);
		const { client: robot } = await enter(daemon, 'room=ops&name=robot&token=ci-secret');
		assert.equal(await say(robot, { message: 'said' }), 1);
		await until(ann, ({ message }) => message === 'said');

		await refused(ann, { message: 'no' });
		await refused(ann, { type: 'custom', x: 1 });
		await refused(ann, { type: 'custom', ephemeral: true });
		await refused(ann, { type: 'edit', of: 1, message: 'no' });
		await refused(ann, { type: 'delete', of: 1 });
		await refused(ann, { type: 'react', of: 1, emoji: '👍' });
		await refused(ann, { type: 'clear', key: 'k' });
		await refused(robot, { message: 'no', room: 'news' });
		assert.equal(await say(ann, { message: 'elsewhere', room: 'lobby' }), 1);

		assert.equal(await say(robot, { type: 'react', of: 1, emoji: '👍' }), 2);
		assert.equal(await say(robot, { type: 'edit', of: 1, message: 'mended' }), 3);
		const listed = await expectJson(get(daemon, '/rooms'));
		assert.deepEqual(
			Object.fromEntries(listed.rooms.map(({ room, read_only: is }) => [room, is])),
			{ lobby: false, ops: true, News: true },
		);
	}));

test('in a read-only room everybody acknowledges alarms, and only bearers raise and clear them', () =>
	withConfig(open + readOnly, async (daemon) => {
		const alarm = { type: 'alarm', key: 'k', severity: 'critical', title: 'T' };
		await assertRefused(post(daemon, '/push/ops', alarm), 401, 'token_required');
		await push(daemon, 'ops', alarm, ci);
		const { client: ann } = await enter(daemon, 'room=ops&name=ann');
		assert.equal((await answerTo(ann, { type: 'ack', key: 'k' })).id, 2);
		await refused(ann, { type: 'clear', key: 'k' });
		await push(daemon, 'ops', { type: 'clear', key: 'k' }, ci);
		await push(daemon, 'ops', { type: 'metric', name: 'cpu', value: 1 }, ci);
	}, ['auth.trust_loopback=false']));

test('in a read-only room only bearers of a token for it speak: HTTP', () =>
	withConfig(open + readOnly, async (daemon) => {
		const { joined } = await enterStream(daemon, 'ops', 'name=ann');
		assert.equal(joined.read_only, true);
		const object = { message: 'hi', session: joined.you.session };
		await assertRefused(post(daemon, '/send/ops', object), 403, 'read_only');
		await expectJson(post(daemon, '/send/ops', object, ci));
		await assertRefused(post(daemon, '/send/news', object, ci), 403, 'read_only');
		const { joined: own } = await enterStream(daemon, 'ops', 'name=robot&token=ci-secret');
		await expectJson(post(daemon, '/send/ops', { message: 'hi', session: own.you.session }));

		await assertRefused(post(daemon, '/push/news', 'm', ci), 403, 'denied');
		await assertRefused(post(daemon, '/hooks/generic/news', '{"text":"m"}', ci), 403, 'denied');
		await expectJson(post(daemon, '/hooks/generic/ops', '{"text":"m"}', ci));
		await push(daemon, 'news', 'm', root);
	}));

test('a push that needs no token may speak in a read-only room', () =>
	withConfig(readOnly, async (daemon) => {
		await push(daemon, 'ops', 'm');
		await refused(await daemon.ws('/ws?room=ops'), { message: 'no' });
	}));

test('in a read-only room only bearers of a token for it speak: lines', () =>
	withConfig(open + readOnly, async (daemon) => {
		const { client: reader } = await enter(daemon, 'room=ops&name=reader');
		const ann = await openTerminal(daemon, 'ann');
		assert.match(await ann.ask('/join ops'), /^\* You are ann in ops /);
		assert.equal(await ann.ask('hi'), '* only programs with a token for this room may write here');
		assert.equal(await ann.ask('/me waves'), '* only programs with a token for this room may write here');
		assert.equal(await ann.ask('/login wrong'), '* nobody has to log in here');
		assert.equal(await ann.ask('/login ci-secret'), '* you have logged in');
		ann.say('now');
		const heard = (await until(reader, ({ type }) => type === 'message')).pop();
		assert.deepEqual([heard.username, heard.message], ['ann', 'now']);
	}));

test('a JSON Web Token for the room does not let its bearer speak in a read-only room', () =>
	withConfig(jwtConfig() + readOnly, async (daemon) => {
		const person = sign({ sub: 'ann', rooms: ['ops', 'lobby'] });
		const ann = await daemon.ws(`/ws?room=ops&token=${person}`);
		await refused(ann, { message: 'no' });
		assert.equal(await say(ann, { message: 'elsewhere', room: 'lobby' }), 1);
		const robot = await daemon.ws('/ws?room=ops&token=ci-secret');
		assert.equal(await say(robot, { message: 'yes' }), 1);
		const terminal = new Terminal(await connect(daemon, daemon.linePort));
		terminal.say('/login root-secret', '/join ops');
		terminal.say('by line');
		await until(robot, ({ message }) => message === 'by line');
	}));

test('a reload changes which rooms are read-only, and what they keep', async () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	writeFileSync(file, open);
	const store = ['store.keep_messages=0'];
	await withDaemon({ args: ['-c', file], settings: store }, async (daemon) => {
		const reload = async (rooms) => {
			const before = daemon.log.filter((line) => line === 'reloaded').length;
			writeFileSync(file, open + rooms);
			daemon.signal('SIGHUP');
			await eventually(
				() => assert.equal(daemon.log.filter((line) => line === 'reloaded').length, before + 1),
				'the reload',
			);
		};
		const { client: ann, joined } = await enter(daemon, 'room=Ops&name=ann');
		assert.ok(!('read_only' in joined));
		await sayMany(ann, 9);
		await reload('rooms = ( { name = "oPS"; read_only = true; keep_messages = 3; } );\n');
		await refused(ann, { message: 'no' });
		await eventually(
			async () => assert.deepEqual(idsOf(await wholeHistory(ann, 'ops')), range(7, 9)),
			'the room to keep three messages',
		);
		await reload('');
		assert.equal(await say(ann, { message: 'again' }), 10);
		assert.deepEqual(idsOf(await wholeHistory(ann, 'ops')), range(7, 10));
	});
});

test('a room keeps as many messages as it says, over restarts too', async () => {
	const config = `${open}rooms = ( { name = "short"; keep_messages = 3; }, { name = "Long"; keep_messages = 0; } );\n`;
	const options = { config, settings: ['store.keep_messages=5', `store.path=${path.join(temporaryFolder(), 'linnet.db')}`] };
	const kept = { short: range(10, 12), long: range(1, 12), other: range(8, 12) };
	for (const life of [1, 2])
		await withDaemon(options, async (daemon) => {
			const { client } = await enter(daemon);
			for (const [room, ids] of Object.entries(kept)) {
				if (life === 1)
					await sayMany(client, 12, { room });
				await eventually(async () => assert.deepEqual(idsOf(await wholeHistory(client, room)), ids), room);
			}
		});
});
