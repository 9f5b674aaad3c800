// Coming back: what is unread is counted, can be found, and is read when the reader has passed it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { answerTo, say, sayMany } from '../lib/chat.mjs';
import { assertNoFaults } from './axe.mjs';
import { eventually } from '../lib/daemon.mjs';
import { choose, enterRoom, hasAttribute, hide, holds, shows, soon, unread, withPeople } from './people.mjs';
import { pushAlarm } from './pushes.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const titled = ({ page }, title) => page.waitForFunction((wanted) => document.title === wanted, title);
const pill = ({ page }, name) => page.locator('.room:not([inert]) .unread-pills button').getByText(name);
const noPills = ({ page }) => page.locator('.room:not([inert]) .unread-pills').waitFor({ state: 'hidden' });
const line = ({ page }) => page.locator('.room:not([inert]) .unread-line');

// What is directly below the line.
const belowLine = ({ page }) =>
	page.$eval('.room:not([inert]) .unread-line', (mark) => {
		let row = mark.nextElementSibling;
		while (!row.matches('.message'))
			row = row.nextElementSibling;
		return row.querySelector('.text').textContent;
	});

const isInView = ({ page }, text) =>
	page.getByText(text, { exact: true }).evaluate(
		(row) =>
			new Promise((resolve) => {
				new IntersectionObserver(([{ isIntersecting }], observer) => {
					observer.disconnect();
					resolve(isIntersecting);
				}).observe(row);
			}),
	);

const scrollBy = ({ page }, px) =>
	page.$eval(
		'.room:not([inert]) .log',
		(log, more) =>
			new Promise((resolve) => {
				log.scrollTop += more;
				requestAnimationFrame(() => requestAnimationFrame(() => resolve(log.scrollHeight - log.clientHeight - log.scrollTop)));
			}),
		px,
	);

async function scrollToEnd(person) {
	while ((await scrollBy(person, 300)) > 1);
}

async function comeBack(person, daemon) {
	await person.page.goto(daemon.url);
	await person.online();
}

// Ann reads one message and goes; meanwhile(bob, daemon) says the rest. body gets her back.
function withAbsence(meanwhile, body, options) {
	return withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive(options);
		const bob = await daemon.ws('/ws?name=bob&events=1');

		await bob.nextJson();
		await ann.join('Ann');
		await say(bob, 'seen');
		await ann.reads(['seen']);
		await ann.page.goto('about:blank');
		await meanwhile(bob, daemon);
		await comeBack(ann, daemon);
		await body({ ann, bob, daemon, openTab });
		await bob.close();
	});
}

const busy = async (bob) => {
	await sayMany(bob, 39, { textOf: (number) => `line ${number}` });
	await say(bob, '@Ann look at this');
	await sayMany(bob, 90, { textOf: (number) => `line ${number + 40}` });
};

test('after an absence the page tells how much is new and leads to the first of it', () =>
	withAbsence(busy, async ({ ann, daemon }) => {
		await pill(ann, /^130 new since \d\d:\d\d$/).waitFor();
		await titled(ann, '(@1 · 130) lobby · Linnet');
		await unread(ann, 'lobby', '130');
		// The newest messages are shown, but nobody has passed the ones before.
		assert.ok(await isInView(ann, 'line 130'));
		await pill(ann, '130 new').click();
		await ann.page.waitForFunction(() => document.activeElement.textContent.includes('line 1'));
		assert.equal(await belowLine(ann), 'line 1');
		assert.ok(await isInView(ann, 'line 1'));
		await pill(ann, '130 new').waitFor({ state: 'hidden' });
		const title = await ann.page.title();
		const left = Number(/· (\d+)\)/.exec(title)?.[1]);
		assert.ok(left > 90 && left < 130, title);

		// The position is kept on leaving the page.
		await ann.page.goto('about:blank');
		await comeBack(ann, daemon);
		await titled(ann, title);
		await pill(ann, `${left} new`).click();
		await line(ann).waitFor();
		assert.equal(await belowLine(ann), `line ${131 - left}`);
		await scrollToEnd(ann);
		await titled(ann, 'lobby · Linnet');
		await unread(ann, 'lobby', '');
		await noPills(ann);
		await ann.page.reload();
		await ann.page.getByText('line 130', { exact: true }).waitFor();
		await soon.equal(() => line(ann).count(), 0);
		assert.equal(await ann.page.title(), 'lobby · Linnet');
	}));

