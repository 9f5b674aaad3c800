// The search in all rooms, by people and days, and the way to a day.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { shows, withPeople } from './people.mjs';

const NO_RATE_LIMIT = ['limits.message_rate=0', 'limits.address_rate=0'];
const DAY_MS = 86_400_000;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

async function openSearch({ page }, words = '') {
	await page.click('#search-button');
	await page.waitForSelector('#search-field');
	await page.fill('#search-field', words);
}

const hits = ({ page }) => page.locator('.search-list button');
const isTold = ({ page }, words) => page.locator('.search-state').getByText(words, { exact: true }).waitFor();
const marked = ({ page }) => page.locator('.search-list mark').allTextContents();
const inAllRooms = ({ page }, pressed) => page.getByRole('button', { name: 'All rooms', pressed });

test('a search in all rooms marks the words, and Enter opens the first message in its room', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'the café is closed');
		await say(bob, { message: 'my CAFE-au-lait, diskette', room: 'kitchen' });
		await say(bob, { message: 'nothing', room: 'ops' });
		const ann = await arrive();
		await ann.join('Ann');
		await openSearch(ann, 'cafe');
		await isTold(ann, '1 message');
		assert.deepEqual(await marked(ann), ['café']);
		assert.equal(await ann.page.locator('.search-list .room-name').count(), 0);
		await inAllRooms(ann, false).click();
		await isTold(ann, '2 messages');
		assert.deepEqual(await marked(ann), ['CAFE', 'café']);
		assert.deepEqual(await ann.page.locator('.search-list .room-name').allTextContents(), ['#kitchen', '#lobby']);
		// Enter may come before the answer.
		await ann.page.fill('#search-field', 'lait');
		await ann.page.press('#search-field', 'Enter');
		await ann.headed('kitchen');
		await ann.page.locator('.message.found').getByText('my CAFE-au-lait, diskette').waitFor();
		assert.equal(await ann.page.isVisible('#search'), false);
		// The next one is found from where the reader was.
		await ann.page.click('#search-button');
		await isTold(ann, '1 message');
		assert.equal(await ann.page.inputValue('#search-field'), 'lait');
		await inAllRooms(ann, true).waitFor();
		await bob.close();
	}));

test('a search that fails in one of all rooms names it, and shows what the others have', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['lobby', 'kitchen', 'ops'])
			await say(bob, { message: `disk of ${room}`, room });
		const ann = await arrive();
		const failure = ann.page.locator('.search-failure');
		await ann.join('Ann');
		await ann.page.route('**/search/ops?*', (route) => route.fulfill({ status: 400, json: {} }), { times: 1 });
		await openSearch(ann);
		await inAllRooms(ann, false).click();
		await ann.page.fill('#search-field', 'disk');
		await isTold(ann, '2 messages and more');
		await shows(failure, 'The search failed in \u2068#ops\u2069.');
		assert.equal(await hits(ann).count(), 2);
		await ann.page.locator('.search-more').click();
		await isTold(ann, '3 messages');
		await shows(failure, '');
		await bob.close();
	}));

test('a search by author and day is written in the field or chosen beside it', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const [bob, lee] = [await daemon.ws('/ws?name=bob'), await daemon.ws('/ws?name=Bob%20Lee')];
		await say(bob, 'disk one, says bob');
		await say(lee, 'disk two');
		await say(lee, 'bob has a disk, too');
		await say(lee, 'no word');
		const ann = await arrive();
		await ann.join('Ann');
		await openSearch(ann, 'disk from:BOB');
		await isTold(ann, '1 message');
		assert.match(await hits(ann).textContent(), /disk one/);
		assert.equal(await ann.page.getByLabel('From', { exact: true }).inputValue(), 'BOB');
		await ann.page.getByLabel('From', { exact: true }).fill('bob lee');
		await ann.page.getByLabel('From', { exact: true }).press('Enter');
		await isTold(ann, '2 messages');
		assert.equal(await ann.page.inputValue('#search-field'), 'disk from:"bob lee"');
		await ann.page.fill('#search-field', 'from:"bob lee"');
		await isTold(ann, '3 messages');
		const dayFrom = (days) => new Date(Date.now() + days * DAY_MS).toLocaleDateString('sv');
		await ann.page.getByLabel('Before', { exact: true }).fill(dayFrom(1));
		await ann.page.waitForFunction(() => document.getElementById('search-field').value.includes('before:'));
		await isTold(ann, '3 messages');
		await ann.page.getByLabel('Before', { exact: true }).fill(dayFrom(0));
		await isTold(ann, 'No messages found.');
		await ann.page.fill('#search-field', `disk after:${dayFrom(-1)}`);
		await isTold(ann, '3 messages');
		assert.equal(await ann.page.getByLabel('After', { exact: true }).inputValue(), dayFrom(-1));
		assert.equal(await ann.page.getByLabel('Before', { exact: true }).inputValue(), '');
		await ann.page.fill('#search-field', `disk after:${dayFrom(0)}`);
		await isTold(ann, 'No messages found.');
		await ann.page.fill('#search-field', 'disk before:soon');
		await isTold(ann, 'A day is written like this: 2026-11-01');
		await ann.page.fill('#search-field', `before:${dayFrom(1)}`);
		await isTold(ann, 'Add a word or a name to look for.');
		await Promise.all([bob.close(), lee.close()]);
	}));

