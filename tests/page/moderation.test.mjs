// Moderation, as the affected user sees it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { expectJson, post } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { blockSockets, blockStreams, hide, shows, withPeople } from './people.mjs';
import { createTap } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const withModerator = (body) =>
	withPeople(
		browser,
		['limits.message_rate=0'],
		({ daemon, ...rest }) => body({ daemon, ...rest, order: (word, what) => expectJson(post(daemon, `/admin/${word}`, what, bearer('root-secret'))) }),
		{ config: `auth = { ${tokens} };` },
	);

const words = ({ page }) => page.textContent('#state-words');
const again = ({ page }, name = 'Connect again') => page.getByRole('button', { name });

const openings = (daemon) => daemon.log.filter((line) => line.startsWith('session_open')).length;

// Triggers every event that usually makes a page reconnect.
async function triggerReconnect({ page }) {
	await page.evaluate(() => {
		window.dispatchEvent(new Event('offline'));
		window.dispatchEvent(new Event('online'));
		document.dispatchEvent(new Event('visibilitychange'));
	});
}

const doors = [
	['a WebSocket', () => {}],
	['a stream', blockSockets],
	['polls', async (page) => {
		await blockSockets(page);
		await blockStreams(page);
	}, true],
];

// Waits for a poll: without one the page could not be told.
async function pollWaits(daemon) {
	const metrics = async () => (await fetch(`${daemon.url}/metrics`)).text();
	await eventually(async () => assert.match(await metrics(), /^linnet_connections\{transport="poll"\} 1$/m), 'a poll');
}

for (const [door, block, isPoll] of doors) {
	test(`a user kicked off ${door} is told the reason, stays offline, and can reconnect by a click`, () =>
		withModerator(async ({ daemon, arrive, order }) => {
			const ann = await arrive({}, block);
			await ann.join('Ann');
			await ann.say('one');
			await ann.reads(['one']);
			if (isPoll)
				await pollWaits(daemon);
			await order('kick', { username: 'Ann', reason: 'be kind' });
			await ann.state('refused');
			await ann.isTold('A moderator has removed you. Reason: “be kind”. Not connected.');
			const before = openings(daemon);
			await triggerReconnect(ann);
			await ann.say('two');
			await ann.page.locator('#queue', { hasText: '1 message queued' }).waitFor();
			assert.equal(openings(daemon), before);
			await again(ann).click();
			await ann.online();
			await ann.reads(['one', 'two']);
			assert.equal(await words(ann).then((text) => text.startsWith('Online')), true);
		}));
}

test('without a reason none is shown, and a Chinese page says it in Chinese', () =>
	withModerator(async ({ arrive, order }) => {
		const mei = await arrive({ locale: 'zh-CN' });
		await mei.join('梅');
		await order('kick', { username: '梅' });
		await mei.state('refused');
		await mei.isTold('管理员请你离开了。 未连接。');
		await again(mei, '重新进入').click();
		await mei.online();
		await order('mute', { username: '梅' });
		await mei.say('你好');
		await mei.page.locator('.failed p').waitFor();
		await shows(mei.page.locator('.failed p').first(), '未发送。服务器说：管理员目前只允许你阅读。');
	}));

test("a muted user's message is kept with the reason, and Retry sends it later", () =>
	withModerator(async ({ arrive, order }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await order('mute', { username: 'Ann' });
		await ann.say('unheard');
		await ann.page.locator('.failed p').waitFor();
		assert.equal((await ann.messages())[0].failed, 'Not sent. The server says: a moderator has muted you.');
		await ann.page.reload();
		await ann.online();
		await ann.page.locator('.failed p').waitFor();
		assert.equal((await ann.messages())[0].failed, 'Not sent. The server says: a moderator has muted you.');
		await ann.rename('Anna');
		await ann.page.locator('#name-error', { hasText: 'has muted you' }).waitFor();
		await ann.page.click('#profile-cancel');
		await order('unmute', { username: 'Ann' });
		await ann.page.getByRole('button', { name: 'Retry' }).click();
		await ann.reads(['unheard']);
	}));

test('a user banned by name is told so, cannot reconnect under that name, and may take another one', () =>
	withModerator(async ({ daemon, arrive, order }) => {
		const eve = await arrive();
		await eve.join('Eve');
		await order('ban', { username: 'Eve', reason: 'spam' });
		await eve.state('refused');
		await eve.isTold('A moderator has banned you. Reason: “spam”. Not connected.');
		const before = openings(daemon);
		await triggerReconnect(eve);
		assert.equal(openings(daemon), before);
		await again(eve).click();
		await eve.page.locator('#name-error', { hasText: 'The name Eve is banned' }).waitFor();
		await eve.introduce('Eva');
		await eve.online();
		await eve.rename('eve');
		await eve.page.locator('#name-error', { hasText: 'The name eve is banned' }).waitFor();
		await eve.page.click('#profile-cancel');
		await eve.called('Eva');
	}));

