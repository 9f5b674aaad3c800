// The page for those who do not see it, or have but the keyboard.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { jwtConfig } from '../lib/jwt.mjs';
import { withPeople } from './people.mjs';
import { push, pushAlarm } from './pushes.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

async function assertNoFaults(person, what) {
	await person.page.evaluate((source) => window.axe ?? (0, eval)(source), AXE).catch(() => person.page.evaluate(AXE));
	const { violations } = await person.page.evaluate(() => window.axe.run());
	const faults = violations
		.filter(({ impact }) => ['serious', 'critical'].includes(impact))
		.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 120)} (${any[0]?.message ?? ''})`).join(' | ')}`);
	assert.deepEqual(faults, [], what);
}

for (const [colorScheme, width] of [['light', 1280], ['dark', 375]]) {
	test(`27 axe finds nothing serious in the ${colorScheme} theme at ${width} px`, () =>
		withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
			const ann = await arrive({ colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' });
			const bob = await daemon.ws('/ws?name=bob');
			await assertNoFaults(ann, 'the name form');
			await ann.join('Ann');
			await say(bob, 'hello @Ann, `code`, **bold** https://example.org\n> quote\n```c\nint x;\n```');
			await ann.say('mine');
			await push(daemon, 'text', { title: 'T', priority: '5', tags: 'x,tada', click: 'https://example.org/' });
			for (const severity of ['info', 'warning', 'error', 'critical'])
				await pushAlarm(daemon, { key: severity, severity, title: `An alarm ${severity}`, message: 'text' });
			await ann.page.waitForFunction(() => document.querySelectorAll('.alarm-line').length === 4);
			await assertNoFaults(ann, 'the chat');
			await ann.page.click('#alarms-button');
			await ann.page.waitForSelector('#alarms li');
			await assertNoFaults(ann, 'the alarms');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#search-button');
			await ann.page.fill('#search-field', 'hello');
			await ann.page.locator('.search-list button').waitFor();
			await assertNoFaults(ann, 'the search');
			await ann.page.keyboard.press('Escape');
			await ann.page.click('#me');
			await assertNoFaults(ann, 'the settings');
			await ann.page.click('#profile-cancel');
			if (width < 900) {
				await ann.page.click('#rooms-button');
				await ann.page.waitForSelector('#rooms:popover-open');
				await assertNoFaults(ann, 'the rooms');
			}
			await bob.close();
		}));
}

test('27 axe finds nothing serious in the form for a token', () =>
	withPeople(
		browser,
		[],
		async ({ arrive }) => {
			const ann = await arrive();
			await assertNoFaults(ann, 'the form for a token');
		},
		{ config: jwtConfig(), first: '.sign-in[open]' },
	));

test('28 at 320 px everything that can be pressed is 24 px at least', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: { width: 320, height: 640 } });
		await ann.join('Ann');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		const small = await ann.page.$$eval('button, input, select, textarea, summary', (all) =>
			all
				.map((one) => [one.id || one.className, one.getBoundingClientRect()])
				.filter(([, { width, height }]) => width && (width < 24 || height < 24))
				.map(([name]) => name),
		);
		assert.deepEqual(small, []);
		assert.equal(await ann.sidewaysScroll(), 0);
	}));

test('26 a conversation is had with the keyboard alone', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const { keyboard } = ann.page;
		const focused = () => ann.page.evaluate(() => document.activeElement.id || document.activeElement.className);
		await keyboard.type('Ann');
		await keyboard.press('Enter');
		await ann.online();
		assert.equal(await focused(), 'text');
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
		// Who hears messages is not taken away from where he writes.
		assert.ok(await ann.page.$eval('.log', (log) => log.getAttribute('role') === 'log' && log.ariaLive === 'polite'));
	}));
