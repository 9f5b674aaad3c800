// Parts of the page for a single user: the name form, the composer, the log and the appearance.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { enter, say } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { holds, shows, soon, withPeople } from './people.mjs';
import { createServer } from './wires.mjs';

const MESSAGE_BYTES = 16384;
const SMALLEST_TARGET_PX = 24;
const READABLE = 4.5;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

async function withFrames(arrive, options) {
	const server = createServer();
	const ann = await arrive(options, server.prepare);
	await ann.join('ann');
	return { ann, send: server.say, server };
}

// Waits until the distance of the log from its end is in this range, in px.
function distance(page, least, most) {
	return page.waitForFunction(
		([from, to]) => {
			const log = document.querySelector('.log');
			const left = log.scrollHeight - log.clientHeight - log.scrollTop;
			return left >= from && left <= to;
		},
		[least, most],
	);
}

const atBottom = ({ page }) => distance(page, 0, 1);
// Turns the wheel and waits until the log stops moving.
async function wheelUp({ page }, px) {
	await page.mouse.wheel(0, -px);
	await distance(page, px, px);
}

test('names that the server would refuse are refused on the form, in words', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { page } = await arrive();
		const wrong = [
			['', /Enter a name/],
			['   ', /Enter a name/],
			['n'.repeat(33), /33 bytes of at most 32/],
			['é'.repeat(17), /34 bytes/],
			['ann\u202e', /invisible/],
			['a\u200bnn', /invisible/],
		];
		for (const [name, words] of wrong) {
			await page.fill('#name', name);
			await page.click('#profile-save');
			await shows(page.locator('#name-error').first(), words);
			assert.ok(await page.isVisible('#profile'));
		}
		await page.keyboard.press('Escape');
		await page.keyboard.press('Escape');
		await page.waitForSelector('#profile[open]');
		await page.fill('#name', 'é'.repeat(16));
		await page.fill('#email', 'nonsense');
		await page.click('#profile-save');
		await shows(page.locator('#email-error').first(), /email/);
		await page.fill('#email', '');
		await page.click('#profile-save');
		await page.waitForSelector('#state[data-state="online"]');
	}));

test('3 Enter sends, Shift+Enter starts a new line, and Enter during a composition does neither', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('one');
		await ann.page.keyboard.press('Shift+Enter');
		await ann.page.keyboard.type('two');
		const [grown, lineHeight] = await ann.page.$eval('#text', (field) => [
			field.clientHeight,
			parseFloat(getComputedStyle(field).lineHeight),
		]);
		assert.ok(grown >= 2 * lineHeight, 'the field shows both lines');

		for (const how of [{ isComposing: true }, { keyCode: 229 }])
			await ann.page.$eval(
				'#text',
				(field, init) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, ...init })),
				how,
			);
		await holds(ann.page.locator('#text').first(), 'one\ntwo');

		await ann.page.keyboard.press('Enter');
		await ann.rows(1);
		assert.deepEqual(await ann.texts(), ['one\ntwo']);
		await holds(ann.page.locator('#text').first(), '');

		await ann.say('  \n ');
		await ann.say('\n\n  indented\n');
		assert.deepEqual(await ann.texts(), ['one\ntwo', '  indented']);
	}));

test('1 a sent message appears at once, is marked until it is acknowledged, and appears once', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, send, server } = await withFrames(arrive);
		await ann.page.fill('#text', 'hello');
		// When the row is looked up, the page has received only the key press.
		const { marked, took } = await ann.page.$eval('#text', async (field) => {
			const begun = performance.now();
			field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
			const rows = Array.from(document.querySelectorAll('.message:has(> .pending) .text'), (text) => text.textContent);
			await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
			return { marked: rows, took: performance.now() - begun };
		});
		console.log(`a message is shown after ${Math.round(took)} ms`);
		assert.deepEqual(marked, ['hello']);
		await ann.page.getByText('hello', { exact: true }).waitFor();
		await shows(ann.page.locator('.message .pending').first(), 'not sent yet');
		await eventually(() => assert.equal(server.of('message').length, 1), 'the message');

		const [{ ref }] = server.of('message');
		const marks = async () => (await ann.messages()).map(({ text, pending }) => [text, pending]);
		server.sendAll([{ type: 'ack', ref: 'of something else', room: 'lobby', id: 1 }]);
		send({ username: 'bob', message: 'between' });
		await ann.rows(2);
		await soon.deepEqual(() => marks(), [['between', false], ['hello', true]]);
		const id = ++server.lastId;
		server.sendAll([{ type: 'ack', ref, room: 'lobby', id }]);
		await ann.reads(['between', 'hello']);
		server.sendAll([{ type: 'message', room: 'lobby', id, username: 'ann', message: 'hello' }, { type: 'ack', ref, room: 'lobby', id }]);
		send({ username: 'bob', message: 'after' });
		await ann.reads(['between', 'hello', 'after']);
	}));

