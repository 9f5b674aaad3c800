// Charts of the Live view: what was recorded before the page was opened, alarms in it, and a second metric.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { importOfPage } from '../lib/page.mjs';
import { assertNoFaults } from './axe.mjs';
import { soon, withPeople } from './people.mjs';
import { push, pushAlarm } from './pushes.mjs';
import { startViewDaemon, withView } from './views.mjs';

const MINUTE_MS = 60_000;

let browser;
let daemon;

before(async () => {
	[browser, daemon] = await Promise.all([openBrowser(), startViewDaemon()]);
});
after(() => Promise.all([browser.close(), daemon.stop()]));

const live = (options, body) => withView(browser, daemon, 'live', options, body);
const tile = (page, name) => page.locator('.live-tile', { has: page.getByText(name, { exact: true }) });
const metric = (name, value, more = {}) => ({ type: 'metric', room: 'ops', ts: Date.now(), username: 'probe', name, value, ...more });

// Points of a past up to the running interval; each is [low, mean, high].
function recorded(intervalS, all) {
	const newest = Math.floor(Date.now() / 1000 / intervalS) * intervalS * 1000;

	return { interval_s: intervalS, points: all.map((point, index) => [newest - (all.length - index) * intervalS * 1000, ...point]) };
}

let lastId = 0;
const alarm = (key, minutesAgo, more = {}) => ({
	type: 'alarm', room: 'ops', id: ++lastId, ts: Date.now() - minutesAgo * MINUTE_MS, since: Date.now() - minutesAgo * MINUTE_MS,
	username: 'probe', key, severity: 'warning', title: `About ${key}`, message: '', state: 'raised', ...more,
});
const cleared = (raised, minutesAgo) => ({ ...raised, id: ++lastId, ts: Date.now() - minutesAgo * MINUTE_MS, state: 'cleared', severity: 'ok' });

async function open(page, name) {
	await tile(page, name).click();
	await page.locator('.live-chart canvas').waitFor();
}

// Minimum, average and maximum of each metric.
const facts = (page) => page.$$eval('.live-facts tbody tr', (rows) => rows.map((row) => Array.from(row.cells, (cell) => cell.textContent).join(' ')));
const factsAre = (page, wanted) =>
	eventually(async () => assert.deepEqual((await facts(page)).map((row) => row.replaceAll('\u00a0', ' ')), wanted), `the facts ${wanted}`);
const incidents = (page) => page.$$eval('.live-mark-list > li', (all) => all.map((item) => item.textContent.replaceAll(/\s+/g, ' ')));

test('a chart goes back to before the page was opened, also after a reload', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon: server, arrive }) => {
		for (const value of [9, 1, 5])
			await push(server, { type: 'metric', name: 'cpu load', value });
		await pushAlarm(server, { key: 'disk', severity: 'critical', title: 'Disk full' });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.click('#tab-live');
		await open(ann.page, 'cpu load');
		await factsAre(ann.page, ['cpu load 1 5 9']);
		await eventually(async () => assert.match((await incidents(ann.page))[0], /Critical .?Disk full.? for \d+ secs?, still active/), 'the alarm');
		await ann.page.getByRole('radio', { name: '24 h' }).check();
		await ann.page.reload();
		await ann.online();
		await open(ann.page, 'cpu load');
		assert.ok(await ann.page.getByRole('radio', { name: '24 h' }).isChecked());
		await factsAre(ann.page, ['cpu load 1 5 9']);
		await assertNoFaults(ann, 'a chart');
	}));

test('without a pointer the legend shows the last value', () =>
	live({}, async ({ page, feed }) => {
		const legendIs = (pattern) => soon.match(() => page.locator('.u-legend').innerText(), pattern);

		await feed('metric', metric('load', 5));
		await open(page, 'load');
		await legendIs(/\d\d:\d\d:\d\d[\s\S]*load\s*5\b/);
		await feed('metric', metric('load', 7, { ts: Date.now() + 1 }));
		await legendIs(/\d\d:\d\d:\d\d[\s\S]*load\s*7\b/);
	}));

test('the time span is chosen by key, and what is recorded is asked for again', () =>
	live({ prepare: (page) => page.clock.install() }, async ({ page, feed, answer, calls }) => {
		await answer('fetchRecorded', recorded(10, [[1, 2, 3], [2, 4, 6]]));
		await feed('metric', metric('load', 5));
		await open(page, 'load');
		await factsAre(page, ['load 1 3.67 6']);
		await answer('fetchRecorded', recorded(30, [[0, 3, 8]]));
		await page.getByRole('radio', { name: '15 min' }).focus();
		await page.keyboard.press('ArrowRight');
		await factsAre(page, ['load 0 4 8']);
		assert.deepEqual((await calls('fetchRecorded')).slice(0, 2), [['fetchRecorded', 'ops', 'load', '15m'], ['fetchRecorded', 'ops', 'load', '1h']]);
		// A failure is said, and what is known stays.
		await answer('fetchRecorded', { fails: 'no' });
		await page.clock.runFor(31_000);
		await page.getByText('Earlier values could not be loaded.').waitFor();
		await factsAre(page, ['load 0 4 8']);
		await answer('fetchRecorded', recorded(30, [[-1, 3, 8]]));
		await page.clock.runFor(31_000);
		await factsAre(page, ['load -1 4 8']);
		assert.equal(await page.getByText('Earlier values could not be loaded.').count(), 0);
		// A closed chart asks for nothing.
		await page.keyboard.press('Escape');
		const count = (await calls('fetchRecorded')).length;
		await page.clock.runFor(120_000);
		assert.equal((await calls('fetchRecorded')).length, count);
	}));