test('a user at a banned address is told so, and the page does not retry for ever', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const refusals = [];
		const ann = await arrive({}, async (page) => {
			await blockSockets(page);
			await page.route(/\/rooms$/, (route) => {
				refusals.push(route.request().url());
				return route.fulfill({ status: 403, json: { error: { code: 'banned', message: 'you are banned' } } });
			});
		});
		await ann.introduce('Ann');
		await ann.state('refused');
		await ann.isTold('A moderator has banned you. Not connected.');
		const before = refusals.length;
		await triggerReconnect(ann);
		await again(ann).click();
		await eventually(() => assert.equal(refusals.length, before + 1), 'one more try');
		await ann.state('refused');
	}));

test('a user kicked for flooding is told so', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await tap.hangUp(1008, 'flooding');
		await ann.state('refused');
		await ann.isTold('You were disconnected for writing too fast. Not connected.');
		await again(ann).click();
		await ann.online();
	}));

const logText = ({ page }) => page.locator('.room:not([inert]) .log').innerText();

for (const [door, block] of doors) {
	test(`a message that a moderator deletes loses its text on the page at once, by ${door}, and stays so after a reload`, () =>
		withModerator(async ({ arrive, order }) => {
			const ann = await arrive({}, block);
			await ann.join('Ann');
			for (const text of ['one', 'secret words', 'three'])
				await ann.say(text);
			await ann.reads(['one', 'secret words', 'three']);
			assert.equal((await order('delete', { room: 'lobby', of: 2 })).id, 4);
			await ann.page.getByText('This message was deleted.').waitFor();
			await ann.reads(['one', 'This message was deleted.', 'three']);
			assert.ok(!(await ann.page.content()).includes('secret words'));
			await ann.page.reload();
			await ann.reads(['one', 'This message was deleted.', 'three']);
			await ann.say('five');
			await ann.reads(['one', 'This message was deleted.', 'three', 'five']);
		}));
}

for (const [door, block, isPoll] of doors) {
	// The notice has no number: a page without a waiting poll would not be told.
	const toldWhen = (daemon) => isPoll && pollWaits(daemon);

	test(`a deleted room is empty on the page, and goes on, by ${door}`, () =>
		withModerator(async ({ daemon, arrive, order }) => {
			const ann = await arrive({}, block);
			await ann.join('Ann');
			await ann.say('secret words');
			await ann.reads(['secret words']);
			await toldWhen(daemon);
			await order('delete', { room: 'lobby' });
			await ann.page.getByText('A moderator has deleted everything in this room.').waitFor();
			assert.ok(!(await logText(ann)).includes('secret words'));
			await ann.say('anew');
			await ann.reads(['anew']);
			await toldWhen(daemon);
			await order('delete', { room: 'lobby' });
			await ann.reads([]);
			await ann.say('once more');
			await ann.reads(['once more']);
			await ann.page.reload();
			await ann.reads(['once more']);
		}));

	test(`what was deleted with its room while the page was away is not on the page when it is back, by ${door}`, () =>
		withModerator(async ({ daemon, arrive, order }) => {
			const bob = await daemon.ws('/ws?name=bob');
			const ann = await arrive({}, block);
			await ann.join('Ann');
			await ann.say('secret words');
			await ann.reads(['secret words']);
			await ann.goesOffline();
			await say(bob, 'more of it');
			await order('delete', { room: 'lobby' });
			await ann.context.setOffline(false);
			await ann.online();
			await ann.reads([]);
			assert.ok(!(await ann.page.content()).includes('secret words'));
			await ann.say('anew');
			await ann.reads(['anew']);
			await bob.close();
		}));
}

test('a message that was deleted while the page was away is not unread', () =>
	withModerator(async ({ daemon, arrive, order }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob');
		await ann.join('Ann');
		await hide(ann, true);
		await ann.goesOffline();
		for (const text of ['secret words', 'two'])
			await say(bob, text);
		await order('delete', { room: 'lobby', of: 1 });
		await ann.context.setOffline(false);
		await ann.online();
		await ann.reads(['This message was deleted.', 'two']);
		await eventually(async () => assert.equal(await ann.page.title(), '(1) lobby · Linnet'), 'the title');
		await bob.close();
	}));

test('a page of history that is under way when a message is deleted does not bring its text back', () =>
	withModerator(async ({ daemon, arrive, order }) => {
		const tap = createTap();
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'secret words');
		tap.holdReceived = ({ type }) => type === 'history';
		const ann = await arrive({}, tap.prepare);
		await ann.join('Ann');
		await eventually(() => assert.equal(tap.held.length, 1), 'the page of history');
		await order('delete', { room: 'lobby', of: 1 });
		await eventually(() => assert.ok(tap.received.some(({ type }) => type === 'delete')), 'the deletion');
		tap.release();
		await ann.reads(['This message was deleted.']);
		await bob.close();
	}));
