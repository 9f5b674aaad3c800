// The keys that work everywhere in the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { choose, enterRoom, hide, holds, shows, soon, unread, withPeople } from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const focusIs = ({ page }, selector) =>
	page.waitForFunction((wanted) => document.activeElement.matches(wanted), selector);
const offered = ({ page }) => page.$$eval('#switcher-list bdi', (all) => all.map(({ textContent }) => textContent));

test('Ctrl+K finds rooms, people and views by a part of their name, and searches', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=Bob');
		await say(bob, { message: 'a needle', room: 'ops' });
		const ann = await arrive();
		const { keyboard } = ann.page;
		await ann.join('Ann');
		await say(bob, 'here');
		await ann.reads(['here']);
		await ann.page.locator('#others-list .room-name', { hasText: 'ops' }).waitFor();
		// The first press of all loads what it needs.
		await keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		await soon.deepEqual(() => offered(ann), ['ops', 'Live', 'Logs', 'Keyboard shortcuts']);
		await keyboard.type('op');
		await soon.deepEqual(() => offered(ann), ['ops', 'Search for “op”']);
		await shows(ann.page.locator('#switcher-list [aria-selected="true"]'), '#ops');
		await keyboard.press('Enter');
		await ann.inRoom('ops');
		await focusIs(ann, '#text');
		// A person: the card, from which the message field can address them.
		await keyboard.type('hello');
		await keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		await keyboard.type('@b');
		await soon.deepEqual(() => offered(ann), ['Bob', 'Search for “@b”']);
		await keyboard.press('Enter');
		const card = ann.page.getByRole('dialog', { name: 'Bob' });
		await card.getByText('Here now').waitFor();
		await keyboard.press('Escape');
		await card.waitFor({ state: 'hidden' });
		await focusIs(ann, '#text');
		await keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		await keyboard.type('@b');
		await soon.deepEqual(() => offered(ann), ['Bob', 'Search for “@b”']);
		await keyboard.press('Enter');
		await card.getByText('Here now').waitFor();
		await keyboard.press('Enter');
		await holds(ann.page.locator('#text').first(), 'hello @Bob ');
		// A view, by the arrow keys, and back by a search.
		await keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		await keyboard.press('ArrowDown');
		await keyboard.press('Enter');
		await ann.page.waitForSelector('#live:not([hidden])');
		await focusIs(ann, '#tab-live');
		await keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		await keyboard.type('needle');
		await keyboard.press('Enter');
		await ann.page.locator('.search-list button', { hasText: 'a needle' }).waitFor();
		await holds(ann.page.locator('#search-field').first(), 'needle');
		await keyboard.press('ArrowDown');
		await keyboard.press('Enter');
		await ann.page.waitForFunction(() => location.hash === '#/room/ops/1');
		await ann.page.locator('.message.found', { hasText: 'a needle' }).waitFor();
		// Escape closes it and returns the focus.
		await ann.page.focus('#text');
		await keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		await keyboard.press('Escape');
		await focusIs(ann, '#text');
		await bob.close();
	}));

test('Alt with the arrow keys leads to the next room, with Shift to the next unread one', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await enterRoom(ann, 'dev');
		await keyboard.press('Alt+ArrowUp');
		await ann.inRoom('ops');
		await keyboard.press('Alt+ArrowUp');
		await ann.inRoom('lobby');
		await keyboard.press('Alt+ArrowUp');
		await ann.inRoom('dev');
		await keyboard.press('Alt+ArrowDown');
		await ann.inRoom('lobby');
		const bob = await daemon.ws('/ws?room=dev&name=bob');
		await say(bob, 'unread');
		await unread(ann, 'dev', '1');
		await keyboard.press('Alt+Shift+ArrowDown');
		await ann.inRoom('dev');
		// Nothing else is unread.
		await keyboard.press('Alt+Shift+ArrowDown');
		await shows(ann.page.locator('#room-title').first(), 'dev');
		await ann.page.goBack();
		await ann.inRoom('lobby');
		await bob.close();
	}));

test('F6 leads through the parts of the page, and what is typed anywhere goes to the message field', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		const ways = ['#people *', '#bar *', '#rooms *', '.log, .log *', '#text'];
		await ann.join('Ann');
		await ann.say('hello');
		await ann.reads(['hello']);
		await ann.surrounded();
		await ann.sees(['Ann']);
		for (const region of ways) {
			await keyboard.press('F6');
			await focusIs(ann, region);
		}
		for (const region of ways.slice(0, -1).reverse()) {
			await keyboard.press('Shift+F6');
			await focusIs(ann, region);
		}
		for (const place of ['.room:not([inert]) .log', '.room-button', '#people-button']) {
			await ann.page.focus(place);
			await keyboard.type('typed?');
			await focusIs(ann, '#text');
			await holds(ann.page.locator('#text').first(), 'typed?');
			await ann.page.fill('#text', '');
		}
		// Not from another field, and not in another view.
		await ann.page.focus('#room-field');
		await keyboard.type('x');
		await focusIs(ann, '#room-field');
		await ann.page.click('#tab-live');
		await keyboard.type('x');
		await focusIs(ann, '#tab-live');
		await holds(ann.page.locator('#text').first(), '');
		for (const region of ['#live > main', '#bar *']) {
			await keyboard.press('F6');
			await focusIs(ann, region);
		}
	}));

