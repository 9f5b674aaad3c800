// The Live view: tiles and charts of metrics, and active alarms.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { importOfPage } from '../lib/page.mjs';
import { enterRoom, hasAttribute, leaveRoom, listsRooms, pauseClock, withPeople } from './people.mjs';
import { push, pushAlarm } from './pushes.mjs';
import { startViewDaemon, withView } from './views.mjs';
import { createServer, createTap } from './wires.mjs';

const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

let browser;
let daemon;

before(async () => {
	[browser, daemon] = await Promise.all([openBrowser(), startViewDaemon()]);
});
after(() => Promise.all([browser.close(), daemon.stop()]));

const live = (options, body) => withView(browser, daemon, 'live', options, body);

const metric = (name, value, more = {}) => ({
	type: 'metric',
	room: 'ops',
	ts: Date.now(),
	username: 'probe',
	name,
	value,
	...more,
});

// Returns count values, one a second, the last one now.
const values = (name, count, more = {}) => {
	const end = Date.now();
	return Array.from({ length: count }, (_, index) =>
		metric(name, Math.sin(index / 9) + 2, { ts: end - (count - 1 - index) * 1000, ...more }),
	);
};

let lastId = 0;
const alarm = (key, more = {}) => ({
	type: 'alarm',
	room: 'ops',
	id: ++lastId,
	ts: Date.now(),
	username: 'probe',
	key,
	severity: 'warning',
	title: `About ${key}`,
	message: 'words',
	state: 'raised',
	since: Date.now(),
	...more,
});

const tile = (page, name) => page.locator('.live-tile', { has: page.getByText(name, { exact: true }) });
const titles = (page) => page.$$eval('.live .alarm-list .title', (all) => all.map(({ textContent }) => textContent));
const alarmsAre = (page, wanted) =>
	eventually(async () => assert.deepEqual(await titles(page), wanted), `alarms ${wanted}`);

test('33 a tile shows the last value with its unit and age, and a line of earlier values', () =>
	live({}, async ({ page, feed }) => {
		await feed('metric', ...values('load', 30));
		await feed(
			'metric',
			metric('cpu', 0.41, { unit: 'ratio' }),
			metric('memory', 3 * 1024 ** 3, { unit: 'bytes' }),
			metric('answer', 0.012, { unit: 's' }),
			metric('visits', 1234567, { unit: 'count' }),
			metric('heat', 21.5, { unit: 'celsius' }),
			metric('queue', 7),
		);
		const shown = async (name) =>
			(await tile(page, name).locator('.live-value').innerText()).replaceAll(/\s+/g, ' ').trim();

		await eventually(async () => assert.equal(await shown('queue'), '7'), 'the last tile');
		assert.equal(await shown('cpu'), '41 %');
		assert.equal(await shown('memory'), '3 GiB');
		assert.equal(await shown('answer'), '12 ms');
		assert.equal(await shown('visits'), '1,234,567');
		assert.equal(await shown('heat'), '21.5 °C');
		assert.match(await tile(page, 'load').locator('.live-age').innerText(), /now|ago/);
		await eventually(
			async () =>
				assert.ok((await tile(page, 'load').locator('.live-line').getAttribute('d')).split('L').length > 20),
			'a line of many points',
		);
	}));

test('33 the first look shows all values since the page was opened, with their real age', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, server.prepare);
		const minuteAgo = (frame) => ({ ...frame, ts: frame.ts - 60_000 });

		await ann.join('ann');
		server.sendAll(values('load', 50));
		server.sendAll(values('old', 50).map(minuteAgo));
		server.sendAll([metric('bad', 'x'), alarm('disk', { room: 'lobby' })]);
		await ann.page.locator('#alarms-count').getByText('1').waitFor();
		await ann.page.click('#tab-live');
		await eventually(async () => {
			const line = await tile(ann.page, 'load').locator('.live-line').getAttribute('d');
			assert.equal(line.split('L').length, 50);
		}, 'a line of all values');
		assert.match(await tile(ann.page, 'old').locator('.live-age').innerText(), /stale: 1 min ago/);
		assert.equal(await ann.page.locator('.live-tile').count(), 2);
		await ann.page.locator('.alarm-list > li').getByText('About disk').waitFor();
	}));

test('a view that failed to load is loaded once the server can be reached again', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);

		await ann.join('ann');
		await ann.page.route('**/live/live.js', (route) => route.abort('connectionrefused'));
		const failed = ann.page.waitForEvent('requestfailed');
		await ann.page.click('#tab-live');
		await failed;
		await ann.page.unroute('**/live/live.js');
		tap.hangUp();
		await ann.page.getByText('No active alarms').waitFor();
	}));

test('for a view that cannot be loaded the latest state is kept, and a flood of metrics displaces no alarm', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, server.prepare);
		const letThrough = () => ann.page.unroute('**/live/feed.js');

		await ann.join('ann');
		await ann.page.route('**/live/feed.js', (route) => route.abort('connectionrefused'));
		const failed = ann.page.waitForEvent('requestfailed');
		server.sendAll([alarm('disk', { room: 'lobby', id: undefined }), alarm('fire', { room: 'lobby', id: undefined })]);
		await failed;
		server.sendAll([alarm('disk', { room: 'lobby', id: undefined, state: 'cleared', severity: 'ok' })]);
		server.sendAll(values('load', 1100));
		await ann.page.locator('#alarms-count').getByText('1', { exact: true }).waitFor();
		await ann.page.click('#tab-live');
		await letThrough();
		await alarmsAre(ann.page, ['About fire']);
		await tile(ann.page, 'load').waitFor();
	}));

