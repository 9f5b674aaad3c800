// Rooms and the people in them: entering and leaving, names, presence, typing.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
	answerTo, assertError, enter, join, noRateLimit, noRateLimitWith, receive, receivedSoFar, say, until,
} from '../lib/chat.mjs';
import { fillUp, smallDisk, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, poll, post, push } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';
import { connect } from '../lib/raw.mjs';

const namesOf = (joined) => joined.users.map(({ username }) => username).sort();

/** Returns a presence in short: "enter bob 2". */
const brief = ({ event, username, was, count }) =>
	[event, username, ...(was ? [`was ${was}`] : []), count].join(' ');

const presenceOf = (objects) => objects.filter(({ type }) => type === 'presence').map(brief);

test("the room in the query is the connection's own room", () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob, eve] = [
			await daemon.ws('/ws?room=ops'),
			await daemon.ws('/ws?room=ops'),
			await daemon.ws(),
		];
		await say(ann, 'only for ops');
		const got = await bob.nextJson();
		assert.equal(got.room, 'ops');
		assert.equal(got.message, 'only for ops');
		assert.deepEqual(await receivedSoFar(eve, await daemon.ws()), []);
	}));

test('a room name in the query may contain any letters and spaces', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const room of ['大厅', 'my room', 'a+b & c=d?', '..', '%2F', 'Ä', '🎉']) {
			const query = `room=${encodeURIComponent(room)}`;
			assert.equal((await enter(daemon, query)).joined.room, room);
		}
	}));

test("the name in the query is the session's name", () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws();
		const { client: ann, joined } = await enter(daemon, 'name=Ann%20%E5%AE%89');
		assert.equal(joined.you.username, 'Ann 安');
		await say(ann, 'hi');
		assert.equal((await bob.nextJson()).username, 'Ann 安');
	}));

test('events=1 is answered by the list of people and the limits', () =>
	withDaemon(noRateLimitWith('limits.message_bytes=2048', 'limits.name_bytes=20'), async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		await say(ann, 'the first');
		const { joined } = await enter(daemon, 'name=bob');
		assert.equal(joined.room, 'lobby');
		assert.equal(joined.last_id, 1);
		assert.equal(joined.recovered, false);
		assert.equal(joined.topic, '');
		assert.deepEqual(namesOf(joined), ['ann', 'bob']);
		assert.equal(joined.count, 2);
		assert.equal(joined.limits.message_bytes, 2048);
		assert.equal(joined.limits.name_bytes, 20);
		assert.equal(joined.limits.message_rate, 0);
		assert.match(joined.you.session, /^[0-9a-f]{32}$/);
	}));

test('every session has its own token', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const tokens = [];
		for (let n = 0; n < 5; n++)
			tokens.push((await enter(daemon)).joined.you.session);
		assert.equal(new Set(tokens).size, 5);
	}));

test('a client may join several rooms, receives each, and sends to the room it names', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['ops', 'dev', 'news']) {
			const joined = await join(ann, room);
			assert.equal(joined.room, room);
			assert.equal(joined.you.username, 'ann');
			assert.deepEqual(namesOf(joined), ['ann']);
			await join(bob, room);
			assert.equal(brief(await ann.nextJson()), 'enter bob 2');
		}
		for (const room of ['dev', undefined, 'ops', 'news']) {
			await say(bob, { message: 'hi', room });
			assert.equal((await ann.nextJson()).room, room ?? 'lobby');
		}
	}));

test('a client may send to a room without joining it', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws('/ws?room=ops')];
		assert.equal(await say(ann, { message: 'knock', room: 'ops' }), 1);
		assert.equal((await bob.nextJson()).message, 'knock');
		await say(bob, 'who is there?');
		assert.deepEqual(await ann.drain(), []);
	}));

test('a client that has left a room receives nothing of it; its own room may be left too', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, { client: bob }] = [await daemon.ws(), await enter(daemon, 'name=bob')];
		await join(bob, 'ops');
		for (const room of ['ops', 'lobby']) {
			bob.sendJson({ type: 'leave', room });
			const presence = await bob.nextJson();
			assert.equal(presence.room, room);
			assert.equal(presence.event, 'leave');
			await say(ann, { message: 'without bob', room });
		}
		assert.deepEqual(await bob.drain(), []);
		assertError(await answerTo(bob, { type: 'leave', room: 'ops' }), 'not_joined');
		assertError(await answerTo(bob, { type: 'leave' }), 'not_joined');
		assertError(await answerTo(bob, { type: 'leave', room: 'nowhere' }), 'no_such_room');
		await say(bob, 'from outside');
		assert.equal((await ann.nextJson()).message, 'from outside');
	}));

