// Short and narrow windows, and fingers: a phone, its keyboard, a zoom of 400 %.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { sayMany } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { enterRoom, hide, soon, withPeople } from './people.mjs';
import { pushAlarm } from './pushes.mjs';
import { createServer } from './wires.mjs';

const ZOOMED = { width: 320, height: 256 };
const PHONE = { viewport: { width: 375, height: 760 }, hasTouch: true, isMobile: true };

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const heightOf = ({ page }, selector) => page.$eval(selector, (one) => one.getBoundingClientRect().height);
const isBarShown = ({ page }) => page.$eval('#bar', (bar) => bar.getBoundingClientRect().bottom > 0);
const barIs = (person, isShown) => eventually(async () => assert.equal(await isBarShown(person), isShown), 'the bar');

// Turns the wheel until the bar is shown or gone.
const wheelUntilBarIs = (person, step, isShown) =>
	eventually(async () => {
		await person.page.mouse.wheel(0, step);
		assert.equal(await isBarShown(person), isShown);
	}, 'the bar');

// What is loaded late moves the tabs, which are open under the mouse.
const openView = ({ page }, view) =>
	eventually(async () => {
		await page.hover('.tabs');
		await page.click(`#tab-${view}`, { timeout: 2000 });
	}, view);

test('the tabs stay where they are in every view, also when an alarm comes', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const left = () => ann.page.$eval('.tabs', (tabs) => tabs.getBoundingClientRect().left);
		await ann.join('Ann');
		await ann.surrounded();
		const first = await left();
		// The name of the current view is bold.
		const isThere = () => eventually(async () => assert.ok(Math.abs((await left()) - first) < 4), 'the tabs');

		for (const view of ['live', 'logs', 'chat']) {
			await ann.page.click(`#tab-${view}`);
			await isThere();
		}
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk full' });
		await ann.page.locator('#alarms-button').waitFor();
		await isThere();
	}));

test('28 at 320 by 256 px the head is one row, and half of the window is left to the log', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: ZOOMED });
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		await eventually(async () => assert.ok((await heightOf(ann, '#bar')) < 48), 'one row');
		assert.ok((await heightOf(ann, '.log')) >= 128);
		assert.equal(await ann.sidewaysScroll(), 0);
		// Nothing in the bar covers anything else.
		const boxes = await ann.page.$$eval('#bar > *, .tools > *', (all) =>
			all.filter((one) => one.checkVisibility() && !one.matches('.tools, .state')).map((one) => one.getBoundingClientRect()).map(({ left, right }) => [left, right]),
		);
		boxes.sort(([one], [other]) => one - other);
		assert.ok(boxes.every(([, right], n) => right <= 320 && (!boxes[n + 1] || right <= boxes[n + 1][0])), JSON.stringify(boxes));
		// The other views unfold by mouse and by keyboard.
		await openView(ann, 'live');
		assert.ok(await ann.page.isVisible('#live'));
		await ann.page.focus('#tab-live');
		await ann.page.keyboard.press('ArrowLeft');
		assert.ok(await ann.page.isVisible('#chat'));
		await bob.close();
	}));

test('28 at 320 by 256 px the title of the room is whole beside an alarm, and no list to choose from is cut', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: ZOOMED });
		const box = (selector) => ann.page.$eval(selector, (one) => one.getBoundingClientRect().toJSON());

		await ann.join('Ann');
		await ann.page.click('#rooms-button');
		await enterRoom(ann, 'operations');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		const [shown, whole] = await ann.page.$eval('#room-title', (one) => [one.clientWidth || one.offsetWidth, one.scrollWidth]);
		assert.ok(shown >= whole, `${shown} of ${whole} px`);
		await ann.page.fill('#text', '/');
		await ann.page.locator('#completion li').nth(5).waitFor();
		const [list, bar, field] = [await box('#completion'), await box('#bar'), await box('.field')];
		assert.ok(list.top >= bar.bottom && list.bottom <= field.top + 1, JSON.stringify([list, bar, field]));
		await ann.page.fill('#text', '');
		await ann.page.click('#picker-button');
		await ann.page.locator('.picker-jump').last().waitFor();
		const picker = await box('#picker');
		assert.ok(picker.top >= 0 && picker.bottom <= ZOOMED.height, JSON.stringify(picker));
	}));

test('28 at 320 by 256 px what is new takes one row, whose buttons have all their words in their names', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: ZOOMED });
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await hide(ann, true);
		await sayMany(bob, 130, { textOf: (n) => (n === 40 ? 'see @Ann' : `line ${n}`) });
		await ann.titled('(@1 · 130) lobby · Linnet');
		await hide(ann, false);
		const first = ann.page.getByRole('button', { name: /130 new since/ });
		await first.waitFor();
		await ann.page.getByRole('button', { name: /1 mention/ }).waitFor();
		const boxes = () => ann.page.$$eval('.unread-pills button', (all) => all.map((one) => one.getBoundingClientRect().toJSON()));
		const all = await boxes();
		assert.equal(all.length, 3);
		assert.ok(all.every(({ top }) => Math.abs(top - all[0].top) < 2), JSON.stringify(all));
		assert.ok(all.every(({ left, right }) => left >= 0 && right <= 320), JSON.stringify(all));
		await bob.close();
	}));