test('a mention among noise has a way of its own, and weighs no more once it was seen', () =>
	withAbsence(busy, async ({ ann }) => {
		await pill(ann, '1 mention').click();
		await ann.page.waitForFunction(() => document.activeElement.textContent.includes('@Ann look at this'));
		await titled(ann, '(130) lobby · Linnet');
		await pill(ann, '1 mention').waitFor({ state: 'hidden' });
		await pill(ann, '130 new').waitFor();
	}));

test('mentions have a badge of their own in the list of rooms, and on its button', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		const badge = ann.page.locator('#rooms-list .room-button', { hasText: 'lobby' }).locator('.mentions');

		await ann.join('Ann');
		await enterRoom(ann, 'den');
		await say(bob, 'noise');
		await unread(ann, 'lobby', '1');
		await soon.equal(() => badge.count(), 0);
		await say(bob, 'a word with @ANN, please');
		await badge.getByText('@1', { exact: true }).waitFor();
		await unread(ann, 'lobby', '2');
		await titled(ann, '(@1 · 2) den · Linnet');
		await hasAttribute(badge, 'aria-label', '1 mention');
		// The button of the menu does not cover the badges.
		const row = ann.page.locator('#rooms-list li', { hasText: 'lobby' });
		await row.hover();
		const [{ x, width }, more] = await Promise.all(['.unread', '.more'].map((part) => row.locator(part).boundingBox()));
		assert.ok(x + width <= more.x, `${x + width} and ${more.x}`);
		await ann.page.setViewportSize({ width: 375, height: 700 });
		await ann.page.getByRole('button', { name: 'Rooms, 1 mention, 2 unread messages' }).waitFor();
		await shows(ann.page.locator('#rooms-badge').first(), '@1');
		await ann.page.setViewportSize({ width: 1280, height: 700 });
		await choose(ann, 'lobby');
		await titled(ann, 'lobby · Linnet');
		await badge.waitFor({ state: 'detached' });
		await bob.close();
	}));

test('Escape marks a room as read, after what is open was closed', () =>
	withAbsence(busy, async ({ ann, daemon }) => {
		await pill(ann, '130 new').waitFor();
		await ann.page.focus('#text');
		await ann.page.click('#people-button');
		await ann.page.keyboard.press('Escape');
		await pill(ann, '130 new').waitFor();
		for (const [opener, opened] of [
			['#settings-button', '#settings'],
			['#search-button', '#search[open]'],
			['#picker-button', '#picker'],
		]) {
			await ann.page.click(opener);
			await ann.page.locator(opened).waitFor();
			await ann.page.keyboard.press('Escape');
			await ann.page.locator(opened).waitFor({ state: 'hidden' });
			await soon.equal(() => pill(ann, '130 new').isVisible(), true, opened);
		}
		await ann.page.fill('#text', 'a draft');
		await ann.page.press('#text', 'Escape');
		await titled(ann, 'lobby · Linnet');
		await noPills(ann);
		await soon.equal(() => line(ann).count(), 0);
		await holds(ann.page.locator('#text').first(), 'a draft');
		await ann.page.goto('about:blank');
		await comeBack(ann, daemon);
		await ann.page.getByText('line 130', { exact: true }).waitFor();
		assert.equal(await ann.page.title(), 'lobby · Linnet');
	}));

test('the button beside it does the same, and leaves the focus in the log', () =>
	withAbsence(busy, async ({ ann }) => {
		await ann.page.getByRole('button', { name: 'Mark as read' }).focus();
		await ann.page.keyboard.press('Enter');
		await noPills(ann);
		await titled(ann, 'lobby · Linnet');
		assert.ok(await ann.page.evaluate(() => document.activeElement.matches('.room:not([inert]) .log')));
	}));

test('what was not passed stays unread when the reader looks into another room', () =>
	withAbsence(busy, async ({ ann }) => {
		await pill(ann, '130 new').waitFor();
		await enterRoom(ann, 'den');
		await unread(ann, 'lobby', '130');
		await choose(ann, 'lobby');
		await pill(ann, '130 new').waitFor();
		await titled(ann, '(@1 · 130) lobby · Linnet');
	}));

test('scrolling up to the first unread message has passed them all', () =>
	withAbsence(busy, async ({ ann }) => {
		await pill(ann, '130 new').waitFor();
		while ((await line(ann).count()) === 0 || !(await isInView(ann, 'seen')))
			await scrollBy(ann, -250);
		await titled(ann, 'lobby · Linnet');
		await noPills(ann);
		assert.equal(await belowLine(ann), 'line 1');
	}));