test('a repeated join is answered again and not announced', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [{ client: ann }, { client: bob }] = [await enter(daemon), await enter(daemon)];
		await ann.nextJson();
		const joined = await join(bob, 'lobby');
		assert.equal(joined.count, 2);
		assert.deepEqual(await receivedSoFar(ann, bob), []);
	}));

test('enters, renames and leaves are announced with the count to clients that asked for events', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon, 'name=watcher');
		const ann = await daemon.ws();
		const [entered] = await receive(watcher, 1);
		assert.equal(entered.via, 'ws');
		assert.match(brief(entered), /^enter guest-\d+ 2$/);
		ann.sendJson({ message: 'hi', username: 'ann' });
		const [renamed, message] = await receive(watcher, 2);
		assert.equal(brief(renamed), `rename ann was ${entered.username} 2`);
		assert.equal(message.username, 'ann');
		const bob = await daemon.ws('/ws?name=bob');
		assert.equal(brief(await watcher.nextJson()), 'enter bob 3');
		bob.sendJson({ type: 'nick', username: 'Bob' });
		assert.equal(brief(await watcher.nextJson()), 'rename Bob was bob 3');
		await bob.close();
		assert.equal(brief(await watcher.nextJson()), 'leave Bob 2');
		await ann.vanish();
		assert.equal(brief(await watcher.nextJson()), 'leave ann 1');
	}));

test('a rename is announced in every room of the person and in no other', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		await join(ann, 'ops');
		const watchers = [];
		for (const room of ['lobby', 'ops', 'dev'])
			watchers.push((await enter(daemon, `room=${room}`)).client);
		await until(ann, ({ room, event }) => room === 'ops' && event === 'enter');
		ann.sendJson({ type: 'nick', username: 'anna' });
		for (const watcher of watchers.slice(0, 2))
			assert.equal(brief(await watcher.nextJson()), 'rename anna was ann 2');
		assert.deepEqual(presenceOf(await receive(ann, 2)), Array(2).fill('rename anna was ann 2'));
		assert.deepEqual(await watchers[2].drain(), []);
	}));

test('a nick with the current name is no rename', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const ann = await daemon.ws('/ws?name=ann');
		await watcher.nextJson();
		ann.sendJson({ type: 'nick', username: 'ann' });
		ann.sendJson({ message: 'hi', username: 'ann' });
		assert.deepEqual(presenceOf(await receivedSoFar(watcher, ann)), []);
	}));

test('presence and messages arrive in one order', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const ann = await daemon.ws('/ws?name=ann');
		await say(ann, 'one');
		ann.sendJson({ type: 'nick', username: 'anna' });
		await say(ann, 'two');
		await ann.close();
		const heard = await receive(watcher, 5);
		assert.deepEqual(
			heard.map((object) => object.message ?? brief(object)),
			['enter ann 2', 'one', 'rename anna was ann 2', 'two', 'leave anna 1'],
		);
		assert.equal(heard[3].username, 'anna');
	}));

/**
 * Ways to prove that a second connection is the same person: the members that each of the two sends.
 */
const proofs = {
	'the session token': { first: {}, second: (joined) => ({ session: joined.you.session }) },
	'the same email': {
		first: { email: 'ann@example.org' },
		second: () => ({ email: ' Ann@Example.ORG ' }),
	},
};

for (const [proof, { first, second }] of Object.entries(proofs)) {
	test(`a person with two tabs, known by ${proof}, enters once and leaves once`, () =>
		withDaemon(noRateLimit, async (daemon) => {
			const { client: watcher } = await enter(daemon, 'room=ops&name=watcher');
			const tabs = [await daemon.ws(), await daemon.ws(), await daemon.ws()];
			const joined = await join(tabs[0], 'ops', { username: 'ann', ...first });
			assert.equal(brief(await watcher.nextJson()), 'enter ann 2');
			for (const tab of tabs.slice(1)) {
				const again = await join(tab, 'ops', { username: 'ann', ...second(joined) });
				assert.equal(again.count, 2);
				assert.deepEqual(namesOf(again), ['ann', 'watcher']);
				assert.equal(again.you.username, 'ann');
			}
			for (const tab of tabs) {
				await say(tab, { message: 'from a tab', room: 'ops' });
				assert.equal((await watcher.nextJson()).username, 'ann');
			}
			await tabs[0].close();
			await tabs[2].vanish();
			await say(tabs[1], { message: 'the last tab', room: 'ops' });
			assert.equal((await watcher.nextJson()).message, 'the last tab');
			await tabs[1].close();
			assert.equal(brief(await watcher.nextJson()), 'leave ann 1');
		}));

	test(`two sessions that turn out to be one person, by ${proof}, become one entry`, () =>
		withDaemon(noRateLimit, async (daemon) => {
			const { client: watcher } = await enter(daemon, 'name=watcher');
			const { client: ann, joined } = await enter(daemon);
			await answerTo(ann, { type: 'join', username: 'ann', ...first });
			const { client: tab, joined: asGuest } = await enter(daemon);
			assert.equal(asGuest.count, 3);
			tab.sendJson({ type: 'nick', username: 'ann', ...second(joined) });
			const guest = asGuest.you.username;
			const told = presenceOf(await receivedSoFar(watcher, ann)).slice(-2);
			assert.deepEqual(told, [`enter ${guest} 3`, `leave ${guest} 2`]);
			const again = await join(tab, 'lobby');
			assert.deepEqual(namesOf(again), ['ann', 'watcher']);
		}));
}

