// Deleting messages, rooms and what somebody has said.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
	after, answerTo, assertError, enter, idsOf, range, receivedSoFar, say, sayMany, until, wholeHistory, withHistory,
} from '../lib/chat.mjs';
import { eventually, fillUp, runDaemon, smallDisk, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, poll, post } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { openTerminal } from '../lib/line.mjs';

const root = bearer('root-secret');
const options = { config: `limits = { message_rate = 0.0; }; auth = { ${tokens} };` };

const order = (daemon, word, body) => post(daemon, `/admin/${word}`, body, root);
const orderOk = (daemon, word, body) => expectJson(order(daemon, word, body));
const push = (daemon, room, body) => expectJson(post(daemon, `/push/${room}`, body, bearer('ci-secret')));
const without = ({ ts, ...members }) => members;

/** Waits for this line of a terminal. */
const lineOf = (terminal, line) => until({ nextJson: () => terminal.next() }, (got) => got === line);

/** Both drivers of the store must do the same. */
function testBoth(name, body) {
	for (const driver of ['sqlite', 'memory'])
		test(`${name} (${driver})`, () => withDaemon({ ...options, settings: [`store.driver=${driver}`] }, body));
}

testBoth('a deleted message loses its text at every door, and nothing else changes', async (daemon) => {
	const { client: ann, joined } = await enter(daemon, 'name=ann');
	const plain = await daemon.ws('/ws?name=old');
	const bob = await openTerminal(daemon, 'bob');
	const { stream } = await enterStream(daemon, 'lobby', 'name=eva');
	await sayMany(ann, 5, { textOf: (n) => (n === 3 ? 'secret-word of ann' : `m${n}`) });
	const done = await orderOk(daemon, 'delete', { room: 'lobby', of: 3 });
	assert.deepEqual(done, { room: 'lobby', id: 6, epoch: joined.epoch, delivered: 3 });

	const entry = (await until(ann, ({ type }) => type === 'delete')).at(-1);
	assert.deepEqual(without(entry), { type: 'delete', room: 'lobby', id: 6, username: 'root', of: 3 });
	assert.deepEqual(await until(stream, ({ type }) => type === 'delete').then((got) => got.at(-1)), entry);
	await lineOf(bob, '* root deleted a message');
	assert.deepEqual(idsOf(await receivedSoFar(plain, ann)), range(1, 5));

	const deleted = { type: 'message', room: 'lobby', id: 3, username: 'ann', deleted: true };
	const history = await wholeHistory(ann);
	assert.deepEqual(idsOf(history), [1, 2, 3, 4, 5, 7]);
	assert.deepEqual(without(history[2]), deleted);
	assert.deepEqual((await answerTo(ann, { type: 'search', q: 'secret-word' })).messages, []);
	assert.equal((await answerTo(ann, { type: 'history', limit: 2, before: 7 })).messages.length, 2);

	const resumed = await daemon.ws(`/ws?events=1&${after(joined.epoch, 2)}`);
	const missed = await until(resumed, ({ id }) => id === 7);
	assert.deepEqual(idsOf(missed.slice(1)), range(3, 7));
	assert.deepEqual(without(missed[1]), deleted);
	const old = await daemon.ws(`/ws?${after(joined.epoch, 2)}`);
	assert.deepEqual(idsOf(await until(old, ({ id }) => id === 7)), [4, 5, 7]);
	const polled = await poll(daemon, 'lobby', `wait=0&${after(joined.epoch, 2)}`);
	assert.deepEqual(idsOf(polled.messages), range(3, 7));
	await stream.close();
});