test('edits, reactions, deletions, deleted and own messages are not unread', () =>
	withAbsence(
		async (bob, daemon) => {
			const { id } = await answerTo(bob, { message: 'a tpyo', ref: 'r1' });
			const gone = await answerTo(bob, { message: 'gone', ref: 'r2' });

			await answerTo(bob, { type: 'edit', of: id, message: 'a typo', ref: 'r3' });
			await answerTo(bob, { type: 'react', of: id, emoji: '👍', ref: 'r4' });
			await answerTo(bob, { type: 'delete', of: gone.id, ref: 'r5' });
			const other = await daemon.ws('/ws?name=Ann');
			await say(other, 'from another place');
			await other.close();
		},
		async ({ ann, bob }) => {
			await ann.reads(['seen', 'a typo', 'This message was deleted.', 'from another place']);
			await line(ann).waitFor();
			assert.equal(await belowLine(ann), 'a typo');
			await titled(ann, 'lobby · Linnet');
			await hide(ann, true);
			const { id } = await answerTo(bob, { message: 'one', ref: 's1' });
			await titled(ann, '(1) lobby · Linnet');
			await answerTo(bob, { type: 'react', of: id, emoji: '👍', ref: 's2' });
			const gone = await answerTo(bob, { message: 'two', ref: 's3' });
			await titled(ann, '(2) lobby · Linnet');
			await answerTo(bob, { type: 'delete', of: gone.id, ref: 's4' });
			await titled(ann, '(1) lobby · Linnet');
			await hide(ann, false);
			await titled(ann, 'lobby · Linnet');
			assert.equal(await belowLine(ann), 'one');
		},
	));

test('a room in which there were only reactions has nothing new', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');

		await ann.join('Ann');
		const of = await say(bob, 'seen');
		await ann.reads(['seen']);
		await enterRoom(ann, 'ops');
		await ann.page.goto('about:blank');
		for (const emoji of ['👍', '🎉', '❤️'])
			await say(bob, { type: 'react', of, emoji });
		const looked = ann.page.waitForResponse(/history\/lobby/);
		await comeBack(ann, daemon);
		await ann.inRoom('ops');
		await (await looked).finished();
		await say(bob, { message: 'later', room: 'ops' });
		await ann.reads(['later']);
		await unread(ann, 'lobby', '');
		assert.equal(await ann.page.title(), 'ops · Linnet');
		await bob.close();
	}));

test('what comes below the view is unread until the reader goes there', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');

		await sayMany(bob, 60, { textOf: (number) => `line ${number}` });
		await ann.join('Ann');
		await ann.page.getByText('line 60', { exact: true }).waitFor();
		await scrollBy(ann, -500);
		await say(bob, 'news');
		await titled(ann, '(1) lobby · Linnet');
		await ann.page.getByRole('button', { name: '1 new message' }).click();
		await titled(ann, 'lobby · Linnet');
		assert.equal(await belowLine(ann), 'news');
		await bob.close();
	}));

test('what was missed while the page was offline is unread until it was passed', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');

		await ann.join('Ann');
		await say(bob, 'seen');
		await ann.reads(['seen']);
		await ann.goesOffline();
		await sayMany(bob, 60);
		await ann.context.setOffline(false);
		await ann.online();
		await pill(ann, '60 new since').click();
		assert.equal(await belowLine(ann), 'message-1');
		await scrollToEnd(ann);
		await titled(ann, 'lobby · Linnet');
		await bob.close();
	}));

test('an alarm that changes in the row where it is seen does not stay unread', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const alarm = (title) => pushAlarm(daemon, { key: 'disk', severity: 'error', title });

		await ann.join('Ann');
		await alarm('first');
		await ann.page.locator('.alarm-line', { hasText: 'first' }).waitFor();
		await hide(ann, true);
		await alarm('second');
		await titled(ann, '(1) lobby · Linnet');
		await hide(ann, false);
		await titled(ann, 'lobby · Linnet');
		await noPills(ann);
	}));

test('axe finds nothing serious in the pills, which fingers can hit', () =>
	withAbsence(
		busy,
		async ({ ann }) => {
			await pill(ann, '130 new').waitFor();
			await ann.surrounded();
			await assertNoFaults(ann, 'the pills');
			const heights = await ann.page.$$eval('.unread-pills button', (all) => all.map((one) => one.getBoundingClientRect().height));
			assert.ok(Math.min(...heights) >= 44, String(heights));
			assert.ok((await ann.sidewaysScroll()) <= 0);
		},
		{ viewport: { width: 320, height: 640 }, colorScheme: 'dark', hasTouch: true, reducedMotion: 'reduce' },
	));

