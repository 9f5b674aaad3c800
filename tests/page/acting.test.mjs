// Acting on messages: answers, edits, deletions, reactions, copying; by mouse, keyboard and touch.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { blockSockets, enterRoom, hide, holds, leaveRoom, shows, soon, withPeople } from './people.mjs';
import { createServer, createTap } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const SETTINGS = ['limits.message_rate=0'];

const rowOf = ({ page }, text) => page.locator('.room:not([inert]) .message', { has: page.getByText(text, { exact: true }) });
const act = (person, name) => person.page.locator('.act').getByRole('button', { name, exact: true });
const choose = (person, name) => person.page.getByRole('menuitem', { name, exact: true }).click();

async function point(person, text) {
	const row = rowOf(person, text);

	// What the page loads meanwhile may move the row away from the mouse.
	await eventually(async () => {
		await row.hover();
		assert.ok(await row.locator('.act').isVisible());
	}, `the buttons of ${text}`);
}

// A row that moves takes its buttons with it.
const actOn = (person, text, name) =>
	eventually(async () => {
		await point(person, text);
		await act(person, name).click({ timeout: 2000 });
	}, name);

const openMore = (person, text) => actOn(person, text, 'More actions');

const reactions = (person, text) => rowOf(person, text).locator('.reaction').allTextContents();

const reacted = ({ page }, wanted) =>
	page.waitForFunction(
		(all) => JSON.stringify(Array.from(document.querySelectorAll('.reaction'), (one) => one.textContent)) === all,
		JSON.stringify(wanted),
	);

const focusedText = ({ page }) =>
	page.evaluate(() => document.activeElement.querySelector(':scope > .text')?.textContent ?? document.activeElement.id ?? '');

test('the buttons of a message whose beginning is not in view are', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 40, { textOf: (n) => `message-${n}\nand more` });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.rows(40);
		const top = await ann.page.$eval('.log', (log) => {
			log.scrollTo(0, log.querySelectorAll('.message')[20].offsetTop + 20);
			return log.getBoundingClientRect().top;
		});
		await ann.page.locator('.message').nth(20).hover({ position: { x: 100, y: 40 } });
		await ann.page.locator('.act').waitFor();
		const bar = await ann.page.locator('.act').boundingBox();
		assert.ok(bar.y >= top - 1, `${bar.y} >= ${top}`);
	}));

test('a reply shows what it answers, on all pages and after a reload, and its quote jumps there, however far it is', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'who has\nthe *key*?');
		await sayMany(bob, 120);
		const ann = await arrive();
		const mei = await arrive();
		await ann.join('Ann');
		await mei.join('Mei');
		await actOn(ann, 'message-120', 'Reply');
		await ann.page.locator('.reply', { hasText: 'Reply to bob message-120' }).waitFor();
		await ann.page.keyboard.type('the last one');
		await ann.page.keyboard.press('Enter');
		await ann.page.locator('.reply').waitFor({ state: 'hidden' });
		for (const person of [ann, mei])
			await shows(rowOf(person, 'the last one').locator('.quote'), 'bob message-120');
		await ann.say('no answer');
		await rowOf(mei, 'no answer').waitFor();
		await soon.equal(() => rowOf(mei, 'no answer').locator('.quote').count(), 0);
		// Not on the page: its text is asked for.
		await say(bob, { message: 'found it', reply_to: 1 });
		const quote = rowOf(ann, 'found it').locator('.quote', { hasText: 'bob who has the key?' });
		await quote.click();
		await ann.page.locator('.message.found', { hasText: 'who has' }).waitFor();
		await ann.page.goBack();
		await rowOf(ann, 'found it').waitFor();
		await ann.page.reload();
		await ann.online();
		await rowOf(ann, 'the last one').locator('.quote', { hasText: 'bob message-120' }).waitFor();
		await bob.close();
	}));

test('a reply that waits for the connection keeps what it answers, and Escape makes it no reply', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'question');
		const ann = await arrive();
		await ann.join('Ann');
		await actOn(ann, 'question', 'Reply');
		await ann.page.keyboard.press('Escape');
		await ann.page.locator('.reply').waitFor({ state: 'hidden' });
		await actOn(ann, 'question', 'Reply');
		await ann.page.locator('.reply').waitFor();
		await ann.context.setOffline(true);
		await ann.state('offline');
		await ann.say('answer');
		await rowOf(ann, 'answer').locator('.pending').waitFor();
		await ann.context.setOffline(false);
		await ann.online();
		await ann.reads(['question', 'answer']);
		await rowOf(ann, 'answer').locator('.quote', { hasText: 'bob question' }).waitFor();
		assert.equal((await bob.nextJson()).reply_to, 1);
		await bob.close();
	}));

