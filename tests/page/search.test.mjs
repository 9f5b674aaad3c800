// The search, jumping to a result, and the marks for unread messages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { hide, shows, withPeople } from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

test('a search result opens at its place however old it is, and one press leads back to the newest', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 400, { textOf: (n) => (n === 120 ? 'the needle is here' : `hay ${n}`) });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.getByText('hay 400', { exact: true }).waitFor();
		await ann.page.click('#search-button');
		await ann.page.waitForSelector('#search-field');
		await ann.page.fill('#search-field', 'needle');
		await ann.page.locator('.search-list button').waitFor();
		await shows(ann.page.locator('.search-state').first(), '1 message');
		await ann.page.press('#search-field', 'ArrowDown');
		await ann.page.keyboard.press('Enter');
		const hit = ann.page.locator('.message.found');
		await hit.waitFor();
		await shows(hit.locator('.text'), 'the needle is here');
		assert.ok(await hit.evaluate((row) => {
			const { top, bottom } = row.getBoundingClientRect();
			const log = row.closest('.log').getBoundingClientRect();
			return top >= log.top && bottom <= log.bottom;
		}));
		assert.equal(await ann.page.isVisible('#search'), false);
		await ann.page.locator('.jump').click();
		await ann.page.getByText('hay 400', { exact: true }).waitFor();
		await ann.page.click('#search-button');
		await ann.page.fill('#search-field', 'nothing of the kind');
		await ann.page.locator('.search-state').getByText('No messages found.').waitFor();
		await ann.page.keyboard.press('Escape');
		assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'search-button');
		await bob.close();
	}));

test('a search that took too long says so, also when it has found nothing', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		// A phrase that is nearly everywhere, but nowhere.
		await sayMany(bob, 600, { textOf: () => 'a b '.repeat(4_000) });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.click('#search-button');
		await ann.page.waitForSelector('#search-field');
		await ann.page.fill('#search-field', `${'a-b-'.repeat(63)}b`);
		await ann.page.locator('.search-state').getByText('The search took too long. Older messages were not searched.').waitFor();
		await bob.close();
	}));

test('9 a line marks the messages that came while the page was hidden, and the title counts them', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await say(bob, 'seen');
		await ann.rows(1);
		await hide(ann, true);
		await say(bob, 'one');
		await say(bob, 'two');
		await ann.rows(3);
		await ann.page.waitForFunction(() => document.title === '(2) lobby · Linnet');
		await hide(ann, false);
		assert.equal(await ann.page.title(), 'lobby · Linnet');
		const order = () => ann.page.$$eval('.log > :is(.message, .unread-line)', (rows) => rows.map((row) => row.querySelector('.text')?.textContent ?? '---'));
		assert.deepEqual(await order(), ['seen', '---', 'one', 'two']);
		await hide(ann, true);
		await say(bob, 'three');
		await ann.page.waitForFunction(() => document.title === '(1) lobby · Linnet');
		assert.deepEqual(await order(), ['seen', 'one', 'two', '---', 'three']);
		await bob.close();
	}));