test('an edit replaces the text that is shown, a deletion takes it, and a reaction leaves it as it is', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('ann');
		const { client: bob } = await enter(daemon, 'name=bob');
		await say(bob, 'teh cat');
		await say(bob, 'two');
		await ann.reads(['teh cat', 'two']);
		await say(bob, { type: 'edit', of: 1, message: 'the **cat**' });
		await ann.reads(['the cat', 'two']);
		await say(bob, { type: 'react', of: 1, emoji: '👍' });
		await say(bob, { type: 'delete', of: 2 });
		const all = ['the cat', 'This message was deleted.'];
		await ann.reads(all);
		await ann.page.reload();
		await ann.reads(all);
		await say(bob, 'three');
		await ann.reads([...all, 'three']);
		await bob.close();
	}));

test('3 a paste of twenty lines is kept as it is and not sent by itself', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({ permissions: ['clipboard-read', 'clipboard-write'] });
		const plain = await daemon.ws();
		const twenty = Array.from({ length: 20 }, (_, n) => `${'\t'.repeat(n % 3)}line ${n + 1}`).join('\n');
		await ann.join('ann');
		await ann.page.focus('#text');
		await ann.page.evaluate((text) => navigator.clipboard.writeText(text), twenty);
		await ann.page.keyboard.press('Control+V');
		await ann.page.waitForFunction(() => document.getElementById('text').value);
		await holds(ann.page.locator('#text').first(), twenty);
		assert.deepEqual(await ann.texts(), []);
		await ann.page.keyboard.press('Enter');
		await ann.reads([twenty]);
		assert.equal((await plain.nextJson()).message, twenty);
		const [height, lineHeight] = await ann.page.$eval('.message .text', (text) => [
			text.clientHeight,
			parseFloat(getComputedStyle(text).lineHeight),
		]);
		assert.ok(height >= 20 * lineHeight, `${height} px for lines of ${lineHeight} px`);
	}));

test('shortcodes become emoji while typing and on sending, and emoji alone are shown large', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const plain = await daemon.ws();
		await ann.join('ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('hi :smile: at 12:100:30 :nope:');
		await ann.page.waitForFunction(() => document.getElementById('text').value === 'hi 😄 at 12:100:30 :nope:');
		await ann.page.keyboard.press('Enter');
		await ann.say(':heart::heart:');
		assert.equal((await plain.nextJson()).message, 'hi 😄 at 12:100:30 :nope:');
		assert.equal((await plain.nextJson()).message, '❤️❤️');
		const big = await ann.page.$$eval('.text', (all) => all.map(({ className }) => className.includes('emoji-only')));
		assert.deepEqual(big, [false, true]);
	}));

test('the emoji picker works by keyboard alone', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const focused = () => ann.page.evaluate(() => document.activeElement.id || document.activeElement.ariaLabel);
		await ann.join('ann');
		await ann.page.fill('#text', 'so ');
		await ann.page.focus('#picker-button');
		await ann.page.keyboard.press('Enter');
		await ann.page.locator('.picker-jump').last().waitFor();
		await soon.equal(focused, 'picker-search');
		await ann.page.keyboard.press('ArrowDown');
		await ann.page.keyboard.press('ArrowRight');
		await soon.equal(focused, 'grinning face with big eyes');
		await ann.page.keyboard.press('Escape');
		await soon.equal(focused, 'text');

		await ann.page.click('#picker-button');
		await ann.page.keyboard.type('rocke');
		await ann.page.keyboard.press('Enter');
		await holds(ann.page.locator('#text').first(), 'so 🚀');
		await soon.equal(focused, 'text');
		assert.equal(await ann.page.isVisible('#picker'), false);
	}));

