// Several rooms in one page: each has its own log, scroll position, draft and people.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { join, say } from '../lib/chat.mjs';
import { eventually, temporaryFolder } from '../lib/daemon.mjs';
import {
	askForRoom, blockSockets, blockStreams, choose, createIfNew, enterRoom, hasRooms, hide, holds, leaveRoom, listsRooms, pauseClock,
	roomRow, shows, unread, withPeople, withRestarts,
} from './people.mjs';
import { createTap, withClock } from './wires.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

test('entering a name creates the room, and its messages stay in it', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await arrive();
		await ann.join('Ann');
		await bob.join('Bob');
		await enterRoom(ann, 'ops');
		await ann.say('only for ops');
		await ann.reads(['only for ops']);
		await enterRoom(bob, 'ops');
		await bob.reads(['only for ops']);
		await ann.sees(['Ann', 'Bob']);
		await choose(bob, 'lobby');
		await bob.say('to the lobby');
		await bob.reads(['to the lobby']);
		await ann.reads(['only for ops']);
		await unread(ann, 'lobby', '1');
		await ann.titled('(1) ops · Linnet');
		await choose(ann, 'lobby');
		await ann.reads(['to the lobby']);
		await unread(ann, 'lobby', '');
		await ann.page.waitForFunction(() => document.title === 'lobby · Linnet');
		await listsRooms(ann, ['lobby', 'ops']);
		await daemon.stop();
	}));

test('the rooms and their read positions are remembered for the next visit', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		const bob = await daemon.ws('/ws?room=ops&name=bob');
		await say(bob, 'first');
		await ann.reads(['first']);
		await choose(ann, 'lobby');
		await ann.page.goto('about:blank');
		await say(bob, 'second');
		await say(bob, 'third');
		await ann.page.goto(daemon.url);
		await ann.online();
		await ann.inRoom('lobby');
		await unread(ann, 'ops', '2');
		await choose(ann, 'ops');
		await ann.reads(['first', 'second', 'third']);
		const order = await ann.page.$$eval('.room:not([inert]) .log > :is(.message, .unread-line)', (rows) =>
			rows.map((row) => row.querySelector('.text')?.textContent ?? row.textContent),
		);
		assert.deepEqual(order, ['first', 'New', 'second', 'third']);
		await bob.close();
	}));

test('19 after a restart every room resumes, over one connection', () =>
	withRestarts(browser, [NO_RATE_LIMIT], async ({ server, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		const before = await server.daemon.ws('/ws?room=ops&name=bob');
		await say(before, 'ops 1');
		await say(before, { message: 'lobby 1', room: 'lobby' });
		await ann.reads(['ops 1']);
		await unread(ann, 'lobby', '1');
		await server.kill();
		tap.sent.length = 0;
		await server.start();
		const bob = await server.daemon.ws('/ws?room=ops&name=bob');
		await say(bob, 'ops 2');
		await say(bob, { message: 'lobby 2', room: 'lobby' });
		await ann.online();
		await ann.reads(['ops 1', 'ops 2']);
		await unread(ann, 'lobby', '2');
		await choose(ann, 'lobby');
		await ann.reads(['lobby 1', 'lobby 2']);
		const joins = tap.sent.filter(({ type }) => type === 'join');
		assert.deepEqual(joins.map(({ room }) => room).sort(), ['lobby', 'ops']);
		assert.ok(joins.every(({ since }) => /^\w+:1$/.test(since)), JSON.stringify(joins));
		await bob.close();
	}));

test('each room has its own draft, and an unsent message stays with its room', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await ann.page.fill('#text', 'draft for ops');
		await choose(ann, 'lobby');
		await holds(ann.page.locator('#text').first(), '');
		tap.holdSent = ({ message }) => Boolean(message);
		await ann.say('for the lobby');
		await choose(ann, 'ops');
		await holds(ann.page.locator('#text').first(), 'draft for ops');
		tap.release();
		const bob = await daemon.ws('/ws?name=bob');
		await choose(ann, 'lobby');
		await ann.reads(['for the lobby']);
		await ann.page.reload();
		await ann.online();
		await choose(ann, 'ops');
		await holds(ann.page.locator('#text').first(), 'draft for ops');
		await bob.close();
	}));

test('a room that is left stays left, and its neighbour is shown', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		const bob = await daemon.ws('/ws?room=ops&name=bob&events=1');
		await bob.nextJson();
		await say(bob, 'this makes the room');
		await leaveRoom(ann, 'ops');
		await ann.inRoom('lobby');
		assert.equal((await bob.nextJson()).event, 'leave');
		await listsRooms(ann, ['lobby']);
		await ann.page.reload();
		await ann.online();
		await listsRooms(ann, ['lobby']);
		// The last room has no choice to leave it.
		await roomRow(ann, 'lobby').locator('.more').click();
		await ann.page.getByRole('menuitem', { name: 'Mute' }).waitFor();
		assert.equal(await ann.page.getByRole('menuitem', { name: 'Leave' }).count(), 0);
		await ann.page.keyboard.press('Escape');
		// The list of other rooms offers it again.
		await ann.page.locator('#others-list .room-button', { hasText: 'ops' }).click();
		await ann.inRoom('ops');
		await ann.sees(['Ann', 'bob']);
		await bob.close();
	}));