test('what is no past is not shown', () =>
	live({}, async ({ page, feed, answer }) => {
		await feed('metric', metric('load', 5));
		for (const bad of [null, {}, { interval_s: 10, points: 7 }, { interval_s: 0, points: [] }, { interval_s: 10, points: [[5, 1, 1, 1], [5, 1, 1, 1]] }]) {
			await answer('fetchRecorded', bad);
			await open(page, 'load');
			await page.getByText('Earlier values could not be loaded.').waitFor();
			await factsAre(page, ['load 5 5 5']);
			await page.keyboard.press('Escape');
		}
		const end = Date.now();
		await answer('fetchRecorded', { interval_s: 10, points: [...[null, {}, [1], [end, '1', 2, 3]], ...recorded(10, Array(5000).fill([2, 3, 4])).points] });
		await open(page, 'load');
		await factsAre(page, ['load 2 3.02 5']);
	}));

test('alarms are marks in the chart and a list that says when they began; choosing one shows its time', () =>
	live({}, async ({ page, feed, answer, calls }) => {
		const disk = alarm('disk', 12);
		const old = alarm('old', 200);
		const flapping = [7, 6, 5].flatMap((minutes) => {
			const one = alarm('flap', minutes, { severity: 'info' });
			return [one, cleared(one, minutes - 0.5)];
		});
		const inLab = alarm('lab', 5, { room: 'lab' });
		await answer('history', [old, disk, cleared(disk, 10), ...flapping]);
		await feed('alarm', old, inLab);
		await answer('fetchRecorded', recorded(10, Array.from({ length: 90 }, () => [1, 2, 3])));
		await feed('metric', metric('load', 2));
		await open(page, 'load');
		await eventually(async () => assert.equal((await incidents(page)).length, 3), 'three alarms');
		const [flap, onDisk, before] = await incidents(page);
		assert.match(flap, /^\d\d:\d\d:\d\d Info About flap 3 times in 2 mins$/);
		assert.match(onDisk, /^\d\d:\d\d:\d\d Warning About disk for 2 mins$/);
		assert.match(before, /Warning About old for 3 hrs?, still active$/);
		const marks = page.locator('.live-marks > div');
		await eventually(async () => assert.equal(await marks.count(), 5), 'a mark for each time');
		assert.equal(await page.locator('.live-marks > .live-begins').count(), 4);
		assert.equal(await page.locator('.live-marks > .live-ends').count(), 4);
		assert.deepEqual((await calls('history')).every(([, room]) => room === 'ops'), true);

		// By keyboard: the chart shows the time of the alarm, and everything again.
		const whole = page.getByRole('button', { name: 'Show all' });
		await page.locator('.live-mark-choice', { hasText: 'About disk' }).press('Enter');
		await whole.waitFor();
		await eventually(async () => assert.equal(await marks.count(), 2), 'the marks of this time');
		await whole.press('Enter');
		await whole.waitFor({ state: 'hidden' });

		// One that began earlier needs a longer span.
		await answer('fetchRecorded', recorded(300, Array.from({ length: 288 }, () => [1, 2, 3])));
		await page.locator('.live-mark-choice', { hasText: 'About old' }).click();
		assert.ok(await page.getByRole('radio', { name: '24 h' }).isChecked());
		await eventually(async () => assert.ok(await page.locator('.live-marks > .live-begins[data-severity="warning"]').first().isVisible()), 'its begin');
		await whole.click();
		// A new alarm is there at once, and one that is cleared ends.
		await feed('alarm', alarm('fresh', 0, { severity: 'critical' }), cleared(old, 0));
		await eventually(async () => assert.match((await incidents(page))[0], /Critical About fresh .*still active/), 'the new alarm');
		await eventually(async () => assert.match((await incidents(page)).at(-1), /About old for 3 hrs?$/), 'its end');
	}));