testBoth('several messages are deleted by one entry, and what is no message is left out', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=ann');
	await sayMany(ann, 3);
	await say(ann, { type: 'note', title: 'no text', deleted: true });
	assert.equal((await wholeHistory(ann)).at(-1).deleted, undefined);
	const pushed = (await push(daemon, 'ops', { message: 'pushed', title: 'and titled' })).id;
	await push(daemon, 'ops', { type: 'alarm', key: 'disk', severity: 'error', title: 'full' });
	assert.equal((await orderOk(daemon, 'delete', { room: 'lobby', of: [2, 4, 1, 99, 2, 9007199254740991] })).id, 5);
	assert.deepEqual((await until(ann, ({ type }) => type === 'delete')).at(-1).of, [2, 4, 1]);
	assert.deepEqual(without((await wholeHistory(ann)).at(-1)), { type: 'note', room: 'lobby', id: 4, username: 'ann', deleted: true });
	assert.equal((await orderOk(daemon, 'delete', { room: 'ops', of: pushed })).id, 3);
	for (const of of [1, [1, 2, 4, 5], 6])
		await assertRefused(order(daemon, 'delete', { room: 'lobby', of }), 404, 'no_such_message');
	await assertRefused(order(daemon, 'delete', { room: 'ops', of: 2 }), 404, 'no_such_message');
	assert.deepEqual((await expectJson(get(daemon, '/history/ops'))).messages.map(({ title }) => title), [undefined, 'full']);
});

test('an order that is not clear deletes nothing', () =>
	withDaemon(options, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await sayMany(ann, 2);
		for (const of of [null, 0, -1, 1.5, '1', [], ['1'], [0], {}, true, range(1, 201)])
			await assertRefused(order(daemon, 'delete', { room: 'lobby', of }), 400, 'bad_field');
		await assertRefused(order(daemon, 'delete', { of: 1 }), 400, 'bad_field');
		await assertRefused(order(daemon, 'delete', { room: 'lobby', off: 1 }), 400, 'bad_field');
		await assertRefused(order(daemon, 'delete', { room: 'nowhere' }), 404, 'no_such_room');
		await assertRefused(order(daemon, 'forget', {}), 400, 'bad_field');
		assertError(await answerTo(ann, { type: 'delete', of: 1 }), 'denied');
		assert.deepEqual(idsOf(await wholeHistory(ann)), [1, 2]);
	}));

test('a repeated order of one ref deletes once, and a late resend of a deleted message is still known', () =>
	withHistory(options, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await say(ann, { message: 'once', ref: 'r1' });
		const first = await orderOk(daemon, 'delete', { room: 'lobby', of: 1, ref: 'd1' });
		const again = await orderOk(daemon, 'delete', { room: 'lobby', of: 1, ref: 'd1' });
		assert.deepEqual([first.id, again.id, again.duplicate], [2, 2, true]);
	}, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const ack = await answerTo(ann, { message: 'once', ref: 'r1' });
		assert.deepEqual([ack.id, ack.duplicate], [1, true]);
		assert.equal((await orderOk(daemon, 'delete', { room: 'lobby', of: 1, ref: 'd1' })).duplicate, true);
	}));

