// The tiles of the Live view: groups, folding and the filter.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { assertNoFaults } from './axe.mjs';
import { enterRoom, leaveRoom, withPeople } from './people.mjs';
import { push } from './pushes.mjs';
import { startViewDaemon, withView } from './views.mjs';

let browser;
let daemon;

before(async () => {
	[browser, daemon] = await Promise.all([openBrowser(), startViewDaemon()]);
});
after(() => Promise.all([browser.close(), daemon.stop()]));

const live = (options, body) => withView(browser, daemon, 'live', options, body);
const metric = (name, more = {}) => ({ type: 'metric', room: 'ops', ts: Date.now(), username: 'probe', name, value: 1, ...more });
const metrics = (names, more) => names.map((name) => metric(name, more));
const tile = (page, name) => page.locator('.live-tile', { has: page.getByText(name, { exact: true }) });

// What can be seen of the groups: headings and names.
const seen = (page) =>
	page.$$eval('.live-groups :is(h2, h3:not(.live-chart *), .live-name)', (all) =>
		all.filter((one) => one.checkVisibility()).map((one) => (one.matches('h2, h3') ? `${one.localName} ` : '') + one.textContent));
const sees = (page, wanted) => eventually(async () => assert.deepEqual(await seen(page), wanted), `the groups ${wanted}`);

test('metrics of a room that share the first part of their names are a group, in the order of names', () =>
	live({}, async ({ page, feed }) => {
		await feed('metric', ...metrics(['disk.used', 'cpu', 'web-1/load', 'answer p99.9', 'net_in']));
		await sees(page, ['h2 ops5 values', 'answer p99.9', 'cpu', 'disk.used', 'net_in', 'web-1/load']);
		// The focus and the chart of a tile go with it.
		await tile(page, 'disk.used').click();
		await page.locator('.live-chart').waitFor();
		await feed('metric', ...metrics(['disk.free', 'net_out', 'web-1/cpu', 'disk.used'], { ts: Date.now() + 1 }), metric('disk.free', { room: 'lab' }));
		await sees(page, [
			'h2 lab1 value', 'disk.free', 'h2 ops8 values', 'answer p99.9', 'cpu', 'h3 disk2 values', 'disk.free', 'disk.used',
			'h3 net2 values', 'net_in', 'net_out', 'h3 web-12 values', 'web-1/cpu', 'web-1/load',
		]);
		assert.equal(await page.evaluate(() => document.activeElement.title), 'disk.used');
		assert.equal(await page.locator('.live-chart-place').evaluate((place) => place.previousSibling.textContent.includes('disk.used')), true);
	}));

test('rooms, groups and alarms fold, and stay folded at the next visit', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon: server, arrive }) => {
		for (const name of ['disk.free', 'disk.used', 'cpu'])
			await push(server, { type: 'metric', name, value: 1 });
		const ann = await arrive();
		const { page } = ann;

		await ann.join('Ann');
		await page.click('#tab-live');
		const group = page.getByRole('button', { name: 'disk', exact: true });
		await tile(page, 'disk.used').waitFor();
		await group.press('Enter');
		assert.equal(await group.getAttribute('aria-expanded'), 'false');
		await sees(page, ['h2 lobby3 values', 'cpu', 'h3 disk2 values']);
		await page.getByRole('button', { name: 'Alarms', exact: true }).press('Enter');
		await page.getByText('No active alarms.').waitFor({ state: 'hidden' });
		await page.reload();
		await ann.online();
		await sees(page, ['h2 lobby3 values', 'cpu', 'h3 disk2 values']);
		assert.equal(await page.getByText('No active alarms.').isVisible(), false);
		await assertNoFaults(ann, 'folded groups');
		await group.click();
		await page.getByRole('button', { name: 'lobby', exact: true }).click();
		await sees(page, ['h2 lobby3 values']);
	}));

test('a filter by name and room shows what is folded, too, and keeps the open chart', () =>
	live({ viewport: { width: 320, height: 640 } }, async ({ page, feed }) => {
		const filter = page.getByRole('searchbox', { name: 'Filter by name or room' });

		await feed('metric', ...metrics(['cpu', 'disk.free', 'disk.used']));
		await tile(page, 'cpu').waitFor();
		assert.equal(await filter.isVisible(), false);
		await feed('metric', ...metrics(['cpu', 'disk.free', 'heat', 'water', 'light', 'wind'], { room: 'lab' }));
		await page.getByRole('button', { name: 'disk', exact: true }).click();
		await filter.fill('DISK');
		await sees(page, ['h2 lab1 value', 'disk.free', 'h2 ops2 values', 'h3 disk2 values', 'disk.free', 'disk.used']);
		await page.getByRole('status').getByText('3 of 9 values').waitFor();
		await filter.fill('disk ops');
		await sees(page, ['h2 ops2 values', 'h3 disk2 values', 'disk.free', 'disk.used']);
		await tile(page, 'disk.used').click();
		await page.locator('.live-chart').waitFor();
		await filter.fill('wind');
		await sees(page, ['h2 lab1 value', 'wind', 'h2 ops1 value', 'h3 disk1 value', 'disk.used']);
		// A new metric is filtered, too.
		await feed('metric', ...metrics(['window', 'steam'], { room: 'new' }));
		await sees(page, ['h2 lab1 value', 'wind', 'h2 new1 value', 'window', 'h2 ops1 value', 'h3 disk1 value', 'disk.used']);
		await filter.press('Escape');
		assert.equal(await filter.inputValue(), '');
		assert.equal(await page.locator('.live-chart').count(), 1);
		await filter.press('Escape');
		assert.equal(await page.locator('.live-chart').count(), 0);
		await sees(page, [
			'h2 lab6 values', 'cpu', 'disk.free', 'heat', 'light', 'water', 'wind', 'h2 new2 values', 'steam', 'window', 'h2 ops3 values', 'cpu',
			'h3 disk2 values',
		]);
		await filter.fill('zz');
		await page.getByRole('status').getByText('0 of 11 values').waitFor();
		await sees(page, []);
	}));

test('metrics of a room that was left are gone', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon: server, arrive }) => {
		await push(server, { type: 'metric', name: 'cpu', value: 1 });
		await push(server, { type: 'metric', name: 'heat', value: 1 }, { room: 'lab' });
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'lab');
		await ann.page.click('#tab-live');
		await sees(ann.page, ['h2 lab1 value', 'heat', 'h2 lobby1 value', 'cpu']);
		await ann.page.click('#tab-chat');
		await leaveRoom(ann, 'lab');
		await ann.inRoom('lobby');
		await ann.page.click('#tab-live');
		await sees(ann.page, ['h2 lobby1 value', 'cpu']);
	}));