test('alarms and metrics of a room that was left are no longer shown', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, server.prepare);

		await ann.join('ann');
		await enterRoom(ann, 'lab');
		server.sendAll(['lobby', 'lab'].map((room) => alarm(room, { room, standing: true, id: undefined })));
		await ann.page.click('#tab-live');
		await alarmsAre(ann.page, ['About lobby', 'About lab']);
		await ann.page.click('#tab-chat');
		await leaveRoom(ann, 'lab');
		await ann.inRoom('lobby');
		await ann.page.click('#tab-live');
		await alarmsAre(ann.page, ['About lobby']);
	}));

test('the number of metrics kept before the first look is limited', async () => {
	const { createPast } = await importOfPage('live/past.js');
	const past = createPast();
	for (let n = 1; n <= 500; n++)
		past.add('one', { ts: n, value: -n });
	const [{ frame, times, values: kept }] = past.take();
	assert.deepEqual([frame.ts, times.length, times[0], times.at(-1), kept.at(-1)], [500, 120, 381, 500, -500]);
	assert.deepEqual(past.take(), []);
	for (let n = 0; n < 200_000; n++)
		past.add(`name ${n % 1100}`, { ts: n, value: n });
	const all = past.take();
	assert.equal(all.length, 1000);
	assert.ok(all.every((one) => one.times.length >= 1 && one.times.at(-1) === one.frame.ts));
	assert.ok(all.reduce((sum, one) => sum + one.times.length, 0) <= 30_000);
});

test('the number of alarms kept before the first look is limited, and standing ones are kept before cleared ones', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, server.prepare);
		// An alarm without an id is not a line of the log.
		const ofLobby = (key, more) => alarm(key, { room: 'lobby', id: undefined, ...more });

		await ann.join('ann');
		server.sendAll([ofLobby('first')]);
		server.sendAll(Array.from({ length: 1000 }, (_, n) => ofLobby(`${n}`, { state: 'cleared', severity: 'ok' })));
		server.sendAll([ofLobby('last')]);
		await ann.page.locator('#alarms-count').getByText('2', { exact: true }).waitFor();
		await ann.page.click('#tab-live');
		await alarmsAre(ann.page, ['About last', 'About first']);
	}));

test('33 tiles are grouped by room, sorted by name, and do not move', () =>
	live({}, async ({ page, feed }) => {
		await feed('metric', metric('b', 1), metric('a10', 1), metric('a9', 1), metric('z', 1, { room: 'lab' }));
		const names = () =>
			page.$$eval('.live-group', (all) =>
				all.map((group) => group.innerText.match(/^(ops|lab|z|b|a9|a10)$/gm).join(' ')),
			);

		await page.locator('.live-tile').nth(3).waitFor();
		assert.deepEqual(await names(), ['lab z', 'ops a9 a10 b']);
		await feed('metric', metric('b', 2));
		assert.deepEqual(await names(), ['lab z', 'ops a9 a10 b']);
	}));

test('33 a metric without new values is stale after three of its usual intervals, or a minute', () =>
	live({ prepare: (page) => page.clock.install() }, async ({ page, feed }) => {
		await pauseClock({ page });
		const now = await page.evaluate(() => Date.now());
		const every = (name, stepMs) => [0, 1, 2, 3, 4].map((n) => metric(name, n, { ts: now - (4 - n) * stepMs }));

		await feed('metric', ...every('quick', 5000), ...every('slow', 300_000), metric('once', 1, { ts: now }));
		await page.clock.runFor(1000);
		await tile(page, 'once').waitFor();
		const stale = () =>
			page.$$eval('.live-tile.live-stale .live-name', (all) => all.map(({ innerText }) => innerText));

		await page.clock.runFor(9000);
		assert.deepEqual(await stale(), []);
		await page.clock.runFor(10_000);
		assert.deepEqual(await stale(), ['quick']);
		assert.match(await tile(page, 'quick').innerText(), /stale: \d+ sec ago/);
		await page.clock.runFor(50_000);
		assert.deepEqual(await stale(), ['once', 'quick']);
		await feed('metric', metric('quick', 5, { ts: await page.evaluate(() => Date.now()) }));
		await page.clock.runFor(1000);
		assert.deepEqual(await stale(), ['once']);
	}));

test('the wrong clock of a server does not make its values stale or put them in the future', () =>
	live({}, async ({ page, feed }) => {
		for (const wrong of [-3_600_000, 3_600_000]) {
			const name = `clock ${wrong}`;
			await feed(
				'metric',
				metric(name, 1, { ts: Date.now() + wrong }),
				metric(name, 2, { ts: Date.now() + wrong + 1 }),
			);
			await eventually(
				async () => assert.match(await tile(page, name).locator('.live-age').innerText(), /^(now|\ds ago)$/),
				name,
			);
		}
	}));

