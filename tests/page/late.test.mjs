// Files that are loaded late: they are loaded once the server can be reached, and do not disturb a user who
// has continued writing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { sayMany } from '../lib/chat.mjs';
import { enterRoom, holds, soon, withPeople, withRestarts } from './people.mjs';
import { push } from './pushes.mjs';
import { createTap } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Holds this file back. "asked" resolves when the page requests it, with a function that lets it through.
async function hold({ page }, glob) {
	let isAsked;
	const asked = new Promise((resolve) => {
		isAsked = resolve;
	});

	await page.route(glob, (route) => isAsked(() => route.continue()));
	return { asked };
}

// Waits for what the page loads by itself after joining.
const isQuiet = ({ page }) =>
	page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/card.css')));

const isFocused = ({ page }, id) => page.evaluate((wanted) => document.activeElement.id === wanted, id);

// Waits until the style sheet applies and the page has reacted to it.
const styleApplied = ({ page }, sheet) =>
	page.waitForFunction(
		(name) =>
			Array.from(document.styleSheets).some(({ href }) => href?.endsWith(name)) &&
			new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0, true))),
		sheet,
	);

test('a part whose texts failed to load works once the server can be reached again', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		// The page asks for them by itself soon.
		await ann.page.route('**/later-en.js*', (route) => route.abort('connectionrefused'), { times: 1 });
		const failed = ann.page.waitForEvent('requestfailed', (request) => request.url().includes('/later-en.js'));
		await ann.page.reload();
		await ann.online();
		await ann.page.click('#search-button');
		await failed;
		await ann.page.waitForSelector('#search-field');
		assert.ok(await isFocused(ann, 'search-field'));
	}));

test('a style sheet that failed to load is loaded later', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.route('**/search.css', (route) => route.abort('connectionrefused'), { times: 1 });
		await ann.page.click('#search-button');
		await ann.page.waitForFunction(() => {
			const panel = document.getElementById('search');
			return panel && getComputedStyle(panel).position === 'absolute';
		});
	}));

test('a view is not visible before its style sheet, and says until then that it loads', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		for (const [tab, sheet, part] of [['live', 'tiles.css', '.live-none'], ['logs', 'logs.css', '.logs-notice']]) {
			const { asked } = await hold(ann, `**/${sheet}`);
			await ann.page.click(`#tab-${tab}`);
			const letThrough = await asked;
			await soon.equal(() => ann.page.locator(part).count(), 0);
			const loading = ann.page.locator('.app > .loading');
			await loading.waitFor();
			await letThrough();
			await ann.page.locator(part).waitFor();
			await loading.waitFor({ state: 'hidden' });
		}
	}));

test('a tag stays a word if its emoji cannot be loaded', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.route('**/emoji.js', (route) => route.abort('connectionrefused'));
		const failed = ann.page.waitForEvent('requestfailed', (request) => request.url().endsWith('/emoji.js'));
		await push(daemon, { message: 'done', tags: ['tada'] });
		await failed;
		await ann.page.locator('.tag').getByText('tada', { exact: true }).waitFor();
		await ann.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
	}));

test('a part is not requested while the server is down, and loads afterwards', () =>
	withRestarts(browser, [], async ({ server, arrive }) => {
		const ann = await arrive();
		const asked = [];
		await ann.join('Ann');
		await isQuiet(ann);
		ann.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await server.kill();
		await ann.state('waiting');
		for (const id of ['search-button', 'picker-button']) {
			const failed = ann.page.waitForEvent('requestfailed', (request) => request.method() === 'HEAD');
			await ann.page.click(`#${id}`);
			await failed;
		}
		assert.deepEqual(asked.filter((path) => path.endsWith('.js')), []);
		await server.start();
		await ann.online();
		await ann.page.click('#search-button');
		await ann.page.waitForSelector('#search-field');
		await ann.page.click('#picker-button');
		await ann.page.waitForSelector('#picker-search');
	}));

for (const [what, button, file, sheet, panel] of [
	['the search', 'search-button', 'search.js', 'search.css', '#search'],
	['an emoji picker', 'picker-button', 'emoji-picker.js', 'choices.css', '#picker'],
	['a name form', 'me', 'profile.js', 'profile.css', '#profile'],
]) {
	test(`${what} that loads late does not open while the user is writing, but at the next press`, () =>
		withPeople(browser, [], async ({ arrive }) => {
			const ann = await arrive();
			await ann.join('Ann');
			await ann.page.reload();
			await ann.online();
			const { asked } = await hold(ann, `**/${file}`);
			await ann.page.click(`#${button}`);
			const letThrough = await asked;
			await ann.page.focus('#text');
			await ann.page.keyboard.type('as I said');
			await letThrough();
			await styleApplied(ann, sheet);
			await ann.page.keyboard.type(' before');
			await holds(ann.page.locator('#text').first(), 'as I said before');
			assert.equal(await ann.page.isVisible(panel), false);
			await ann.page.click(`#${button}`);
			await ann.page.waitForSelector(panel);
		}));
}

