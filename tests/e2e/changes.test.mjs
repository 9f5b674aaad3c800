// Edits, deletions by the author, reactions and replies.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
	after, answerTo, assertError, enter, idsOf, join, noRateLimit, range, receivedSoFar, say, sayMany, until, wholeHistory, withHistory,
} from '../lib/chat.mjs';
import { eventually, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, poll, post } from '../lib/doors.mjs';
import { bearer, sign, tokens, withJwt } from '../lib/jwt.mjs';
import { openTerminal } from '../lib/line.mjs';

const options = { config: `limits = { message_rate = 0.0; }; auth = { ${tokens} };` };
const [root, ci] = [bearer('root-secret'), bearer('ci-secret')];

const edit = (of, message, more) => ({ type: 'edit', of, message, ...more });
const erase = (of, more) => ({ type: 'delete', of, ...more });
const react = (of, emoji, more) => ({ type: 'react', of, emoji, ...more });

const pushTo = (daemon, room, body, headers = ci) => post(daemon, `/push/${room}`, body, headers);
const pushed = (...push) => expectJson(pushTo(...push));
const order = (daemon, word, body) => expectJson(post(daemon, `/admin/${word}`, body, root));
const sendAs = (daemon, you, body) => post(daemon, `/send/lobby?session=${you.session}`, body);

const without = ({ ts, ...members }) => members;
const historyOf = async (client, room) => (await wholeHistory(client, room)).map(without);

/** Fails unless the object is answered by an error with that code. */
async function refused(client, object, code) {
	assertError(await answerTo(client, object), code);
}

/** Waits for this line of a terminal. */
const lineOf = (terminal, line) => until({ nextJson: () => terminal.next() }, (got) => got === line);

/** Both drivers of the store must do the same. */
function testBoth(name, body, more = {}) {
	for (const driver of ['sqlite', 'memory'])
		test(`${name} (${driver})`, () =>
			withDaemon({ ...options, ...more, settings: [`store.driver=${driver}`, ...(more.settings ?? [])] }, body));
}

/** Enters again as the person of an earlier "joined". */
async function comeBack(daemon, { you }) {
	const client = await daemon.ws();
	assert.equal((await join(client, 'lobby', { username: you.username, session: you.session })).type, 'joined');
	return client;
}

testBoth('an edit replaces the text at every door, and nothing else', async (daemon) => {
	const { client: ann, joined: { epoch } } = await enter(daemon, 'name=ann');
	const plain = await daemon.ws('/ws?name=old');
	const bob = await openTerminal(daemon, 'bob');
	const { stream } = await enterStream(daemon, 'lobby', 'name=eva');
	await say(ann, { message: 'teh cat', x: 1, email: 'ann@example.org' });
	const ack = await answerTo(ann, edit(1, 'the dog', { x: 2, ephemeral: true, title: 'new' }));
	assert.deepEqual([ack.type, ack.id, ack.duplicate], ['ack', 2, undefined]);

	const [said, entry] = await until(plain, ({ type }) => type === 'edit');
	assert.deepEqual(without(entry), { type: 'edit', room: 'lobby', id: 2, username: 'ann', of: 1, message: 'the dog' });
	assert.deepEqual((await until(stream, ({ id }) => id === 2)).at(-1), entry);
	await lineOf(bob, '* ann edited: the dog');
	assert.deepEqual((await receivedSoFar(ann, plain)).filter(({ type }) => type !== 'presence'), [], 'the author is only sent the ack');

	const now = { ...said, message: 'the dog', edited: entry.ts };
	const [first, ...rest] = await wholeHistory(ann);
	assert.deepEqual(first, now);
	assert.deepEqual(idsOf(rest), [3]);
	assert.deepEqual((await answerTo(ann, { type: 'search', q: 'cat' })).messages, []);
	assert.deepEqual((await answerTo(ann, { type: 'search', q: 'dog' })).messages, [now]);
	for (const query of ['', 'events=1&']) {
		const back = await daemon.ws(`/ws?${query}${after(epoch, 0)}`);
		assert.deepEqual((await until(back, ({ id }) => id === 3)).filter(({ type }) => type !== 'joined').slice(0, 2), [now, entry]);
	}
	assert.deepEqual((await poll(daemon, 'lobby', `wait=0&${after(epoch, 0)}`)).messages.slice(0, 2), [now, entry]);
	const late = await enterStream(daemon, 'lobby', after(epoch, 1));
	assert.deepEqual(await late.stream.nextJson(), entry);

	await answerTo(ann, edit(1, 'the dog'));
	const [again] = await wholeHistory(ann);
	assert.ok(again.edited >= entry.ts, 'the same text is an edit, too');
	assert.deepEqual(idsOf(await wholeHistory(ann)), [1, 3]);
	await lineOf(bob, '* ann edited: the dog');
	assert.equal(await bob.ask('/history 2'), 'ann: the dog');
});