for (const [door, block] of [['a WebSocket', () => {}], ['a stream', blockSockets]]) {
	test(`the up arrow edits the last own message, a reaction and a deletion reach the others, by ${door}`, () =>
		withPeople(browser, SETTINGS, async ({ arrive }) => {
			const ann = await arrive({}, block);
			const mei = await arrive();
			await ann.join('Ann');
			await mei.join('Mei');
			await ann.say('teh cat');
			await ann.reads(['teh cat']);
			await mei.say('hello');
			await ann.reads(['teh cat', 'hello']);
			await ann.page.press('#text', 'ArrowUp');
			const editor = ann.page.getByRole('textbox', { name: 'Edit the message' });
			await editor.waitFor();
			await holds(editor, 'teh cat');
			await editor.press('Escape');
			await editor.waitFor({ state: 'detached' });
			await soon.equal(() => focusedText(ann), 'text');
			await ann.page.press('#text', 'ArrowUp');
			await editor.fill('the cat :cat:');
			await editor.press('Enter');
			await mei.reads(['the cat 🐱', 'hello']);
			await ann.reads(['the cat 🐱', 'hello']);
			for (const person of [ann, mei])
				await rowOf(person, 'the cat 🐱').getByText('edited', { exact: true }).waitFor();
			// After an edit by mouse, too, the reader goes on writing.
			await ann.page.click('#text');
			await actOn(ann, 'the cat 🐱', 'Edit');
			await editor.press('Escape');
			await editor.waitFor({ state: 'detached' });
			await soon.equal(() => focusedText(ann), 'text');
			await actOn(ann, 'hello', 'React with 👍');
			await reacted(mei, ['👍 1']);
			await reacted(ann, ['👍 1']);
			await openMore(ann, 'the cat 🐱');
			await choose(ann, 'Delete…');
			await ann.page.getByRole('dialog').getByText('the cat 🐱').waitFor();
			await ann.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
			await openMore(ann, 'the cat 🐱');
			await choose(ann, 'Delete…');
			await ann.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
			for (const person of [ann, mei])
				await person.reads(['This message was deleted.', 'hello']);
			await soon.equal(() => ann.page.getByText('edited', { exact: true }).count(), 0);
			// The position counts own changes, too: nothing is sent again.
			await ann.context.setOffline(true);
			await ann.state('offline');
			await mei.say('later');
			await ann.context.setOffline(false);
			await ann.online();
			await ann.reads(['This message was deleted.', 'hello', 'later']);
			await ann.page.reload();
			await ann.reads(['This message was deleted.', 'hello', 'later']);
			await reacted(ann, ['👍 1']);
		}));
}

test('reactions are counted, name the people, are taken back by a click, and survive a lost connection', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'cake?');
		const ann = await arrive();
		await ann.join('Ann');
		await say(bob, { type: 'react', of: 1, emoji: '🍰' });
		await reacted(ann, ['🍰 1']);
		const chip = ann.page.locator('.reaction').first();
		assert.deepEqual([await chip.getAttribute('aria-pressed'), await chip.getAttribute('title')], ['false', '\u2068bob\u2069']);
		await chip.click();
		await reacted(ann, ['🍰 2']);
		assert.deepEqual([await chip.getAttribute('aria-pressed'), await chip.getAttribute('title')], ['true', '\u2068bob\u2069 and \u2068Ann\u2069']);
		await chip.click();
		await reacted(ann, ['🍰 1']);
		await actOn(ann, 'cake?', 'Add a reaction');
		await ann.page.locator('.picker.floating input').fill('tada');
		await ann.page.keyboard.press('Enter');
		await reacted(ann, ['🍰 1', '🎉 1']);
		await ann.page.locator('.picker.floating').waitFor({ state: 'detached' });
		await ann.context.setOffline(true);
		await ann.state('offline');
		await chip.click();
		await ann.page.locator('.toast', { hasText: 'there is no connection' }).waitFor();
		await say(bob, { type: 'react', of: 1, emoji: '🍰', on: false });
		await say(bob, { type: 'react', of: 1, emoji: '❤️' });
		await ann.context.setOffline(false);
		await ann.online();
		await reacted(ann, ['🎉 1', '❤️ 1']);
		for (const emoji of ['😀', '😁', '😂', '😃', '😄', '😅', '😆', '😇', '😈', '😉', '😊', '😋', '😌', '😍', '😎', '😏', '😐', '😑'])
			await say(bob, { type: 'react', of: 1, emoji });
		await actOn(ann, 'cake?', 'React with 👍');
		await ann.page.locator('.toast', { hasText: 'as many different reactions' }).waitFor();
		await bob.close();
	}));

