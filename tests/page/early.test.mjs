// What the reader does before the modules are there that do it: they are loaded after the first messages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { createIfNew, holds, withPeople } from './people.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const NARROW = { viewport: { width: 375, height: 700 } };
const WIDE = { viewport: { width: 1280, height: 800 } };

// A person whose page has only what the first messages need, and a function that lets the rest through.
async function arriveEarly(arrive, viewport) {
	let letThrough;
	const held = new Promise((resolve) => {
		letThrough = resolve;
	});
	const ann = await arrive(viewport, (page) =>
		page.route('**/shell/surroundings.js', async (route) => {
			await held;
			await route.continue();
		}));

	await ann.join('Ann');
	return { ann, letThrough };
}

test('a room that is entered early is entered once that is possible, without a new page', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, letThrough } = await arriveEarly(arrive, WIDE);
		let loads = 0;
		ann.page.on('framenavigated', (frame) => {
			loads += frame.url().includes('?') ? 1 : 0;
		});
		await ann.page.fill('#room-field', 'ops');
		await ann.page.press('#room-field', 'Enter');
		// Elsewhere by then.
		await ann.say('hello');
		await ann.reads(['hello']);
		letThrough();
		await createIfNew(ann, 'ops');
		await ann.inRoom('ops');
		await holds(ann.page.locator('#room-field').first(), '');
		assert.equal(loads, 0);
	}));

for (const [button, panel, viewport] of [
	['#rooms-button', '#rooms:popover-open', NARROW],
	['#people-button', '#people:popover-open', NARROW],
	['#search-button', '#search-field', WIDE],
	['#picker-button', '#picker-search', WIDE],
]) {
	test(`a panel opens once it can, if ${button} was pressed early`, () =>
		withPeople(browser, [], async ({ arrive }) => {
			const { ann, letThrough } = await arriveEarly(arrive, viewport);
			await ann.page.click(button);
			await ann.page.click(button);
			letThrough();
			await ann.page.waitForSelector(panel);
		}));
}

test('a panel that was opened early does not open while the reader writes', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, letThrough } = await arriveEarly(arrive, NARROW);
		await ann.page.click('#people-button');
		await ann.page.focus('#text');
		letThrough();
		await ann.page.waitForFunction(() => document.getElementById('people-count').textContent === '1');
		assert.equal(await ann.page.isVisible('#people'), false);
	}));

test('what is written early is sent at once, commands are run and names are offered later', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, letThrough } = await arriveEarly(arrive, WIDE);
		await ann.say('first');
		await ann.say('second');
		await ann.reads(['first', 'second']);
		await ann.say('/nick Annie');
		await ann.page.fill('#text', 'and @');
		letThrough();
		await ann.page.waitForSelector('#completion:not([hidden])');
		await ann.page.locator('#me', { hasText: 'Annie' }).waitFor();
		await holds(ann.page.locator('#text').first(), 'and @');
	}));

test('a key that is pressed early does its work once it can', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, letThrough } = await arriveEarly(arrive, WIDE);
		await ann.page.keyboard.press('Control+k');
		letThrough();
		await ann.page.fill('#switcher-field', 'lobby');
		await ann.page.locator('#switcher-list [role=option]', { hasText: '#lobby' }).waitFor();
	}));