test('33 if a clock is set, here or at the server, values look too old for a few minutes at most', () =>
	live({ prepare: (page) => page.clock.install() }, async ({ page, feed }) => {
		const age = () => tile(page, 'beat').locator('.live-age').innerText();
		// Sends count values, one a second, from a server whose clock is ahead by that many ms.
		const beat = async (count, ahead) => {
			for (let n = 0; n < count; n++) {
				const now = await page.evaluate(() => Date.now());
				await feed('metric', metric('beat', n, { ts: now + ahead }));
				await page.clock.runFor(1000);
			}
		};

		await beat(3, 3_600_000);
		assert.match(await age(), /^(now|1 sec ago)$/);
		for (const ahead of [0, 3_600_000, -7_200_000]) {
			await beat(5, ahead);
			await page.clock.runFor(60_000);
			await beat(3, ahead);
			await page.clock.runFor(60_000);
			await beat(5, ahead);
			assert.match(await age(), /^(now|1 sec ago)$/, `${ahead}`);
			assert.equal(await page.locator('.live-stale').count(), 0);
		}
	}));

test('a tile opens a chart with axes that follows the data, and Escape closes it', () =>
	live({}, async ({ page, feed }) => {
		await feed('metric', ...values('load', 120, { unit: 's' }));
		await tile(page, 'load').focus();
		await page.keyboard.press('Enter');
		await page.locator('.live-chart canvas').waitFor();
		await page.getByText('Drag to zoom in').waitFor();
		await hasAttribute(tile(page, 'load'), 'aria-expanded', 'true');
		assert.match(await page.locator('.live-chart .live-facts').innerText(), /minimum\s+average\s+maximum\s+load\s+1\.?\d*\s?s/);
		const painted = () =>
			page.$eval('.live-chart canvas', (canvas) => {
				const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
				return data.reduce((sum, value) => (sum * 31 + value) % 1_000_000_007, 7);
			});
		await eventually(async () => assert.notEqual(await painted(), 7), 'something painted');
		const before = await painted();

		await feed('metric', metric('load', 40, { ts: Date.now() + 1000, unit: 's' }));
		await eventually(async () => assert.notEqual(await painted(), before), 'the chart to follow');
		await page
			.getByText(/^40\ss$/)
			.first()
			.waitFor();

		await page.keyboard.press('Escape');
		assert.equal(await page.locator('.live-chart').count(), 0);
		await hasAttribute(tile(page, 'load'), 'aria-expanded', 'false');
		assert.equal(await page.evaluate(() => document.activeElement.className), 'live-tile');
	}));

test('a chart opened low on the page scrolls fully into view', () =>
	live({ viewport: { width: 375, height: 700 } }, async ({ page, feed }) => {
		await feed('metric', ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].flatMap((name) => values(name, 5)));
		await tile(page, 'j').scrollIntoViewIfNeeded();
		await tile(page, 'j').click();
		await page.locator('.live-chart .u-legend').waitFor();
		const { y, height } = await page.locator('.live-chart').boundingBox();
		assert.ok(y >= 0 && y + height <= 700, `from ${y} to ${y + height} px`);
	}));

test('only the view scrolls, never the page with its bar', () =>
	live({ viewport: { width: 375, height: 700 } }, async ({ page, feed }) => {
		await feed('metric', ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].flatMap((name) => values(name, 5)));
		await feed('alarm', ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => alarm(key)));
		await page.locator('.live .alarm-list > li').nth(7).waitFor();
		await tile(page, 'j').evaluate((one) => one.scrollIntoView());
		assert.equal(await page.evaluate(() => document.scrollingElement.scrollHeight - innerHeight), 0);
	}));

test('the chart shows the values under the pointer, a drag zooms in and a double click shows all', () =>
	live({}, async ({ page, feed }) => {
		await feed('metric', ...values('load', 120));
		await tile(page, 'load').click();
		const over = page.locator('.live-chart .live-over');
		const box = await over.boundingBox();
		const at = (part) => [box.x + box.width * part, box.y + box.height / 2];

		await page.mouse.move(...at(0.5));
		await eventually(
			async () =>
				assert.match(await page.locator('.u-legend').innerText(), /\d\d:\d\d:\d\d[\s\S]*load\s*[12]\.?\d*/),
			'the values under the pointer',
		);
		const whole = page.getByRole('button', { name: 'Show all' });
		const drag = async () => {
			await page.mouse.move(...at(0.4));
			await page.mouse.down();
			await page.mouse.move(...at(0.6), { steps: 5 });
			await page.mouse.up();
			await whole.waitFor();
		};
		const axis = () => page.$eval('.live-chart canvas', (canvas) => canvas.toDataURL());

		await drag();
		// New values do not move the zoomed part.
		const zoomed = await axis();
		await feed('metric', metric('load', 2, { ts: Date.now() + 1000 }));
		await page.getByText('maximum').waitFor();
		await feed('metric', metric('other', 1));
		await tile(page, 'other').waitFor();
		assert.ok(await whole.isVisible());
		await over.dblclick();
		await whole.waitFor({ state: 'hidden' });
		assert.notEqual(await axis(), zoomed);
		await drag();
		await whole.click();
		await whole.waitFor({ state: 'hidden' });
	}));