testBoth('a reaction belongs to a name, and one that changes nothing is not numbered', async (daemon) => {
	const { client: ann, joined: { epoch } } = await enter(daemon, 'name=ann');
	const bob = await daemon.ws('/ws?name=bob&events=1');
	const plain = await daemon.ws('/ws?name=old');
	await say(ann, 'who comes?');
	assert.deepEqual(without(await answerTo(bob, react(1, '👍', { ref: 'nothing', on: false }))), {
		type: 'ack', ref: 'nothing', room: 'lobby', duplicate: true,
	});
	assert.equal(await say(bob, react(1, '👍', { ref: 'nothing' })), 2, 'the ref of what changed nothing is not kept');
	assert.equal(await say(ann, react(1, '👍')), 3);
	const again = await answerTo(bob, react(1, '👍', { on: true }));
	assert.deepEqual([again.id, again.duplicate], [2, true]);
	assert.equal(await say(bob, react(1, '❤️')), 4);
	const entry = (await until(ann, ({ id }) => id === 4)).at(-1);
	assert.deepEqual(without(entry), { type: 'react', room: 'lobby', id: 4, username: 'bob', of: 1, emoji: '❤️', on: true });
	assert.deepEqual((await wholeHistory(ann))[0].reactions, { '👍': ['bob', 'ann'], '❤️': ['bob'] });
	assert.equal(await say(bob, react(1, '❤️', { on: false })), 5);
	assert.equal((await until(ann, ({ id }) => id === 5)).at(-1).on, false);
	bob.sendJson({ type: 'nick', username: 'bert' });
	await until(bob, ({ event }) => event === 'rename');
	const away = await answerTo(bob, react(1, '👍', { on: false }));
	assert.deepEqual([away.id, away.duplicate], [undefined, true], 'the reaction of the old name');
	assert.deepEqual((await wholeHistory(ann))[0].reactions, { '👍': ['bob', 'ann'] });
	assert.deepEqual((await receivedSoFar(plain, ann)).map(({ type }) => type), ['message']);

	const back = await daemon.ws(`/ws?events=1&${after(epoch, 1)}`);
	assert.deepEqual((await until(back, ({ id }) => id === 6)).slice(1).map(({ type, id }) => `${type} ${id}`), [
		'react 2', 'react 3', 'react 4', 'react 5', 'message 6',
	]);
});

testBoth('a message has 20 emoji at most, and 50 names for each', async (daemon) => {
	const emoji = range(0, 20).map((n) => String.fromCodePoint(0x1f600 + n));
	await pushed(daemon, 'ops', { message: 'well?' });
	for (const one of emoji.slice(0, 20))
		await pushed(daemon, 'ops', react(1, one));
	await assertRefused(pushTo(daemon, 'ops', react(1, emoji[20])), 409, 'too_many_reactions');
	for (let n = 1; n <= 51; n++)
		await pushed(daemon, 'ops', react(1, emoji[0], { username: `p${n}` }));
	const { reactions, reaction_counts: counts } = (await expectJson(get(daemon, '/history/ops'))).messages[0];
	assert.deepEqual(Object.keys(reactions), emoji.slice(0, 20));
	assert.equal(reactions[emoji[0]].length, 50);
	assert.deepEqual(counts, { [emoji[0]]: 52 });
	await pushed(daemon, 'ops', react(1, emoji[1], { on: false }));
	await pushed(daemon, 'ops', react(1, emoji[20]));
});