test('6 a text that is too long is refused with a counter and kept, and one that just fits is sent', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const plain = await daemon.ws();
		await ann.join('ann');
		const around = await ann.page.evaluate(async () => {
			const { encodeMessage, randomId } = await import('./connection/wire.js');
			return encodeMessage({ ref: randomId(), room: 'lobby', email: '', text: '-' }).length - 1;
		});
		const longest = 'é'.repeat(Math.floor((MESSAGE_BYTES - around) / 2));

		await ann.say(`${longest}é`);
		await shows(ann.page.locator('#counter').first(), /^[12] bytes? too long$/);
		await shows(ann.page.locator('#refusal').first(), /Not sent/);
		await holds(ann.page.locator('#text').first(), `${longest}é`);
		assert.deepEqual(await ann.texts(), []);

		await ann.page.fill('#text', longest);
		await shows(ann.page.locator('#counter').first(), /^[01] bytes? left$/);
		await ann.say(longest);
		assert.equal((await plain.nextJson()).message, longest);
		await shows(ann.page.locator('#counter').first(), '');
		await shows(ann.page.locator('#refusal').first(), '');
	}));

test('7 messages of one author within five minutes are one group, and a new day gets a line', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, send } = await withFrames(arrive, { timezoneId: 'Asia/Shanghai' });
		const at = (clock) => Date.parse(`2026-03-01T${clock}+08:00`);

		send({ username: 'bob', message: 'a', ts: at('12:00:00') });
		send({ username: 'bob', message: 'b', ts: at('12:05:00') });
		send({ username: 'bob', message: 'c', ts: at('12:10:01') });
		send({ username: 'eve', message: 'd', ts: at('12:10:02') });
		send({ username: 'eve', message: 'e', ts: at('23:59:59') });
		send({ username: 'eve', message: 'f', ts: at('23:59:59') + 2000 });
		await ann.rows(6);
		const messages = await ann.messages();
		assert.deepEqual(
			messages.map(({ continued }) => continued),
			[false, true, false, false, false, false],
		);
		assert.equal(messages[0].date, '2026-03-01T04:00:00.000Z');
		assert.match(messages[0].fullDate, /Sunday,? 1 March 2026.*12:00:00/);
		assert.deepEqual(
			await ann.page.$$eval('.day time', (all) => all.map(({ dateTime }) => dateTime)),
			['2026-03-01', '2026-03-02'],
		);
	}));

test('8 the log follows at the bottom, stays in place above it and counts new messages', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, send } = await withFrames(arrive);
		const fill = async (from, to) => {
			for (let number = from; number <= to; number++)
				send({ username: 'bob', message: `line ${number}` });
			await ann.rows(to);
		};
		await fill(1, 60);
		await atBottom(ann);
		assert.equal(await ann.page.isVisible('.jump'), false);

		await ann.page.hover('.log');
		await wheelUp(ann, 600);
		const place = await ann.page.$eval('.log', (log) => log.scrollTop);
		await fill(61, 63);
		await ann.page.getByRole('button', { name: '3 new messages' }).waitFor();
		assert.equal(await ann.page.$eval('.log', (log) => log.scrollTop), place);

		await ann.page.click('.jump');
		await atBottom(ann);
		assert.equal(await ann.page.isVisible('.jump'), false);

		await wheelUp(ann, 600);
		await ann.say('my own');
		await atBottom(ann);
	}));