test('the log is one tab stop, the arrow keys walk its messages, and the toolbar works by keyboard alone', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'see https://example.org/ and `code`');
		await say(bob, '```\nmake\n```');
		await say(bob, 'last');
		const ann = await arrive({ permissions: ['clipboard-read', 'clipboard-write'] });
		const { keyboard } = ann.page;
		await ann.join('Ann');
		await ann.rows(3);
		const stops = () =>
			ann.page.$$eval('.log :is(a, button, [tabindex])', (all) => all.filter(({ tabIndex }) => tabIndex >= 0).length);
		assert.equal(await stops(), 0);
		await ann.page.focus('.log');
		await keyboard.press('ArrowUp');
		await ann.page.waitForFunction(() => document.activeElement.matches('.message'));
		await soon.equal(() => focusedText(ann), 'last');
		await keyboard.press('ArrowUp');
		await keyboard.press('ArrowUp');
		await soon.equal(() => focusedText(ann), 'see https://example.org/ and code');
		await keyboard.press('ArrowUp');
		await soon.equal(() => focusedText(ann), 'see https://example.org/ and code');
		assert.ok((await stops()) >= 2, 'the link and the toolbar');
		await keyboard.press('ArrowDown');
		await keyboard.press('Enter');
		await soon.equal(() => ann.page.evaluate(() => document.activeElement.ariaLabel), 'React with 👍');
		await keyboard.press('Escape');
		await soon.equal(() => focusedText(ann), 'make');
		await keyboard.press('ArrowRight');
		await keyboard.press('ArrowLeft');
		await keyboard.press('Enter');
		await ann.page.getByRole('menu').waitFor();
		assert.deepEqual(await ann.page.getByRole('menuitem').allTextContents().then((all) => all.filter((one) => one !== 'Copy link')), ['Copy text', 'Copy code', 'About \u2068bob\u2069']);
		await keyboard.press('End');
		await keyboard.press('ArrowUp');
		await keyboard.press('Enter');
		await ann.page.locator('.toast', { hasText: 'Copied.' }).waitFor();
		await soon.equal(() => ann.page.evaluate(() => navigator.clipboard.readText()), 'make');
		await ann.page.focus('.log');
		await keyboard.press('ArrowUp');
		await keyboard.press('ArrowDown');
		await ann.page.waitForFunction(() => document.activeElement.id === 'text');
		assert.equal(await stops(), 0);
		// A deletion takes the toolbar, but not the focus.
		await ann.say('mine');
		await rowOf(ann, 'mine').locator('a.time[href]').waitFor();
		await ann.page.focus('.log');
		await keyboard.press('ArrowUp');
		await keyboard.press('Enter');
		await keyboard.press('ArrowLeft');
		await keyboard.press('Enter');
		await ann.page.getByRole('menu').waitFor();
		await keyboard.press('End');
		await keyboard.press('Enter');
		await ann.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
		await ann.page.getByText('This message was deleted.').waitFor();
		await soon.equal(() => focusedText(ann), 'This message was deleted.');
		await bob.close();
	}));