testBoth('a deletion takes the text, its members, edits and reactions', async (daemon) => {
	const { client: ann, joined } = await enter(daemon, 'name=ann');
	const bob = await openTerminal(daemon, 'bob');
	await say(ann, { message: 'first', secret: 'sauce' });
	await say(ann, edit(1, 'second'));
	await say(ann, react(1, '👍'));
	assert.equal(await say(ann, erase(1)), 4);
	await lineOf(bob, '* ann deleted a message');
	const gone = { type: 'message', room: 'lobby', id: 1, username: 'ann', deleted: true };
	assert.deepEqual(await historyOf(ann), [gone]);
	for (const object of [edit(1, 'third'), react(1, '👍'), erase(1)])
		await refused(ann, object, 'no_such_message');

	const { messages } = await poll(daemon, 'lobby', `wait=0&${after(joined.epoch, 0)}`);
	assert.deepEqual(messages.map(without), [
		gone,
		{ type: 'edit', room: 'lobby', id: 2, username: 'ann', of: 1 },
		{ type: 'react', room: 'lobby', id: 3, username: 'ann', of: 1, on: true },
		{ type: 'delete', room: 'lobby', id: 4, username: 'ann', of: 1 },
	]);
	await say(ann, 'later');
	const old = await daemon.ws(`/ws?${after(joined.epoch, 0)}`);
	assert.deepEqual((await until(old, ({ id }) => id === 5)).map(({ message }) => message), ['later'], 'no object without a message');
	const lines = await daemon.ws(`/ws?format=line&${after(joined.epoch, 0)}`, { isChecked: false });
	const shown = await until({ nextJson: () => lines.nextText() }, (line) => line.includes('later'));
	assert.deepEqual(shown.slice(1), ['* a message was deleted', '* ann deleted a message', 'ann: later']);
});

test('in the lines of changes a name with blanks is quoted, so that it cannot look like other words', () =>
	withDaemon(options, async (daemon) => {
		const { client: ann } = await enter(daemon, `name=${encodeURIComponent('ann edited it and bob')}`);
		const bob = await openTerminal(daemon, 'bob');
		await say(ann, 'm');
		await say(ann, edit(1, 'n'));
		await lineOf(bob, '* "ann edited it and bob" edited: n');
		await say(ann, erase(1));
		assert.equal(await bob.next(), '* "ann edited it and bob" deleted a message');
	}));

testBoth('the person who comes back with its session token is the author, a stranger of its name is not', async (daemon) => {
	const first = await enter(daemon, 'name=ann');
	const { client: eve } = await enter(daemon, 'name=eve');
	await sayMany(first.client, 2);
	for (const object of [edit(1, 'forged'), erase(1)])
		await refused(eve, object, 'denied');
	await first.client.close();
	await until(eve, ({ event }) => event === 'leave');
	const stranger = await daemon.ws('/ws?name=ann');
	for (const object of [edit(1, 'forged'), erase(1)])
		await refused(stranger, object, 'denied');
	await stranger.close();
	await until(eve, ({ event }) => event === 'leave');
	const ann = await comeBack(daemon, first.joined);
	await say(ann, edit(1, 'mine'));
	await say(ann, erase(2));
	const { stream, joined } = await enterStream(daemon, 'lobby', `session=${first.joined.you.session}`);
	await expectJson(sendAs(daemon, joined.you, edit(1, 'mine by another door')));
	await expectJson(sendAs(daemon, joined.you, { message: 'sent' }));
	await say(ann, edit(6, 'sent and corrected'));
	await stream.close();
	assert.deepEqual((await historyOf(eve)).map(({ message }) => message), ['mine by another door', undefined, 'sent and corrected']);
});

