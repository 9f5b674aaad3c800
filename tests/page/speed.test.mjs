// The size and speed of the page. Times are printed, because they depend on the machine as much as on the
// page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { patienceMs } from '../lib/daemon.mjs';
import { holds, withPeople } from './people.mjs';

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
		await holds(ann.page.locator('#text').first(), 'The quick brown fox jumps over the lazy dog');
		await bob.close();
	}));

test('the number of rows is limited before the modules are loaded that wait for the first messages', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		// They wait for this answer.
		await ann.page.route('**/favicon.svg', () => {});
		await ann.join('Ann');
		await sayMany(bob, 3 * MOST_ROWS);
		await ann.page.getByText(`message-${3 * MOST_ROWS}`, { exact: true }).waitFor();
		assert.ok((await ann.page.$eval('.log', (log) => log.childElementCount)) <= MOST_ROWS);
		await bob.close();
	}));

// Runs in the page. Waiting from outside would be late.
function watchForMessage() {
	new MutationObserver((changes, observer) => {
		if (!document.querySelector('.message'))
			return;
		observer.disconnect();
		window.readableAt = Date.now();
	}).observe(document, { childList: true, subtree: true });
}

// Opens a page whose browser has no files yet. Returns the path and the bytes of each request that was made until the
// message could be read, in their order, heads included.
async function firstLoad(context, daemon) {
	const page = await context.newPage();
	const developer = await context.newCDPSession(page);
	const requests = new Map();
	const files = [];

	developer.on('Network.requestWillBeSent', ({ requestId, request, wallTime }) =>
		requests.set(requestId, { path: new URL(request.url).pathname, at: wallTime * 1000 }));
	developer.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
		files.push({ ...requests.get(requestId), bytes: encodedDataLength }));
	await developer.send('Network.enable');
	await developer.send('Network.clearBrowserCache');
	await page.addInitScript(watchForMessage);
	await page.goto(daemon.url);
	await page.getByText('hello', { exact: true }).waitFor();
	const readableAt = await page.evaluate(() => window.readableAt);
	const preloads = await page.$$eval('link[rel=modulepreload]', (links) => links.map(({ href }) => new URL(href).pathname));
	await page.close();
	return { files: files.filter(({ at }) => at < readableAt), preloads };
}

test('34 the page takes at most 75,000 bytes up to the first message, and preloads what it imports and nothing else', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await say(bob, 'hello');
		const { files, preloads } = await firstLoad(ann.context, daemon);
		const bytes = files.reduce((sum, file) => sum + file.bytes, 0);

		for (const file of files.sort((one, other) => one.bytes - other.bytes))
			console.log(`${String(file.bytes).padStart(6)} ${file.path}`);
		console.log(`${files.length} requests, ${bytes} bytes`);
		assert.ok(files.length > 20 && bytes <= 75_000, `${bytes} bytes`);
		const versioned = files.map((file) => file.path).filter((path) => /^\/v\/[0-9a-f]{16}\//.test(path));
		assert.ok(versioned.length >= files.length - 3, 'only the start file and answers of the chat have no version');
		// The texts of the language are known to the page alone.
		const modules = versioned.filter((path) => /\.js$/.test(path) && !/\/words\/(en|zh)\.js$/.test(path));
		const entries = modules.filter((path) => /\/(base\/theme|shell\/start)\.js$/.test(path));
		assert.deepEqual(preloads.concat(entries).sort(), modules.sort());
		await bob.close();
	}));

test('34 something is drawn before the scripts have run', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		assert.equal(await ann.page.isVisible('.splash'), false);
		const page = await ann.context.newPage();
		let go;
		const held = new Promise((resolve) => {
			go = resolve;
		});
		await page.route('**/shell/app.js', async (route) => {
			await held;
			await route.continue();
		});
		await page.goto(daemon.url, { waitUntil: 'commit' });
		await page.waitForSelector('.splash');
		go();
		await page.waitForSelector('.splash', { state: 'hidden' });
		await page.waitForSelector('#state[data-state="online"]');
		await page.close();
	}));

test('34 a second visit asks for the start file alone', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await say(bob, 'hello');
		await firstLoad(ann.context, daemon);
		const page = await ann.context.newPage();
		const asked = [];
		const developer = await ann.context.newCDPSession(page);
		await developer.send('Network.enable');
		developer.on('Network.responseReceived', ({ response }) => {
			if (!response.fromDiskCache && !response.fromPrefetchCache)
				asked.push({ path: new URL(response.url).pathname, at: Date.now() });
		});
		await page.addInitScript(watchForMessage);
		await page.goto(daemon.url);
		await page.getByText('hello', { exact: true }).waitFor();
		const readableAt = await page.evaluate(() => window.readableAt);
		assert.deepEqual(asked.filter(({ path, at }) => path.startsWith('/v/') && at < readableAt), []);
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