testBoth('a deleted room is empty, and its ids go on', async (daemon) => {
	const { client: ann, joined } = await enter(daemon, 'name=ann&room=ops');
	const bob = await openTerminal(daemon, 'bob');
	await bob.ask('/join ops');
	await sayMany(ann, 400, { room: 'ops' });
	await say(ann, { message: 'keyed', room: 'ops', ref: 'k' });
	await push(daemon, 'ops', { type: 'alarm', key: 'disk', severity: 'error', title: 'full' });
	await push(daemon, 'ops', { type: 'metric', name: 'cpu', value: 1 });
	const done = await orderOk(daemon, 'delete', { room: 'ops' });
	assert.deepEqual(done, { room: 'ops', epoch: joined.epoch, delivered: 2 });
	const notice = (await until(ann, ({ type }) => type === 'notice')).at(-1);
	assert.deepEqual(notice, { type: 'notice', code: 'room_deleted', room: 'ops' });
	await lineOf(bob, '* The history of ops was deleted');
	assert.deepEqual(await wholeHistory(ann, 'ops'), []);

	const late = await daemon.ws('/ws?events=1&room=ops');
	assert.equal((await late.nextJson()).last_id, 402);
	const back = await daemon.ws(`/ws?events=1&room=ops&${after(joined.epoch, 300)}`);
	assert.equal((await back.nextJson()).recovered, false);
	// Who has the last message may have missed the deletion.
	const knew = await daemon.ws(`/ws?events=1&room=ops&${after(joined.epoch, 402)}`);
	assert.equal((await knew.nextJson()).recovered, false);
	const polled = await expectJson(get(daemon, `/poll/ops?wait=0&${after(joined.epoch, 402)}`));
	assert.deepEqual([polled.recovered, polled.last_id], [true, 402]);
	assert.deepEqual([await answerTo(ann, { message: 'keyed', room: 'ops', ref: 'k' })].map(({ id, duplicate }) => [id, duplicate]), [[401, true]]);
	assert.equal(await say(ann, { message: 'new', room: 'ops' }), 403);
	const seen = (await receivedSoFar(late, ann, 'ops')).filter(({ type }) => type === 'message');
	assert.deepEqual(idsOf(seen), [403]);
	for (const [id, recovered] of [[402, false], [403, true]]) {
		const known = await daemon.ws(`/ws?events=1&room=ops&${after(joined.epoch, id)}`);
		assert.equal((await known.nextJson()).recovered, recovered, String(id));
	}
});

test('a deleted room stays deleted over a restart, and is listed again with its next message', () =>
	withHistory(options, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&room=elsewhere');
		await sayMany(ann, 700, { room: 'ops' });
		await orderOk(daemon, 'delete', { room: 'ops' });
		assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby']);
		await daemon.crash();
	}, async (daemon) => {
		assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby']);
		const ann = await daemon.ws('/ws?name=ann&room=elsewhere');
		assert.equal(await say(ann, { message: 'new', room: 'ops' }), 701);
		const { epoch } = await expectJson(get(daemon, '/poll/ops?wait=0'));
		const known = await daemon.ws(`/ws?events=1&room=ops&${after(epoch, 700)}`);
		assert.equal((await known.nextJson()).recovered, false);
		assert.deepEqual(idsOf((await expectJson(get(daemon, '/history/ops'))).messages), [701]);
	}));

test('the ids of a deleted room go on by any spelling, also when everybody has left it', () =>
	withHistory(options, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&room=elsewhere');
		for (const [room, again] of [['ops', 'OPS'], ['news', 'news'], ['late', 'late']]) {
			await sayMany(ann, 3, { room });
			await orderOk(daemon, 'delete', { room });
			await assertRefused(order(daemon, 'delete', { room }), 404, 'no_such_room');
			if (room === 'ops')
				assert.equal(await say(ann, { message: 'new', room: again }), 4);
		}
	}, async (daemon) => {
		const names = async () => (await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room);
		assert.deepEqual((await names()).sort(), ['lobby', 'ops']);
		const ann = await daemon.ws('/ws?name=ann&room=elsewhere');
		assert.equal(await say(ann, { message: 'new', room: 'NEWS' }), 4);
		assert.deepEqual((await names()).sort(), ['lobby', 'news', 'ops']);
		const late = await daemon.ws('/ws?events=1&room=late');
		assert.equal((await late.nextJson()).last_id, 3);
	}));