test('what was read in one tab is not taken back by another', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		const stored = () => ann.page.evaluate(() => localStorage['linnet.read.lobby']);
		const isStored = (id) => eventually(async () => assert.match(await stored(), new RegExp(`:${id}$`)), `position ${id}`);

		await ann.join('Ann');
		await isStored(0);
		// It stores its position only when it is closed.
		const tab = await openTab(ann, (page) =>
			page.addInitScript(() => {
				const later = setTimeout;
				window.setTimeout = (call, ms, ...given) => (ms === 500 ? 0 : later(call, ms, ...given));
			}),
		);
		await hide(tab, true);
		await say(bob, 'one');
		await tab.rows(1);
		await isStored(1);
		await tab.page.goto('about:blank');
		await isStored(1);
		await bob.close();
	}));

test('more than a thousand are counted, too', () =>
	withAbsence(
		(bob) => sayMany(bob, 1500),
		async ({ ann }) => {
			await pill(ann, '1,500 new since').click();
			await ann.page.waitForFunction(() => document.activeElement.textContent.includes('message-1'));
			assert.equal(await belowLine(ann), 'message-1');
			await ann.page.getByRole('button', { name: 'Newest messages' }).click();
			await ann.page.getByText('message-1500', { exact: true }).waitFor();
			await ann.page.keyboard.press('Escape');
			await titled(ann, 'lobby · Linnet');
		},
	));

test('a mention behind more messages than are counted one by one is a mention', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');

		await ann.join('Ann');
		await hide(ann, true);
		await sayMany(bob, 1005);
		await say(bob, '@Ann look at this');
		await sayMany(bob, 40);
		await titled(ann, '(@1 · 1046) lobby · Linnet');
		await hide(ann, false);
		await pill(ann, '1 mention').click();
		await ann.page.waitForFunction(() => document.activeElement.textContent.includes('@Ann look at this'));
		await pill(ann, '1 mention').waitFor({ state: 'hidden' });
		await bob.close();
	}));

test('what was missed is unread also if the server is too busy to tell what it was', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');

		await ann.join('Ann');
		await say(bob, 'seen');
		await ann.reads(['seen']);
		await ann.page.goto('about:blank');
		await sayMany(bob, 60);
		await ann.page.route(/\/history\//, (route) => route.fulfill({ status: 429, body: '{}' }));
		await comeBack(ann, daemon);
		await pill(ann, '60 new').waitFor();
		await bob.close();
	}));

test('the icon has the number, in another colour for mentions', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		const icon = () => ann.page.getAttribute('link[rel="icon"]', 'href');
		const drawn = (was) =>
			ann.page.waitForFunction((before) => {
				const { href } = document.querySelector('link[rel="icon"]');
				return href.startsWith('data:image/png') && href !== before;
			}, was);

		await ann.join('Ann');
		const normal = await icon();
		assert.match(normal, /\/favicon\.svg$/);
		await hide(ann, true);
		await say(bob, 'one');
		await drawn('');
		const one = await icon();
		await say(bob, 'two');
		await drawn(one);
		const two = await icon();
		await say(bob, '@ann three');
		await drawn(two);
		await titled(ann, '(@1 · 3) lobby · Linnet');
		await hide(ann, false);
		await titled(ann, 'lobby · Linnet');
		await ann.page.waitForFunction((was) => document.querySelector('link[rel="icon"]').getAttribute('href') === was, normal);
		await bob.close();
	}));

test('what the reader does with an alarm is not new, what others do is', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await pushAlarm(daemon, { key: 'disk', severity: 'error', title: 'Disk full' }, { room: 'ops' });
		await ann.page.locator('.alarm-line', { hasText: 'Disk full' }).waitFor();
		await choose(ann, 'lobby');
		await ann.page.click('#alarms-button');
		const card = ann.page.locator('#alarms');
		await card.getByRole('button', { name: 'Acknowledge Disk full' }).click();
		await card.getByText('acknowledged by').waitFor();
		await say(bob, { message: 'and a word', room: 'ops' });
		await unread(ann, 'ops', '1');
		await card.getByRole('button', { name: 'Clear Disk full' }).click();
		await card.getByText('Disk full').waitFor({ state: 'hidden' });
		await pushAlarm(daemon, { key: 'mail', severity: 'error', title: 'Mail stuck' }, { room: 'ops' });
		await answerTo(bob, { type: 'ack', room: 'ops', key: 'mail' });
		await unread(ann, 'ops', '3');
		await bob.close();
	}));
