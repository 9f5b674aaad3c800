// Accessibility: screen readers, keyboard, contrast, small screens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { jwtConfig } from '../lib/jwt.mjs';
import { assertNoFaults } from './axe.mjs';
import { enterRoom, soon, withPeople } from './people.mjs';
import { push, pushAlarm } from './pushes.mjs';
import { createServer, createTap } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

for (const colorScheme of ['light', 'dark']) {
	test(`27 axe finds nothing serious in the ${colorScheme} theme at 320 px`, () =>
		withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
			const ann = await arrive({ colorScheme, viewport: { width: 320, height: 800 }, reducedMotion: 'reduce' });
			const bob = await daemon.ws('/ws?name=bob');
			await assertNoFaults(ann, 'the name form');
			await ann.join('Ann');
			await ann.surrounded();
			await say(bob, 'hello @Ann, `code`, **bold** https://example.org\n> quote\n```c\nint x;\n```');
			await ann.say('mine');
			await push(daemon, 'text', { title: 'T', priority: '5', tags: 'x,tada', click: 'https://example.org/' });
			for (const severity of ['info', 'warning', 'error', 'critical'])
				await pushAlarm(daemon, { key: severity, severity, title: `An alarm ${severity}`, message: 'text' });
			await ann.page.locator('.alarm-line .severity').nth(3).waitFor();
			await assertNoFaults(ann, 'the chat');
			await say(bob, { message: 'an answer', reply_to: 2 });
			await say(bob, { type: 'react', of: 2, emoji: '👍' });
			await ann.page.locator('.reaction').waitFor();
			await ann.page.locator('.message', { hasText: 'an answer' }).hover();
			await ann.page.locator('[data-act="reply"]').click();
			await ann.page.locator('[data-act="more"]').click();
			await ann.page.getByRole('menu').waitFor();
			await assertNoFaults(ann, 'the menu of a message');
			await ann.page.keyboard.press('Escape');
			await ann.page.press('#text', 'ArrowUp');
			await ann.page.fill('.editor textarea', '');
			await ann.page.press('.editor textarea', 'Enter');
			await ann.page.locator('.question').waitFor();
			await assertNoFaults(ann, 'the question whether to delete');
			await ann.page.keyboard.press('Escape');
			await assertNoFaults(ann, 'the editor of a message');
			await ann.page.press('.editor textarea', 'Escape');
			await ann.page.locator('.message .author').first().click();
			await ann.page.waitForSelector('#card:popover-open');
			await assertNoFaults(ann, 'the card of a person');
			await ann.page.click('#card .quiet');
			await ann.page.waitForSelector('#card input');
			await assertNoFaults(ann, 'the form for the token of an admin');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#alarms-button');
			await ann.page.waitForSelector('#alarms li');
			await assertNoFaults(ann, 'the alarms');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#search-button');
			await ann.page.fill('#search-field', 'hello');
			await ann.page.locator('.search-list button').waitFor();
			await assertNoFaults(ann, 'the search');
			await ann.page.keyboard.press('Escape');
			await ann.page.keyboard.press('Control+k');
			await ann.page.waitForSelector('#switcher[open]');
			await ann.page.keyboard.type('b');
			await assertNoFaults(ann, 'the switcher');
			await ann.page.keyboard.press('Escape');
			await ann.page.focus('.room:not([inert]) .log');
			await ann.page.keyboard.press('?');
			await ann.page.waitForSelector('#shortcuts[open]');
			await assertNoFaults(ann, 'the list of keys');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#picker-button');
			await ann.page.locator('.picker-jump').last().waitFor();
			// The choices are all alike, and axe checks each of them slowly.
			await ann.page.$$eval('.picker-rows button:nth-child(n + 9)', (all) => all.forEach((choice) => choice.remove()));
			await assertNoFaults(ann, 'the emoji');
			await ann.page.fill('#picker-search', 'cat');
			await assertNoFaults(ann, 'the search for emoji');
			await ann.page.keyboard.press('Escape');
			await ann.page.keyboard.type(':ca');
			await ann.page.locator('#completion li').nth(2).waitFor();
			await assertNoFaults(ann, 'the completion');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#settings-button');
			await ann.page.waitForSelector('#sound');
			await assertNoFaults(ann, 'the settings');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#people-button');
			await ann.page.locator('#people li').first().waitFor();
			await assertNoFaults(ann, 'the people');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#rooms-button');
			await ann.page.waitForSelector('#rooms:popover-open');
			await enterRoom(ann, 'ops');
			await say(bob, 'a line more');
			await say(bob, '@Ann one for you');
			await ann.page.click('#rooms-button');
			await ann.page.locator('.mentions.badge').waitFor();
			await assertNoFaults(ann, 'the rooms with what is new');
			await ann.page.keyboard.press('Escape');
			await ann.page.setViewportSize({ width: 1280, height: 800 });
			await ann.page.locator('#room-field').waitFor();
			await assertNoFaults(ann, 'a wide window');
			await bob.close();
		}));
}