test('a tab that gives the session token is the same person, and a rename applies to all tabs', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const { client: ann, joined } = await enter(daemon, 'name=ann');
		const tab = await daemon.ws();
		const { session } = joined.you;
		assert.deepEqual((await answerTo(tab, { type: 'join', username: 'ann', session })).you, joined.you);
		await receivedSoFar(watcher, ann);
		tab.sendJson({ type: 'nick', username: 'anna' });
		assert.equal(brief(await watcher.nextJson()), 'rename anna was ann 2');
		await say(ann, 'hi');
		assert.equal((await watcher.nextJson()).username, 'anna');
	}));

// An email is no secret.
test('a tab that gives only the email shares the name: it gets no token and renames only itself', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const email = 'ann@example.org';
		const { client: watcher } = await enter(daemon);
		const { client: ann, joined } = await enter(daemon);
		await join(ann, 'lobby', { username: 'ann', email });
		const tab = await daemon.ws();
		const shared = await join(tab, 'lobby', { username: 'ann', email });
		assert.notEqual(shared.you.session, joined.you.session);
		const { client: eve } = await enter(daemon);
		const { session } = shared.you;
		assertError(await answerTo(eve, { type: 'nick', username: 'ann', session }), 'name_taken');
		await receivedSoFar(watcher, ann);
		tab.sendJson({ type: 'nick', username: 'anna' });
		assert.equal(brief(await watcher.nextJson()), 'enter anna 4');
		await say(ann, 'hi');
		assert.equal((await watcher.nextJson()).username, 'ann');
		await say(tab, 'ho');
		assert.equal((await watcher.nextJson()).username, 'anna');
	}));

test('a message with the same name and email comes from the same person', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon, 'name=watcher');
		const [one, two] = [await daemon.ws(), await daemon.ws()];
		const email = 'ann@example.org';
		await say(one, { message: 'hi', username: 'ann', email });
		await say(two, { message: 'it is me', username: 'Ann', email });
		const eve = await daemon.ws();
		for (const other of ['eve@example.org', 'ann@example.org.', ' ', undefined])
			assertError(await answerTo(eve, { message: 'no', username: 'ann', email: other }), 'name_taken');
		await eve.close();
		const joined = await join(watcher, 'lobby');
		assert.deepEqual(namesOf(joined), ['ann', 'watcher']);
	}));

test('a foreign, malformed or invented session token is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await enter(daemon, 'name=ann');
		const { client: eve, joined } = await enter(daemon);
		const made = ['0'.repeat(32), joined.you.session, 'f'.repeat(32)];
		for (const session of made)
			assertError(await answerTo(eve, { type: 'nick', username: 'ann', session }), 'name_taken');
		for (const session of ['', 'x', 'F'.repeat(32), '0'.repeat(33), "' OR 1=1 --", 7, null, {}]) {
			for (const type of ['nick', 'join']) {
				const got = await answerTo(eve, { type, username: 'ann', session });
				assert.equal(got.type, 'error', JSON.stringify(session));
				assert.match(got.code, /^(bad_field|name_taken)$/);
			}
		}
		assert.equal((await join(eve, 'lobby')).you.username, joined.you.username);
	}));