testBoth('who has no token is no author, and only an admin deletes what it has said', async (daemon) => {
	const plain = await daemon.ws('/ws?name=ann');
	await sayMany(plain, 3);
	for (const object of [edit(1, 'changed'), erase(1)])
		await refused(plain, object, 'denied');
	await say(plain, react(1, '👍'));
	const admin = await daemon.ws('/ws?name=boss', { headers: root });
	await refused(admin, edit(1, 'changed'), 'denied');
	await say(admin, erase(1));
	await expectJson(pushTo(daemon, 'lobby', erase(2), root));
	await order(daemon, 'delete', { room: 'lobby', of: 3 });
	assert.deepEqual((await wholeHistory(plain)).map(({ deleted }) => deleted), [true, true, true]);
	const names = (await poll(daemon, 'lobby', `wait=0&${after((await answerTo(plain, { type: 'history' })).epoch, 4)}`)).messages;
	assert.deepEqual(names.map(({ type, username }) => `${type} ${username}`), ['delete boss', 'delete root', 'delete root']);
});

testBoth('what is pushed belongs to the token', async (daemon) => {
	await pushed(daemon, 'ops', { message: 'build 1 runs', title: 'Build', username: 'builder' });
	await pushed(daemon, 'ops', edit(1, 'build 1 is done', { ref: 'e', username: 'builder' }));
	const again = await pushed(daemon, 'ops', edit(1, 'build 1 is done', { ref: 'e', username: 'builder' }));
	assert.deepEqual([again.id, again.duplicate], [2, true]);
	const session = await daemon.ws('/ws?room=ops&name=carl', { headers: ci });
	await say(session, edit(1, 'build 1 failed'));
	const stranger = await daemon.ws('/ws?room=ops&name=eve');
	await refused(stranger, edit(1, 'no'), 'denied');
	await assertRefused(pushTo(daemon, 'ops', edit(1, 'no'), root), 403, 'denied');
	const [message] = await historyOf(session, 'ops');
	assert.deepEqual({ ...message, edited: 0 }, {
		type: 'message', room: 'ops', id: 1, username: 'builder', via: 'push', message: 'build 1 failed', title: 'Build', edited: 0,
	});
	await assertRefused(pushTo(daemon, 'ops', erase(9)), 404, 'no_such_message');
	assert.equal((await pushed(daemon, 'ops', erase(1))).id, 4);
});

test('a push that needs no token has no author', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await pushed(daemon, 'ops', 'hi', {});
		await assertRefused(pushTo(daemon, 'ops', edit(1, 'ho'), {}), 403, 'denied');
		await assertRefused(pushTo(daemon, 'ops', erase(1), {}), 403, 'denied');
		assert.equal((await pushed(daemon, 'ops', react(1, '👍'), {})).id, 2);
	}));

test('a JSON Web Token is the author: its name and its "sub"', () =>
	withJwt(async (daemon) => {
		const enterAs = (claims) => daemon.ws(`/ws?events=1&token=${sign(claims)}`);
		const first = await enterAs({ name: 'ann', sub: '1' });
		await sayMany(first, 2);
		await first.close();
		const other = await enterAs({ name: 'ann', sub: '2' });
		await refused(other, edit(1, 'forged'), 'denied');
		await other.close();
		const ann = await enterAs({ name: 'ann', sub: '1' });
		await say(ann, edit(1, 'mine'));
		const { stream, joined } = await enterStream(daemon, 'lobby', `token=${sign({ name: 'ann', sub: '1' })}`);
		await expectJson(post(daemon, `/send/lobby?session=${joined.you.session}`, erase(2), bearer(sign({ name: 'ann', sub: '1' }))));
		await stream.close();
		assert.deepEqual((await historyOf(ann)).map(({ message }) => message), ['mine', undefined]);
	}));