test('27 axe finds nothing serious in the form for a token', () =>
	withPeople(
		browser,
		[],
		async ({ arrive }) => {
			for (const colorScheme of ['light', 'dark']) {
				const ann = await arrive({ colorScheme, viewport: { width: 320, height: 640 } });
				await assertNoFaults(ann, 'the form for a token');
			}
		},
		{ config: jwtConfig(), first: '.sign-in[open]' },
	));

async function assertLarge(person) {
	const small = await person.page.$$eval('button, input, select, textarea, summary', (all) =>
		all
			.map((one) => [one.id || one.className, one.getBoundingClientRect()])
			.filter(([, { width, height }]) => width && (width < 24 || height < 24))
			.map(([name]) => name),
	);
	assert.deepEqual(small, []);
	assert.equal(await person.sidewaysScroll(), 0);
}

const SEVERITIES = ['info', 'warning', 'error', 'critical'];

// A minute of two metrics, one of them stale, and alarms of every severity, acknowledged and not.
function sendLive(server) {
	const now = Date.now();

	for (const [name, age] of [['load', 0], ['backup', 3_600_000]])
		server.sendAll(
			Array.from({ length: 60 }, (_, n) => ({
				type: 'metric', room: 'lobby', ts: now - age - (59 - n) * 1000, username: 'probe', name, value: Math.sin(n / 9), unit: 's',
			})),
		);
	for (const [n, severity] of [...SEVERITIES, ...SEVERITIES].entries())
		server.sendAll([
			{
				type: 'alarm', room: 'lobby', id: n + 1, ts: now, since: now - 1000, username: 'probe', key: `${severity} ${n}`, severity,
				title: `An alarm ${severity}`, message: n % 2 ? 'many words '.repeat(60) : 'words', click: 'https://example.org/', state: n < 4 ? 'raised' : 'acknowledged',
				...(n >= 4 && { acknowledged_by: 'bob', acknowledged_ms: now }),
			},
		]);
}

function sendLogs(server) {
	const lines = [
		['ERROR a'], ['WARN b'], ['INFO c'], ['DEBUG d'], ['e'], ['7 lines skipped', { skipped: 7 }], ['the file was rotated', { event: 'rotated' }],
	];
	server.sendAll(lines.map(([message, more], n) => ({ type: 'log', room: 'syslog', id: n + 1, ts: Date.now(), username: 'syslog', message, ...more })));
}

async function lookAtLive(ann, server) {
	const { page } = ann;

	await page.click('#tab-live');
	await page.getByText('No active alarms').waitFor();
	await page.locator('.live-none').waitFor();
	await assertNoFaults(ann, 'Live with nothing to show');
	sendLive(server);
	await page.locator('.live .alarm-list > li').nth(7).waitFor();
	await page.locator('.live-tile', { hasText: 'load' }).click();
	await page.getByText('Drag to zoom in').waitFor();
	await page.getByText('Recent changes').click();
	await page.locator('.live-changes > ol > li').nth(7).waitFor();
	await page.locator('.live-tile.live-stale', { hasText: 'backup' }).waitFor();
	await assertNoFaults(ann, 'Live with alarms and a chart');
	await assertLarge(ann);
	await page.locator('.live .alarm-acknowledge').first().click();
	await eventually(() => assert.equal(server.of('ack').length, 1), 'an acknowledgement');
	server.sendAll([{ type: 'error', code: 'no_such_alarm', message: 'no', ref: server.of('ack').at(-1).ref }]);
	await page.getByText('Not acknowledged:').waitFor();
	await Promise.all([page.getByText('Not connected').waitFor(), server.route.close({ code: 1001 })]);
	await assertNoFaults(ann, 'Live without a connection');
	await ann.online();
}

async function lookAtLogs(ann, server) {
	const { page } = ann;

	await page.click('#tab-logs');
	await page.getByText('Nothing has been written yet.').waitFor();
	await assertNoFaults(ann, 'Logs with nothing to show');
	sendLogs(server);
	await page.locator('.logs-turn').waitFor();
	await page.locator('.logs-gutter').nth(1).click();
	await assertNoFaults(ann, 'Logs with a line selected');
	await page.locator('.logs-gutter').nth(1).click();
	await page.getByRole('searchbox').fill('r');
	await page.locator('.logs mark').first().waitFor();
	await page.getByRole('button', { name: 'Pause' }).click();
	await page.getByText('Paused').waitFor();
	await assertNoFaults(ann, 'Logs with a filter, paused');
	await page.getByRole('button', { name: 'Regular expression' }).click();
	await page.getByRole('searchbox').fill('(');
	await page.getByText('Invalid regular expression').waitFor();
	await assertNoFaults(ann, 'Logs with an invalid filter');
	await assertLarge(ann);
}