test('a taken name is refused in every request, in any case, and the request has no effect', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon, 'name=watcher');
		await daemon.ws('/ws?name=Ann%20%C3%84');
		await watcher.nextJson();
		const { client: eve, joined } = await enter(daemon);
		await watcher.nextJson();
		for (const username of ['Ann Ä', 'ann Ä', 'ANN ä']) {
			const attempts = [
				{ message: 'I am ann', username }, { type: 'nick', username },
				{ type: 'join', username }, { type: 'join', room: 'ops', username },
				{ type: 'chart', value: 1, username }, { type: 'cursor', ephemeral: true, username },
			];
			for (const attempt of attempts)
				assertError(await answerTo(eve, attempt), 'name_taken');
			const late = await daemon.ws(`/ws?name=${encodeURIComponent(username)}`);
			assertError(await late.nextJson(), 'name_taken');
			await late.close();
			assert.match(presenceOf(await receive(watcher, 2)).join(), /^enter guest-\d+ 4,leave guest-\d+ 3$/);
		}
		assertError(await answerTo(eve, { type: 'leave', room: 'ops' }), 'no_such_room');
		assert.equal((await join(eve, 'lobby')).you.username, joined.you.username);
		assert.deepEqual(await receivedSoFar(watcher, eve), []);
		// Plain ASCII names differ as soon as a letter does.
		eve.sendJson({ type: 'nick', username: 'Ann A' });
		assert.match(brief(await watcher.nextJson()), /^rename Ann A was guest-\d+ 3$/);
	}));

test('a name that looks like one in use is refused at every door until that one is free', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const zoe = await daemon.ws(`/ws?name=${encodeURIComponent('zo\u00eb')}`);
		const client = await daemon.ws();
		const alike = ['\u0430nn', '\uff41\uff4e\uff4e', '\u{1d41a}nn', 'zoe\u0308', 'ZO\u00cb'];
		for (const username of alike) {
			for (const attempt of [{ message: 'I am ann', username }, { type: 'nick', username }, { type: 'join', username }])
				assertError(await answerTo(client, attempt), 'name_taken');
			const late = await daemon.ws(`/ws?name=${encodeURIComponent(username)}`);
			assertError(await late.nextJson(), 'name_taken');
			const poll = await fetch(`${daemon.url}/poll/lobby?wait=0&name=${encodeURIComponent(username)}`);
			assert.equal((await poll.json()).error.code, 'name_taken');
		}
		for (const username of ['guest\u20107', '\uff27\uff35\uff25\uff33\uff34-7', 'gu\u0435st-1', '\u0455ystem', 'bob: I am fired, bye', 'bob:', 'bob\uff1a hi'])
			assertError(await answerTo(client, { type: 'nick', username }), 'bad_name');
		for (const username of ['anm', 'zoe', '\u{1f469}\u200d\u{1f4bb}', 'x:y'])
			await say(client, { message: 'm', username });
		await ann.close();
		await zoe.close();
		for (const username of alike)
			await say(client, { message: 'm', username });
		// Now the plain name is the one that is refused.
		await say(client, { message: 'm', username: alike[0] });
		assertError(await answerTo(await daemon.ws(), { message: 'm', username: 'Ann' }), 'name_taken');
	}));

for (const [how, end] of Object.entries({
	'closed its connection': (client) => client.close(),
	'vanished without a close': (client) => client.vanish(),
})) {
	test(`the name of a client that has ${how} is free again`, () =>
		withDaemon(noRateLimit, async (daemon) => {
			const { client: watcher } = await enter(daemon);
			const ann = await daemon.ws('/ws?name=ann');
			const other = await daemon.ws();
			assertError(await answerTo(other, { type: 'nick', username: 'ann' }), 'name_taken');
			await end(ann);
			await until(watcher, ({ event, username }) => event === 'leave' && username === 'ann');
			await say(other, { message: 'hi', username: 'ann' });
			assert.equal((await until(watcher, ({ message }) => message)).pop().username, 'ann');
		}));
}

test('a name is free at once after a rename', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws()];
		await say(ann, { message: 'hi', username: 'anna' });
		await say(bob, { message: 'hi', username: 'ann' });
		assertError(await answerTo(ann, { type: 'nick', username: 'ann' }), 'name_taken');
	}));

const hostileNames = [
	' ', '   ', ' ann', 'ann ', 'an  n', '\u3000', 'a\u2028b', '\u00a0ann', 'a\tb', 'a\nb', '\u007f',
	'\u0085', 'a\u200bb', 'a\u200db', '\ufeffann', '\u202eann', 'a\u2066b', '\u061cann', 'a\u00adb',
	'a\u034fb', '\u115f', '\u3164', '\u2800', '\uffa0', 'a\ufe00b', 'a\ufe0f', '\u{e0041}', '\uffff',
	'*ann', '* ann has left', '/nick', 'guest', 'GUEST', 'guest-1', 'Guest-99999', 'linnet', 'Linnet',
	'server', 'System', 'n'.repeat(33), 'ä'.repeat(17), '安'.repeat(11), 'n'.repeat(10_000),
];