test('a new room is offered to others once somebody has written there', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const [ann, bob] = [await arrive(), await arrive()];
		const offered = () => bob.page.locator('#others-list .room-name').allTextContents();
		const look = async () => {
			await hide(bob, true);
			const listed = bob.page.waitForResponse(/\/rooms$/);
			await hide(bob, false);
			await (await listed).finished();
		};
		await ann.join('Ann');
		await bob.join('Bob');
		await enterRoom(ann, 'den');
		await look();
		assert.deepEqual(await offered(), []);
		await ann.say('now it is one');
		await ann.reads(['now it is one']);
		await look();
		await eventually(async () => assert.deepEqual(await offered(), ['den']), 'the new room');
	}));

for (const [locale, words] of Object.entries({ 'en-GB': /there are too many rooms/, 'zh-CN': /房间太多了/ })) {
	test(`a message that would make one room too many is kept, and the page says why (${locale})`, () =>
		withPeople(browser, [NO_RATE_LIMIT, 'chat.max_rooms=1'], async ({ daemon, arrive }) => {
			const ann = await arrive({ locale });
			await ann.join('Ann');
			await enterRoom(ann, 'den');
			await ann.say('hello den');
			await ann.page.locator('.room:not([inert]) .message', { hasText: words }).waitFor();
			await listsRooms(ann, ['lobby', 'den']);
			const bob = await daemon.ws('/ws?room=den');
			assert.equal((await join(bob, 'den')).last_id, 0);
			await bob.close();
		}));
}

for (const kind of ['socket', 'stream', 'poll']) {
	test(`the page is told when a room gets another history and goes on there (${kind})`, () => {
		const folder = temporaryFolder();
		const file = path.join(folder, 'linnet.cfg');
		const log = path.join(folder, 'den.log');
		writeFileSync(file, '');
		writeFileSync(log, 'a line\n');
		return withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
			const reloads = () => daemon.log.filter((line) => line === 'reloaded').length;
			const reload = async (text) => {
				const before = reloads();
				writeFileSync(file, text);
				daemon.signal('SIGHUP');
				await eventually(() => assert.equal(reloads(), before + 1), 'the reload');
			};
			const ann = await arrive({}, async (page) => {
				if (kind !== 'socket')
					await blockSockets(page);
				if (kind === 'poll')
					await blockStreams(page);
			});
			const notes = ann.page.locator('.room:not([inert]) .gap', { hasText: 'another history' });
			const bob = await daemon.ws('/ws?name=bob');

			await ann.join('Ann');
			await say(bob, { message: 'one', room: 'den' });
			await enterRoom(ann, 'den');
			await ann.reads(['one']);
			await reload(`tails = ( { room = "den"; path = "${log}"; } );\n`);
			await eventually(async () => assert.equal(await notes.count(), 1), 'the first note');
			await reload('');
			await eventually(async () => assert.equal(await notes.count(), 2), 'the second note');
			await ann.say('two');
			await say(bob, { message: 'three', room: 'den' });
			await eventually(async () => {
				const texts = await ann.page.locator('.room:not([inert]) .message .text').allTextContents();
				assert.deepEqual(texts.slice(-2).sort(), ['three', 'two']);
			}, 'the new messages');
			await bob.close();
		}, { args: ['-c', file] });
	});
}

test('a room that the server refuses is explained and not retried', () =>
	withPeople(browser, ['chat.create_rooms=false'], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.fill('#room-field', 'secret');
		await ann.page.press('#room-field', 'Enter');
		await ann.page.getByRole('button', { name: 'Create' }).click();
		await ann.page.locator('.room:not([inert]) .system', { hasText: /Cannot join .*secret/ }).waitFor();
		await ann.inRoom('lobby');
		await listsRooms(ann, ['lobby']);
		await ann.page.fill('#room-field', 'a/b');
		await ann.page.press('#room-field', 'Enter');
		await shows(ann.page.locator('#room-fault').first(), /slash/);
	}));

test('on a phone the rooms are a drawer that the keyboard can reach and Escape closes', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({ viewport: { width: 375, height: 700 } });
		await ann.join('Ann');
		assert.equal(await ann.page.isVisible('#rooms'), false);
		await ann.page.focus('#rooms-button');
		await ann.page.keyboard.press('Enter');
		await ann.page.waitForSelector('#rooms:popover-open');
		await ann.page.waitForFunction(() => document.activeElement.textContent === 'lobby');
		await ann.page.keyboard.press('Escape');
		await ann.page.waitForSelector('#rooms', { state: 'hidden' });
		assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'rooms-button');
		await ann.page.keyboard.press('Enter');
		// The current room has the focus first.
		await ann.page.waitForFunction(() => document.activeElement.textContent === 'lobby');
		await ann.page.fill('#room-field', 'ops');
		await ann.page.press('#room-field', 'Enter');
		await createIfNew(ann, 'ops');
		await ann.inRoom('ops');
		await ann.page.waitForSelector('#rooms', { state: 'hidden' });
		assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'text');
	}));