test('what is typed while the search loads is looked for', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const field = ann.page.locator('#search-field');
		await ann.join('Ann');
		await ann.surrounded();
		const { asked } = await hold(ann, '**/search.js');
		await ann.page.click('#search-button');
		const letThrough = await asked;
		await ann.page.keyboard.type('disk f');
		await letThrough();
		await field.waitFor();
		await holds(field, 'disk f');
		await ann.page.keyboard.type('ull');
		await holds(field, 'disk full');
		await holds(ann.page.locator('#text'), '');
	}));

test('names that load late are offered only if the user still writes one', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await arrive();
		await ann.join('Ann');
		const { asked } = await hold(ann, '**/completion.js');
		await ann.page.locator('#text').pressSequentially('@b');
		const letThrough = await asked;
		await ann.page.focus('#search-button');
		await letThrough();
		await styleApplied(ann, 'choices.css');
		assert.equal(await ann.page.isVisible('#completion'), false);
		await ann.page.focus('#text');
		await ann.page.keyboard.type('o');
		await ann.page.waitForSelector('#completion li');
		await bob.close();
	}));

test('a message waiting for its emoji is not sent to another room, and not held for ever', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'den');
		await ann.page.fill('#text', 'half a thought');
		await enterRoom(ann, 'lobby');
		const { asked } = await hold(ann, '**/shortcodes.js');
		await ann.say('for the lobby :tada:');
		await asked;
		await enterRoom(ann, 'den');
		await holds(ann.page.locator('#text').first(), 'half a thought');
		// The page has given up waiting for the lobby's message by now, and starts anew for this one.
		await ann.say('over :here: then');
		await ann.reads(['over :here: then']);
		await enterRoom(ann, 'lobby');
		await holds(ann.page.locator('#text').first(), 'for the lobby :tada:');
		await ann.page.press('#text', 'Enter');
		// It was sent with its code, which the log shows as an emoji.
		await ann.reads(['for the lobby 🎉']);
	}));

test('a search result is shown also while older messages are loading', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const tap = createTap();
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 400, { textOf: (n) => (n === 120 ? 'the needle is here' : `hay ${n}`) });
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await ann.page.getByText('hay 400', { exact: true }).waitFor();
		await ann.page.click('#search-button');
		await ann.page.fill('#search-field', 'needle');
		await ann.page.locator('.search-list button').waitFor();
		tap.holdReceived = ({ type }) => type === 'history';
		await ann.page.$eval('.log', (log) => log.scrollTo(0, 0));
		await ann.page.waitForFunction(() => !document.querySelector('.loading').hidden);
		await ann.page.click('.search-list button');
		await ann.page.waitForSelector('#search', { state: 'hidden' });
		tap.release();
		await ann.page.locator('.message.found').getByText('the needle is here').waitFor();
		await bob.close();
	}));

test('a part is not requested while a proxy answers that the server is down', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const asked = [];
		await ann.join('Ann');
		await isQuiet(ann);
		ann.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await ann.page.route('**/favicon.svg', (route) => route.fulfill({ status: 502 }), { times: 1 });
		const refused = ann.page.waitForEvent('response', (response) => response.status() === 502);
		await ann.page.click('#search-button');
		await refused;
		await ann.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
		assert.deepEqual(asked.filter((path) => path.endsWith('.js')), []);
		await ann.page.click('#search-button');
		await ann.page.waitForSelector('#search-field');
		// The browser itself logs this.
		assert.deepEqual(ann.faults.splice(0).filter((fault) => !/status of 502/.test(fault)), []);
	}));

test('the number of calls waiting for a part that cannot be loaded is limited', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const made = await ann.page.evaluate(async () => {
			const { createLazy } = await import('./base/lazy.js');
			const calls = [];
			let isThere = false;
			const use = createLazy(async () => {
				if (!isThere)
					throw new Error('It is not there.');
				return calls;
			});

			for (let number = 1; number <= 7000; number++)
				use((them) => them.push(number));
			isThere = true;
			await new Promise((resolve) => use(resolve));
			return calls;
		});
		assert.ok(made.length <= 5000, `${made.length} calls`);
		assert.deepEqual(made.slice(-2), [6999, 7000]);
	}));

test('a name written with an input method is completed', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const mei = await daemon.ws(`/ws?name=${encodeURIComponent('小梅')}`);
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('@');
		await ann.page.waitForSelector('#completion li');
		await ann.page.keyboard.press('Escape');
		const method = await ann.context.newCDPSession(ann.page);
		await method.send('Input.imeSetComposition', { text: 'xiao', selectionStart: 4, selectionEnd: 4 });
		await method.send('Input.insertText', { text: '小' });
		await holds(ann.page.locator('#text').first(), '@小');
		await ann.page.locator('#completion li', { hasText: '小梅' }).waitFor();
		await ann.page.keyboard.press('Enter');
		await holds(ann.page.locator('#text').first(), '@小梅 ');
		await mei.close();
	}));
