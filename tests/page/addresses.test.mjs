// Each place of the page has an address: links, Back and Forward, and what Back closes.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say, sayMany } from '../lib/chat.mjs';
import { eventually, temporaryFolder } from '../lib/daemon.mjs';
import { choose, enterRoom, hasAttribute, hasRooms, hide, leaveRoom, listsRooms, shows, soon, withPeople } from './people.mjs';
import { pushAlarm } from './pushes.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const at = ({ page }, hash) => page.waitForFunction((wanted) => location.hash === wanted, hash);
const found = ({ page }, text) => page.locator('.room:not([inert]) .message.found .text', { hasText: text }).waitFor();

test('the address names the room or the view that is shown, and Back and Forward lead through them', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await at(ann, '#/room/lobby');
		await enterRoom(ann, 'ops');
		await at(ann, '#/room/ops');
		await enterRoom(ann, '鸟 & co');
		await at(ann, `#/room/${encodeURIComponent('鸟 & co')}`);
		await ann.page.click('#tab-live');
		await at(ann, '#/live');
		await ann.page.goBack();
		await ann.inRoom('鸟 & co');
		assert.equal(await ann.page.isVisible('#chat'), true);
		await ann.page.goBack();
		await ann.inRoom('ops');
		await ann.page.goBack();
		await ann.inRoom('lobby');
		await ann.page.goForward();
		await ann.inRoom('ops');
		// A room that was left is no step back.
		await leaveRoom(ann, 'ops');
		await ann.page.waitForFunction(() => location.hash !== '#/room/ops');
		await ann.page.goBack();
		await ann.inRoom('lobby');
		await listsRooms(ann, ['lobby', '鸟 & co']);
	}));

test('an address opens the page at its room, also for a new user, who is in the first room, too', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		await say(bob, 'in ops');
		const ann = await arrive({}, () => {}, { path: '/#/room/ops' });
		await ann.join('Ann');
		await ann.inRoom('ops');
		await ann.reads(['in ops']);
		await hasRooms(ann, ['lobby', 'ops']);
		await choose(ann, 'lobby');
		// Another link, into the page that is open.
		await ann.page.evaluate(() => {
			location.hash = '#/live';
		});
		await ann.page.waitForSelector('#live:not([hidden])');
		await ann.page.reload();
		await ann.page.waitForSelector('#live:not([hidden])');
		for (const hash of ['#/room/%E0%A4%A', '#/nowhere', '#/room/', '#/room/lobby/0x', '#/room/lobby/-1'])
			await ann.page.evaluate((wanted) => {
				location.hash = wanted;
			}, hash);
		await ann.inRoom('lobby');
		await bob.close();
	}));

const PANELS = [
	['#alarms-button', '#alarms'],
	['#people-button', '#people'],
	['#rooms-button', '#rooms'],
	['#search-button', '#search'],
	['#picker-button', '#picker'],
	['#me', '#profile'],
];

test('Back closes what is open, and after another way to close it leads to the place before', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({ viewport: { width: 375, height: 700 } });
		await ann.join('Ann');
		await ann.page.evaluate(() => {
			location.hash = '#/room/ops';
		});
		await ann.inRoom('ops');
		await pushAlarm(daemon, { key: 'disk', severity: 'critical', title: 'Disk', message: 'full' });
		await ann.page.waitForSelector('#alarms-button');
		for (const [button, panel] of PANELS) {
			await ann.page.click(button);
			await ann.page.waitForSelector(panel);
			await ann.page.waitForFunction(() => history.state.layers === 1);
			await ann.page.goBack();
			await ann.page.waitForSelector(panel, { state: 'hidden' });
			await shows(ann.page.locator('#room-title').first(), 'ops');
		}
		for (const [button, panel] of PANELS) {
			await ann.page.click(button);
			await ann.page.waitForSelector(panel);
			await ann.page.keyboard.press('Escape');
			await ann.page.waitForSelector(panel, { state: 'hidden' });
		}
		await ann.page.goBack();
		await ann.inRoom('lobby');
		// Two, one above the other.
		await ann.page.click('#search-button');
		await ann.page.waitForSelector('#search');
		await ann.page.keyboard.press('Control+k');
		await ann.page.waitForFunction(() => history.state.layers === 2);
		await ann.page.goBack();
		await ann.page.waitForSelector('#switcher', { state: 'hidden' });
		assert.equal(await ann.page.isVisible('#search'), true);
		await ann.page.goBack();
		await ann.page.waitForSelector('#search', { state: 'hidden' });
		// A choice in the drawer is a step of its own.
		await ann.page.click('#rooms-button');
		await ann.page.waitForFunction(() => history.state.layers === 1);
		await ann.page.locator('#rooms-list .room-button', { hasText: 'ops' }).click();
		await ann.inRoom('ops');
		await ann.page.goBack();
		await ann.inRoom('lobby');
		assert.equal(await ann.page.isVisible('#rooms'), false);
	}));

test('Back does not trap a new user in the form for the name', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const length = await ann.page.evaluate(() => history.length);
		await ann.page.keyboard.press('Escape');
		await ann.page.keyboard.press('Escape');
		await ann.page.waitForSelector('#profile[open]');
		await soon.equal(() => ann.page.evaluate(() => history.length), length);
	}));

