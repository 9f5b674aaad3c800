// The two languages of the page have the same texts, and the browser or the user chooses one.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { sourceDir } from '../lib/daemon.mjs';
import { importOfPage } from '../lib/page.mjs';
import { hasAttribute, shows, withPeople } from './people.mjs';

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

const KINDS = ['', 'later-', 'views-'];

async function wordsOf(kind, language) {
	const { wordsFor } = await importOfPage(`words/${kind}${language}.js`);
	return wordsFor({});
}

test('every language has the same keys', async () => {
	for (const kind of KINDS) {
		const [english, chinese] = await Promise.all(
			['en', 'zh'].map(async (language) => shapeOf(await wordsOf(kind, language)).sort()),
		);
		assert.deepEqual(chinese, english);
	}
});

// Returns the page's modules, without comments and the tables themselves.
function modules() {
	const root = path.join(sourceDir, 'public');
	const names = readdirSync(root, { recursive: true }).filter((name) => /^(?!lib\/|words\/).*\.js$/.test(name));

	return names.map((name) => readFileSync(path.join(root, name), 'utf8').replace(/^\s*\/\/.*$/gm, ''));
}

// Returns the keys that the page uses: of texts, and of laterTexts, which has those of texts too, under any name.
function usedKeys() {
	const used = { '': new Set(), 'later-': new Set() };
	const html = readFileSync(path.join(sourceDir, 'public/index.html'), 'utf8');

	for (const [, key] of html.matchAll(/\bdata-(?:text|label|placeholder)="(\w+)"/g))
		used[''].add(key);
	for (const code of modules()) {
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
	const [first, ...others] = await Promise.all(KINDS.map(async (kind) => Object.keys(await wordsOf(kind, 'en'))));
	const later = others.flat();
	const used = usedKeys();

	assert.deepEqual(first.filter((key) => later.includes(key)), []);
	assert.deepEqual(Array.from(used['']).filter((key) => !first.includes(key)), []);
	assert.deepEqual(Array.from(new Set([...used[''], ...used['later-']])).sort(), [...first, ...later].sort());
});

// Modules hand on these groups, so who uses a text is not to be seen.
test('the key of every text of a view is in a module', async () => {
	const said = new Set(modules().join('\n').match(/\w+/g));
	const { alarms } = await wordsOf('later-', 'en');
	const keys = shapeOf({ alarms, ...(await wordsOf('views-', 'en')) }).map((shape) => /(\w+):/.exec(shape)[1]);

	assert.deepEqual(keys.filter((key) => !said.has(key)), []);
});

test('a text with a number has the plural form of its language', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { page } = await arrive();
		const counted = await page.evaluate(async () => {
			const start = document.querySelector('script[src$="/shell/start.js"]').src;
			const { texts } = await import(new URL('../words/texts.js', start));
			return [0, 1, 1200].map((count) => texts.newMessages(count));
		});
		assert.deepEqual(counted, ['0 new messages', '1 new message', '1,200 new messages']);
	}));

test('a Chinese browser gets the page in Chinese, and the user may choose English', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const mei = await arrive({ locale: 'zh-CN' });
		await hasAttribute(mei.page.locator('html').first(), 'lang', 'zh-CN');
		await shows(mei.page.locator('#profile-title').first(), '欢迎来到 Linnet');
		await mei.join('梅');
		await shows(mei.page.locator('#state-words').first(), '在线');
		await mei.page.click('#settings-button');
		await mei.page.selectOption('#language', 'en');
		await mei.page.locator('#state-words').getByText('Online', { exact: true }).waitFor();
		await hasAttribute(mei.page.locator('html').first(), 'lang', 'en');
		await mei.page.reload();
		await mei.online();
		await shows(mei.page.locator('#state-words').first(), 'Online');
		await mei.page.click('#settings-button');
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
		await ann.page.click('#settings-button');
		await ann.page.selectOption('#theme', 'light');
		assert.equal(await ground(), light);
		await ann.page.reload();
		await ann.online();
		assert.equal(await ground(), light);
		await ann.page.click('#settings-button');
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
		await ann.page.waitForSelector('#live > [data-visible="true"]');
		await hasAttribute(ann.page.locator('#tab-live').first(), 'aria-selected', 'true');
		assert.equal(await ann.page.isVisible('#chat'), false);
		await shows(ann.page.locator('#live').first(), 'a view');
		await ann.page.keyboard.press('End');
		await ann.page.waitForSelector('#logs > [data-visible="true"]');
		await ann.page.waitForSelector('#live > [data-visible="false"]', { state: 'attached' });
		await shows(ann.page.locator('#room-title').first(), 'Logs');
		await ann.page.keyboard.press('ArrowRight');
		assert.ok(await ann.page.isVisible('#chat'));
	}));