test('hostile and reserved names are refused in every request, and the request has no effect', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const eve = await daemon.ws();
		await watcher.nextJson();
		for (const username of hostileNames) {
			for (const attempt of [{ message: 'hi' }, { type: 'nick' }, { type: 'join', room: 'ops' }]) {
				const got = await answerTo(eve, { ...attempt, username });
				assert.equal(got.code, 'bad_name', JSON.stringify({ ...attempt, username }));
			}
		}
		assert.deepEqual(await receivedSoFar(watcher, eve), []);
		assertError(await answerTo(eve, { type: 'history', room: 'ops' }), 'no_such_room');
	}));

test('a hostile name in the query is reported, and the client becomes a guest', () =>
	withDaemon(noRateLimit, async (daemon) => {
		// Control characters are not allowed in a URL; the next test has them.
		const printable = hostileNames.filter((name) => !/[\0-\x1f\x7f]/.test(name) && name.length < 5_000);
		for (const name of printable.map(encodeURIComponent)) {
			const client = await daemon.ws(`/ws?events=1&name=${name}`);
			const [error, joined] = await receive(client, 2);
			assert.equal(error.code, 'bad_name', name);
			assert.match(joined.you.username, /^guest-\d+$/);
			await client.close();
		}
	}));

test('a query that is not UTF-8 text is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const escaped of ['%ff', '%c0%af', '%ed%a0%80', '%00', 'a%0ab', '%7f', '%', '%4', '%zz']) {
			for (const argument of [`name=${escaped}`, `room=${escaped}`, `x${escaped}=1`, escaped])
				assert.equal(await refusalOf(daemon, `/ws?${argument}`), '400 bad_request', argument);
		}
	}));

test('valid names in every script are accepted unchanged', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: watcher } = await enter(daemon);
		const ann = await daemon.ws();
		await watcher.nextJson();
		const good = [
			'a', 'n'.repeat(32), '安', 'Ann-Marie O’Neil', 'Ärzte & <b>"Söhne"</b>', '👩🏽', '❤️', 'guest-x',
			'guest-', 'guests', 'linnet2', '--', '0', 'null', '__proto__', 'constructor', '1; DROP TABLE',
		];
		for (const username of good) {
			ann.sendJson({ type: 'nick', username });
			assert.equal((await watcher.nextJson()).username, username);
		}
	}));

test('a nick without a name is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		for (const username of [undefined, null, '', 7])
			assertError(await answerTo(ann, { type: 'nick', username }), 'bad_field');
	}));

test('a plain relay receives no events', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const plain = await daemon.ws('/ws?name=plain');
		const { client: ann } = await enter(daemon);
		ann.sendJson({ type: 'nick', username: 'ann' });
		ann.sendJson({ type: 'typing' });
		await join(ann, 'ops');
		await (await daemon.ws()).close();
		plain.sendJson({ type: 'nick', username: 'plainer' });
		plain.sendJson({ type: 'typing' });
		plain.sendJson({ type: 'leave' });
		assertError(await answerTo(plain, { type: 'leave' }), 'not_joined');
		assert.deepEqual(await plain.drain(), []);
	}));

test('a client that has joined one room receives events of all its rooms', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		await join(ann, 'ops');
		await daemon.ws('/ws?name=bob');
		const entered = await ann.nextJson();
		assert.deepEqual([entered.room, brief(entered)], ['lobby', 'enter bob 2']);
	}));

test('typing is announced only to the others who asked for events', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann } = await enter(daemon, 'name=ann');
		const { client: bob } = await enter(daemon, 'name=bob');
		const { client: elsewhere } = await enter(daemon, 'room=ops');
		await ann.nextJson();
		ann.sendJson({ type: 'typing' });
		assert.deepEqual(await bob.nextJson(), { type: 'typing', room: 'lobby', username: 'ann' });
		assert.deepEqual(await ann.drain(), []);
		assert.deepEqual(await elsewhere.drain(), []);
		assertError(await answerTo(ann, { type: 'typing', room: 'ops' }), 'not_joined');
		assertError(await answerTo(ann, { type: 'typing', room: 'nowhere' }), 'no_such_room');
	}));

/** Returns the status and error code of the refused handshake, as "STATUS CODE". */
async function refusalOf(daemon, at) {
	try {
		await (await daemon.ws(at)).close();
		return 'accepted';
	} catch (error) {
		const { error: body } = JSON.parse(error.body);
		assert.equal(typeof body.message, 'string');
		assert.match(error.headers['content-type'], /^application\/json\b/);
		return `${error.status} ${body.code}`;
	}
}

