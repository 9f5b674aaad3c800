// The history at the page: on the first visit, on scrolling back, and how much of it stays on the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, until } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { pauseClock, soon, withPeople } from './people.mjs';
import { createServer, createTap } from './wires.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0.0';
const MOST_ROWS = 500;
const STILL_PX = 2;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const line = (number) => `line ${number}`;
const lines = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => line(from + index));

// Sends that many messages.
async function withPast(daemon, count) {
	const plain = await daemon.ws();
	const said = (number) => ({ username: number % 7 < 4 ? 'bob' : 'eve', message: line(number) });
	for (let number = 1; number < count; number++)
		plain.sendJson(said(number));
	await say(plain, said(count));
	return plain;
}

const firstText = ({ page }) => page.textContent('.message .text');
const lastText = async ({ page }) => page.locator('.message .text').last().textContent();

// Scrolls to one end until the message there is the wanted one, and checks the order on the way.
async function readUntil(person, isTop, wanted) {
	const end = isTop ? firstText : lastText;
	for (let now = await end(person); now !== wanted; now = await end(person)) {
		await person.page.waitForFunction(
			([was, atTop]) => {
				const log = document.querySelector('.log');
				const texts = log.querySelectorAll('.message .text');
				log.scrollTop = atTop ? 0 : log.scrollHeight;
				return texts[atTop ? 0 : texts.length - 1].textContent !== was;
			},
			[now, isTop],
		);
		const numbers = (await person.texts()).map((text) => Number(text.split(' ')[1]));
		assert.deepEqual(numbers, Array.from(numbers, (_, index) => numbers[0] + index));
		assert.ok((await person.page.$eval('.log', (log) => log.childElementCount)) <= MOST_ROWS);
	}
}

test('7 a first visit shows the newest messages and stays at the bottom from the first moment', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		await withPast(daemon, 120);
		const ann = await arrive({}, (page) =>
			page.addInitScript(() => {
				window.seen = [];
				const look = () => {
					const log = document.querySelector('.log');
					if (log?.clientHeight) {
						const empty = getComputedStyle(document.querySelector('.empty')).display !== 'none';
						const distance = log.scrollHeight - log.clientHeight - log.scrollTop;
						window.seen.push({ empty, rows: log.childElementCount, distance });
					}
					requestAnimationFrame(look);
				};
				requestAnimationFrame(look);
			}),
		);
		await ann.join('ann');
		await ann.reads(lines(71, 120));
		const seen = await ann.page.evaluate(
			() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(window.seen)))),
		);
		assert.ok(seen.some(({ rows }) => rows >= 50));
		assert.deepEqual(seen.filter(({ empty }) => empty), []);
		assert.deepEqual(seen.filter(({ distance }) => distance > 1), []);
		const [message] = await ann.messages();
		assert.ok(Math.abs(Date.parse(message.date) - Date.now()) < 60_000);

		await ann.page.reload();
		await ann.reads(lines(71, 120));
		await soon.equal(() => ann.line(/joined|recovered/).count(), 0);
	}));

test('an empty room says that it is empty, once that is known', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const tap = createTap();
		tap.holdReceived = () => true;
		const ann = await arrive({}, tap.prepare);
		await ann.introduce('ann');
		await ann.state('connecting');
		assert.equal(await ann.page.isVisible('.empty'), false);
		tap.release();
		await ann.page.waitForSelector('.empty');
	}));

test('10 scrolling up loads older pages, and the visible messages do not move', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		await withPast(daemon, 230);
		const ann = await arrive();
		await ann.join('ann');
		await ann.reads(lines(181, 230));
		for (const first of [131, 81, 31, 1]) {
			const before = await ann.page.$eval('.log', (log) => {
				log.scrollTop = 300;
				const edge = log.getBoundingClientRect().top;
				window.readRow = Array.from(log.children).find((row) => row.getBoundingClientRect().bottom > edge);
				return window.readRow.getBoundingClientRect().top;
			});
			await ann.reads(lines(first, 230));
			const moved = (await ann.page.evaluate(() => window.readRow.getBoundingClientRect().top)) - before;
			assert.ok(Math.abs(moved) <= STILL_PX, `moved by ${moved} px`);
			assert.ok(await ann.page.evaluate(() => window.readRow.isConnected));
		}
		await soon.equal(() => ann.page.locator('.day').count(), 1);
	}));