// A room with as many messages, one an hour up to now, as the page asks the server for it. All are by bob, and each has the
// word "disk". Returns the requests.
async function pretend(page, count) {
	const asked = [];
	const at = (id) => ({ type: 'message', id, ts: Date.now() - (count - id) * 3_600_000, username: 'bob', message: `disk ${id}` });
	const answer = (ids, more) => ({ json: { type: 'search', more, messages: ids.map(at) } });
	const between = (first, last) => Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);

	await page.route(/\/(search|history)\/lobby\?/, (route) => {
		const url = new URL(route.request().url());
		const [limit, before, after] = ['limit', 'before', 'after'].map((name) => Number(url.searchParams.get(name)));
		const last = Math.min(count, (before || Infinity) - 1);

		asked.push(url.pathname + url.search);
		if (url.pathname.startsWith('/search/'))
			return route.fulfill(answer(between(Math.max(1, last - limit + 1), last).reverse(), last > limit));
		if (url.searchParams.has('after'))
			return route.fulfill(answer(between(after + 1, Math.min(count, after + limit)), after + limit < count));
		return route.fulfill(answer(between(count - limit + 1, count), true));
	});
	return asked;
}

test('a search goes on where it stopped, and skips what is newer than the day', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const asked = await pretend(ann.page, 20_000);
		await openSearch(ann, 'disk');
		await isTold(ann, '100 messages and more');
		await ann.page.getByRole('button', { name: 'Search further' }).click();
		await isTold(ann, '200 messages and more');
		assert.equal(await hits(ann).count(), 200);
		assert.deepEqual(asked, ['/search/lobby?q=disk&limit=100', '/search/lobby?q=disk&limit=100&before=19901']);
		asked.length = 0;
		const day = new Date(Date.now() - 400 * DAY_MS).toLocaleDateString('sv');
		await ann.page.fill('#search-field', `disk before:${day}`);
		await isTold(ann, '100 messages and more');
		assert.ok(new Date(await hits(ann).first().locator('time').getAttribute('datetime')) < new Date(`${day}T00:00`));
		assert.ok(asked.length <= 12, asked.join('\n'));
		await ann.page.fill('#search-field', `disk after:${day} before:${new Date(Date.now() - 398 * DAY_MS).toLocaleDateString('sv')}`);
		await isTold(ann, '24 messages');
	}));

test('a busy server is asked again, and a room that cannot be read is left out', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['lobby', 'ops', 'dev'])
			await say(bob, { message: 'disk', room });
		const ann = await arrive();
		await ann.join('Ann');
		let refusals = 0;
		await ann.page.route(/\/search\/ops/, (route) => route.fulfill({ status: 403, json: {} }));
		await ann.page.route(/\/search\/dev/, (route) =>
			(refusals++ < 2 ? route.fulfill({ status: 429, headers: { 'retry-after': '0' }, json: {} }) : route.continue()));
		await openSearch(ann, 'disk');
		await inAllRooms(ann, false).click();
		await isTold(ann, '2 messages');
		assert.equal(refusals, 3);
		await ann.page.route(/\/search\//, (route) => route.fulfill({ status: 400, json: {} }));
		await ann.page.fill('#search-field', 'disk now');
		await isTold(ann, 'The search failed. Try again.');
		await bob.close();
	}));

