// Many people and many rooms. What is drawn is counted: times depend on the machine.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { soon, withPeople } from './people.mjs';
import { createServer } from './wires.mjs';

const COMERS = 200;
const ROOMS = 300;
const MESSAGES = 250;
// What fits into a window, several times over.
const MOST_ROWS = 80;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const range = (count) => Array.from({ length: count }, (_, n) => n);
const comer = (n) => `person ${n}`;
const enter = (n) => ({ type: 'presence', room: 'lobby', event: 'enter', username: comer(n), via: 'ws', count: n + 2 });
const leave = (n) => ({ type: 'presence', room: 'lobby', event: 'leave', username: comer(n), via: 'ws', count: COMERS - n });

// Counts the elements that are put into the list from now on.
const countBuilt = ({ page }, list) =>
	page.evaluate((id) => {
		window.built = 0;
		new MutationObserver((changes) => {
			for (const { addedNodes } of changes)
				window.built += addedNodes.length;
		}).observe(document.getElementById(id), { childList: true, subtree: true });
	}, list);

const built = ({ page }) => page.evaluate(() => window.built);

// Opens the page in the rooms that are given, with others that it may join.
async function arriveAt(arrive, server, { joined = ['lobby'], others = [] } = {}) {
	const ann = await arrive({}, async (page) => {
		await server.prepare(page);
		await page.route('**/rooms', (route) =>
			route.fulfill({ json: { rooms: others.map((room) => ({ room, topic: '', count: 1, last_id: 1 })), tails: [] } }));
		await page.addInitScript((names) => {
			localStorage.setItem('linnet.rooms', JSON.stringify(names));
			localStorage.setItem('linnet.room', 'lobby');
		}, joined);
	});
	await ann.join('ann');
	await ann.inRoom('lobby');
	return ann;
}

const seen = ({ page }, list) => page.locator(`#${list} li`).allTextContents();

// The names of the rows that the reader can see, from the top.
const inView = ({ page }, list, name) =>
	page.$$eval(`#${list} li`, (rows, part) => {
		const view = rows[0].parentElement.parentElement.getBoundingClientRect();
		return rows
			.filter((row) => {
				const { top, bottom } = row.getBoundingClientRect();
				return bottom > view.top && top < view.bottom;
			})
			.map((row) => row.querySelector(part).textContent);
	}, name);

test('10 200 people who come and go cost one row each, and those out of view none', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arriveAt(arrive, server);
		await countBuilt(ann, 'people-list');
		for (const n of range(COMERS))
			server.sendAll([enter(n)]);
		await ann.page.locator('#people-heading', { hasText: `${COMERS + 1} people` }).waitFor();
		await ann.page.locator('#people-list li[aria-setsize="201"]').first().waitFor();
		assert.ok((await seen(ann, 'people-list')).length < MOST_ROWS);
		assert.match((await seen(ann, 'people-list'))[0], /^A?annyou/);
		await ann.line(`${COMERS} joined`).waitFor();
		for (const n of range(COMERS))
			server.sendAll([leave(n)]);
		await ann.sees(['ann']);
		console.log(`${await built(ann)} nodes in the list of people`);
		// A row may come into view and out of it again.
		assert.ok((await built(ann)) < 3 * COMERS);
	}));

test('10 of many who come the line names the first hundred', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arriveAt(arrive, server);
		range(COMERS).forEach((n) => server.sendAll([enter(n)]));
		await ann.line(`${COMERS} joined`).waitFor();
		await ann.page.locator('.presence summary').click();
		const names = await ann.page.locator('.presence p').innerText();
		assert.match(names, /person 99.* and \u2068100 more\u2069 joined$/);
		assert.ok(!names.includes('person 100'));
	}));

test('10 messages that arrive leave the address alone', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arriveAt(async (options, prepare) =>
			arrive(options, async (page) => {
				await prepare(page);
				await page.addInitScript(() => {
					const replace = history.replaceState;
					window.replaced = 0;
					history.replaceState = (...given) => {
						window.replaced++;
						replace.apply(history, given);
					};
				});
			}), server);
		const before = await ann.page.evaluate(() => window.replaced);
		for (const n of range(20)) {
			server.say({ username: 'bob', message: `message ${n}` });
			await ann.page.getByText(`message ${n}`, { exact: true }).waitFor();
		}
		await soon.equal(() => ann.page.evaluate(() => window.replaced), before);
	}));

// Returns for how many elements the browser computed the style during act().
async function restyled({ page, context }, act) {
	const developer = await context.newCDPSession(page);
	const events = [];
	const complete = new Promise((resolve) => developer.once('Tracing.tracingComplete', resolve));

	developer.on('Tracing.dataCollected', ({ value }) => events.push(...value));
	await developer.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['devtools.timeline'] } });
	await act();
	await developer.send('Tracing.end');
	await complete;
	return events
		.filter(({ name, args }) => name === 'UpdateLayoutTree' && args.elementCount)
		.reduce((sum, { args }) => sum + args.elementCount, 0);
}