test('8 the log follows up to 100 px above the end and not beyond, and End leads back', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, send } = await withFrames(arrive);
		const scrollUp = (px) =>
			ann.page.$eval(
				'.log',
				(log, left) =>
					new Promise((resolve) => {
						log.addEventListener('scroll', () => resolve(log.scrollTop), { once: true });
						log.scrollTop = log.scrollHeight - log.clientHeight - left;
					}),
				px,
			);
		for (let number = 1; number <= 60; number++)
			send({ username: 'bob', message: `line ${number}` });
		await ann.rows(60);
		await atBottom(ann);

		await scrollUp(100);
		send({ username: 'bob', message: 'followed' });
		await ann.rows(61);
		await atBottom(ann);
		const place = await scrollUp(101);
		send({ username: 'bob', message: 'not followed' });
		await ann.page.getByRole('button', { name: '1 new message' }).waitFor();
		assert.equal(await ann.page.$eval('.log', (log) => log.scrollTop), place);
		await ann.page.press('.log', 'End');
		await atBottom(ann);
		await ann.page.waitForSelector('.jump', { state: 'hidden' });
	}));

test('a flood leaves at most 500 rows and does not move what the user reads above', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, send } = await withFrames(arrive);
		for (let number = 1; number <= 2000; number++)
			send({ username: `bob${number % 3}`, message: `line ${number}` });
		await ann.page.getByText('line 2000', { exact: true }).waitFor();
		const rows = () => ann.page.$eval('.log', (log) => log.childElementCount);
		await eventually(async () => assert.ok((await rows()) <= 500), 'at most 500 rows');
		await atBottom(ann);

		// The position is in the lower half of the kept rows when the next trim removes the top.
		const before = await ann.page.$eval('.log', async (log) => {
			const scrolled = new Promise((resolve) => log.addEventListener('scroll', resolve, { once: true }));
			log.scrollTop = log.scrollHeight * 0.8;
			// The page has handled the scroll by then, and no row moves any more.
			await scrolled;
			await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})));
			const row = document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('.message, .log');
			window.readRow = row.classList.contains('log') ? log.children[log.childElementCount >> 1] : row;
			return window.readRow.getBoundingClientRect().top;
		});
		const first = await ann.page.textContent('.message .text');
		for (let number = 2001; number <= 2060; number++)
			send({ username: 'eve', message: `line ${number}` });
		await ann.page.getByText('line 2060').waitFor();
		assert.notEqual(await ann.page.textContent('.message .text'), first);
		const moved = (await ann.page.evaluate(() => window.readRow.getBoundingClientRect().top)) - before;
		assert.ok(Math.abs(moved) <= 2, `moved by ${moved} px`);
	}));

test('who follows still does if something measures the page between the removal of old rows and the next frame', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.addInitScript(() => {
				const Opened = WebSocket;
				window.WebSocket = class extends Opened {
					constructor(...given) {
						super(...given);
						window.hears = (object) => this.onmessage({ data: JSON.stringify(object) });
					}
				};
			});
		});
		await ann.join('ann');
		// Several messages between two frames.
		const hear = (first, last) =>
			ann.page.evaluate(
				([from, to]) => {
					const log = document.querySelector('.log');

					for (let id = from; id <= to; id++) {
						const before = log.childElementCount;
						window.hears({ type: 'message', room: 'lobby', id, username: 'bob', message: `line ${id}` });
						// Measuring moves the log to its end if it is shorter now.
						if (log.childElementCount < before)
							void log.scrollHeight;
					}
				},
				[first, last],
			);
		const rows = () => ann.page.$eval('.log', (log) => log.childElementCount);
		await hear(1, 400);
		await atBottom(ann);
		await hear(401, 499);
		await atBottom(ann);
		assert.equal(await rows(), 500);
		await hear(500, 540);
		await ann.page.getByText('line 540', { exact: true }).waitFor();
		assert.ok((await rows()) < 500);
		await atBottom(ann);
		await ann.page.waitForSelector('.jump', { state: 'hidden' });
	}));