test('of many rooms a few are searched at once, the own ones first, and the rest when the reader wants it', () =>
	withPeople(browser, [...NO_RATE_LIMIT, 'limits.address_rooms=1000'], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (let n = 0; n < 45; n++)
			bob.sendJson({ message: 'disk', room: `room-${n}` });
		await say(bob, 'disk');
		const ann = await arrive();
		await ann.join('Ann');
		const asked = [];
		ann.page.on('request', (request) => asked.push(...(/\/search\/([^?]+)/.exec(request.url())?.slice(1) ?? [])));
		await openSearch(ann, 'disk');
		await isTold(ann, '1 message');
		asked.length = 0;
		await inAllRooms(ann, false).click();
		await isTold(ann, '20 messages and more');
		assert.equal(asked.length, 20);
		assert.equal(asked[0], 'lobby');
		for (const count of ['40 messages and more', '46 messages']) {
			await ann.page.getByRole('button', { name: 'Search further' }).click();
			await isTold(ann, count);
		}
		assert.equal(new Set(asked).size, 46);
		assert.equal(await ann.page.getByRole('button', { name: 'Search further' }).count(), 0);
		await bob.close();
	}));

test('the reader goes to a day, from the search or from a line between days', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 700, { textOf: (n) => `hay ${n}` });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.getByText('hay 700', { exact: true }).waitFor();
		await openSearch(ann);
		await ann.page.getByRole('button', { name: 'Go to a day…' }).click();
		await ann.page.getByRole('button', { name: 'Yesterday' }).waitFor();
		await ann.page.keyboard.press('Escape');
		assert.equal(await ann.page.isVisible('#search'), true);
		await ann.page.getByRole('button', { name: 'Go to a day…' }).click();
		await ann.page.getByRole('button', { name: 'Yesterday' }).click();
		const first = ann.page.locator('.message.found').getByText('hay 1', { exact: true });
		await first.waitFor();
		assert.equal(await ann.page.isVisible('#search'), false);
		await ann.page.locator('.jump').click();
		await ann.page.getByText('hay 700', { exact: true }).waitFor();
		// The line between days is at the top of what is loaded.
		await ann.page.locator('.day time').first().click();
		const day = ann.page.getByRole('dialog', { name: 'Go to a day' }).getByLabel('Day');
		assert.equal(await day.inputValue(), new Date().toLocaleDateString('sv'));
		await ann.page.getByRole('button', { name: 'Go', exact: true }).click();
		await first.waitFor();
		await bob.close();
	}));

test('the way to a day on a slow server says that it is looked for, and is given up with its panel', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ arrive }) => {
		const ann = await arrive();
		const waiting = [];
		let isSlow = true;
		await ann.join('Ann');
		await ann.say('hello');
		await ann.reads(['hello']);
		await ann.surrounded();
		await ann.page.route(/\/history\/lobby\?/, (route) => (isSlow ? void waiting.push(route) : route.continue()));
		const panel = ann.page.getByRole('dialog', { name: 'Go to a day' });
		for (const isWanted of [false, true]) {
			await ann.page.locator('.day time').click();
			await ann.page.getByRole('button', { name: 'Yesterday' }).click();
			await panel.getByText('Searching…').waitFor();
			if (!isWanted)
				await ann.page.keyboard.press('Escape');
			await eventually(() => assert.ok(waiting.length >= 1), 'the request');
			isSlow = !isWanted;
			await Promise.all(waiting.splice(0).map((route) => (isWanted ? route.continue() : route.fulfill({ status: 400, json: {} }))));
		}
		await ann.page.locator('.message.found').waitFor();
		await panel.waitFor({ state: 'detached' });
		assert.equal(await ann.page.locator('.toast').getByText('The server could not be asked').count(), 0);
	}));

test('the message of a moment is found in few requests, however uneven the times', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const found = await ann.page.evaluate(async () => {
			const start = document.querySelector('script[src$="/shell/start.js"]').src;
			const { messageAt } = await import(new URL('../messages/moments.js', start));
			const results = [];
			const real = window.fetch;

			// Ids with gaps; most messages come within one hour of a year.
			for (const timeOf of [(n) => n * 1000, (n) => (n < 90_000 ? n : 90_000 + (n - 90_000) * 3_000_000), (n) => n ** 2]) {
				const messages = Array.from({ length: 100_000 }, (_, n) => ({ id: n * 2 + 7, ts: 1_700_000_000_000 + timeOf(n) }));
				let asked = 0;
				window.fetch = async (address) => {
					const query = new URL(address, location.href).searchParams;
					const from = query.has('after') ? messages.findIndex(({ id }) => id > Number(query.get('after'))) : messages.length - 1;
					asked++;
					return Response.json({ messages: from < 0 ? [] : messages.slice(from, from + Number(query.get('limit'))) });
				};
				for (const n of [0, 1, 2, 77, 5_000, 89_999, 90_000, 99_998, 99_999]) {
					for (const early of [0, 1])
						results.push([messages[n].id, await messageAt('r', messages[n].ts - early), early && messages[n - 1]?.ts === messages[n].ts - 1 ? messages[n - 1].id : 0]);
				}
				results.push([0, await messageAt('r', messages.at(-1).ts + 1), 0], asked);
			}
			window.fetch = real;
			return results;
		});
		for (const one of found) {
			if (typeof one === 'number')
				assert.ok(one / 19 < 25, `${one / 19} requests`);
			else
				assert.equal(one[1], one[2] || one[0]);
		}
	}));