testBoth('only messages can be changed', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=ann&room=ops');
	await pushed(daemon, 'ops', { type: 'alarm', key: 'disk', severity: 'error', message: 'full' });
	await say(ann, { type: 'chart', value: 1 });
	await say(ann, { type: 'note', message: 'of any type' });
	await say(ann, edit(3, 'edited'));
	await say(ann, react(3, '👍'));
	await say(ann, erase(await say(ann, 'away')));
	assert.equal((await wholeHistory(ann, 'ops')).at(-1).id, 6);
	for (const of of [1, 2, 4, 5, 6, 7, 8, 9_007_199_254_740_991])
		for (const object of [edit(of, 'no'), react(of, '👍'), erase(of)])
			await refused(ann, object, 'no_such_message');
	await refused(ann, edit(3, 'no', { room: 'nowhere' }), 'no_such_room');
	await refused(ann, edit(3, 'no', { room: 'lobby' }), 'no_such_message');
	assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby', 'ops']);
	assert.equal((await historyOf(ann, 'ops'))[2].message, 'edited');
});

test('a member that is wrong is told first, and nothing is kept', () =>
	withDaemon(options, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		await say(ann, 'hi');
		for (const of of [undefined, null, 0, -1, 1.5, '1', [1], {}, true])
			for (const object of [edit(of, 'm'), react(of, '👍'), erase(of)])
				await refused(ann, object, 'bad_field');
		for (const text of [undefined, null, '', 7])
			await refused(ann, edit(1, text), 'bad_field');
		for (const emoji of [undefined, '', 'a', ' ', '👍👍', ':+1:', '❤', '👩🏻‍❤️‍💋‍👩🏿', 7])
			await refused(ann, react(1, emoji), 'bad_field');
		for (const on of [0, 'true', []])
			await refused(ann, react(1, '👍', { on }), 'bad_field');
		assert.equal(await say(ann, 'next'), 2);
	}));

test('the first of several reasons is told: the member, the room, the mute, the pace, the message, the author', () => {
	const file = path.join(temporaryFolder(), 'log');
	writeFileSync(file, 'a line\n');
	const settings = [`tails=( { room = "syslog"; path = "${file}"; } )`, 'limits.message_rate=0.01', 'limits.message_burst=6'];
	return withDaemon({ config: `auth = { ${tokens} };`, settings }, async (daemon) => {
		const { client: ann, joined } = await enter(daemon, 'name=ann');
		await say(ann, { message: 'one', ref: 'm' });
		await say(ann, edit(1, 'two', { ref: 'e' }));
		await refused(ann, edit(0, 'm', { room: 'syslog' }), 'bad_field');
		await refused(ann, edit(1, 'm', { room: 'syslog' }), 'read_only');
		await order(daemon, 'mute', { username: 'ann' });
		await refused(ann, edit(9, 'm'), 'muted');
		await refused(ann, react(9, '👍'), 'muted');
		const known = await answerTo(ann, edit(1, 'two', { ref: 'e' }));
		assert.deepEqual([known.id, known.duplicate], [2, true], 'over the pace and muted, but known');
		await order(daemon, 'unmute', { username: 'ann' });
		await refused(ann, edit(0, 'm'), 'bad_field');
		await refused(ann, edit(9, 'm'), 'rate_limited');
		for (const ref of ['e', 'm'])
			assert.equal((await answerTo(ann, erase(1, { ref }))).duplicate, true, 'a ref is one of all kinds');
		assert.deepEqual((await historyOf(await daemon.ws())).map(({ message }) => message), ['two']);
		assert.ok(joined.epoch);
	});
});