testBoth('everything that was said under a name is forgotten, in every room', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=Ann');
	const { client: bob } = await enter(daemon, 'name=bob');
	for (let n = 1; n <= 450; n++)
		ann.sendJson({ message: `a${n}`, room: 'ops' });
	await say(ann, { message: 'last', room: 'ops' });
	await say(bob, { message: 'of bob', room: 'ops' });
	await say(ann, { message: 'in the lobby' });
	await say(ann, { type: 'cursor', x: 1 });
	await push(daemon, 'ops', { message: 'pushed', username: 'ANN' });
	await push(daemon, 'ops', { type: 'alarm', key: 'disk', severity: 'error', title: 'full' });
	await answerTo(ann, { type: 'ack', key: 'disk', room: 'ops' });
	await orderOk(daemon, 'mute', { username: 'ann' });
	assert.deepEqual(await orderOk(daemon, 'forget', { username: 'aNN' }), { deleted: 454 });
	const ops = (await wholeHistory(bob, 'ops')).map(without);
	assert.equal(ops.length, 455);
	assert.deepEqual(ops[0], { type: 'message', room: 'ops', id: 1, deleted: true });
	assert.equal(ops[451].message, 'of bob');
	assert.equal(ops.filter(({ deleted }) => deleted).length, 452);
	const alarm = ops.at(-1);
	assert.deepEqual([alarm.state, alarm.title, alarm.acknowledged_by], ['acknowledged', 'full', undefined]);
	assert.ok(!/ann/i.test(JSON.stringify(ops) + JSON.stringify(await wholeHistory(bob))));
	const late = await daemon.ws('/ws?events=1&room=ops');
	const standing = (await until(late, ({ type }) => type === 'alarm')).at(-1);
	assert.deepEqual([standing.title, standing.acknowledged_by], ['full', undefined]);
	assert.equal((await expectJson(get(daemon, '/admin/bans', { headers: root }))).mutes.length, 1);
	assert.deepEqual(await orderOk(daemon, 'forget', { username: 'ann' }), { deleted: 0 });
});

/** The names of the files in folder that hold text. */
const holding = (folder, text) =>
	readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((file) => file.isFile() && readFileSync(path.join(file.parentPath ?? file.path, file.name)).includes(text))
		.map(({ name }) => name);

test('soon no file of the history holds a deleted text, however it was deleted', () => {
	const folder = temporaryFolder();
	return withDaemon({ ...options, folder, settings: [`store.path=${path.join(folder, 'linnet.db')}`] }, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		const reader = await daemon.ws('/ws?events=1&name=reader');
		// Some words are found in the middle of the index, and some texts do not fit on a page.
		const secret = (n) => `xylophone${n} zebrawood${n} ${'q'.repeat(n % 7 ? 10 : 6000)} marmalade${n}`;
		await sayMany(ann, 300, { textOf: (n) => (n % 3 ? `common words ${n} ${'text '.repeat(n % 50)}` : secret(n)) });
		await sayMany(ann, 20, { room: 'gone', textOf: (n) => `quetzal${n} in a room` });
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 20, { textOf: (n) => `wisteria${n} of bob` });
		await sayMany(ann, 50);
		const words = ['xylophone', 'ebrawood', 'marmalade', 'qqqqqqq', 'quetzal', 'wisteria', 'isteria1'];
		assert.ok(words.slice(0, -1).every((word) => holding(folder, word).length > 0));
		await orderOk(daemon, 'delete', { room: 'lobby', of: range(1, 300).filter((n) => n % 3 === 0) });
		await orderOk(daemon, 'delete', { room: 'gone' });
		await orderOk(daemon, 'forget', { username: 'bob' });
		await eventually(() => {
			for (const word of words)
				assert.deepEqual(holding(folder, word), [], word);
		}, 'the erasing');
		assert.equal((await answerTo(reader, { type: 'search', q: 'common words 100' })).messages.length, 1);
	});
});

/**
 * The pages of tables and indexes of a database whose gap, between the list of cells and the first cell, is
 * not zeroed (https://www.sqlite.org/fileformat2.html, section 1.6), and the number of those that are.
 */
function gapsOf(file) {
	const bytes = readFileSync(file);
	const size = bytes.readUInt16BE(16);
	const mapApart = bytes.readUInt32BE(52) ? size / 5 + 1 : Infinity;
	const found = { dirty: [], clean: 0 };
	for (let number = 1; number * size <= bytes.length; number++) {
		const page = bytes.subarray((number - 1) * size, number * size);
		const header = number === 1 ? 100 : 0;
		const headerBytes = { 2: 12, 5: 12, 10: 8, 13: 8 }[page[header]];
		if (!headerBytes || (number - 2) % Math.floor(mapApart) === 0)
			continue;
		const gap = page.subarray(header + headerBytes + 2 * page.readUInt16BE(header + 3), page.readUInt16BE(header + 5));
		if (gap.some((byte) => byte !== 0))
			found.dirty.push(number);
		else
			found.clean++;
	}
	return found;
}