test('10 a message that arrives does not restyle the others', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arriveAt(arrive, server);
		const hear = async (text) => {
			server.say({ username: 'bob', message: text });
			await ann.page.getByText(text, { exact: true }).waitFor();
		};
		for (const n of range(400))
			server.say({ username: 'bob', message: `before ${n}` });
		await ann.page.getByText('before 399', { exact: true }).waitFor();
		await hear('hello');
		const count = (await restyled(ann, async () => {
			for (const n of range(20))
				await hear(`message ${n}`);
		})) / 20;
		console.log(`${count} elements for each message`);
		// About 100: its own, several times.
		assert.ok(count > 0 && count < 400);
	}));

test('10 250 messages in 300 rooms build no row again', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const rooms = ['lobby', ...range(ROOMS).map((n) => `room ${n}`)];
		const ann = await arriveAt(arrive, server, { joined: rooms });
		await ann.page.locator(`#rooms-list li[aria-setsize="${rooms.length}"]`).first().waitFor();
		await countBuilt(ann, 'rooms-list');
		const mark = await ann.page.$('#rooms-list .room-button >> nth=1');
		await ann.page.locator('#rooms-list .room-button').nth(1).focus();
		for (const n of range(MESSAGES))
			server.sendAll([{ type: 'message', room: rooms[1 + (n % 10)], id: 1 + Math.floor(n / 10), username: 'bob', message: `message ${n}` }]);
		await eventually(async () => assert.match((await seen(ann, 'rooms-list'))[9], /25/), 'the last badge');
		console.log(`${await built(ann)} nodes in the list of rooms`);
		assert.ok((await built(ann)) < MESSAGES);
		assert.ok(await mark.evaluate((row) => row === document.activeElement));
		await ann.titled('(250) lobby · Linnet');
	}));

test('10 a long list scrolls to its end, keeps the focused row, and is filtered', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const others = range(1000).map((n) => `team ${n}`);
		const ann = await arriveAt(arrive, server, { others });
		const { page } = ann;
		const filter = page.locator('#room-field');
		await page.locator('#others-list li[aria-setsize="1000"]').first().waitFor();
		assert.ok((await seen(ann, 'others-list')).length < MOST_ROWS);
		await page.locator('#others-list .room-button').first().focus();
		await page.evaluate(() => {
			document.getElementById('rooms').scrollTop = 1e6;
		});
		await page.locator('#others-list li[aria-posinset="1000"]').waitFor();
		assert.equal((await inView(ann, 'others-list', '.room-name')).at(-1), 'team 999');
		assert.equal(await page.evaluate(() => document.activeElement.textContent), 'team 01');
		assert.ok((await seen(ann, 'others-list')).length < MOST_ROWS);

		await filter.fill('TEAM 77');
		await page.locator('#others-list li[aria-setsize="11"]').first().waitFor();
		await soon.deepEqual(() => inView(ann, 'others-list', '.room-name'), ['team 77', ...range(10).map((n) => `team 77${n}`)]);
		await filter.fill('nobody');
		await page.locator('#rooms [role=status]', { hasText: 'There is no such room yet.' }).waitFor();
		await soon.deepEqual(() => seen(ann, 'others-list'), []);
		await filter.fill('team 777');
		await filter.press('ArrowDown');
		await page.keyboard.press('Enter');
		await ann.inRoom('team 777');
	}));

test('10 a list that becomes short has no filter', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arriveAt(arrive, server);
		const filter = ann.page.locator('#people .filter');
		range(150).forEach((n) => server.sendAll([enter(n)]));
		await filter.fill('person 14');
		await ann.sees(['person 14', ...range(10).map((n) => `person 14${n}`)]);
		range(149).forEach((n) => server.sendAll([leave(n)]));
		await ann.sees(['person 149']);
		assert.ok(await filter.isVisible());
		await filter.fill('');
		await ann.sees(['ann', 'person 149']);
		await ann.page.focus('#text');
		await eventually(async () => assert.equal(await filter.isVisible(), false), 'no filter');
	}));

test('10 people of a list in a popover are shown when it opens', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arriveAt(async (options, prepare) => arrive({ viewport: { width: 375, height: 700 } }, prepare), server);
		range(150).forEach((n) => server.sendAll([enter(n)]));
		await ann.page.locator('#people-count', { hasText: '151' }).waitFor();
		await ann.page.click('#people-button');
		await ann.page.locator('#people li[aria-setsize="151"]').first().waitFor();
		assert.equal((await inView(ann, 'people-list', 'bdi'))[1], 'person 0');
	}));
