// Mentions: what is one, whom the field offers, and what the reader learns of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { hide, holds, soon, withPeople } from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const marks = ({ page }) => page.locator('.message:last-child .mention').allTextContents();

test('a mention is the whole name of somebody who exists, in every form of name', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const names = ['bob', 'Ann Lee', '小明', '小明明', 'a.b', 'Zoé', 'bob-7'];
		const others = [];
		for (const name of names)
			others.push(await daemon.ws(`/ws?name=${encodeURIComponent(name)}`));
		await ann.join('Ann');
		await ann.page.waitForFunction((count) => document.querySelectorAll('#people-list li').length === count, names.length + 1);
		// The text, the mentions that are marked, and whether it is for Ann.
		const cases = [
			['@bob, @BOB! (@bob) and @bob\'s', ['@bob', '@BOB', '@bob', '@bob'], false],
			['@nobody @bobby @bob-8 @bob.x a@bob x/@bob @@bob', [], false],
			['@bob-7 @a.b. @a.', ['@bob-7', '@a.b'], false],
			['@ann lee is not @ann.', ['@ann lee', '@ann'], true],
			['@ann lee is another one', ['@ann lee'], false],
			['你好@小明明你好，@小明你好@ann你好', ['@小明明', '@小明', '@ann'], true],
			['@ZOÉ **@bob** _@bob_', ['@ZOÉ', '@bob', '@bob'], false],
			['everybody in @room, not in @roomy', ['@room'], true],
			['`@ann` https://example.org/?@ann', [], false],
			['> @ann said', ['@ann'], false],
		];
		// The first one loads what finds them.
		await say(others[0], 'hello @ann');
		await ann.page.locator('.message.for-me').waitFor();
		let rows = 1;
		for (const [text, marked, isForAnn] of cases) {
			await say(others[0], text);
			await ann.rows(++rows);
			await soon.deepEqual(() => marks(ann), marked, text);
			assert.equal(await ann.page.locator('.message:last-child').evaluate((row) => row.classList.contains('for-me')), isForAnn, text);
		}
		await Promise.all(others.map((one) => one.close()));
	}));

test('names of authors who have left are completed and marked, at the next visit, too, by any of their words', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const carol = await daemon.ws('/ws?name=Carol%20Otter');
		const dave = await daemon.ws('/ws?name=dave');
		await ann.join('Ann');
		await say(carol, 'I was here');
		await ann.rows(1);
		await carol.close();
		await ann.sees(['Ann', 'dave']);
		await ann.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/messages/mentions.js')));
		await ann.page.reload();
		await ann.online();
		const options = ann.page.locator('#completion:not([hidden]) [role="option"]');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('so @');
		await options.first().waitFor();
		// Who is here comes first.
		assert.deepEqual((await options.allTextContents()).map((text) => text.replace(/^[A-Z]{1,2}(?=[A-Za-z])/, '')), ['dave', 'Carol Otter', '@roomeverybody in this room']);
		await ann.page.keyboard.type('ott');
		await ann.page.keyboard.press('Enter');
		await holds(ann.page.locator('#text').first(), 'so @Carol Otter ');
		// A complete name needs no second Enter.
		await ann.page.keyboard.type('and @dave');
		await options.first().waitFor();
		await ann.page.keyboard.press('Enter');
		await ann.reads(['I was here', 'so @Carol Otter and @dave']);
		await soon.deepEqual(() => marks(ann), ['@Carol Otter', '@dave']);
		await dave.close();
	}));

test('mentions in rooms that the user has not joined are counted, notified of, and where the user begins who enters', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		await say(bob, 'long ago @ann');
		const ann = await arrive({}, (page) =>
			page.addInitScript(() => {
				localStorage['linnet.notify'] = 'yes';
				window.calls = [];
				window.Notification = class extends EventTarget {
					static permission = 'granted';
					constructor(title, { body }) {
						super();
						window.calls.push([title, body]);
					}
					close() {}
				};
			}),
		);
		await ann.join('Ann');
		// The first look is done: what was said before does not count.
		await ann.page.waitForFunction(() => localStorage.getItem('linnet.looked')?.includes('ops'));
		assert.equal(await ann.page.title(), 'lobby · Linnet');
		await say(bob, 'to nobody');
		await say(bob, 'look, @ann');
		await say(bob, 'and you, @room');
		await say(bob, 'the last one');
		// The page asks for the list of rooms whenever it is hidden or shown.
		await hide(ann, false);
		await ann.page.waitForFunction(() => document.title === '(@2 · 2) lobby · Linnet');
		// And after each connect, hidden or not.
		await hide(ann, true);
		await say(bob, '@ann again');
		await ann.page.evaluate(() => dispatchEvent(new Event('offline')));
		await ann.page.waitForFunction(() => document.title === '(@3 · 3) lobby · Linnet');
		await ann.page.waitForFunction(() => JSON.stringify(window.calls) === '[["bob in ops","@ann again"]]');
		await ann.page.reload();
		await ann.page.waitForFunction(() => document.title === '(@3 · 3) lobby · Linnet');
		await ann.page.locator('#others-list').getByRole('img', { name: '3 mentions', exact: true }).waitFor();
		await ann.page.locator('#others-list .room-button', { hasText: 'ops' }).click();
		await ann.inRoom('ops');
		await ann.page.locator('.unread-line + .message', { hasText: 'look, @ann' }).waitFor();
		await ann.page.waitForFunction(() => document.title === 'ops · Linnet');
		await bob.close();
	}));