test('no page of the history has remains of rows that were moved to another page', async () => {
	const folder = temporaryFolder();
	await withDaemon({ ...options, folder }, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		for (let n = 0; n < 8; n++)
			await sayMany(ann, 200, { room: `room-${n}`, textOf: (m) => `word${(m * 7919) % 1009} ${'text '.repeat((m * 31) % 300)}` });
		// A text of the copy may be deleted once it is restored.
		const copied = await runDaemon({ folder, args: ['--backup', path.join(folder, 'copy.db')] });
		assert.equal(copied.code, 0, copied.stderr);
		await orderOk(daemon, 'delete', { room: 'room-3', of: range(1, 200).filter((n) => n % 3) });
	});
	for (const file of ['linnet.db', 'copy.db']) {
		const { dirty, clean } = gapsOf(path.join(folder, file));
		assert.deepEqual(dirty, [], file);
		assert.ok(clean > 100, `${clean} pages`);
	}
});

test('the log says that a room was deleted when it was', async (t) => {
	const disk = smallDisk(2 * 1024 * 1024);
	if (!disk) {
		t.skip('a small file system cannot be mounted here');
		return;
	}
	const settings = [`store.path=${path.join(disk.folder, 'linnet.db')}`];
	try {
		await withDaemon({ ...options, settings }, async (daemon) => {
			await push(daemon, 'ops', 'kept');
			const filler = fillUp(disk.folder);
			while ((await post(daemon, '/push/ops', 'x'.repeat(9_000), bearer('ci-secret'))).status === 200);
			await assertRefused(order(daemon, 'delete', { room: 'ops' }), 503, 'store_unavailable');
			assert.doesNotMatch(daemon.stderr, /room_deleted/);
			rmSync(filler);
			await eventually(() => orderOk(daemon, 'delete', { room: 'ops' }), 'the deletion');
			await daemon.waitForLog(/^room_deleted by=root room=ops last_id=\d+$/);
		});
	} finally {
		disk.remove();
	}
});

test('what was deleted is given back to the disk, and the rest stays whole', async () => {
	const folder = temporaryFolder();
	const file = path.join(folder, 'linnet.db');
	const size = () => statSync(file).size;
	const long = (n) => `lobby ${n} ${'y'.repeat(n % 5 ? 100 : 9_000)}`;
	let epoch;
	await withDaemon({ ...options, folder }, async (daemon) => {
		const { client: ann, joined } = await enter(daemon, 'name=ann');
		for (let n = 0; n < 40; n++) {
			await sayMany(ann, 25, { room: 'gone', textOf: (m) => `gone${n * m} ${'x'.repeat(m % 2 ? 9_000 : 300)}` });
			await say(ann, long(n));
		}
		await eventually(() => assert.ok(size() > 4_000_000), 'the checkpoint');
		const before = size();
		await orderOk(daemon, 'delete', { room: 'gone' });
		await eventually(async () => {
			await say(ann, long(ann.said = (ann.said ?? 39) + 1));
			assert.ok(size() < before / 4, `${size()} of ${before} bytes`);
		}, 'the shorter file');
		epoch = joined.epoch;
	});
	// The start checks every page.
	await withDaemon({ ...options, folder }, async (daemon) => {
		const { client, joined } = await enter(daemon, 'name=bob');
		assert.equal(joined.epoch, epoch);
		const history = await wholeHistory(client);
		assert.ok(history.length > 40);
		history.forEach(({ message }, n) => assert.equal(message, long(n)));
		assert.doesNotMatch(daemon.stderr, /failed/);
		truncateSync(file, size() / 2);
		await daemon.waitForLog(/^store_failed .*the file was cut/);
	});
});