test('a user who has left the first room is not in it on the next visit', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await leaveRoom(ann, 'lobby');
		await listsRooms(ann, ['ops']);
		await ann.page.reload();
		await ann.online();
		await ann.inRoom('ops');
		const { users } = await join(await daemon.ws('/ws?name=bob'), 'lobby');
		assert.deepEqual(users.map(({ username }) => username), ['bob']);
		const ops = await join(await daemon.ws('/ws?name=eve'), 'ops');
		assert.deepEqual(ops.users.map(({ username }) => username).sort(), ['Ann', 'eve']);
		await choose(ann, 'ops');
		await listsRooms(ann, ['ops']);
	}));

test('a room is entered even if a message arrives elsewhere during the press', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await enterRoom(ann, 'den');
		const bob = await daemon.ws('/ws?name=bob');
		await ann.page.locator('#rooms-list .room-button', { hasText: 'lobby' }).hover();
		await ann.page.mouse.down();
		await say(bob, { message: 'in ops', room: 'ops' });
		await ann.page.waitForFunction(() => document.title === '(1) den · Linnet');
		await ann.page.mouse.up();
		await ann.inRoom('lobby');
		await unread(ann, 'ops', '1');
		await bob.close();
	}));

test('leaving a room before its join is answered does not affect the other rooms', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const bob = await daemon.ws('/ws?room=ops&name=bob&events=1');
		await bob.nextJson();
		await ann.join('Ann');
		await ann.say('in the lobby');
		await ann.reads(['in the lobby']);
		tap.holdReceived = ({ type, room }) => type === 'joined' && room === 'ops';
		await askForRoom(ann, 'ops');
		assert.equal((await bob.nextJson()).event, 'enter');
		await leaveRoom(ann, 'ops');
		await ann.inRoom('lobby');
		tap.release();
		assert.equal((await bob.nextJson()).event, 'leave');
		await listsRooms(ann, ['lobby']);
		await ann.reads(['in the lobby']);
		await bob.close();
	}));

test('an unsent message of a room is there when the room is entered again', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, withClock(tap));
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await pauseClock(ann);
		await tap.hangUp();
		await ann.state('waiting');
		await ann.say('from the tunnel');
		await leaveRoom(ann, 'ops');
		await ann.headed('lobby');
		await askForRoom(ann, 'ops');
		await ann.page.locator('.room:not([inert]) .pending').waitFor();
		await ann.page.clock.resume();
		await ann.reads(['from the tunnel']);
	}));

test('rooms entered in another tab are remembered too', () =>
	withPeople(browser, [], async ({ arrive, openTab }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const tab = await openTab(ann);
		await enterRoom(tab, 'den');
		await enterRoom(ann, 'ops');
		await choose(ann, 'lobby');
		await ann.page.reload();
		await ann.online();
		await hasRooms(ann, ['den', 'lobby', 'ops']);
		// Rooms that were left are not.
		await leaveRoom(ann, 'ops');
		await ann.page.reload();
		await ann.online();
		await hasRooms(ann, ['den', 'lobby']);
	}));

for (const [what, prepare] of [
	['is full', () => {
		Storage.prototype.setItem = () => {
			throw new DOMException('It is full.', 'QuotaExceededError');
		};
	}],
	['is forbidden', () =>
		Object.defineProperty(window, 'localStorage', {
			get() {
				throw new DOMException('It is forbidden.', 'SecurityError');
			},
		})],
]) {
	test(`if storage ${what}, a draft still stays with its room`, () =>
		withPeople(browser, [], async ({ arrive }) => {
			const ann = await arrive({}, (page) => page.addInitScript(prepare));
			await ann.join('Ann');
			await enterRoom(ann, 'ops');
			await ann.page.fill('#text', 'half a thought');
			await choose(ann, 'lobby');
			await holds(ann.page.locator('#text').first(), '');
			await choose(ann, 'ops');
			await holds(ann.page.locator('#text').first(), 'half a thought');
			await ann.say('a whole one');
			await ann.reads(['a whole one']);
			await choose(ann, 'lobby');
			await choose(ann, 'ops');
			await holds(ann.page.locator('#text').first(), '');
		}));
}

test('a room that is entered in another spelling is the room of the server', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const talker = await daemon.ws('/ws?room=ops');
		const ann = await arrive();
		await ann.join('Ann');
		await say(talker, { message: 'one' });
		await ann.page.fill('#room-field', 'OPS');
		await ann.page.press('#room-field', 'Enter');
		await ann.inRoom('ops');
		await listsRooms(ann, ['lobby', 'ops']);
		await say(talker, { message: 'two' });
		await ann.reads(['one', 'two']);
		// The stored spelling may be that of a room that was deleted since.
		await ann.page.evaluate(() => {
			localStorage.setItem('linnet.room', 'Ops');
			localStorage.removeItem('linnet.joined.ops');
			localStorage.setItem('linnet.joined.Ops', '1');
		});
		await ann.page.reload();
		await listsRooms(ann, ['lobby', 'ops']);
		await ann.say('three');
		await ann.reads(['one', 'two', 'three']);
	}));