test('the name of a room that is known is a link to it, and so is an address of this page', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, { message: 'one', room: 'ops' });
		await say(bob, { message: 'two', room: 'ops' });
		await say(bob, 'see #Ops. Not #123, #later, `#ops`, a#ops or https://example.org/#ops');
		await say(bob, `there: ${daemon.url}/#/room/ops/1`);
		const ann = await arrive();
		await ann.join('Ann');
		const links = ann.page.locator('.text a[href]');
		await links.nth(2).waitFor();
		assert.deepEqual(
			await links.evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href'), link.target])),
			[
				['#Ops', '#/room/ops', ''],
				['https://example.org/#ops', 'https://example.org/#ops', '_blank'],
				[`${daemon.url}/#/room/ops/1`, `${daemon.url}/#/room/ops/1`, ''],
			],
		);
		await links.nth(2).click();
		await found(ann, 'one');
		await ann.page.goBack();
		await ann.inRoom('lobby');
		await links.first().click();
		await ann.reads(['one', 'two']);
		// A room that comes later.
		await say(bob, { message: 'three', room: 'later' });
		await choose(ann, 'lobby');
		await hide(ann, true);
		await hide(ann, false);
		await ann.page.locator('.text a[href="#/room/later"]').waitFor();
		await bob.close();
	}));

test('a number in an address that is no id of a message opens the room', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'hello');
		const ann = await arrive({}, () => {}, { path: '/#/room/lobby/1e308' });
		await ann.join('Ann');
		await ann.reads(['hello']);
		await at(ann, '#/room/lobby');
		for (const id of ['1.5', '99999999999999999999']) {
			await ann.page.goto(`about:blank`);
			await ann.page.goto(`${daemon.url}/#/room/lobby/${id}`);
			await ann.reads(['hello']);
		}
		await bob.close();
	}));

test('the address names the log that is shown, and Back leads to the one before', () => {
	const folder = temporaryFolder();
	const tails = ['nginx', 'syslog'].map((room) => {
		writeFileSync(path.join(folder, room), `a line of ${room}\n`);
		return `{ room = "${room}"; path = "${path.join(folder, room)}"; }`;
	});

	return withPeople(browser, [`tails=( ${tails.join(', ')} )`], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.click('#tab-logs');
		await ann.page.getByText('a line of nginx').waitFor();
		await at(ann, '#/logs/nginx');
		await ann.page.locator('.logs-room').selectOption('syslog');
		await at(ann, '#/logs/syslog');
		await ann.page.getByText('a line of syslog').waitFor();
		await ann.page.reload();
		await ann.page.getByText('a line of syslog').waitFor();
		await ann.page.goBack();
		await ann.page.getByText('a line of nginx').waitFor();
		await eventually(async () => assert.equal(await ann.page.locator('.logs-room').inputValue(), 'nginx'), 'the log chosen');
		await ann.page.goBack();
		await ann.inRoom('lobby');
	});
});

test('the time of a message is its link, which opens the message however old it is, and Back leads to the newest', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 300, { textOf: (n) => `row ${n}.` });
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.getByText('row 300.', { exact: true }).waitFor();
		const time = ann.page.locator('.message', { hasText: 'row 299.' }).locator('a.time');
		assert.equal(await time.evaluate((link) => link.href), `${daemon.url}/#/room/lobby/299`);
		await time.click();
		await at(ann, '#/room/lobby/299');
		await found(ann, 'row 299.');
		await ann.page.evaluate(() => {
			location.hash = '#/room/lobby/20';
		});
		await found(ann, 'row 20.');
		await ann.page.reload();
		await found(ann, 'row 20.');
		await ann.page.goBack();
		await found(ann, 'row 299.');
		await ann.page.goBack();
		await at(ann, '#/room/lobby');
		await ann.page.waitForFunction(() => {
			const log = document.querySelector('.log');
			return log.scrollHeight - log.clientHeight - log.scrollTop < 2 && log.textContent.includes('row 300.');
		});
		// At the newest message the address is that of the room again.
		await ann.page.evaluate(() => {
			location.hash = '#/room/lobby/20';
		});
		await found(ann, 'row 20.');
		await ann.page.click('.jump');
		await at(ann, '#/room/lobby');
		// A link in another room, and one's own message once it is stored.
		await enterRoom(ann, 'ops');
		await ann.say('mine');
		await ann.reads(['mine']);
		await hasAttribute(ann.page.locator('.room:not([inert]) a.time'), 'href', /^#\/room\/ops\/1$/);
		await ann.page.evaluate(() => {
			location.hash = '#/room/lobby/150';
		});
		await found(ann, 'row 150.');
		await ann.headed('lobby');
		// None of this number.
		await ann.page.evaluate(() => {
			location.hash = '#/room/lobby/9999';
		});
		await ann.page.locator('.toast', { hasText: 'This message is no longer kept.' }).waitFor();
		await ann.page.getByText('row 300.', { exact: true }).waitFor();
		await bob.close();
	}));