test('without create_rooms only the configured rooms exist, with their topics', () => {
	const config =
		'chat: { create_rooms = false; };\n' +
		'rooms = ( { name = "ops"; topic = "What is on fire 🔥"; }, { name = "dev"; } );\n' +
		'limits: { message_rate = 0.0; };\n';
	return withDaemon({ config }, async (daemon) => {
		const ann = await daemon.ws();
		assert.equal((await join(ann, 'ops')).topic, 'What is on fire 🔥');
		assert.equal((await join(ann, 'dev')).topic, '');
		assert.equal((await join(ann, 'lobby')).topic, '');
		for (const type of ['join', 'message', 'chart', 'history', 'search', 'leave', 'typing'])
			assertError(await answerTo(ann, { type, room: 'new', q: 'x' }), 'no_such_room');
		assert.equal(await refusalOf(daemon, '/ws?room=new'), '404 no_such_room');
		assert.equal((await join(ann, 'OPS')).room, 'ops');
		assert.equal(await refusalOf(daemon, '/ws?room=a%2Fb'), '400 bad_room');
		assert.equal(await refusalOf(daemon, '/ws?room=dev'), 'accepted');
	});
});

test('over max_rooms no room is made, and rooms without a message do not count', () =>
	withDaemon(noRateLimitWith('chat.max_rooms=2'), async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 20; n++)
			assert.equal((await join(ann, `empty-${n}`)).last_id, 0);
		assert.equal(await refusalOf(daemon, '/ws?room=another'), 'accepted');
		assert.equal((await join(bob, 'empty-0')).count, 2);
		assert.equal(await say(bob, { message: 'hi', room: 'empty-0' }), 1);
		assert.equal((await until(ann, ({ message }) => message)).pop().room, 'empty-0');
		assertError(await answerTo(ann, { message: 'hi', room: 'empty-1' }), 'too_many_rooms');
		const passing = { type: 'x', room: 'empty-1', ephemeral: true };
		assert.equal((await answerTo(ann, passing)).type, 'ack');
		// It keeps its place without anybody.
		for (const client of [ann, bob])
			assertError(await answerTo(client, { type: 'leave', room: 'nowhere' }), 'no_such_room');
		ann.sendJson({ type: 'leave', room: 'empty-0' });
		bob.sendJson({ type: 'leave', room: 'empty-0' });
		assertError(await answerTo(bob, { message: 'hi', room: 'empty-1' }), 'too_many_rooms');
		assert.equal(await say(bob, { message: 'again', room: 'empty-0' }), 2);
	}));

const roomsOf = async (daemon) => (await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room).sort();

test('entering, reading, typing and what is not kept make no room, at any door', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?room=ws');
		await join(ann, 'joined');
		ann.sendJson({ type: 'typing', room: 'joined' });
		for (const type of ['history', 'search', 'x'])
			await answerTo(ann, { type, room: 'joined', q: 'x', ephemeral: true });
		await enterStream(daemon, 'streamed', 'name=ida');
		await poll(daemon, 'polled', 'wait=0&name=eva');
		const terminal = await openTerminal(daemon);
		assert.match(await terminal.ask('/join typed'), /^\* You are .* in typed /);
		for (const path of ['history/none', 'search/none?q=x'])
			await assertRefused(get(daemon, `/${path}`), 404, 'no_such_room');
		await push(daemon, 'pushed', { type: 'x', ephemeral: true });
		await push(daemon, 'pushed', { type: 'alarm', key: 'k', severity: 'ok' });
		assert.deepEqual(await roomsOf(daemon), ['lobby']);
		await push(daemon, 'one', 'message');
		await push(daemon, 'two', { type: 'alarm', key: 'k', severity: 'info' });
		await push(daemon, 'three', { type: 'metric', name: 'm', value: 1 });
		await say(ann, { message: 'hi', room: 'joined' });
		assert.deepEqual(await roomsOf(daemon), ['joined', 'lobby', 'one', 'three', 'two']);
	}));

test('a room without a message is gone with its last member', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		await join(ann, 'new');
		assert.equal((await answerTo(bob, { type: 'history', room: 'new' })).type, 'history');
		ann.sendJson({ type: 'leave', room: 'new' });
		await answerTo(ann, { type: 'ping' });
		assertError(await answerTo(bob, { type: 'history', room: 'new' }), 'no_such_room');
	}));