test('a chart compares two metrics: a line, a legend, facts and, for another unit, an axis for each', () =>
	live({}, async ({ page, feed, answer, calls }) => {
		await answer('fetchRecorded', recorded(10, [[1, 2, 3]]));
		await feed('metric', metric('load', 2), metric('cpu', 0.5, { unit: 'ratio' }), metric('queue', 9, { room: 'lab' }));
		await open(page, 'load');
		const compare = page.getByLabel('Compare with');
		const axes = () => page.locator('.live-chart .u-axis').count();
		const legend = () => page.$$eval('.u-legend tr:not(.live-edge) .u-label', (all) => all.map(({ textContent }) => textContent));

		assert.deepEqual(await compare.locator('optgroup').evaluateAll((all) => all.map(({ label }) => label)), ['ops', 'lab']);
		assert.equal(await axes(), 2);
		await compare.selectOption('cpu');
		await eventually(async () => assert.deepEqual(await legend(), ['Time', 'load', 'cpu']), 'the legend');
		assert.equal(await axes(), 3);
		await factsAre(page, ['load 1 2 3', 'cpu 50 % 125 % 300 %']);
		assert.deepEqual((await calls('fetchRecorded')).at(-1), ['fetchRecorded', 'ops', 'cpu', '15m']);
		await compare.selectOption('queue');
		await eventually(async () => assert.deepEqual(await legend(), ['Time', 'load', 'queue']), 'the legend');
		assert.equal(await axes(), 2);
		await feed('metric', metric('queue', 90, { room: 'lab', ts: Date.now() + 1 }));
		await eventually(async () => assert.match((await facts(page))[1], /^queue 1 .* 90$/), 'the new value');
		await compare.selectOption('nothing');
		await eventually(async () => assert.deepEqual(await legend(), ['Time', 'load']), 'the legend');
		assert.equal((await facts(page)).length, 1);
	}));

test('labels of an axis differ, whatever the numbers, and have one unit', async () => {
	const { createUnits } = await importOfPage('live/units.js');
	const { labels } = createUnits('en-GB');
	const around = (middle, step) => [-2, -1, 0, 1, 2].map((times) => middle + times * step);
	const said = (values, step, unit = '') => labels(values, step, unit).map((label) => label.replaceAll('\u00a0', ' '));

	assert.deepEqual(said([1234.1, 1234.2], 0.1), ['1,234.1', '1,234.2']);
	assert.deepEqual(said([0, 2.5, 5], 2.5), ['0.0', '2.5', '5.0']);
	assert.deepEqual(said([0.41, 0.4125], 0.0025, 'ratio'), ['41.00 %', '41.25 %']);
	assert.deepEqual(said([0, 512, 1024], 512, 'bytes'), ['0.0 KiB', '0.5 KiB', '1.0 KiB']);
	assert.deepEqual(said([60, 90, 120], 30, 's'), ['1.0 mins', '1.5 mins', '2.0 mins']);
	for (const unit of ['', 'ratio', 'bytes', 's', 'ms', 'lx']) {
		for (const middle of [0, 1, 1234.5, 99_999, 1e8, 123_456_789, 1e15, 1e-9]) {
			for (const step of [1e-6, 0.025, 1, 2500, 1e9].filter((one) => one > middle * 1e-12)) {
				const all = said(around(middle, step), step, unit);
				assert.equal(new Set(all).size, 5, `${all} ${unit}`);
			}
		}
	}
	// What a number cannot tell apart is labelled once.
	assert.deepEqual(said([1e300, 1e300], 1), ['1E300', '']);
});

test('times of an axis differ, also a day apart', async () => {
	const { createClock } = await importOfPage('live/chart-clock.js');
	const clock = createClock('en-GB');
	const hours = (count, step) => Array.from({ length: count }, (_, index) => new Date(2026, 10, 29, 18).getTime() + index * step * 3_600_000);

	assert.deepEqual(clock.labels(hours(5, 6), 6 * 3_600_000), ['Sun 18:00', '30 Nov', '06:00', '12:00', '18:00']);
	assert.deepEqual(clock.labels(hours(3, 1), 3_600_000), ['18:00', '19:00', '20:00']);
});

test('a line has gaps where there were no values, and received values replace recorded ones', async () => {
	const { timelineOf } = await importOfPage('live/timeline.js');
	const recordedPast = { intervalMs: 10, points: [[100, 1, 2, 3], [110, 1, 2, 3], [120, 1, 2, 3], [500, 4, 5, 6], [510, 4, 5, 6], [520, 4, 5, 6]] };
	const of = (more) => timelineOf({ received: [[512, 514, 519, 523], [7, 8, 9, 10]], recorded: recordedPast, begin: 105, end: 525, isExact: true, ...more });

	// Of the interval at 510 it received only the last part, of the one at 520 all.
	assert.deepEqual(of()[0], [105, 115, 125, 315, 505, 511, 512, 514, 519, 523]);
	assert.deepEqual(of()[1], [2, 2, 2, null, 5, 5, 7, 8, 9, 10]);
	assert.deepEqual(of()[3], [3, 3, 3, null, 6, 6, 7, 8, 9, 10]);
	// In a longer span, received values only end the line.
	assert.deepEqual(of({ isExact: false })[0], [105, 115, 125, 315, 505, 515, 525]);
	assert.deepEqual(of({ isExact: false, end: 524 })[0].slice(-2), [515, 524]);
	assert.deepEqual(of({ recorded: null, isExact: false })[0], [512, 514, 519, 523]);
	assert.deepEqual(of({ received: [[], []], recorded: null }), [[], [], [], []]);
});