test('28 in a short window the head goes when the reader scrolls on, and comes back', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: ZOOMED });
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await sayMany(bob, 60);
		await ann.rows(60);
		await eventually(async () => assert.ok((await heightOf(ann, '#bar')) < 48), 'one row');
		const before = await heightOf(ann, '.log');
		await ann.page.hover('.log', { position: { x: 100, y: 100 } });
		await ann.page.mouse.wheel(0, -1000);
		await ann.page.waitForFunction(() => {
			const log = document.querySelector('.log');
			return log.scrollHeight - log.clientHeight - log.scrollTop > 500;
		});
		assert.ok(await isBarShown(ann));
		await wheelUntilBarIs(ann, 20, false);
		assert.ok((await heightOf(ann, '.log')) > before + 30);
		await wheelUntilBarIs(ann, -20, true);
		// By keyboard the head is reached where it went to.
		await wheelUntilBarIs(ann, 20, false);
		await ann.page.focus('#settings-button');
		await barIs(ann, true);
		// What others write does not take it away.
		await eventually(async () => {
			await ann.page.mouse.wheel(0, -20);
			assert.equal(await ann.page.locator('.app.scrolled').count(), 0);
		}, 'a bar that stays without the focus');
		await ann.page.focus('#text');
		await ann.page.keyboard.press('End');
		await sayMany(bob, 5);
		await ann.rows(65);
		await barIs(ann, true);
		await bob.close();
	}));

test('28 at 320 by 256 px the toolbar of Logs folds and leaves room for ten lines', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const tails = [{ room: 'syslog', topic: '', count: 1, last_id: 0 }];
		const ann = await arrive({ viewport: ZOOMED }, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms: [], tails } }));
		});
		await ann.join('Ann');
		await openView(ann, 'logs');
		await ann.page.getByText('Nothing has been written yet.').waitFor();
		await ann.page.mouse.move(100, 200);
		const lines = await heightOf(ann, '.logs-lines');
		assert.ok(lines >= 150, `${lines} px`);
		assert.equal(await ann.page.isVisible('.logs-pause'), false);
		await ann.page.focus('.logs-filter');
		await ann.page.keyboard.press('Tab');
		await ann.page.keyboard.press('Tab');
		await ann.page.keyboard.press('Enter');
		await ann.page.waitForSelector('.logs-unfold[aria-expanded="true"]');
		await ann.page.click('.logs-pause');
		await ann.page.click('.logs-unfold');
		// Who pauses sees it.
		await ann.page.getByText('Paused', { exact: true }).waitFor();
		assert.equal(await ann.sidewaysScroll(), 0);
	}));

// The controls that are shown and smaller than 44 px. Links and names within a text are as high as their line.
const small = ({ page }) =>
	page.$$eval('button, input, select, textarea, summary, [role="option"]', (all) =>
		all
			.filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest('.head, [inert]'))
			.map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
			.filter(([, { width, height }]) => width < 44 || height < 44)
			.map(([one, { width, height }]) => `${one.id || one.className || one.textContent} ${width} x ${height}`),
	);

test('on a touch screen the button of the menu of a room is beside its name', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive(PHONE);

		await ann.join('Ann');
		await ann.page.tap('#rooms-button');
		await enterRoom(ann, 'a-room-with-a-name-of-32-letters');
		await ann.page.tap('#rooms-button');
		const [name, more] = await ann.page
			.locator('#rooms-list li:has([aria-current])')
			.evaluate((row) => ['.room-name', '.more'].map((part) => row.querySelector(part).getBoundingClientRect().toJSON()));
		assert.ok(name.right <= more.left, JSON.stringify([name, more]));
		assert.ok(Math.abs(name.top + name.bottom - more.top - more.bottom) <= 4, JSON.stringify([name, more]));
	}));

test('28 every control is at least 44 px wide and high where a finger presses it', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive(PHONE);
		assert.deepEqual(await small(ann), [], 'the name form');
		await ann.join('Ann');
		await ann.say('hello');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.locator('.alarm-line').waitFor();
		assert.deepEqual(await small(ann), [], 'the chat');
		for (const [button, panel, content] of [
			['#alarms-button', '#alarms', 'li'],
			['#people-button', '#people', 'li'],
			['#rooms-button', '#rooms', '.room-button'],
			['#search-button', '#search', 'input'],
			['#picker-button', '#picker', '.picker-jump'],
			['#settings-button', '#settings', '#sound'],
		]) {
			await ann.page.click(button);
			await ann.page.locator(`${panel} ${content}`).first().waitFor();
			assert.deepEqual(await small(ann), [], panel);
			await ann.page.keyboard.press('Escape');
			await ann.page.waitForSelector(panel, { state: 'hidden' });
		}
		await ann.page.click('#tab-live');
		await ann.page.locator('.live-none').waitFor();
		assert.deepEqual(await small(ann), [], 'Live');
		await ann.page.click('#tab-logs');
		await ann.page.locator('.logs-notice').waitFor();
		assert.deepEqual(await small(ann), [], 'Logs');
		assert.equal(await ann.sidewaysScroll(), 0);
	}));