test('touch zooms a chart: one finger selects a part, two fingers pinch, and a double tap shows all', () =>
	live({ hasTouch: true, isMobile: true, viewport: { width: 375, height: 800 } }, async ({ page, feed }) => {
		await feed('metric', ...values('load', 120));
		await tile(page, 'load').tap();
		await page.getByText('Drag or pinch to zoom in').waitFor();
		const over = page.locator('.live-chart .live-over');
		const whole = page.getByRole('button', { name: 'Show all' });
		const box = await over.boundingBox();
		const cdp = await page.context().newCDPSession(page);
		const at = (part, down = 0.5) => ({ x: box.x + box.width * part, y: box.y + box.height * down });
		const touch = (type, ...touchPoints) =>
			cdp.send('Input.dispatchTouchEvent', { type, touchPoints: touchPoints.map((point, id) => ({ ...point, id })) });
		// All steps run at once, so the speed of the test does not matter.
		const slide = (...steps) =>
			Promise.all([
				touch('touchStart', ...steps[0]),
				...steps.slice(1).map((step) => touch('touchMove', ...step)),
				touch('touchEnd'),
			]);
		const zoomTo = async (...steps) => {
			await slide(...steps);
			await whole.waitFor();
		};
		const paint = () => page.$eval('.live-chart canvas', (canvas) => canvas.toDataURL());
		const doubleTap = async () => {
			await Promise.all([slide([at(0.5)]), slide([at(0.5)])]);
			await whole.waitFor({ state: 'hidden' });
		};

		await zoomTo([at(0.3)], [at(0.4)], [at(0.5)], [at(0.7)]);
		// The legend shows the value at the last touch.
		assert.match(await page.locator('.u-legend').innerText(), /\d\d:\d\d:\d\d[\s\S]*load\s*[12]\.?\d*/);
		assert.equal(await page.$eval('.u-select', ({ clientWidth }) => clientWidth), 0);
		await doubleTap();
		const all = await paint();

		await zoomTo([at(0.4), at(0.6)], [at(0.3), at(0.7)], [at(0.2), at(0.8)]);
		const apart = await paint();
		assert.notEqual(apart, all);
		// Pinching the fingers together shows everything again.
		await slide([at(0.1), at(0.9)], [at(0.3), at(0.7)], [at(0.45), at(0.55)]);
		await whole.waitFor({ state: 'hidden' });

		// A single tap does not zoom, and a vertical swipe scrolls the page.
		await slide([at(0.5)]);
		assert.equal(await whole.isVisible(), false);
		await slide([at(0.5, 0.9)], [at(0.5, 0.6)], [at(0.5, 0.2)], [at(0.5, -0.4)]);
		await eventually(async () => assert.ok(await page.$eval('#view', (view) => view.scrollTop > 0)), 'a scroll');
		assert.equal(await whole.isVisible(), false);
	}));

test('an open chart follows a change of theme and of width, also while another view is shown', () =>
	live({ colorScheme: 'light', viewport: { width: 1000, height: 800 } }, async ({ page, feed }) => {
		await feed('metric', ...values('load', 120));
		await tile(page, 'load').click();
		const canvas = page.locator('.live-chart canvas');
		await canvas.waitFor();
		const paint = () => canvas.evaluate((one) => one.toDataURL());
		const marker = () => page.$eval('.u-marker', (one) => getComputedStyle(one).borderTopColor);
		const changes = async (before) =>
			eventually(async () => assert.notEqual(await paint(), before), 'other colours').then(paint);
		const width = () => canvas.evaluate((one) => one.clientWidth);

		const light = await paint();
		const lightMarker = await marker();
		await page.emulateMedia({ colorScheme: 'dark' });
		const dark = await changes(light);
		assert.notEqual(await marker(), lightMarker);
		await page.evaluate(() => (document.documentElement.dataset.theme = 'light'));
		await changes(dark);
		const wide = await width();
		await page.evaluate(() => (document.getElementById('view').hidden = true));
		await page.setViewportSize({ width: 600, height: 800 });
		await page.evaluate(() => (document.getElementById('view').hidden = false));
		await eventually(async () => assert.ok((await width()) < wide - 300), 'a narrow chart');
		await page.setViewportSize({ width: 1000, height: 800 });
		await eventually(async () => assert.equal(await width(), wide), 'a wide chart');
	}));

test('the keyboard resets the zoom', () =>
	live({}, async ({ page, feed }) => {
		await feed('metric', ...values('load', 120));
		await tile(page, 'load').press('Enter');
		const box = await page.locator('.live-chart .live-over').boundingBox();
		const whole = page.getByRole('button', { name: 'Show all' });

		await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
		await page.mouse.down();
		await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 5 });
		await page.mouse.up();
		await whole.waitFor();
		await tile(page, 'load').focus();
		await page.keyboard.press('Tab');
		assert.equal(await whole.evaluate((button) => button === document.activeElement), true);
		await page.keyboard.press('Enter');
		await whole.waitFor({ state: 'hidden' });
		assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Close the chart');
	}));