test('the list of rooms and the list of people are one tab stop each, and the arrow keys walk them', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		const name = () => ann.page.evaluate(() => document.activeElement.querySelector('bdi')?.textContent ?? document.activeElement.className);
		const bob = await daemon.ws('/ws?name=Bob');
		await say(bob, { message: 'x', room: 'other' });
		await ann.join('Ann');
		for (const room of ['ops', 'dev', 'home'])
			await enterRoom(ann, room);
		await ann.page.locator('#others-list .room-name', { hasText: 'other' }).waitFor();
		const stops = (list) => ann.page.$$eval(`${list} [tabindex="0"]`, (all) => all.map((one) => one.querySelector('bdi').textContent));
		await ann.page.waitForFunction(() => document.querySelector('#rooms-list [tabindex="0"]').textContent === 'home');
		assert.deepEqual(await stops('#rooms-list'), ['home']);
		assert.deepEqual(await stops('#others-list'), ['other']);
		// The first press loads what walks.
		await ann.page.focus('#rooms-list [tabindex="0"]');
		await keyboard.press('ArrowDown');
		await focusIs(ann, '#others-list button');
		await keyboard.press('ArrowUp');
		const seen = [];
		for (const key of ['ArrowUp', 'ArrowRight', 'ArrowLeft', 'Home', 'ArrowUp', 'End', 'ArrowUp']) {
			await keyboard.press(key);
			seen.push(await name());
		}
		assert.deepEqual(seen, ['dev', 'round more', 'dev', 'lobby', 'lobby', 'other', 'home']);
		await keyboard.press('ArrowUp');
		await keyboard.press('Enter');
		await ann.inRoom('dev');
		await ann.page.waitForFunction(() => document.querySelector('#rooms-list [tabindex="0"]').textContent === 'dev');
		await choose(ann, 'lobby');
		await ann.sees(['Ann', 'Bob']);
		assert.deepEqual(await stops('#people-list'), ['Ann']);
		await ann.page.focus('#people-list [tabindex="0"]');
		await keyboard.press('ArrowDown');
		assert.equal(await name(), 'Bob');
		await bob.close();
	}));

test('Ctrl+K offers rooms with mentions first, joined or not, then unread ones', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');

		await say(bob, { message: 'first', room: 'ops' });
		await ann.join('Ann');
		await ann.page.locator('#others-list .room-name', { hasText: 'ops' }).waitFor();
		await enterRoom(ann, 'dev');
		await enterRoom(ann, 'den');
		await say(bob, { message: 'noise', room: 'dev' });
		await say(bob, { message: '@Ann look', room: 'ops' });
		// The page asks for the list of rooms.
		await hide(ann, false);
		await unread(ann, 'dev', '1');
		await ann.page.locator('#others-list .mentions').waitFor();
		await ann.page.keyboard.press('Control+k');
		await focusIs(ann, '#switcher-field');
		assert.deepEqual((await offered(ann)).slice(0, 3), ['ops', 'dev', 'lobby']);
		assert.deepEqual((await ann.page.locator('#switcher-list small').allTextContents()).slice(0, 3), [
			'1 mention',
			'1 unread message',
			'',
		]);
		await bob.close();
	}));

test('letters that are typed while the keys are still loading are not lost', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		let release;
		const isWanted = new Promise((resolve) => {
			release = resolve;
		});
		const ann = await arrive({}, (page) =>
			page.route(/\/shell\/keyboard\.js$/, async (route) => {
				await isWanted;
				await route.continue();
			}),
		);
		await ann.join('Ann');
		await ann.page.focus('.room:not([inert]) .log');
		await ann.page.keyboard.type('hello');
		release();
		await ann.page.waitForFunction(() => document.getElementById('text').value === 'hello');
		await focusIs(ann, '#text');
	}));

test('letters that are typed while the search is still loading are not a message', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		let release;
		const isWanted = new Promise((resolve) => {
			release = resolve;
		});
		const ann = await arrive({}, (page) =>
			page.route(/\/messages\/search\.js$/, async (route) => {
				await isWanted;
				await route.continue();
			}),
		);
		await ann.join('Ann');
		await ann.surrounded();
		await ann.page.focus('.room:not([inert]) .log');
		await ann.page.keyboard.type('h');
		await holds(ann.page.locator('#text'), 'h');
		await ann.page.fill('#text', '');
		await ann.page.click('#search-button');
		await ann.page.keyboard.type('secret');
		release();
		await focusIs(ann, '#search-field');
		await holds(ann.page.locator('#text'), '');
	}));

test('? shows the keys', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		await ann.join('Ann');
		await keyboard.type('?');
		await holds(ann.page.locator('#text').first(), '?');
		await ann.page.focus('.room:not([inert]) .log');
		await keyboard.press('?');
		const dialog = ann.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
		await dialog.waitFor();
		await shows(dialog, /Ctrl\+K/);
		await keyboard.press('Escape');
		await dialog.waitFor({ state: 'hidden' });
		await holds(ann.page.locator('#text').first(), '?');
	}));