test('one address makes address_rooms rooms, and others still make theirs', () =>
	withDaemon(noRateLimitWith('limits.address_rooms=2', 'http.trusted_proxies=["127.0.0.1"]'), async (daemon) => {
		const from = (address) => ({ 'X-Forwarded-For': address });
		const ws = (address) => daemon.ws('/ws', { headers: from(address) });
		const [ann, again, bob] = [await ws('192.0.2.1'), await ws('192.0.2.1'), await ws('192.0.2.2')];
		await say(ann, { message: 'hi', room: 'one' });
		await say(again, { message: 'hi', room: 'two' });
		const refused = await answerTo(again, { message: 'hi', room: 'three' });
		assertError(refused, 'too_many_rooms');
		assert.ok(refused.retry_after_ms > 1000, JSON.stringify(refused));
		const stream = await enterStream(daemon, 'three', 'name=eva', from('192.0.2.1'));
		const sent = await post(daemon, '/send/three', { message: 'hi', session: stream.joined.you.session }, from('192.0.2.1'));
		assert.equal(sent.status, 429, sent.text);
		assert.ok(Number(sent.headers['retry-after']) > 1);
		await say(again, { message: 'hi', room: 'one' });
		await say(bob, { message: 'hi', room: 'three' });
		await say(again, { message: 'hi', room: 'three' });
		assert.deepEqual(await roomsOf(daemon), ['lobby', 'one', 'three', 'two']);
	}));

const behindProxy = { headers: { 'X-Forwarded-For': '192.0.2.1' } };

test('a refused message does not count as a room that its address has made', () =>
	withDaemon(noRateLimitWith('limits.address_rooms=1', 'http.trusted_proxies=["127.0.0.1"]'), async (daemon) => {
		await daemon.ws('/ws?name=ann');
		const bob = await daemon.ws('/ws', behindProxy);
		for (let n = 0; n < 5; n++)
			assertError(await answerTo(bob, { message: 'x', room: `r${n}`, username: 'ann' }), 'name_taken');
		await say(bob, { message: 'hi', room: 'one' });
		assertError(await answerTo(bob, { message: 'hi', room: 'two' }), 'too_many_rooms');
	}));

test('nor does a message that could not be stored', async (t) => {
	const disk = smallDisk(2 * 1024 * 1024);
	if (!disk) {
		t.skip('a small file system cannot be mounted here');
		return;
	}
	const settings = ['limits.address_rooms=20', 'http.trusted_proxies=["127.0.0.1"]', `store.path=${path.join(disk.folder, 'linnet.db')}`];
	try {
		await withDaemon(noRateLimitWith(...settings), async (daemon) => {
			const bob = await daemon.ws('/ws', behindProxy);
			const filler = fillUp(disk.folder);
			for (let round = 0; round < 3; round++) {
				const codes = [];
				for (let n = 0; n < 20; n++)
					bob.sendJson({ message: 'x'.repeat(8000), room: `${round}r${n}`, ref: `${n}` });
				while (codes.length < 20)
					codes.push((await bob.nextJson()).code);
				if (round)
					assert.deepEqual(codes, Array(20).fill('store_unavailable'));
			}
			rmSync(filler);
		});
	} finally {
		disk.remove();
	}
});

test('a refused request makes no room', () =>
	withDaemon(noRateLimitWith('chat.max_rooms=2', 'chat.rooms_per_session=1'), async (daemon) => {
		await daemon.ws('/ws?name=ann');
		const bob = await daemon.ws();
		for (let n = 0; n < 5; n++) {
			assertError(await answerTo(bob, { type: 'join', room: `r${n}` }), 'too_many_rooms');
			assertError(await answerTo(bob, { type: 'join', room: `r${n}`, username: '*' }), 'too_many_rooms');
			assertError(await answerTo(bob, { message: 'x', room: `r${n}`, username: 'ann' }), 'name_taken');
			await answerTo(bob, { type: 'x', room: `r${n}`, ephemeral: true });
		}
		assert.equal(await say(bob, { message: 'hi', room: 'r9' }), 1);
	}));

test('a client may be in rooms_per_session rooms, including its own, and leaving one frees a place', () =>
	withDaemon(noRateLimitWith('chat.rooms_per_session=3'), async (daemon) => {
		const ann = await daemon.ws();
		await join(ann, 'two');
		await join(ann, 'three');
		assertError(await answerTo(ann, { type: 'join', room: 'four' }), 'too_many_rooms');
		assert.equal((await join(ann, 'two')).room, 'two');
		ann.sendJson({ type: 'leave', room: 'two' });
		assert.equal((await join(ann, 'four')).room, 'four');
	}));

const hostileRooms = [
	'a/b', '/', '../etc', ' ', ' ops', 'ops ', 'o  ps', 'o\u200bps', '\u202eops', '\u00ad', '\ufeff',
	'o\u0085ps', 'r'.repeat(65), '房'.repeat(22),
];