for (const colorScheme of ['light', 'dark']) {
	test(`27 axe finds nothing serious in Live and Logs in the ${colorScheme} theme at 320 px`, () =>
		withPeople(browser, [], async ({ arrive }) => {
			const server = createServer();
			const tails = [{ room: 'syslog', topic: '', count: 1, last_id: 0 }];
			const ann = await arrive({ colorScheme, viewport: { width: 320, height: 800 }, reducedMotion: 'reduce' }, async (page) => {
				await server.prepare(page);
				await page.route('**/rooms', (route) => route.fulfill({ json: { rooms: [], tails } }));
				await page.route('**/metric/*', (route) => route.fulfill({ json: { room: 'lobby', name: 'load', unit: 's', interval_s: 10, points: [] } }));
			});
			await ann.join('ann');
			await lookAtLive(ann, server);
			await lookAtLogs(ann, server);
		}));
}

test('27 in high contrast the focus, the current view and pressed buttons are visible', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const tails = [{ room: 'syslog', topic: '', count: 1, last_id: 0 }];
		const ann = await arrive({ forcedColors: 'active' }, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms: [], tails } }));
		});
		const style = (selector, name) => ann.page.$eval(selector, (one, property) => getComputedStyle(one)[property], name);

		await ann.join('ann');
		await ann.page.focus('#text');
		assert.equal(await style('#text', 'outlineStyle'), 'solid');
		await enterRoom(ann, 'ops');
		for (const [current, other] of [['#tab-chat', '#tab-logs'], ['.room-button[aria-current]', '.room-button:not([aria-current])']])
			await eventually(async () => assert.notEqual(await style(current, 'backgroundColor'), await style(other, 'backgroundColor')), current);
		const highlight = await ann.page.evaluate(() => {
			document.documentElement.style.background = 'Highlight';
			return getComputedStyle(document.documentElement).backgroundColor;
		});
		for (const current of ['#tab-chat', '.room-button[aria-current]'])
			await eventually(async () => assert.equal(await style(current, 'backgroundColor'), highlight), current);
		await ann.page.click('#tab-logs');
		await ann.page.getByText('Nothing has been written yet.').waitFor();
		await ann.page.click('.logs-wrap');
		await eventually(
			async () => assert.notEqual(await style('.logs-wrap', 'backgroundColor'), await style('.logs-copy', 'backgroundColor')),
			'a button that looks pressed',
		);
	}));

// Each button that opens a panel, and the panel.
const PANELS = [
	['#alarms-button', '#alarms'],
	['#people-button', '#people'],
	['#rooms-button', '#rooms'],
	['#search-button', '#search'],
	['#picker-button', '#picker'],
	['#me', '#profile'],
	['#settings-button', '#settings'],
];

test('28 at 320 px every control is at least 24 px wide and high', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: { width: 320, height: 640 } });
		await ann.join('Ann');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		await assertLarge(ann);
		for (const [button, panel] of PANELS) {
			await ann.page.click(button);
			await ann.page.waitForSelector(panel);
			await assertLarge(ann);
			await ann.page.keyboard.press('Escape');
			await ann.page.waitForSelector(panel, { state: 'hidden' });
		}
	}));

// The position of the text field, and the height of the log above it.
const boxes = ({ page }) =>
	page.evaluate(() => {
		const [field, send, log] = ['#text', '.send', '.log'].map((one) => document.querySelector(one).getBoundingClientRect());
		const { documentElement: root } = document;
		return { bottom: Math.max(field.bottom, send.bottom), top: field.top, log: log.height, scrolls: root.scrollHeight > root.clientHeight };
	});

for (const [what, width, height] of [['a soft keyboard', 375, 330], ['a zoom of 400 %', 320, 256]]) {
	test(`28 ${what} leaves the text field and the newest message in view`, () =>
		withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
			const ann = await arrive({ viewport: { width, height: 700 } });
			const bob = await daemon.ws('/ws?name=bob');
			await ann.join('Ann');
			await sayMany(bob, 40);
			await ann.rows(40);
			await ann.page.focus('#text');
			await ann.page.setViewportSize({ width, height });
			await ann.page.waitForFunction(() => {
				const log = document.querySelector('.log');
				return document.querySelector('.app').clientHeight === innerHeight && log.scrollHeight - log.clientHeight - log.scrollTop <= 1;
			});
			for (const text of ['', 'many lines\n'.repeat(30)]) {
				await ann.page.fill('#text', text);
				const { bottom, top, log, scrolls } = await boxes(ann);
				assert.ok(top >= 0 && bottom <= height, `the field is between ${top} and ${bottom} px of ${height}`);
				assert.ok(log >= (text ? 1 : 48), `the log is ${log} px high`);
				assert.equal(scrolls, false);
			}
			await ann.page.fill('#text', '');
			// The name form scrolls by itself if it is too high.
			await ann.page.click('#settings-button');
			await ann.page.locator('#settings').getByRole('button', { name: 'Change name or email' }).click();
			await ann.page.locator('#profile-save').scrollIntoViewIfNeeded();
			await ann.page.click('#profile-save');
			assert.equal(await ann.sidewaysScroll(), 0);
			await bob.close();
		}));
}