testBoth('a muted person may delete, but neither edit nor react', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=ann');
	await sayMany(ann, 2);
	await order(daemon, 'mute', { username: 'ann' });
	await refused(ann, edit(1, 'no'), 'muted');
	await refused(ann, react(1, '👍'), 'muted');
	await say(ann, erase(1));
	assert.deepEqual((await wholeHistory(ann)).map(({ deleted }) => deleted), [true, undefined]);
});

test('a retry after a restart has the same id, also when it would be refused by now', () => {
	let joined;
	return withHistory(options, async (daemon) => {
		const first = await enter(daemon, 'name=ann');
		joined = first.joined;
		await sayMany(first.client, 2);
		assert.equal(await say(first.client, edit(1, 'once', { ref: 'e1' })), 3);
		assert.equal(await say(first.client, erase(2, { ref: 'd1' })), 4);
		assert.equal(await say(first.client, react(1, '👍', { ref: 'r1' })), 5);
	}, async (daemon) => {
		const ann = await comeBack(daemon, joined);
		const retries = [edit(1, 'once', { ref: 'e1' }), erase(2, { ref: 'd1' }), react(1, '👍', { ref: 'r1' })];
		const again = async () => {
			for (const [n, object] of retries.entries()) {
				const ack = await answerTo(ann, object);
				assert.deepEqual([ack.type, ack.id, ack.duplicate], ['ack', 3 + n, true], object.type);
			}
		};
		await again();
		await say(ann, edit(1, 'twice'));
		await again();
		await order(daemon, 'mute', { username: 'ann' });
		await again();
		await say(ann, erase(1));
		await again();
		assert.deepEqual(idsOf(await wholeHistory(ann)), [1, 2]);
		assert.equal((await expectJson(get(daemon, '/rooms'))).rooms[0].last_id, 7);
	});
});

testBoth('a retry is known when the room was deleted meanwhile', async (daemon) => {
	await pushed(daemon, 'ops', 'hi');
	const alarm = { type: 'alarm', key: 'disk', severity: 'error' };
	await pushed(daemon, 'ops', alarm);
	const retries = [edit(1, 'ho', { ref: 'e' }), { type: 'clear', key: 'disk', ref: 'c' }];
	for (const [n, object] of retries.entries())
		assert.equal((await pushed(daemon, 'ops', object)).id, 3 + n);
	await order(daemon, 'delete', { room: 'ops' });
	for (const [n, object] of retries.entries()) {
		const { id, duplicate } = await pushed(daemon, 'ops', object);
		assert.deepEqual([id, duplicate], [3 + n, true], object.type);
		await assertRefused(pushTo(daemon, 'ops', { ...object, ref: 'new' }), 404, 'no_such_room');
	}
	assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby']);

	const { client: ann } = await enter(daemon, 'name=ann&room=away');
	ann.sendJson({ type: 'leave', room: 'away' });
	await refused(ann, edit(1, 'its own room is no more'), 'no_such_room');
});

testBoth('a trimmed message cannot be changed, and a resume from before a trimmed change is not recovered', async (daemon) => {
	const { client: ann, joined: { epoch } } = await enter(daemon, 'name=ann');
	await sayMany(ann, 400);
	await eventually(async () => assert.notEqual((await wholeHistory(ann))[0].id, 1), 'the trimming');
	for (const object of [edit(1, 'no'), react(1, '👍'), erase(1)])
		await refused(ann, object, 'no_such_message');
	assert.equal(await say(ann, edit(400, 'last')), 401);
	for (let n = 0; n < 200; n++)
		ann.sendJson(edit(400, `last ${n}`));
	const last = await say(ann, react(400, '👍'));
	const [message] = (await wholeHistory(ann)).filter(({ id }) => id === 400);
	assert.deepEqual([message.message, message.reactions], ['last 199', { '👍': ['ann'] }]);
	await eventually(async () => {
		const { client, joined } = await enter(daemon, `name=bob&${after(epoch, 401)}`);
		await client.close();
		assert.equal(joined.recovered, false);
	}, 'the trimming of changes');
	assert.equal((await enter(daemon, `name=eve&${after(epoch, last - 5)}`)).joined.recovered, true);
}, { settings: ['store.keep_messages=10'] });

