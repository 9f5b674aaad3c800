// What the reader has begun: an answer, an edit, a command. It is neither lost nor done elsewhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { choose, enterRoom, holds, withPeople, withRestarts } from './people.mjs';

const SETTINGS = ['limits.message_rate=0'];

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const rowOf = ({ page }, text) => page.locator('.room:not([inert]) .message', { has: page.locator(`.text:text-is(${JSON.stringify(text)})`) });
const editor = ({ page }) => page.getByRole('textbox', { name: 'Edit the message' });
const replyLine = ({ page }) => page.locator('.reply');

async function answer(person, text) {
	await rowOf(person, text).hover();
	await rowOf(person, text).getByRole('button', { name: 'Reply', exact: true }).click();
	await replyLine(person).waitFor();
}

async function reload(person) {
	await person.page.reload();
	await person.online();
}

test('an answer that was begun survives a reload and belongs to its room', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'question');
		const ann = await arrive();
		await ann.join('Ann');
		await answer(ann, 'question');
		await ann.page.fill('#text', 'half an ans');
		await reload(ann);
		await replyLine(ann).getByText('Reply to bob question').waitFor();
		await enterRoom(ann, 'ops');
		await replyLine(ann).waitFor({ state: 'hidden' });
		await ann.say('no answer');
		await choose(ann, 'lobby');
		await replyLine(ann).waitFor();
		await ann.say('an answer');
		await replyLine(ann).waitFor({ state: 'hidden' });
		await rowOf(ann, 'an answer').locator('.quote', { hasText: 'bob question' }).waitFor();
		await ann.say('and more');
		const [first, second] = [await bob.nextJson(), await bob.nextJson()];
		assert.deepEqual([first.message, first.reply_to, second.message, second.reply_to], ['an answer', 1, 'and more', undefined]);
		// What was dropped does not come back.
		await answer(ann, 'question');
		await ann.page.keyboard.press('Escape');
		await replyLine(ann).waitFor({ state: 'hidden' });
		await reload(ann);
		await ann.reads(['question', 'an answer', 'and more']);
		await ann.say('alone');
		assert.equal((await bob.nextJson()).reply_to, undefined);
		await bob.close();
	}));

test('what is sent right after a reload answers what it was begun for', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'question');
		const ann = await arrive();
		await ann.join('Ann');
		await answer(ann, 'question');
		// As if it were slow.
		await ann.page.route('**/messages/reply.js', () => {});
		await reload(ann);
		await ann.reads(['question']);
		await ann.say('an answer');
		assert.equal((await bob.nextJson()).reply_to, 1);
		await ann.say('and more');
		assert.equal((await bob.nextJson()).reply_to, undefined);
		await bob.close();
	}));

test('an answer to a message of another history is none', () =>
	withRestarts(browser, [...SETTINGS, 'store.driver="memory"'], async ({ server, arrive }) => {
		const bob = await server.daemon.ws('/ws?name=bob');
		await say(bob, 'question');
		const ann = await arrive();
		await ann.join('Ann');
		await answer(ann, 'question');
		await ann.disconnects(() => server.kill());
		await server.start();
		await ann.online();
		await replyLine(ann).waitFor({ state: 'hidden' });
		// The same id.
		const cid = await server.daemon.ws('/ws?name=cid');
		await say(cid, 'another');
		await ann.page.getByText('another', { exact: true }).waitFor();
		await ann.say('no answer');
		assert.equal((await cid.nextJson()).reply_to, undefined);
		await cid.close();
	}));

test('an edit that was begun survives a reload, without taking the focus, and ends with it', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.say('teh cat');
		await ann.reads(['teh cat']);
		await ann.page.press('#text', 'ArrowUp');
		await editor(ann).fill('the cat sat');
		await reload(ann);
		await editor(ann).waitFor();
		assert.equal(await editor(ann).inputValue(), 'the cat sat');
		assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'text');
		// The way to it is that of any edit.
		await ann.page.press('#text', 'ArrowUp');
		await ann.page.waitForFunction(() => document.activeElement.matches('.editor textarea'));
		assert.equal(await editor(ann).inputValue(), 'the cat sat');
		await editor(ann).press('Enter');
		await ann.reads(['the cat sat']);
		await reload(ann);
		await ann.reads(['the cat sat']);
		assert.deepEqual(await ann.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('linnet.edit.'))), []);
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'more');
		await ann.reads(['the cat sat', 'more']);
		assert.equal(await editor(ann).count(), 0);
		await bob.close();
	}));