test('26 the keyboard alone is enough for a conversation', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		const focused = () => ann.page.evaluate(() => document.activeElement.id || document.activeElement.className);
		await keyboard.type('Ann');
		await keyboard.press('Enter');
		await ann.online();
		await soon.equal(focused, 'text');
		await keyboard.type('hello');
		await keyboard.press('Enter');
		await ann.reads(['hello']);
		const reached = new Set();
		for (let n = 0; n < 25; n++) {
			await keyboard.press('Tab');
			reached.add(await focused());
		}
		for (const id of ['tab-chat', 'people-button', 'me', 'room-field', 'search-button', 'log', 'picker-button', 'text'])
			assert.ok(reached.has(id), `${id} is not among ${[...reached].join(', ')}`);
		// The log stays a live region, so a screen reader reads new messages while the user writes.
		assert.ok(await ann.page.$eval('.log', (log) => log.getAttribute('role') === 'log' && log.ariaLive === 'polite'));
	}));

test('26 the focused element is visible everywhere', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.say('hello');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full', click: 'https://example.org/' });
		await ann.page.waitForSelector('#alarms-button');
		const looks = () =>
			ann.page.evaluate(() => {
				const focused = document.activeElement;
				const drawn = (element) => {
					const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
					return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
				};
				return [focused.id || focused.className || focused.localName, drawn(focused) || drawn(focused.closest('.field') ?? focused), focused === document.body];
			});
		const seen = new Map();
		for (let n = 0; n < 30; n++) {
			await ann.page.keyboard.press('Tab');
			const [name, isDrawn, isBody] = await looks();
			if (!isBody)
				seen.set(name, isDrawn);
		}
		assert.ok(seen.size >= 12, `${seen.size} places`);
		assert.deepEqual([...seen].filter(([, isDrawn]) => !isDrawn), []);
	}));

test('26 Escape closes every panel and returns the focus', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: { width: 700, height: 700 } });
		const focused = () => ann.page.evaluate(() => document.activeElement.id);
		await ann.join('Ann');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		for (const [button, panel] of PANELS) {
			await ann.page.focus(button);
			await ann.page.keyboard.press('Enter');
			await ann.page.waitForSelector(panel);
			await ann.page.waitForFunction((id) => document.querySelector(id).contains(document.activeElement), panel);
			await ann.page.keyboard.press('Escape');
			await ann.page.waitForSelector(panel, { state: 'hidden' });
			// After the emoji picker the focus goes to the text field.
			await soon.equal(focused, panel === '#picker' ? 'text' : button.slice(1));
		}
		await ann.page.focus('#text');
		await ann.page.keyboard.type('@');
		await ann.page.keyboard.type(':smi');
		await ann.page.waitForSelector('#completion:not([hidden])');
		await ann.page.keyboard.press('Escape');
		await ann.page.waitForSelector('#completion', { state: 'hidden' });
		await soon.equal(focused, 'text');
	}));

test('26 incoming messages and a lost connection do not move the focus', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await ann.say('mine');
		await ann.reads(['mine']);
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		let count = 1;
		for (const place of ['#room-field', '.room-button', '.log', '#text', '#search-button', '#people-close', '#me', '#alarms-button']) {
			await ann.page.focus(place);
			const focused = () => ann.page.evaluate(() => ['localName', 'id', 'className'].map((name) => document.activeElement[name]).join(' '));
			const held = await focused();
			await say(bob, '@Ann, hello');
			await ann.rows(++count);
			await pushAlarm(daemon, { key: `${count}`, severity: 'error', title: 'Another', message: 'x' });
			await ann.page.locator('.alarm-line').nth(count - 1).waitFor();
			(await daemon.ws()).sendJson({ type: 'join', username: `guest ${count}` });
			await ann.page.locator('#people-list bdi', { hasText: `guest ${count}` }).waitFor();
			await soon.equal(focused, held, 'after news');
			await ann.disconnects(() => tap.hangUp());
			await ann.page.evaluate(() => window.dispatchEvent(new Event('online')));
			await ann.online();
			await soon.equal(focused, held, 'after a lost connection');
		}
		await bob.close();
	}));
