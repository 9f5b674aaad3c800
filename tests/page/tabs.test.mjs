// What the tabs of a browser share: the joined rooms, and how far each was read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { join, say } from '../lib/chat.mjs';
import { enterRoom, hide, leaveRoom, listsRooms, unread, withPeople } from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const stored = ({ page }, key) => page.evaluate((name) => localStorage.getItem(`linnet.${name}`), key);

test('a room that is joined or left in one tab is so in the others', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const tab = await openTab(ann);
		await listsRooms(tab, ['lobby']);
		await enterRoom(ann, 'ops');
		await listsRooms(tab, ['lobby', 'ops']);
		// Not only in the list: it hears what is said there.
		const bob = await daemon.ws('/ws?name=bob');
		await hide(ann, true);
		await say(bob, { message: 'in ops', room: 'ops' });
		await unread(tab, 'ops', '1');
		assert.equal(await tab.page.textContent('#room-title'), 'lobby');
		await hide(ann, false);
		await leaveRoom(ann, 'ops');
		await listsRooms(ann, ['lobby']);
		await listsRooms(tab, ['lobby']);
		const { users } = await join(bob, 'ops');
		assert.deepEqual(users.map(({ username }) => username), ['bob']);
		await tab.page.reload();
		await tab.online();
		await listsRooms(tab, ['lobby']);
		await bob.close();
	}));

test('rooms that two tabs join at once are all kept', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive, openTab }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const tab = await openTab(ann);
		const rooms = Array.from({ length: 6 }, (_, n) => `room-${n}`);
		// By the address, which asks nothing.
		const go = ({ page }, all) =>
			page.evaluate(async (names) => {
				for (const name of names) {
					location.hash = `#/room/${name}`;
					await new Promise(requestAnimationFrame);
				}
			}, all);
		await Promise.all([go(ann, rooms.slice(0, 3)), go(tab, rooms.slice(3))]);
		for (const one of [ann, tab])
			await one.page.waitForFunction(() => document.querySelectorAll('#rooms-list .room-name').length === 7);
		await ann.page.reload();
		await ann.online();
		await ann.page.waitForFunction(() => document.querySelectorAll('#rooms-list .room-name').length === 7);
	}));

test('what is read in one tab is read in the others', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		const tab = await openTab(ann);
		await hide(ann, true);
		await hide(tab, true);
		for (const text of ['one', 'two', '@Ann three'])
			await say(bob, text);
		await say(bob, { message: 'in ops', room: 'ops' });
		await ann.titled('(@1 · 4) ops · Linnet');
		await tab.titled('(@1 · 4) ops · Linnet');
		await hide(tab, false);
		await tab.titled('(@1 · 3) ops · Linnet');
		await ann.titled('(@1 · 3) ops · Linnet');
		await tab.page.locator('#rooms-list .room-button', { hasText: 'lobby' }).click();
		await tab.titled('lobby · Linnet');
		await ann.titled('ops · Linnet');
		await unread(ann, 'lobby', '');
		// Who comes back finds no line and no pills about what was read elsewhere.
		await hide(ann, false);
		assert.equal(await ann.page.locator('.room:not([inert]) .unread-line').count(), 0);
		assert.equal(await ann.page.locator('.room:not([inert]) .unread-pills:not([hidden])').count(), 0);
		await bob.close();
	}));

test('of two positions that are written at once the farther one is kept', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		for (const text of ['one', 'two', 'three'])
			await say(bob, text);
		await ann.reads(['one', 'two', 'three']);
		await ann.page.waitForFunction(() => localStorage.getItem('linnet.read.lobby')?.endsWith(':3'));
		const tab = await openTab(ann);
		await tab.page.locator('.room-button').first().waitFor();
		const last = await stored(ann, 'read.lobby');
		await tab.page.evaluate((value) => localStorage.setItem('linnet.read.lobby', value.replace(':3', ':1')), last);
		await ann.page.waitForFunction((value) => localStorage.getItem('linnet.read.lobby') === value, last);
		await bob.close();
	}));

test('rooms that an earlier version has kept are joined, in their order', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive({}, (page) =>
			page.addInitScript(() => {
				localStorage['linnet.rooms'] = '["den","a \\"quoted\\" one","lobby"]';
				localStorage['linnet.room'] = 'lobby';
			}));
		await ann.join('Ann');
		await listsRooms(ann, ['den', 'a "quoted" one', 'lobby']);
		await ann.page.reload();
		await ann.online();
		await listsRooms(ann, ['den', 'a "quoted" one', 'lobby']);
	}));
