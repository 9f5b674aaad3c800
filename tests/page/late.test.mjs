// What is loaded late: it comes when there is a way to the server, and disturbs nobody who has gone on meanwhile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { sayMany } from '../lib/chat.mjs';
import { enterRoom, withPeople, withRestarts } from './people.mjs';
import { push } from './pushes.mjs';
import { createTap } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// From now on this file is held back; asked resolves, when the page has asked for it, with a function that lets it through.
async function hold({ page }, glob) {
	let isAsked;
	const asked = new Promise((resolve) => {
		isAsked = resolve;
	});

	await page.route(glob, (route) => isAsked(() => route.continue()));
	return { asked };
}

const isFocused = ({ page }, id) => page.evaluate((wanted) => document.activeElement.id === wanted, id);

// Until this sheet applies, and what waited for it has been done.
const dressed = ({ page }, sheet) =>
	page.waitForFunction(
		(name) =>
			Array.from(document.styleSheets).some(({ href }) => href?.endsWith(name)) &&
			new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0, true))),
		sheet,
	);

test('a part whose words were lost on the way comes when there is a way to the server again', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.reload();
		await ann.online();
		await ann.page.route('**/later-en.js*', (route) => route.abort('connectionrefused'), { times: 1 });
		const failed = ann.page.waitForEvent('requestfailed');
		await ann.page.click('#search-button');
		await failed;
		await ann.page.waitForSelector('#search-field');
		assert.ok(await isFocused(ann, 'search-field'));
	}));

test('a style sheet that was lost on the way comes later', () =>
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

test('the views are seen with their style sheets, and not before', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		for (const [tab, sheet, part] of [['live', 'tiles.css', '.live-none'], ['logs', 'logs.css', '.logs-notice']]) {
			const { asked } = await hold(ann, `**/${sheet}`);
			await ann.page.click(`#tab-${tab}`);
			const letThrough = await asked;
			assert.equal(await ann.page.locator(part).count(), 0);
			await letThrough();
			await ann.page.locator(part).waitFor();
		}
	}));

test('a tag stays the word that it is where its emoji cannot be had', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.route('**/emoji.js', (route) => route.abort('connectionrefused'));
		const failed = ann.page.waitForEvent('requestfailed');
		await push(daemon, { message: 'done', tags: ['tada'] });
		await failed;
		await ann.page.locator('.tag').getByText('tada', { exact: true }).waitFor();
		await ann.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
	}));

test('a part is not asked for while the server is away, and can be had afterwards', () =>
	withRestarts(browser, [], async ({ server, arrive }) => {
		const ann = await arrive();
		const asked = [];
		await ann.join('Ann');
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
	['the picker of emoji', 'picker-button', 'emoji-picker.js', 'choices.css', '#picker'],
	['the form for the name', 'me', 'profile.js', 'profile.css', '#profile'],
]) {
	test(`${what} does not open over who has gone on writing, but at the next press`, () =>
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
			await dressed(ann, sheet);
			await ann.page.keyboard.type(' before');
			assert.equal(await ann.page.inputValue('#text'), 'as I said before');
			assert.equal(await ann.page.isVisible(panel), false);
			await ann.page.click(`#${button}`);
			await ann.page.waitForSelector(panel);
		}));
}

test('names are offered only to who still writes when they come', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await arrive();
		await ann.join('Ann');
		const { asked } = await hold(ann, '**/completion.js');
		await ann.page.locator('#text').pressSequentially('@b');
		const letThrough = await asked;
		await ann.page.focus('#search-button');
		await letThrough();
		await dressed(ann, 'choices.css');
		assert.equal(await ann.page.isVisible('#completion'), false);
		await ann.page.focus('#text');
		await ann.page.keyboard.type('o');
		await ann.page.waitForSelector('#completion li');
		await bob.close();
	}));

test('what waits for its emoji is not said in another room, and not for ever', () =>
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
		assert.equal(await ann.page.inputValue('#text'), 'half a thought');
		// It is given up by now for what was written in the lobby, and begun anew for this.
		await ann.say('over :here: then');
		await ann.reads(['over :here: then']);
		await enterRoom(ann, 'lobby');
		assert.equal(await ann.page.inputValue('#text'), 'for the lobby :tada:');
		await ann.page.press('#text', 'Enter');
		await ann.reads(['for the lobby :tada:']);
	}));

test('a hit is shown also while older messages are on their way', () =>
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

test('a part is not asked for while something in front of the server says that it is away', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const asked = [];
		await ann.join('Ann');
		ann.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
		await ann.page.route('**/favicon.svg', (route) => route.fulfill({ status: 502 }), { times: 1 });
		const refused = ann.page.waitForEvent('response', (response) => response.status() === 502);
		await ann.page.click('#search-button');
		await refused;
		await ann.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
		assert.deepEqual(asked.filter((path) => path.endsWith('.js')), []);
		await ann.page.click('#search-button');
		await ann.page.waitForSelector('#search-field');
		// The browser itself says so.
		assert.deepEqual(ann.faults.splice(0).filter((fault) => !/status of 502/.test(fault)), []);
	}));

test('of a part that cannot be had only so much is kept that waits for it', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const made = await ann.page.evaluate(async () => {
			const { createLazy } = await import('./lazy.js');
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

test('a name that an input method has written is completed', () =>
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
		assert.equal(await ann.page.inputValue('#text'), '@小');
		await ann.page.locator('#completion li', { hasText: '小梅' }).waitFor();
		await ann.page.keyboard.press('Enter');
		assert.equal(await ann.page.inputValue('#text'), '@小梅 ');
		await mei.close();
	}));