test('a line is drawn for any numbers', () =>
	live({}, async ({ page, feed }) => {
		const most = Number.MAX_VALUE;
		const series = (name, all) => values(name, all.length).map((frame, n) => ({ ...frame, value: all[n] }));
		const lines = { large: [most, -most, 0], small: [0, Number.MIN_VALUE], level: [7, 7] };

		await feed('metric', ...Object.entries(lines).flatMap(([name, all]) => series(name, all)));
		for (const [name, d] of [['large', 'M0,2L50,28L100,15'], ['small', 'M0,15L100,15'], ['level', 'M0,15L100,15']])
			await eventually(
				async () => assert.equal(await tile(page, name).locator('.live-line').getAttribute('d'), d),
				`the line of ${name}`,
			);
	}));

test('without its library the chart says so and the tile still works', () =>
	live(
		{
			prepare: (page) =>
				page.route('**/lib/**', (route) =>
					route.fulfill({ status: 200, contentType: 'text/javascript', body: 'export {};' }),
				),
		},
		async ({ page, feed }) => {
			await feed('metric', metric('load', 1));
			await tile(page, 'load').click();
			await page.getByText('The chart could not be loaded').waitFor();
			await feed('metric', metric('load', 2));
			await eventually(
				async () => assert.equal(await tile(page, 'load').locator('.live-amount').innerText(), '2'),
				'the new value',
			);
			await page.getByRole('button', { name: 'Close the chart' }).click();
			assert.equal(await page.locator('.live-chart').count(), 0);
		},
	));

test('at most 500 metrics with 3,600 points each are kept, and silent metrics are dropped first', () =>
	live({ prepare: (page) => page.clock.install() }, async ({ page, feed }) => {
		const { length, first } = await page.evaluate(async () => {
			const { createSeries } = await import('./live/series.js');
			const series = createSeries();
			for (let n = 0; n < 20_000; n++)
				series.add(n, n);
			const [times] = series.points(Infinity);
			return { length: times.length, first: series.points()[0][0] };
		});
		assert.ok(length <= 4000, `${length} points`);
		assert.equal(first, 20_000 - 3600);

		const now = await page.evaluate(() => Date.now());
		await feed('metric', ...Array.from({ length: 510 }, (_, n) => metric(`m${n}`, n, { ts: now })));
		await page.getByText('Only 500 values are shown; 10 more were left out.').waitFor();
		assert.equal(await page.locator('.live-tile').count(), 500);
		await page.clock.fastForward(120_000);
		await feed('metric', metric('young', 1, { ts: now + 120_000 }));
		await tile(page, 'young').waitFor();
		assert.equal(await page.locator('.live-tile').count(), 500);
	}));

test('alarms show their severity as a word and a shape, the worst first, and disappear when cleared', () =>
	live({}, async ({ page, feed }) => {
		await page.getByText('No active alarms').waitFor();
		await feed(
			'alarm',
			alarm('disk', {
				severity: 'warning',
				since: Date.now() - 7_200_000,
				click: 'https://example.org/disk',
				standing: true,
			}),
			alarm('fire', { severity: 'critical' }),
			alarm('news', { severity: 'info' }),
			alarm('mail', { severity: 'error' }),
		);
		await alarmsAre(page, ['About fire', 'About mail', 'About disk', 'About news']);
		assert.deepEqual(await page.locator('.alarm-list .severity').allTextContents(), [
			'Critical',
			'Error',
			'Warning',
			'Info',
		]);
		const shapes = await page.$$eval('.alarm-list .sign path', (all) => all.map((path) => path.getAttribute('d')));
		assert.equal(new Set(shapes).size, 4);
		const disk = page.locator('.alarm-list > li').nth(2);
		assert.match(await disk.innerText(), /for 2 hr?s?[\s\S]*ops[\s\S]*words/);
		await hasAttribute(disk.getByRole('link'), 'href', 'https://example.org/disk');
		await hasAttribute(disk.getByRole('link'), 'rel', 'noopener noreferrer');
		assert.equal(await disk.getByRole('link').evaluate(({ tabIndex }) => tabIndex), 0);
		await page.getByText('4 active, 4 not acknowledged').waitFor();

		await feed('alarm', alarm('disk', { severity: 'critical', state: 'updated', since: Date.now() - 7_200_000 }));
		await alarmsAre(page, ['About fire', 'About disk', 'About mail', 'About news']);
		await feed('alarm', alarm('fire', { severity: 'ok', state: 'cleared' }));
		await alarmsAre(page, ['About disk', 'About mail', 'About news']);
	}));