test('the search is in Chinese, and understands its words', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const mei = await daemon.ws(`/ws?name=${encodeURIComponent('小梅')}`);
		await say(mei, '今天去北京大学看书');
		await say(await daemon.ws('/ws?name=bob'), '北京很冷');
		const lan = await arrive({ locale: 'zh-CN' });
		await lan.join('兰');
		await openSearch(lan, '北京 来自：小梅');
		await isTold(lan, '1 条消息');
		assert.deepEqual(await marked(lan), ['北京']);
		assert.equal(await lan.page.getByLabel('发言人').inputValue(), '小梅');
	}));

test('what is found is text, and thousands of accents cost little', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const eve = await daemon.ws('/ws?name=eve');
		await say(eve, 'needle <img src=x onerror=alert(1)> needle');
		for (let n = 0; n < 20; n++)
			await say(eve, `needle ${'n\u0301\u0301\u0301\u0301\u0301'.repeat(1400)} ${'n-'.repeat(300)}`);
		const ann = await arrive();
		await ann.join('Ann');
		await openSearch(ann);
		// Each would take hours if the parts of the pattern could share the text in several ways.
		const found = await ann.page.evaluate(async () => {
			const start = document.querySelector('script[src$="/shell/start.js"]').src;
			const { findWords } = await import(new URL('../messages/search-hits.js', start));
			const hostile = ['n\u0301\u0301\u0301\u0301\u0301'.repeat(2700), 'n-'.repeat(8000), 'n'.repeat(16000), `n${'\u0301'.repeat(16000)}`];
			const patterns = ['n-n-n-n-n-n-n-n-n-n-n-n-x', 'n'.repeat(250), `${'n-'.repeat(120)}x`].map(findWords);
			return hostile.flatMap((text) => patterns.map((pattern) => text.normalize('NFD').search(pattern)));
		});
		assert.deepEqual(new Set(found), new Set([-1]));
		await ann.page.fill('#search-field', 'needle');
		await eventually(async () => assert.equal(await hits(ann).count(), 21), 'all of them');
		assert.equal(await ann.page.locator('.search-list img').count(), 0);
		await eve.close();
	}));

test('a search that has found nothing in some of the rooms does not say that there is nothing', () =>
	withPeople(browser, [...NO_RATE_LIMIT, 'limits.address_rooms=1000'], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (let n = 0; n < 25; n++)
			bob.sendJson({ message: n ? 'nothing' : 'needle', room: `room-${n}` });
		await say(bob, 'nothing');
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.route(/\/rooms$/, async (route) => {
			const answer = await (await route.fetch()).json();
			const rooms = answer.rooms.map((room) => ({ ...room, last_ts: room.room === 'room-0' ? 1 : room.last_ts }));
			await route.fulfill({ json: { ...answer, rooms } });
		});
		await openSearch(ann, 'needle');
		await isTold(ann, 'No messages found.');
		await inAllRooms(ann, false).click();
		await isTold(ann, 'No messages found so far.');
		await ann.page.getByRole('button', { name: 'Search further' }).click();
		await isTold(ann, '1 message');
		await bob.close();
	}));

test('Enter opens what was found although other rooms are slow, and a server that is busy for an hour is not waited for', () =>
	withPeople(browser, NO_RATE_LIMIT, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['lobby', 'ops'])
			await say(bob, { message: 'disk', room });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.route(/\/search\/ops/, () => {});
		await openSearch(ann, 'disk');
		await inAllRooms(ann, false).click();
		await hits(ann).first().waitFor();
		await ann.page.press('#search-field', 'Enter');
		await ann.page.locator('.message.found').waitFor();
		await ann.page.unroute(/\/search\/ops/);
		await ann.page.route(/\/search\/ops/, (route) => route.fulfill({ status: 429, headers: { 'retry-after': '3600' }, json: {} }));
		await openSearch(ann, 'disk');
		await shows(ann.page.locator('.search-failure'), 'The search failed in \u2068#ops\u2069.');
		assert.equal(await hits(ann).count(), 1);
		await bob.close();
	}));