test('a message that is being edited stays on the page, however much is said or read meanwhile', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 600, { textOf: (n) => `early ${n}` });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.say('teh cat');
		await rowOf(ann, 'teh cat').locator('a.time[href]').waitFor();
		await ann.page.press('#text', 'ArrowUp');
		await editor(ann).fill('the c');
		await sayMany(bob, 600, { textOf: (n) => `late ${n}` });
		await rowOf(ann, 'late 600').waitFor();
		const count = () => ann.page.locator('.room:not([inert]) .log > *').count();
		await eventually(async () => assert.ok((await count()) <= 500), 'a limit');
		await ann.page.keyboard.type('at');
		assert.equal(await editor(ann).inputValue(), 'the cat');
		// Up to the beginning: what was removed comes back around it, in order and once.
		const top = () => ann.page.$eval('.room:not([inert]) .log', (log) => log.scrollTo(0, 0));
		await eventually(async () => {
			await top();
			await rowOf(ann, 'early 1').waitFor({ timeout: 500 });
		}, 'the beginning');
		assert.equal(await editor(ann).count(), 1);
		assert.ok((await count()) <= 560);
		const numbers = await ann.page.$$eval('.room:not([inert]) .message a.time', (all) => all.map(({ href }) => Number(href.split('/').pop())));
		assert.deepEqual(numbers, [...new Set(numbers)].sort((one, other) => one - other));
		await editor(ann).press('Enter');
		await editor(ann).waitFor({ state: 'detached' });
		await ann.page.locator('.jump').click();
		await rowOf(ann, 'late 600').waitFor();
		await bob.close();
	}));

test('a command is run in the room that was shown when it was sent, however late its module is there', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		await say(bob, { message: 'in ops', room: 'ops' });
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		let go;
		const held = new Promise((resolve) => {
			go = resolve;
		});
		await ann.page.route('**/shell/commands.js', async (route) => {
			await held;
			await route.continue();
		});
		await ann.say('/text for ops');
		await ann.say('/bogus');
		await choose(ann, 'lobby');
		go();
		assert.deepEqual([await bob.nextJson()].map(({ room, message }) => [room, message]), [['ops', 'for ops']]);
		await choose(ann, 'ops');
		await ann.page.locator('.room:not([inert]) .system', { hasText: 'there is no command /bogus' }).waitFor();
		assert.equal(await ann.page.inputValue('#text'), '/bogus');
		await bob.close();
	}));

test('a call that fails while a module is loaded does not lose those behind it', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const outcome = await ann.page.evaluate(async () => {
			const lazy = document.querySelector('script[src$="/shell/start.js"]').src.replace('shell/start.js', 'base/lazy.js');
			const { createLazy } = await import(lazy);
			const done = [];
			const told = new Promise((resolve) => {
				addEventListener('error', (event) => {
					event.preventDefault();
					resolve(event.error.message);
				}, { once: true });
			});
			const use = createLazy(async () => done);
			use(() => {
				throw new Error('broken');
			});
			use((it) => it.push('second'));
			await new Promise((resolve) => use(resolve));
			return [...done, await told];
		});
		assert.deepEqual(outcome, ['second', 'broken']);
		ann.faults.length = 0;
	}));

test('an edit that was begun is not lost by the beginning of another one', () =>
	withPeople(browser, SETTINGS, async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.say('one');
		await ann.say('two');
		await ann.reads(['one', 'two']);
		await ann.page.press('#text', 'ArrowUp');
		await editor(ann).fill('two and a half');
		await rowOf(ann, 'one').hover();
		await rowOf(ann, 'one').getByRole('button', { name: 'Edit', exact: true }).click();
		await ann.page.getByText('Save or cancel this edit first.').waitFor();
		await ann.page.waitForFunction(() => document.activeElement.matches('.editor textarea'));
		await holds(editor(ann), 'two and a half');
		// What is as it was gives way.
		await editor(ann).fill('two');
		await rowOf(ann, 'one').hover();
		await rowOf(ann, 'one').getByRole('button', { name: 'Edit', exact: true }).click();
		await holds(editor(ann), 'one');
	}));

test('two tabs show the same unsent text and what it answers, until one of them sends it', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive, openTab }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'question');
		const ann = await arrive();
		await ann.join('Ann');
		const tab = await openTab(ann);
		await tab.surrounded();
		await answer(ann, 'question');
		await replyLine(tab).waitFor();
		await ann.page.fill('#text', 'an ans');
		await holds(tab.page.locator('#text'), 'an ans');
		// It is the reader's own, now.
		await tab.page.fill('#text', 'something else');
		await ann.page.fill('#text', 'something else');
		await tab.page.fill('#text', 'in one tab only');
		await holds(ann.page.locator('#text'), 'in one tab only');
		await tab.page.press('#text', 'Enter');
		await holds(ann.page.locator('#text'), '');
		await replyLine(ann).waitFor({ state: 'hidden' });
		await ann.say('and more');
		const [first, second] = [await bob.nextJson(), await bob.nextJson()];
		assert.deepEqual([first.message, first.reply_to, second.message, second.reply_to], ['in one tab only', 1, 'and more', undefined]);
		await bob.close();
	}));