test('the button acknowledges an alarm, and the alarm says who acknowledged it', () =>
	live({}, async ({ page, feed, answer, calls }) => {
		const raised = alarm('disk');
		await feed('alarm', raised, alarm('mail', { since: Date.now() - 1000 }));
		const acknowledge = page.getByRole('button', { name: /Acknowledge .?About disk/ });

		await answer('acknowledge', { fails: 'no such alarm' });
		await acknowledge.click();
		await page.getByText('Not acknowledged: no such alarm.').waitFor();
		await answer('acknowledge', undefined);
		await acknowledge.focus();
		await page.keyboard.press('Enter');
		assert.deepEqual(await calls('acknowledge'), [
			['acknowledge', 'ops', 'disk'],
			['acknowledge', 'ops', 'disk'],
		]);
		await feed(
			'alarm',
			alarm('disk', { ...raised, state: 'acknowledged', acknowledged_by: 'ann', acknowledged_ms: Date.now() }),
		);
		await page.locator('.alarm-by').getByText(/acknowledged by .?ann/).waitFor();
		assert.equal(await acknowledge.isVisible(), false);
		// Unacknowledged alarms come first.
		await alarmsAre(page, ['About mail', 'About disk']);
		await page.getByText('2 active, 1 not acknowledged').waitFor();
	}));

test('the focus stays at its alarm while others come, go and move, and in the list when that alarm goes', () =>
	live({}, async ({ page, feed, answer }) => {
		const focused = () => page.evaluate(() => document.activeElement.closest('.alarm-list > li, .live-alarms')?.innerText.match(/About \w+|Alarms/)[0]);
		const acknowledged = { state: 'acknowledged', acknowledged_by: 'ann', acknowledged_ms: Date.now() };
		const [first, second, third] = ['a', 'b', 'c'].map((key, n) => alarm(key, { since: Date.now() - n }));

		await feed('alarm', first, second, third);
		await alarmsAre(page, ['About a', 'About b', 'About c']);
		await page.getByRole('button', { name: 'Acknowledge About b' }).focus();
		await feed('alarm', { ...first, ...acknowledged, id: ++lastId });
		await alarmsAre(page, ['About b', 'About c', 'About a']);
		assert.equal(await focused(), 'About b');
		assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /About b/);
		await feed('alarm', alarm('d', { severity: 'critical' }));
		await alarmsAre(page, ['About d', 'About b', 'About c', 'About a']);
		assert.equal(await focused(), 'About b');

		// The focus stays at an alarm while its acknowledgement is under way.
		await answer('acknowledge', { never: true });
		await page.keyboard.press('Enter');
		await page.getByText('Acknowledging…').waitFor();
		await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
		await feed('alarm', { ...second, ...acknowledged, id: ++lastId });
		await alarmsAre(page, ['About d', 'About c', 'About a', 'About b']);
		assert.equal(await focused(), 'About b');

		await page.getByRole('button', { name: 'Acknowledge About c' }).focus();
		await feed('alarm', { ...third, state: 'cleared', severity: 'ok', id: ++lastId });
		await alarmsAre(page, ['About d', 'About a', 'About b']);
		assert.equal(await focused(), 'About a');
		assert.equal(await page.evaluate(() => document.activeElement.localName), 'li');
		for (const one of [first, second, alarm('d')])
			await feed('alarm', { ...one, state: 'cleared', severity: 'ok', id: ++lastId });
		await page.getByText('No active alarms').waitFor();
		await eventually(async () => assert.equal(await focused(), 'Alarms'), 'the heading');
	}));

test('the history of alarms includes changes from before the page was opened', () =>
	live({}, async ({ page, feed, answer, calls }) => {
		const past = [
			alarm('old', { ts: Date.now() - 60_000 }),
			{ type: 'message', id: ++lastId, ts: Date.now(), message: 'no alarm' },
			alarm('old', { ts: Date.now() - 30_000, state: 'cleared', severity: 'ok' }),
		];
		const raised = alarm('disk');
		await answer('history', [...past, raised]);
		await feed('alarm', raised);
		assert.deepEqual(await calls('history'), []);
		await page.getByText('Recent changes').click();
		const lines = () =>
			page.$$eval('.live-changes > ol > li', (all) => all.map((line) => line.innerText.replaceAll(/\s+/g, ' ')));
		await eventually(async () => assert.equal((await lines()).length, 2), 'two alarms');
		const [newest, oldest] = await lines();
		assert.match(newest, /warning About disk raised/i);
		assert.match(oldest, /OK About old cleared/i);
		await page.getByRole('button', { name: 'cleared' }).click();
		assert.deepEqual(
			await page.$$eval('.alarm-changes li', (all) => all.map((line) => line.textContent.replace(/^.* (?=OK|Warning)/, ''))),
			['OK cleared', 'Warning raised'],
		);
		assert.deepEqual(await calls('history'), [['history', 'ops']]);
		await feed('alarm', {
			...raised,
			id: ++lastId,
			ts: Date.now() + 1,
			state: 'acknowledged',
			acknowledged_by: 'bob',
		});
		await eventually(async () => assert.match((await lines())[0], /acknowledged by .?bob/), 'the newest change');
	}));

test('what a page keeps of alarms is limited while it is hidden', () =>
	live({}, async ({ page, feed }) => {
		const devtools = await page.context().newCDPSession(page);
		const nodes = async () => {
			await devtools.send('HeapProfiler.collectGarbage');
			return (await devtools.send('Memory.getDOMCounters')).nodes;
		};

		// A hidden page has no frames.
		await page.evaluate(() => {
			window.requestAnimationFrame = () => 0;
		});
		const before = await nodes();
		for (let n = 0; n < 1000; n++)
			await feed('alarm', alarm(`k${n}`, { state: 'cleared' }));
		assert.ok((await nodes()) - before < 300, `${(await nodes()) - before} nodes`);
	}));