test('9 the title counts messages that arrive while the page is hidden', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { ann, send } = await withFrames(arrive);
		const look = (hidden) =>
			ann.page.evaluate((value) => {
				Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
				document.dispatchEvent(new Event('visibilitychange'));
			}, hidden);

		send({ username: 'bob', message: 'seen' });
		await ann.rows(1);
		assert.equal(await ann.page.title(), 'lobby · Linnet');
		await look(true);
		for (const message of ['a', 'b', 'c'])
			send({ username: 'bob', message });
		await ann.rows(4);
		await ann.page.waitForFunction(() => document.title === '(3) lobby · Linnet');
		await look(false);
		assert.equal(await ann.page.title(), 'lobby · Linnet');
	}));

test('26 assistive technology finds the log, the state, the field and the buttons by name', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const { page } = await arrive();
		await page.getByLabel('Name', { exact: true }).fill('ann');
		await page.getByRole('button', { name: 'Join the chat' }).click();
		await page.getByRole('status').filter({ hasText: 'Online' }).waitFor();
		await page.getByRole('log', { name: 'Messages' }).waitFor();
		await page.getByRole('textbox', { name: 'Message' }).fill('hi');
		await page.getByRole('button', { name: 'Send' }).click();
		await page.getByRole('button', { name: 'Emoji' }).click();
		await page.getByRole('dialog', { name: 'Emoji' }).waitFor();

		const small = await page.$$eval(
			'button, input, textarea',
			(all, least) =>
				all
					.map((element) => [element.id || element.textContent, element.getBoundingClientRect()])
					.filter(([, { width, height }]) => width && Math.min(width, height) < least)
					.map(([name]) => name),
			SMALLEST_TARGET_PX,
		);
		assert.deepEqual(small, []);
	}));

test('25 a name has the same colour for everybody, also after a reload', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const names = Array.from({ length: 40 }, (_, n) => `${['bob', 'eve', '梅', 'Zoë'][n % 4]}-${n}`);
		const plain = await daemon.ws();
		const coloursOf = ({ page }) =>
			page.$$eval('.message', (rows) =>
				rows.map((row) => [row.querySelector('.author').textContent, getComputedStyle(row.querySelector('.author')).color]),
			);
		const ann = await arrive();
		await ann.join('ann');
		for (const username of names)
			plain.sendJson({ username, message: 'hi' });
		await ann.rows(names.length);
		const colours = await coloursOf(ann);
		assert.deepEqual(colours.map(([name]) => name), names);
		assert.ok(new Set(colours.map(([, colour]) => colour)).size >= 12, 'names differ in colour');
		await ann.page.reload();
		await ann.rows(names.length);
		assert.deepEqual(await coloursOf(ann), colours);
		const eve = await arrive();
		await eve.join('eve');
		await eve.rows(names.length);
		assert.deepEqual(await coloursOf(eve), colours);
	}));

for (const colorScheme of ['light', 'dark']) {
	test(`25 every name and avatar has enough contrast in the ${colorScheme} theme`, () =>
		withPeople(browser, [], async ({ arrive }) => {
			const { ann, send } = await withFrames(arrive, { colorScheme });
			send({ username: 'bob', message: 'hi' });
			await ann.rows(1);
			const worst = await ann.page.$eval('.message', (row) => {
				const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
				const luminance = (color) => {
					context.fillStyle = color;
					context.fillRect(0, 0, 1, 1);
					const [r, g, b] = Array.from(context.getImageData(0, 0, 1, 1).data, (value) =>
						value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
					);
					return 0.2126 * r + 0.7152 * g + 0.0722 * b;
				};
				const contrast = (one, other) => {
					const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
					return (light + 0.05) / (dark + 0.05);
				};
				const style = (selector) => getComputedStyle(row.querySelector(selector));
				const ground = getComputedStyle(document.documentElement).backgroundColor;
				const ratios = [];
				for (let hue = 0; hue < 360; hue += 15) {
					row.style.setProperty('--hue', hue);
					row.querySelector('.avatar').style.setProperty('--hue', hue);
					ratios.push(
						contrast(style('.author').color, ground),
						contrast(style('.avatar text').fill, style('.avatar .ground').fill),
						contrast(style('.avatar text').fill, style('.avatar .wing').fill),
					);
				}
				return Math.min(...ratios);
			});
			assert.ok(worst >= READABLE, `the worst contrast is ${worst}`);
		}));
}
