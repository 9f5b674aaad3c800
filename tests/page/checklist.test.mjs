// The 35 requirements of the chat page. Their tests are spread over the files here; the name of each begins
// with the number of its requirement. This file has those that fit nowhere else.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { withPeople } from './people.mjs';
import { pushAlarm } from './pushes.mjs';
import { createTap } from './wires.mjs';

const POINTS = 35;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

test('every requirement of the list has a test', () => {
	const folder = fileURLToPath(new URL('.', import.meta.url));
	const numbers = new Set(
		readdirSync(folder)
			.filter((name) => name.endsWith('.test.mjs'))
			.flatMap((name) => Array.from(readFileSync(folder + name, 'utf8').matchAll(/\btest\(\s*['`](\d+) /g)))
			.map(([, number]) => Number(number)),
	);
	const missing = Array.from({ length: POINTS }, (_, index) => index + 1).filter((number) => !numbers.has(number));
	assert.deepEqual(missing, []);
});

test('16 the page doubles its waiting time after each failure, up to 30 s, with a random part', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const delaysAfter = (failures) =>
			ann.page.evaluate(async (count) => {
				const { delayAfter } = await import('./base/backoff.js');
				return Array.from({ length: 20 }, () => delayAfter(count));
			}, failures);

		for (const [failures, longest] of [[0, 1000], [1, 2000], [2, 4000], [4, 16000], [5, 30000], [50, 30000]]) {
			const delays = await delaysAfter(failures);
			assert.ok(delays.every((delay) => delay >= longest / 2 && delay <= longest), `${failures}: ${delays}`);
			assert.ok(new Set(delays).size > 1);
		}
	}));

test('14 own messages, severities and system lines differ by more than colour', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await say(bob, 'of others');
		await ann.say('of mine');
		for (const severity of ['info', 'warning', 'error', 'critical'])
			await pushAlarm(daemon, { key: severity, severity, title: severity });
		await ann.page.locator('.alarm-line .severity').nth(3).waitFor();
		const [shapes, words] = await ann.page.$$eval('.alarm-line', (lines) => [
			lines.map((line) => line.querySelector('.sign path').getAttribute('d')),
			lines.map((line) => line.querySelector('.severity').textContent),
		]);
		assert.equal(new Set(shapes).size, 4);
		assert.deepEqual(words, ['Info', 'Warning', 'Error', 'Critical']);
		const sides = await ann.page.$$eval('.message', (rows) =>
			rows.map((row) => {
				const text = row.querySelector('.text').getBoundingClientRect();
				const log = row.parentElement.getBoundingClientRect();
				return [text.left - log.left < log.right - text.right, Boolean(row.querySelector('.you'))];
			}),
		);
		assert.deepEqual(sides, [[true, false], [false, true]]);

		// System lines are centred and have no avatar.
		(await daemon.ws()).sendJson({ type: 'join', username: 'eve' });
		await ann.line('eve').waitFor();
		await ann.rename('Anna');
		await ann.line('You are now Anna').waitFor();
		const lines = await ann.page.$$eval('.log > :is(.system, .presence)', (all) =>
			all.map((line) => {
				const { left, right } = line.getBoundingClientRect();
				const log = line.parentElement.getBoundingClientRect();
				return [Math.abs(left + right - log.left - log.right) <= 40, line.querySelector('.avatar, .author') === null];
			}),
		);
		assert.ok(lines.length >= 2);
		assert.ok(lines.flat().every(Boolean), JSON.stringify(lines));
		await bob.close();
	}));

// Returns the animations that started while messages, a reader and a search were active.
async function movesOf({ daemon, arrive }, reducedMotion) {
	const tap = createTap();
	const ann = await arrive({ reducedMotion }, async (page) => {
		await tap.prepare(page);
		await page.addInitScript(() => {
			window.moves = [];
			addEventListener('animationstart', ({ animationName }) => window.moves.push(animationName), true);
			addEventListener('transitionrun', ({ propertyName }) => window.moves.push(propertyName), true);
		});
	});
	const bob = await daemon.ws('/ws?name=bob');
	const began = (name) => ann.page.waitForFunction((wanted) => window.moves.includes(wanted), name);
	tap.holdSent = ({ type }) => type === 'join';
	await ann.introduce(`Ann, ${reducedMotion}`);
	await ann.state('connecting');
	if (reducedMotion === 'no-preference')
		await began('turn');
	tap.release();
	await ann.online();
	await say(bob, `needle, ${reducedMotion}`);
	await ann.page.getByText(`needle, ${reducedMotion}`).waitFor();
	if (reducedMotion === 'no-preference')
		await began('arrive');
	tap.holdSent = ({ message }) => Boolean(message);
	await ann.say('mine');
	await began('unfold');
	tap.release();
	await ann.page.click('#search-button');
	await ann.page.fill('#search-field', 'needle');
	await ann.page.locator('.search-list button').first().click();
	await began('found');
	await bob.close();
	return ann.page.evaluate(() => Array.from(new Set(window.moves)).sort());
}

test('29 nothing moves if the user prefers reduced motion', () =>
	withPeople(browser, ['limits.message_rate=0'], async (given) => {
		const moving = await movesOf(given, 'no-preference');
		assert.ok(['arrive', 'turn'].every((name) => moving.includes(name)), moving.join());
		// A fading background and a delayed mark do not move.
		const still = await movesOf(given, 'reduce');
		assert.deepEqual(still.filter((name) => !['appear', 'found', 'unfold'].includes(name)), []);
	}));