test('changes of an alarm belong together in whatever order they come, until it was calm for ten minutes', () =>
	live({}, async ({ page }) => {
		const { orders, most } = await page.evaluate(async () => {
			const { createIncidents } = await import('./messages/alarm-rows.js');
			const minute = (n) => new Date(n * 60_000);
			const change = (id, since, date, key = 'disk') => ({ id, key, since: minute(since), date: minute(date) });
			const all = [
				change(1, 0, 0), change(2, 0, 90), change(3, 95, 95), change(4, 95, 96), change(5, 200, 200), change(6, 96, 96, 'load'),
			];
			const inOrder = (order) => {
				const incidents = createIncidents();
				order.forEach((at) => incidents.record(all[at]));
				return [0, 4, 5].map((at) => incidents.record(all[at]).map(({ id }) => id).join(' ')).join(', ');
			};
			const incidents = createIncidents();
			for (let id = 1; id <= 3000; id++)
				incidents.record(change(id, id, id));
			return {
				orders: [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 4, 1, 2]].map(inOrder),
				most: incidents.record(change(3001, 3001, 3001)).length,
			};
		});

		assert.deepEqual(orders, Array(3).fill('1 2 3 4, 5, 6'));
		assert.equal(most, 2000);
	}));

// Replaces the answer to /rooms.
const listRooms = (page, rooms) =>
	page.route('**/rooms', (route) => route.fulfill({ json: { rooms: rooms.map((one) => ({ topic: '', count: 0, last_id: 0, ...one })), tails: [] } }));

test('a room with alarms that the user has not joined is named, and is watched by one click', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const { page } = ann;

		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk full' }, { room: 'ops' });
		await push(daemon, { type: 'metric', name: 'cpu', value: 0.5 }, { room: 'ops' });
		await push(daemon, { type: 'metric', name: 'heat', value: 21 }, { room: 'lab' });
		await ann.join('Ann');
		await page.click('#tab-live');
		await page.locator('#live').getByText('1 active alarm in 1 room that you have not joined').waitFor();
		assert.equal(await page.locator('.live-calm').isVisible(), false);
		await page.getByText('Values in 2 rooms that you have not joined').click();
		await page.getByRole('button', { name: 'Watch lab' }).waitFor();
		await page.locator('#live .alarms-elsewhere').getByRole('button', { name: 'Watch ops' }).press('Enter');
		await alarmsAre(page, ['Disk full']);
		await tile(page, 'cpu').waitFor();
		assert.equal(await page.locator('#live .alarms-elsewhere').isVisible(), false);
		await page.getByText('Values in 1 room that you have not joined').waitFor();
		// The view stays, and the room is one of the user's rooms from now on.
		assert.ok(await page.isVisible('#live'));
		await page.getByRole('button', { name: 'Clear Disk full' }).click();
		await page.getByText('No active alarms.').waitFor();
		await page.reload();
		await ann.online();
		await page.click('#tab-chat');
		await listsRooms(ann, ['lobby', 'ops']);
	}));

test('all is well only if that is known of all rooms', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, async (page) => {
			await page.clock.install();
			await server.prepare(page);
		});
		const { page } = ann;
		const calm = page.locator('.live-calm');

		await page.route('**/rooms', (route) => route.abort('connectionrefused'));
		await ann.join('ann');
		await page.click('#tab-live');
		await page.getByText('The other rooms could not be checked').waitFor();
		assert.equal(await calm.isVisible(), false);
		await page.unroute('**/rooms');
		await listRooms(page, [{ room: 'lobby', alarms: 7 }, { room: 'ops', alarms: 0 }]);
		await page.clock.runFor(31_000);
		await calm.waitFor();
		await page.unroute('**/rooms');
		await listRooms(page, [{ room: 'ops', alarms: 2 }, ...Array.from({ length: 99 }, (_, n) => ({ room: `r${n}`, alarms: 1 }))]);
		await page.clock.runFor(31_000);
		await page.locator('#live').getByText('101 active alarms in 100 rooms that you have not joined').waitFor();
		assert.equal(await calm.isVisible(), false);
		assert.equal(await page.locator('#live .alarms-elsewhere li').count(), 50);
		await page.locator('#live').getByText('and 50 more rooms').waitFor();

		// A refusal is shown at the room.
		server.answer = (object) =>
			object.type === 'join' ? [{ type: 'error', code: 'too_many_rooms', message: 'no', ref: object.ref }] : [];
		await page.getByRole('button', { name: 'Watch ops' }).click();
		await page.getByRole('alert').getByText('Cannot join: there are too many rooms').waitFor();
		await listsRooms(ann, ['lobby']);
	}));