test('a long press shows the toolbar on a phone, whose buttons are large enough, and a touch elsewhere hides it', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'press me');
		const ann = await arrive({ hasTouch: true, isMobile: true, viewport: { width: 320, height: 600 } });
		await ann.join('Ann');
		await ann.rows(1);
		const developer = await ann.context.newCDPSession(ann.page);
		const { x, y, width, height } = await rowOf(ann, 'press me').locator('.text').boundingBox();
		const touch = (type, ...touchPoints) => developer.send('Input.dispatchTouchEvent', { type, touchPoints });
		// The module is loaded now.
		await point(ann, 'press me');
		await ann.page.tap('.log', { position: { x: 200, y: 300 } });
		await ann.page.mouse.move(10, 10);
		await ann.page.locator('.act').waitFor({ state: 'detached' });
		await touch('touchStart', { x: x + width / 2, y: y + height / 2 });
		await ann.page.locator('.act').waitFor();
		await touch('touchEnd');
		await ann.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
		const sizes = await ann.page.$$eval('.act > button:not([hidden])', (all) => all.map((one) => Math.min(one.offsetWidth, one.offsetHeight)));
		assert.ok(sizes.length >= 4 && Math.min(...sizes) >= 44, String(sizes));
		const bar = await ann.page.locator('.act').boundingBox();
		assert.ok(bar.x >= 0 && bar.x + bar.width <= 320, JSON.stringify(bar));
		assert.equal(await ann.sidewaysScroll(), 0);
		await ann.page.tap('.log', { position: { x: 200, y: 300 } });
		await ann.page.locator('.act').waitFor({ state: 'detached' });
		await bob.close();
	}));

test('an edit that the server refuses says why and keeps the text, and an empty one asks whether to delete', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const other = await daemon.ws('/ws?name=Ann');
		await say(other, 'from elsewhere');
		await other.close();
		const ann = await arrive();
		await ann.join('Ann');
		await ann.rows(1);
		await ann.page.fill('#text', 'my draft');
		await actOn(ann, 'from elsewhere', 'Edit');
		const editor = ann.page.getByRole('textbox', { name: 'Edit the message' });
		await editor.fill('changed');
		await ann.page.getByRole('button', { name: 'Save' }).click();
		await ann.page.locator('.editor .fault', { hasText: 'Only its author can do this' }).waitFor();
		await holds(editor, 'changed');
		await editor.fill('x'.repeat(20000));
		await editor.press('Enter');
		await ann.page.locator('.editor .fault', { hasText: 'too long' }).waitFor();
		await editor.fill(' ');
		await editor.press('Enter');
		await ann.page.getByRole('dialog').getByText('Delete this message for everybody?').waitFor();
		await ann.page.keyboard.press('Escape');
		await ann.page.getByRole('button', { name: 'Cancel' }).click();
		await ann.reads(['from elsewhere']);
		await holds(ann.page.locator('#text').first(), 'my draft');
	}));

test('a quote loses the text of a message that is deleted, and shows the new one of an edited one', () =>
	withPeople(browser, SETTINGS, async ({ arrive }) => {
		const ann = await arrive();
		const mei = await arrive();
		await ann.join('Ann');
		await mei.join('Mei');
		await ann.say('secret');
		await ann.reads(['secret']);
		await actOn(mei, 'secret', 'Reply');
		await mei.page.keyboard.type('oh');
		await mei.page.keyboard.press('Enter');
		const quote = rowOf(mei, 'oh').locator('.quote');
		await quote.waitFor();
		await ann.page.press('#text', 'ArrowUp');
		await ann.page.getByRole('textbox', { name: 'Edit the message' }).fill('nothing');
		await ann.page.keyboard.press('Enter');
		await quote.getByText('nothing').waitFor();
		await rowOf(ann, 'oh').locator('.quote', { hasText: 'nothing' }).waitFor();
		await ann.page.locator('.message.own').hover();
		await act(ann, 'More actions').click();
		await choose(ann, 'Delete…');
		await ann.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await quote.getByText('This message was deleted.').waitFor();
		assert.ok(!(await mei.page.content()).includes('nothing</'));
	}));

