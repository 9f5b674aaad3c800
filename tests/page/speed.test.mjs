// The size and speed of the page. Times are printed, because they depend on the machine as much as on the
// page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { patienceMs } from '../lib/daemon.mjs';
import { withPeople } from './people.mjs';

const MANY = 10_000;
const MOST_ROWS = 500;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Returns the time from each of these key presses to the frame that shows it, in ms.
function typeKeys(page, letters) {
	return page.evaluate(async (keys) => {
		const field = document.getElementById('text');
		const times = [];

		for (const key of keys) {
			const begun = performance.now();
			field.setRangeText(key, field.value.length, field.value.length, 'end');
			field.dispatchEvent(new InputEvent('input', { data: key, inputType: 'insertText', bubbles: true }));
			await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
			times.push(performance.now() - begun);
		}
		return times.sort((one, other) => one - other);
	}, letters);
}

test('11 with 10,000 messages the number of rows is limited and typing is not slower', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await sayMany(bob, MANY);
		await ann.page.getByText(`message-${MANY}`, { exact: true }).waitFor({ timeout: 4 * patienceMs });
		assert.ok((await ann.page.$eval('.log', (log) => log.childElementCount)) <= MOST_ROWS + 60);
		const times = await typeKeys(ann.page, 'The quick brown fox jumps over the lazy dog');
		console.log(`a key: ${times[times.length >> 1].toFixed(1)} ms median, ${times.at(-1).toFixed(1)} ms maximum`);
		assert.equal(await ann.page.inputValue('#text'), 'The quick brown fox jumps over the lazy dog');
		await bob.close();
	}));

test('34 the page is less than 60 KB compressed, and its first message appears soon', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await say(bob, 'hello');
		const page = await ann.context.newPage();
		const bodies = new Map();
		page.on('response', (response) => {
			// Only GET has a body.
			if (response.request().method() !== 'GET')
				return;
			const body = response.body();
			// A response after the count may be cut off by the end of the test.
			body.catch(() => {});
			bodies.set(response.url(), body);
		});
		const begun = performance.now();
		await page.goto(daemon.url);
		await page.getByText('hello', { exact: true }).waitFor();
		const took = performance.now() - begun;
		const files = await Promise.all(
			Array.from(bodies, async ([url, body]) => ({
				name: new URL(url).pathname,
				size: gzipSync(await body, { level: 9 }).length,
			})),
		);
		const bytes = files.reduce((sum, { size }) => sum + size, 0);

		for (const { name, size } of files.sort((one, other) => one.size - other.size))
			console.log(`${String(size).padStart(6)} ${name}`);
		console.log(`the first message after ${Math.round(took)} ms; ${files.length} files, ${bytes} bytes, each compressed by itself`);
		assert.ok(files.length > 20 && bytes < 60_000, `${bytes} bytes`);
		await page.close();
		await bob.close();
	}));

test('34 nothing is loaded from elsewhere, and only files of the page run', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const response = await fetch(daemon.url);
		const policy = response.headers.get('content-security-policy');
		assert.match(policy, /default-src 'self'/);
		assert.doesNotMatch(policy, /unsafe/);
		const html = await response.text();
		assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=/);
		const ann = await arrive();
		await ann.join('Ann');
		await ann.say('hello');
		await ann.reads(['hello']);
	}));