testBoth('a message may answer one of its room', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=ann');
	await refused(ann, { message: 'm', reply_to: 1 }, 'bad_field');
	await say(ann, 'question');
	for (const reply_to of [0, 2, -1, 1.5, '1', [1], true])
		await refused(ann, { message: 'm', reply_to }, 'bad_field');
	await assertRefused(pushTo(daemon, 'lobby', { message: 'm', reply_to: 2 }, root), 400, 'bad_field');
	await assertRefused(pushTo(daemon, 'lobby', { type: 'alarm', key: 'k', severity: 'info', reply_to: 2 }, root), 400, 'bad_field');
	await say(ann, { message: 'answer', reply_to: 1 });
	await say(ann, { type: 'chart', reply_to: 2 });
	await say(ann, { message: 'none', reply_to: null });
	await expectJson(pushTo(daemon, 'lobby', { message: 'pushed', reply_to: 4 }, root));
	await say(ann, erase(1));
	await say(ann, { message: 'to what is gone', reply_to: 1 });
	await say(ann, edit(2, 'better', { reply_to: 2 }));
	assert.deepEqual((await wholeHistory(ann)).map(({ reply_to }) => reply_to), [undefined, 1, 2, undefined, 4, 1]);
	await say(ann, erase(2));
	assert.equal((await wholeHistory(ann))[1].reply_to, undefined, 'a deleted message says nothing');
});

testBoth('only the server says that a message was edited, and who has reacted', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=ann');
	await say(ann, { message: 'm', edited: 1, reactions: { '👍': ['bob'] }, reaction_counts: { '👍': 99 }, x: 1 });
	assert.deepEqual(await historyOf(ann), [{ type: 'message', room: 'lobby', id: 1, username: 'ann', message: 'm', x: 1 }]);
});

testBoth('what a name has reacted and changed is forgotten with it', async (daemon) => {
	const { client: ann } = await enter(daemon, 'name=ann');
	const { client: bob } = await enter(daemon, 'name=bob');
	await say(bob, 'stays');
	for (const client of [ann, bob])
		await say(client, react(1, '👍'));
	await say(ann, 'goes');
	await say(ann, edit(4, 'goes, too'));
	assert.deepEqual(await order(daemon, 'forget', { username: 'Ann' }), { deleted: 1 });
	const history = await historyOf(bob);
	assert.deepEqual(history[0].reactions, { '👍': ['bob'] });
	assert.deepEqual(history[1], { type: 'message', room: 'lobby', id: 4, deleted: true });
	const { messages } = await poll(daemon, 'lobby', `wait=0&${after((await answerTo(bob, { type: 'history' })).epoch, 0)}`);
	assert.ok(!JSON.stringify(messages).includes('ann'), JSON.stringify(messages));
});

test('edits, deletions and reactions are logged and counted', () =>
	withDaemon(options, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		await say(ann, 'm');
		await say(ann, edit(1, 'n'));
		await say(ann, react(1, '👍'));
		await say(ann, erase(1));
		await daemon.waitForLog(/^edit room=lobby id=2 of=1/);
		await daemon.waitForLog(/^delete room=lobby id=4 of=1/);
		const { text } = await get(daemon, '/metrics', { headers: root });
		for (const kind of ['edit', 'react', 'delete'])
			assert.match(text, new RegExp(`^linnet_changes_total\\{kind="${kind}"\\} 1$`, 'm'));
	}));

test('a sender that wants an echo is sent its own changes', () =>
	withDaemon({ ...options, settings: ['chat.echo_to_sender=true'] }, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		await say(ann, 'm');
		ann.sendJson(edit(1, 'n'));
		ann.sendJson(erase(1));
		assert.deepEqual((await until(ann, ({ type }) => type === 'delete')).slice(-2).map(({ id }) => id), [2, 3]);
	}));