test('30 a screen reader is told of a new day once, also if it begins with an own message', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('ann');
		await ann.page.evaluate(() => {
			window.days = 0;
			new MutationObserver((changes) => {
				for (const node of changes.flatMap(({ addedNodes }) => Array.from(addedNodes)))
					window.days += Number(Boolean(node.matches?.('.day')));
			}).observe(document.getElementById('reading'), { childList: true, subtree: true });
		});
		for (const text of ['first', 'second']) {
			await ann.say(text);
			await ann.page.waitForSelector(`.message:last-child:not(:has(.pending)) .text:text("${text}")`);
		}
		await soon.equal(() => ann.page.evaluate(() => window.days), 1);
	}));

test('30 a screen reader reads new messages, but neither the history nor missed messages', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const plain = await withPast(daemon, 60);
		const tap = createTap();
		const ann = await arrive({}, async (page) => {
			await tap.prepare(page);
			await page.addInitScript(() => {
				window.told = [];
				addEventListener('DOMContentLoaded', () => {
					new MutationObserver((changes) => {
						for (const row of changes.flatMap(({ addedNodes }) => Array.from(addedNodes))) {
							if (row.matches?.('.message'))
								window.told.push([row.querySelector('.text').textContent, row.closest('.log').ariaLive]);
						}
					}).observe(document.getElementById('reading'), { childList: true, subtree: true });
				});
			});
		});
		const told = (text) => ann.page.evaluate((wanted) => window.told.find(([shown]) => shown === wanted)[1], text);
		const listening = () => ann.page.waitForSelector('.log[aria-live="polite"]');
		await ann.join('ann');
		await ann.reads(lines(11, 60));
		assert.equal(await told('line 60'), 'off');
		await listening();
		plain.sendJson({ message: 'news' });
		await ann.page.getByText('news').waitFor();
		assert.equal(await told('news'), 'polite');
		await ann.say('mine');
		await ann.page.waitForSelector('.message:last-child:not(:has(.pending)) .text:text("mine")');
		plain.sendJson({ message: 'more news' });
		await ann.page.getByText('more news').waitFor();
		// Each of them once, and nothing else.
		const heard = () => ann.page.evaluate(() => window.told.filter(([, live]) => live !== 'off').map(([text]) => text));
		assert.deepEqual(await heard(), ['news', 'mine', 'more news']);

		tap.holdReceived = ({ message }) => message === 'missed';
		plain.sendJson({ message: 'missed' });
		await eventually(() => assert.equal(tap.held.length, 1), 'the message that the page must miss');
		tap.forget();
		await tap.hangUp();
		await ann.page.getByText('missed').waitFor();
		assert.equal(await told('missed'), 'off');
		await listening();

		await ann.page.$eval('.log', (log) => {
			log.scrollTop = 0;
		});
		await ann.page.getByText('line 1', { exact: true }).waitFor();
		assert.equal(await told('line 1'), 'off');
		assert.deepEqual(await heard(), ['news', 'mine', 'more news']);
	}));

test('500 rows are kept however far back the reader scrolls, and both directions load again', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const plain = await withPast(daemon, 900);
		const ann = await arrive();
		await ann.join('ann');
		await ann.reads(lines(851, 900));

		await readUntil(ann, true, line(1));
		assert.notEqual(await lastText(ann), line(900));
		await ann.page.getByRole('button', { name: 'Newest messages' }).waitFor();

		const place = await ann.page.$eval('.log', (log) => log.scrollTop);
		plain.sendJson({ message: line(901) });
		await ann.page.getByRole('button', { name: '1 new message' }).waitFor();
		assert.equal(await ann.page.$eval('.log', (log) => log.scrollTop), place);

		await readUntil(ann, false, line(901));
		plain.sendJson({ message: line(902) });
		await ann.page.getByText(line(902), { exact: true }).waitFor();
		assert.notEqual(await firstText(ann), line(1));
		await readUntil(ann, true, line(1));
	}));

test('the button, the End key and an own message lead to the newest messages, without a gap', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const plain = await withPast(daemon, 700);
		const ann = await arrive();
		await ann.join('ann');
		let last = 700;

		const ways = [
			() => ann.page.getByRole('button', { name: 'Newest messages' }).click(),
			() => ann.page.press('.log', 'End'),
			// Later messages must not overtake it.
			async () => {
				await ann.say(line(++last));
				await until(plain, ({ message }) => message === line(last));
			},
		];
		for (const goBack of ways) {
			await ann.page.getByText(line(last), { exact: true }).waitFor();
			await readUntil(ann, true, line(1));
			assert.notEqual(await lastText(ann), line(last));
			await goBack();
			await ann.page.getByText(line(last), { exact: true }).waitFor();
			plain.sendJson({ message: line(++last) });
			await ann.page.getByText(line(last), { exact: true }).waitFor();
			await ann.page.waitForFunction(() => {
				const log = document.querySelector('.log');
				return log.scrollHeight - log.clientHeight - log.scrollTop <= 1;
			});
			const texts = await ann.texts();
			assert.deepEqual(texts, lines(last - texts.length + 1, last));
		}
	}));