test('the view understands what the real server sends', () =>
	live({}, async ({ page }) => {
		const push = async (object) => {
			const answer = await fetch(`${daemon.url}/push/real`, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify(object),
			});
			assert.equal(answer.status, 200, await answer.text());
		};
		await push({
			type: 'alarm',
			key: 'disk',
			severity: 'critical',
			title: 'Disk full',
			message: 'no room',
			click: 'https://example.org/',
		});
		await push({ type: 'metric', name: 'cpu', value: 0.5, unit: 'ratio' });
		await page.evaluate(() => {
			window.socket = new WebSocket('/ws?room=real&events=1&name=ann');
			window.socket.onmessage = ({ data }) => {
				const frame = JSON.parse(data);
				window.view[frame.type]?.(frame);
			};
		});
		await page.getByText('Disk full').waitFor();
		await tile(page, 'cpu').getByText('50').waitFor();
		await push({ type: 'metric', name: 'cpu', value: 0.75, unit: 'ratio' });
		await tile(page, 'cpu').getByText('75').waitFor();
		await page.evaluate(() => window.socket.send(JSON.stringify({ type: 'ack', room: 'real', key: 'disk' })));
		await page.locator('.alarm-by').getByText(/acknowledged by .?ann/).waitFor();
		await push({ type: 'alarm', key: 'disk', severity: 'ok' });
		await page.getByText('No active alarms').waitFor();
	}));

test('after a lost connection the view says so, and alarms cleared meanwhile are gone', () =>
	live({}, async ({ page, feed, tell }) => {
		await feed('alarm', alarm('disk'), alarm('mail', { room: 'lab' }));
		await feed('metric', metric('load', 1));
		await tell('closed');
		await page.getByText('Not connected').waitFor();
		await tell('opened');
		await tell('forget', 'ops');
		await alarmsAre(page, ['About mail']);
		assert.equal(await page.getByText('Not connected').count(), 0);
	}));

test('all content of frames is text, and invalid frames are ignored', () =>
	live({}, async ({ page, feed }) => {
		await feed(
			'metric',
			metric(HOSTILE, 1, { room: HOSTILE, unit: HOSTILE, username: HOSTILE }),
			metric('no number', '7'),
			metric('no number', null),
			metric({ toString: 'x' }, 1),
			{ type: 'metric' },
			metric('odd unit', 1, { unit: { a: 1 } }),
			metric('__proto__', 1e300, { room: '__proto__' }),
		);
		await feed(
			'alarm',
			alarm(HOSTILE, {
				title: HOSTILE,
				message: HOSTILE,
				room: HOSTILE,
				username: HOSTILE,
				click: 'javascript:alert(1)',
			}),
			alarm('seen', {
				acknowledged_by: HOSTILE,
				acknowledged_ms: HOSTILE,
				state: 'acknowledged',
				since: 'x',
				click: { a: 1 },
			}),
			alarm('long', { message: 'y'.repeat(100_000), title: 7, click: 'data:text/html,x' }),
			alarm('bad', { severity: HOSTILE }),
			alarm('bad', { state: HOSTILE }),
			{ type: 'alarm' },
		);
		await page.locator('.alarm-list > li').nth(3).waitFor();
		await page.getByText('Recent changes').click();
		await page.locator('.live-changes > ol > li').nth(3).waitFor();
		await tile(page, HOSTILE).click();
		await page.locator('.u-legend .u-label').getByText(HOSTILE).waitFor();
		assert.equal(await page.locator('.live-tile').count(), 3);
		assert.equal(await page.locator('.alarm-list > li').count(), 4);
		assert.equal(await page.locator('#view :is(img, script, a:not([href^="#/room/"]))').count(), 0);
		const heights = await page.$$eval('.alarm-list .alarm-text', (all) => all.map(({ clientHeight }) => clientHeight));
		assert.ok(Math.max(...heights) < 200, `${heights} px`);
	}));

test('the Live view is in Chinese if the page is', () =>
	live({ language: 'zh' }, async ({ page, feed }) => {
		await page.getByText('一切正常').waitFor();
		await feed('alarm', alarm('disk', { severity: 'critical', since: Date.now() - 7_200_000 }));
		await feed('metric', metric('load', 5, { unit: 's', ts: Date.now() - 300_000 }));
		await page.getByText('已持续 2小时').waitFor();
		await page.getByRole('button', { name: '确认' }).waitFor();
		await tile(page, 'load').getByText('已过时：5分钟前').waitFor();
	}));

test('the Live view fits a phone and uses a wide screen', () =>
	live({ viewport: { width: 320, height: 640 } }, async ({ page, feed }) => {
		await feed(
			'metric',
			...values('a name without an end '.repeat(3), 30, { room: 'r'.repeat(64), unit: 'u'.repeat(32) }),
		);
		await feed(
			'alarm',
			alarm('k'.repeat(128), { title: 'T'.repeat(256), message: 'm'.repeat(500), room: 'r'.repeat(64) }),
		);
		await page.locator('.alarm-list > li').waitFor();
		await page.locator('.live-tile').click();
		await page.locator('.live-chart canvas').waitFor();
		for (const width of [320, 375, 768, 1440]) {
			await page.setViewportSize({ width, height: 700 });
			await eventually(
				async () =>
					assert.ok(
						await page.$eval(
							'#view',
							(view) =>
								view.scrollWidth <= view.clientWidth &&
								document.documentElement.scrollWidth <= innerWidth,
						),
						`${width} px`,
					),
				'no sideways scroll',
			);
		}
	}));