test('a bad room name is refused in a join and a message, and in the handshake with a JSON body', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws();
		for (const room of [...hostileRooms, 'o\nps', 'o\x01ps', 'r'.repeat(10_000)]) {
			for (const type of ['join', 'message', 'history', 'leave'])
				assertError(await answerTo(ann, { type, room }), 'bad_room');
		}
		for (const room of hostileRooms.map(encodeURIComponent))
			assert.equal(await refusalOf(daemon, `/ws?room=${room}`), '400 bad_room', room);
		assert.equal(await refusalOf(daemon, '/ws?format=xml'), '400 bad_format');
	}));

test('an overlong room or name in the query is refused', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const length of [100, 290, 298, 299, 300, 301, 400, 1_000, 3_000]) {
			const long = 'r'.repeat(length);
			assert.match(await refusalOf(daemon, `/ws?room=${long}`), /^400 bad_(room|query)$/, `${length}`);
			const client = await daemon.ws(`/ws?name=${long}`).catch((error) => {
				assert.equal(error.status, 400, `${length}`);
			});
			if (client)
				assertError(await client.nextJson(), 'bad_name');
		}
	}));

test('a room name may have 64 bytes and no more, unless configured', () =>
	withDaemon(noRateLimitWith('limits.room_bytes=100'), async (daemon) => {
		const ann = await daemon.ws();
		assert.equal((await join(ann, 'r'.repeat(100))).type, 'joined');
		assertError(await answerTo(ann, { type: 'join', room: 'r'.repeat(101) }), 'bad_room');
	}));

test('a line break in the query cannot inject a header', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const injected of [
			'%0aHost:%20foreign.example%0aX:%20', '%0d%0aHost:%20foreign.example%0d%0aX:%20',
			'%0aHTTP/1.1%20HTTP/1.1%0aHost:%20foreign.example%0aX:%20',
		]) {
			for (const at of [`/ws?name=a${injected}`, `/ws${injected}`]) {
				const client = await connect(daemon);
				const response = await client.handshake(at, { Origin: 'http://foreign.example' });
				assert.ok(response.status >= 400, `${at} was answered by ${response.status}`);
				client.destroy();
			}
		}
	}));

test('a person in one room is not listed in another, and all rooms have the same epoch', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { joined: first } = await enter(daemon, 'room=a&name=ann');
		const { joined: second } = await enter(daemon, 'room=b&name=bob');
		assert.deepEqual(namesOf(first), ['ann']);
		assert.deepEqual(namesOf(second), ['bob']);
		assert.equal(first.epoch, second.epoch);
	}));

test('at every door each spelling of a room is the same room, called as it was first spelt', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const pushed = await push(daemon, 'Ops', 'one');
		assert.deepEqual([pushed.room, pushed.id], ['Ops', 1]);
		const { client: ann } = await enter(daemon, 'room=OPS&name=ann');
		const { stream, joined } = await enterStream(daemon, 'oPs', 'name=sse');
		assert.equal(joined.room, 'Ops');
		const first = await poll(daemon, 'ops', 'wait=0&name=pol');
		assert.equal(first.room, 'Ops');
		const line = await openTerminal(daemon);
		assert.match(await line.ask('/join OPS'), /^\* You are \S+ in Ops with /);
		await push(daemon, 'OpS', 'two');
		const isTwo = ({ message }) => message === 'two';
		for (const reader of [ann, { nextJson: () => stream.nextJson() }])
			assert.deepEqual(((message) => [message.room, message.id])((await until(reader, isTwo)).pop()), ['Ops', 2]);
		assert.ok((await line.drain()).includes('push: two'));
		// A poll goes on with its session, however it spells the room.
		const next = await poll(daemon, 'OPS', `wait=0&since=${first.since}&session=${first.you.session}`);
		assert.deepEqual([next.room, next.you.username, next.messages.map(({ id }) => id)], ['Ops', 'pol', [2]]);
		assert.equal((await expectJson(post(daemon, '/send/ops', { message: 'm', session: first.you.session }))).room, 'Ops');
		assert.equal((await expectJson(get(daemon, '/history/oPS'))).room, 'Ops');
		assert.equal((await expectJson(get(daemon, '/search/oPS?q=two'))).messages[0].id, 2);
		assert.equal((await push(daemon, 'ops', { type: 'metric', name: 'cpu', value: 1 })).room, 'Ops');
		assert.equal((await expectJson(get(daemon, '/metric/OPS?name=cpu'))).room, 'Ops');
		assert.equal((await expectJson(post(daemon, '/hooks/generic/ops', { text: 'm' }))).room, 'Ops');
		assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby', 'Ops']);
	}));