test('an own message leads to the newest ones even if more arrive before those are loaded', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const plain = await withPast(daemon, 600);
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		await ann.join('ann');
		await ann.page.getByText(line(600), { exact: true }).waitFor();
		await readUntil(ann, true, line(1));
		await ann.page.waitForFunction(() => document.querySelector('.loading').hidden);
		tap.holdReceived = ({ type }) => type === 'history';
		await ann.say(line(601));
		await eventually(() => assert.equal(tap.received.at(-1).type, 'ack'), 'the ack');
		tap.release();
		await ann.page.getByText(line(601), { exact: true }).waitFor();
		plain.sendJson({ message: line(602) });
		await ann.page.getByText(line(602), { exact: true }).waitFor();
		const texts = await ann.texts();
		assert.deepEqual(texts, lines(602 - texts.length + 1, 602));
		await ann.page.waitForFunction(() => {
			const log = document.querySelector('.log');
			return log.scrollHeight - log.clientHeight - log.scrollTop <= 1;
		});
	}));

test('with long messages, of which the page holds only a few, the way back to the newest has no gap', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const plain = await withPast(daemon, 520);
		const filler = ` ${'x'.repeat(15_000)}`;
		for (let number = 521; number < 580; number++)
			plain.sendJson({ message: line(number) + filler });
		await say(plain, line(580) + filler);
		const ann = await arrive();
		await ann.join('ann');
		await ann.page.getByText('line 580 ').waitFor();
		await readUntil(ann, true, line(1));
		await readUntil(ann, false, line(580) + filler);
	}));

test('scrolling up loads older messages also while the page reconnects', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		let opened = Promise.resolve();
		let open;
		let socket;
		await withPast(daemon, 120);
		const ann = await arrive({}, async (page) => {
			await page.clock.install();
			await page.routeWebSocket(/\/ws$/, async (route) => {
				await opened;
				route.connectToServer();
				socket = route;
			});
		});
		await ann.join('ann');
		await ann.page.getByText('line 120', { exact: true }).waitFor();
		opened = new Promise((resolve) => (open = resolve));
		// The clock is paused, or the page would give up soon.
		await pauseClock(ann);
		await socket.close({ code: 1013 });
		await ann.state('connecting');
		await ann.page.$eval(
			'.log',
			(log) =>
				new Promise((resolve) => {
					log.addEventListener('scroll', resolve, { once: true });
					log.scrollTo(0, 0);
				}),
		);
		open();
		await ann.online();
		await ann.page.clock.resume();
		await readUntil(ann, true, 'line 1');
	}));

test('if the server has deleted all older messages, the page does not request them for ever', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const past = Array.from({ length: 1000 }, (_, index) => ({ type: 'message', id: index + 1, username: 'bob', message: line(index + 1) }));
		let isGone = false;
		const server = createServer({
			answer({ type, ref, before: end = 1001 }) {
				if (type !== 'history')
					return undefined;
				const messages = isGone ? [] : past.slice(Math.max(0, end - 51), end - 1);
				return [{ type, ref, room: 'lobby', more: messages[0]?.id > 1, messages }];
			},
		});
		server.lastId = 1000;
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/search/lobby?*', (route) => route.fulfill({ json: { type: 'search', room: 'lobby', messages: [past[499]] } }));
		});
		await ann.join('ann');
		await ann.page.getByText('line 1000', { exact: true }).waitFor();
		await ann.page.click('#search-button');
		await ann.page.fill('#search-field', 'line');
		await ann.page.click('.search-list button');
		await ann.page.locator('.found').getByText('line 500').waitFor();
		isGone = true;
		await ann.page.$eval('.log', (log) => log.scrollTo(0, log.scrollHeight));
		await ann.rows(0);
		server.say({ username: 'bob', message: 'anew' });
		await ann.reads(['anew']);
		const asked = server.of('history').length;
		server.say({ username: 'bob', message: 'and so on' });
		await ann.reads(['anew', 'and so on']);
		assert.equal(server.of('history').length, asked);
	}));
