// The settings under the gear, and what the page tells the browser and screen readers about itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { soon, withPeople } from './people.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

test('the settings are under the gear, and the form for the name has none of them', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.getByRole('button', { name: 'Settings', exact: true }).click();
		const panel = ann.page.getByRole('region', { name: 'Settings' });
		await panel.getByLabel('Theme').waitFor();
		for (const label of ['Density', 'Language', /^Notify me/, /^Play a sound/])
			await panel.getByLabel(label).waitFor();
		// There is no token to forget.
		await soon.equal(() => panel.getByRole('button', { name: 'Sign out' }).isVisible(), false);
		await panel.getByRole('button', { name: 'Keyboard shortcuts' }).click();
		const keys = ann.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
		await keys.getByText('Go to a room, a person or a view, or search').waitFor();
		await soon.equal(() => panel.isVisible(), false);
		await ann.page.keyboard.press('Escape');
		// The same list by its key.
		await ann.page.focus('.room:not([inert]) .log');
		await ann.page.keyboard.press('?');
		await keys.waitFor();
		await soon.equal(() => keys.count(), 1);
		await ann.page.keyboard.press('Escape');
		await ann.page.getByRole('button', { name: 'Settings', exact: true }).click();
		await panel.getByRole('button', { name: 'Change name or email' }).click();
		await ann.page.waitForSelector('#profile[open]');
		await soon.equal(() => ann.page.locator('#profile :is(select, [type=checkbox])').count(), 0);
		await ann.page.fill('#name', 'Anna');
		await ann.page.press('#name', 'Enter');
		await ann.called('Anna');
	}));

test('the compact density shows more messages, in all tabs, and is remembered', () =>
	withPeople(browser, [], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		const height = (tab) => tab.page.$eval('.message', (row) => row.offsetHeight);
		const isCompact = (tab) => tab.page.waitForFunction(() => getComputedStyle(document.querySelector('.message .text')).paddingBlock === '0px');
		await ann.join('Ann');
		await say(bob, 'hello');
		await ann.rows(1);
		const usual = await height(ann);
		await ann.page.click('#settings-button');
		await ann.page.getByLabel('Density').selectOption('compact');
		await isCompact(ann);
		assert.ok((await height(ann)) < 0.8 * usual);
		const other = await openTab(ann);
		await other.rows(1);
		await isCompact(other);
		await ann.page.getByLabel('Density').selectOption('comfortable');
		assert.equal(await height(ann), usual);
		await other.page.waitForFunction((wanted) => document.querySelector('.message').offsetHeight === wanted, usual);
		await ann.page.reload();
		await ann.rows(1);
		assert.equal(await height(ann), usual);
		await bob.close();
	}));

test('every view is one main landmark, and each message has the name of its author, text and time', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		const developer = await ann.context.newCDPSession(ann.page);
		const named = async (role) => {
			const { nodes } = await developer.send('Accessibility.getFullAXTree');
			return nodes.filter((node) => !node.ignored && node.role?.value === role).map(({ name }) => name?.value ?? '');
		};
		await ann.join('Ann');
		await say(bob, 'hello *all*');
		await ann.say('mine');
		await ann.reads(['hello all', 'mine']);
		const [theirs, mine] = await named('article');
		assert.match(theirs, /^bob hello all .*\d\d:\d\d/);
		assert.match(mine, /^Ann mine .*\d\d:\d\d/);
		assert.ok(await ann.page.locator('main #text').isVisible());
		for (const view of ['chat', 'live', 'logs']) {
			await ann.page.click(`#tab-${view}`);
			assert.equal((await named('main')).length, 1, view);
		}
		await bob.close();
	}));

test('a phone finds a manifest, and its icons and addresses lead to this server', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const { page } = await arrive();
		const href = await page.$eval('link[rel=manifest]', (link) => link.href);
		const answer = await fetch(href);
		assert.equal(answer.headers.get('content-type'), 'application/manifest+json');
		const manifest = await answer.json();
		for (const key of ['start_url', 'scope'])
			assert.equal(new URL(manifest[key], href).href, `${daemon.url}/`);
		const touch = await page.$eval('link[rel=apple-touch-icon]', (link) => link.href);
		for (const icon of [touch, ...manifest.icons.map(({ src }) => new URL(src, href).href)])
			assert.match((await fetch(icon)).headers.get('content-type'), /^image\//, icon);
		const { errors } = await (await page.context().newCDPSession(page)).send('Page.getAppManifest');
		assert.deepEqual(errors, []);
	}));
