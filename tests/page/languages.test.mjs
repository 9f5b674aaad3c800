// The two languages of the page have the same texts, and the browser or the user chooses one.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { sourceDir } from '../lib/daemon.mjs';
import { importOfPage } from '../lib/page.mjs';
import { withPeople } from './people.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Returns every key with its kind of value: a text, or a function of that many arguments.
function shapeOf(words, path = '') {
	return Object.entries(words).flatMap(([key, value]) => {
		if (typeof value === 'object')
			return shapeOf(value, `${path}${key}.`);
		return [`${path}${key}: ${typeof value === 'function' ? `function of ${value.length}` : typeof value}`];
	});
}

test('every language has the same keys', async () => {
	for (const kind of ['', 'later-']) {
		const [english, chinese] = await Promise.all(
			['en', 'zh'].map(async (language) => {
				const { wordsFor } = await importOfPage(`words/${kind}${language}.js`);
				return shapeOf(wordsFor({})).sort();
			}),
		);
		assert.deepEqual(chinese, english);
	}
});

// Returns the keys that the page uses: from texts.js, and from laterTexts under any name.
function usedKeys() {
	const root = path.join(sourceDir, 'public');
	const used = { '': new Set(), 'later-': new Set() };
	const html = readFileSync(path.join(root, 'index.html'), 'utf8');

	for (const [, key] of html.matchAll(/\bdata-(?:text|label|placeholder)="(\w+)"/g))
		used[''].add(key);
	for (const file of readdirSync(root, { recursive: true }).filter((name) => /^(?!lib\/).*\.js$/.test(name))) {
		const code = readFileSync(path.join(root, file), 'utf8').replace(/^\s*\/\/.*$/gm, '');

		const imports = code.matchAll(/^import \{([^}]*)\} from '[./]*\/(?:words\/)?(later-)?texts\.js';$/gm);

		for (const [, names, kind = ''] of imports) {
			const [binding, name = binding] = /\b(?:laterTexts|texts)\b(?: as (\w+))?/.exec(names) ?? [];

			for (const [, key] of binding ? code.matchAll(new RegExp(`(?<![\\w./-])${name}\\.(\\w+)`, 'g')) : [])
				used[kind].add(key);
		}
	}
	return used;
}

test('every text is used, and every used text exists', async () => {
	for (const [kind, keys] of Object.entries(usedKeys())) {
		const { wordsFor } = await importOfPage(`words/${kind}en.js`);
		assert.ok(keys.size > 20);
		assert.deepEqual(Array.from(keys).sort(), Object.keys(wordsFor({})).sort());
	}
});

test('a Chinese browser gets the page in Chinese, and the user may choose English', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const mei = await arrive({ locale: 'zh-CN' });
		assert.equal(await mei.page.getAttribute('html', 'lang'), 'zh-CN');
		assert.equal(await mei.page.textContent('#profile-title'), '欢迎来到 Linnet');
		await mei.join('梅');
		assert.equal(await mei.page.textContent('#state-words'), '在线');
		await mei.page.click('#me');
		await mei.page.selectOption('#language', 'en');
		await mei.page.locator('#state-words').getByText('Online', { exact: true }).waitFor();
		assert.equal(await mei.page.getAttribute('html', 'lang'), 'en');
		await mei.page.reload();
		await mei.online();
		assert.equal(await mei.page.textContent('#state-words'), 'Online');
		await mei.page.click('#me');
		await mei.page.selectOption('#language', 'zh');
		await mei.page.locator('#state-words').getByText('在线').waitFor();
	}));

test('29 the theme follows the system until the user chooses one, which is remembered', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({ colorScheme: 'light' });
		await ann.join('Ann');
		const ground = () => ann.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
		const light = await ground();
		await ann.page.emulateMedia({ colorScheme: 'dark' });
		const dark = await ground();
		assert.notEqual(dark, light);
		await ann.page.click('#me');
		await ann.page.selectOption('#theme', 'light');
		assert.equal(await ground(), light);
		await ann.page.reload();
		await ann.online();
		assert.equal(await ground(), light);
		await ann.page.click('#me');
		await ann.page.selectOption('#theme', 'system');
		assert.equal(await ground(), dark);
	}));

test('the views are tabs, and the arrow keys switch between them', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({}, (page) =>
			page.route(/\/(live|logs)\/feed\.js$/, (route) =>
				route.fulfill({
					contentType: 'text/javascript',
					body: `
						export function createFeed(element) {
							element.append('a view');
							return {
								visible(wanted) { element.dataset.visible = wanted; },
								joined() {},
								opened() {},
								closed() {},
							};
						}
					`,
				}),
			),
		);
		await ann.join('Ann');
		await ann.page.focus('#tab-chat');
		await ann.page.keyboard.press('ArrowRight');
		await ann.page.waitForSelector('#live[data-visible="true"]');
		assert.equal(await ann.page.getAttribute('#tab-live', 'aria-selected'), 'true');
		assert.equal(await ann.page.isVisible('#chat'), false);
		assert.equal(await ann.page.textContent('#live'), 'a view');
		await ann.page.keyboard.press('End');
		await ann.page.waitForSelector('#logs[data-visible="true"]');
		await ann.page.waitForSelector('#live[data-visible="false"]', { state: 'attached' });
		assert.equal(await ann.page.textContent('#room-title'), 'Logs');
		await ann.page.keyboard.press('ArrowRight');
		assert.ok(await ann.page.isVisible('#chat'));
	}));