test('nonsense in what a message answers and in its reactions does no harm', () =>
	withPeople(browser, SETTINGS, async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, server.prepare);
		await ann.join('Ann');
		server.sendAll([{ type: 'message', room: 'lobby', id: 1, ts: Date.now(), username: 'eve', message: 'first' }]);
		await ann.reads(['first']);
		const hostile = [
			{ reply_to: '1"]', reactions: { '👍': 'ann', x: [1, null, { a: 1 }], ['y'.repeat(500)]: ['ann'] }, reaction_counts: { x: -1 } },
			{ reply_to: 1e300, reactions: ['👍'], reaction_counts: 7, edited: 'now' },
			{ reply_to: 99999, reactions: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`e${n}`, ['<b>bob</b>']])), edited: 1e300 },
		];
		for (const [n, more] of hostile.entries())
			server.sendAll([{ type: 'message', room: 'lobby', id: n + 2, ts: Date.now(), username: 'eve', message: `h${n}`, ...more }]);
		const strange = [{ emoji: 7 }, { emoji: '' }, { emoji: 'z'.repeat(99) }, { emoji: '👍', username: { a: 1 }, on: 'no' }];
		server.sendAll(strange.map((more, n) => ({ type: 'react', room: 'lobby', id: n + 10, of: 1, ...more })));
		await ann.reads(['first', 'h0', 'h1', 'h2']);
		await rowOf(ann, 'first').locator('.reaction').waitFor();
		await soon.deepEqual(() => reactions(ann, 'first'), ['👍 1']);
		await rowOf(ann, 'h2').locator('.reaction').nth(19).waitFor();
		await soon.equal(() => rowOf(ann, 'h2').locator('.reaction').count(), 20);
		await soon.deepEqual(() => reactions(ann, 'h0'), ['x 3']);
		await rowOf(ann, 'h2').locator('.quote', { hasText: 'no longer kept' }).waitFor();
		await soon.equal(() => ann.page.locator('.quote').count(), 1);
		await soon.equal(() => ann.page.locator('.log b').count(), 0);
	}));

test('changes of what is no message do no harm, and those beside them are done', () =>
	withPeople(browser, SETTINGS, async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, server.prepare);
		const numbered = (id, more) => ({ room: 'lobby', id, ts: Date.now(), username: 'eve', ...more });
		await ann.join('Ann');
		server.sendAll([
			numbered(1, { type: 'alarm', key: 'disk', state: 'raised', severity: 'error', since: Date.now() }),
			numbered(2, { type: 'message', message: 'secret' }),
			numbered(3, { type: 'edit', of: 1, message: 'edited' }),
			numbered(4, { type: 'react', of: 1, emoji: '👍', on: true }),
			numbered(5, { type: 'delete', of: [1, 2] }),
		]);
		await ann.reads(['This message was deleted.']);
		await ann.page.locator('.log .alarm-line .title', { hasText: 'disk' }).waitFor();
		await soon.deepEqual(() => reactions(ann, 'disk'), []);
	}));

test('a room that was left leaves nothing behind in the page', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		const ann = await arrive();
		const devtools = await ann.context.newCDPSession(ann.page);
		await say(bob, 'in ops');
		await ann.join('Ann');
		// The first time loads modules, which have listeners of their own.
		for (const isFirst of [true, false]) {
			await enterRoom(ann, 'ops');
			await point(ann, 'in ops');
			await hide(ann, true);
			await say(bob, '@Ann');
			await ann.page.waitForFunction(() => document.title.includes('@1'));
			await hide(ann, false);
			await ann.page.waitForFunction(() => !document.title.includes('@1'));
			await ann.page.evaluate(() => {
				window.left = new WeakRef(document.querySelector('.room:not([inert])'));
			});
			await leaveRoom(ann, 'ops');
			await ann.inRoom('lobby');
			await ann.page.mouse.move(0, 0);
			if (!isFirst)
				await eventually(async () => {
					await devtools.send('HeapProfiler.collectGarbage');
					assert.equal(await ann.page.evaluate(() => window.left.deref() === undefined), true);
				}, 'the end of the room');
		}
		await bob.close();
	}));

test('own changes count for the position in the room: a page that was away asks for what came after them', () =>
	withPeople(browser, SETTINGS, async ({ arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await ann.say('one');
		await ann.reads(['one']);
		await actOn(ann, 'one', 'React with 👍');
		await reacted(ann, ['👍 1']);
		await ann.page.press('#text', 'ArrowUp');
		await ann.page.fill('.editor textarea', 'two');
		await ann.page.press('.editor textarea', 'Enter');
		await ann.reads(['two']);
		await ann.disconnects(() => tap.hangUp());
		await ann.online();
		assert.match(tap.sent.findLast(({ type }) => type === 'join').since, /:3$/);
		await reacted(ann, ['👍 1']);
		await ann.reads(['two']);
	}));

test('a reaction to a message whose page of history is under way is not lost', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const tap = createTap();
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'one');
		tap.holdReceived = ({ type }) => type === 'history';
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await eventually(() => assert.equal(tap.held.length, 1), 'the page of history');
		await say(bob, { type: 'react', of: 1, emoji: '🎉' });
		await eventually(() => assert.ok(tap.received.some(({ type }) => type === 'react')), 'the reaction');
		tap.release();
		await reacted(ann, ['🎉 1']);
		await bob.close();
	}));
