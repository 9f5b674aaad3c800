// The card of a person, marks of names that look alike, and what a moderator does in the card.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { hasAttribute, holds, soon, withPeople } from './people.mjs';
import { push } from './pushes.mjs';

const NARROW = { viewport: { width: 375, height: 700 } };
const MODERATED = { config: `auth = { ${tokens} };` };
const SETTINGS = ['limits.message_rate=0'];

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const plain = (text) => text.replaceAll(/[\u2068\u2069]/g, '');

async function come(daemon, name, room = 'lobby') {
	const client = await daemon.ws();
	client.sendJson({ type: 'join', room, username: name });
	assert.equal((await client.nextJson()).you.username, name);
	return client;
}

const card = ({ page }) => page.locator('#card:popover-open');
const author = ({ page }, name) => page.locator('.message .author').getByText(name, { exact: true }).first();
const person = ({ page }, name) => page.locator('#people-list .person', { has: page.locator('bdi').getByText(name, { exact: true }) });

async function openCard(reader, trigger) {
	await trigger.click();
	await card(reader).waitFor();
}

const focused = ({ page }) => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);

test('a click on an author, a picture, a mention or a person in the list opens a card of who it is', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await come(daemon, 'Bob Lee');
		await ann.join('Ann');
		await say(bob, 'hello');
		const zoe = await openTerminal(daemon, 'zoe');
		zoe.say('from a terminal');
		await ann.reads(['hello', 'from a terminal']);
		await say(bob, 'hello @zoe and @room');
		await ann.page.locator('.mention').nth(1).waitFor();
		const said = async () => plain(await card(ann).locator('.card-who').innerText());

		await openCard(ann, author(ann, 'Bob Lee'));
		assert.match(await said(), /^Bob Lee\s+Here now, in lobby \(web\)\s+Last message here: \d\d:\d\d$/);
		await hasAttribute(card(ann), 'role', 'dialog');
		assert.equal(await card(ann).evaluate((shown) => document.getElementById(shown.getAttribute('aria-labelledby')).textContent), 'Bob Lee');
		await ann.page.keyboard.press('Escape');
		await openCard(ann, ann.page.locator('.mention', { hasText: '@zoe' }));
		assert.match(await said(), /^zoe\s+Here now, in lobby \(terminal\)/);
		await ann.page.keyboard.press('Escape');
		await ann.page.locator('.mention', { hasText: '@room' }).click();
		await openCard(ann, ann.page.locator('.message .avatar').first());
		assert.match(await said(), /^Bob Lee/);
		await ann.page.keyboard.press('Escape');
		await openCard(ann, person(ann, 'Ann'));
		assert.match(await said(), /^Ann\s+This is you\.$/);
		await bob.close();
		await person(ann, 'Bob Lee').waitFor({ state: 'detached' });
		await openCard(ann, author(ann, 'Bob Lee'));
		assert.match(await said(), /^Bob Lee\s+Not here now\s+Last message here/);
		await push(daemon, 'pushed', { username: 'Bob Lee' });
		await ann.page.keyboard.press('Escape');
		await openCard(ann, ann.page.locator('.message', { hasText: 'pushed' }).locator('.author'));
		assert.match(await said(), /A program sent this message under this name\./);
	}));

test('by keyboard alone: a person in the list, the card, and the mention in the message field', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		await come(daemon, 'Bob Lee');
		await ann.join('Ann');
		await person(ann, 'Bob Lee').focus();
		await ann.page.keyboard.press('Enter');
		await card(ann).waitFor();
		await soon.equal(() => focused(ann), 'Mention');
		await ann.page.keyboard.press('Escape');
		await ann.page.waitForFunction(() => document.activeElement.matches('.person'));
		await ann.page.fill('#text', 'hello');
		await person(ann, 'Bob Lee').focus();
		await ann.page.keyboard.press('Enter');
		await card(ann).waitFor();
		await ann.page.keyboard.press('Enter');
		await ann.page.waitForFunction(() => document.activeElement.id === 'text');
		await holds(ann.page.locator('#text').first(), 'hello @Bob Lee ');
		await soon.equal(() => ann.page.locator('#card:popover-open').count(), 0);
	}));

test('by keyboard alone: a message in the log, its menu, and the card of its author, who has left', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await come(daemon, 'Bob');
		await ann.join('Ann');
		await say(bob, 'one');
		await say(bob, 'two');
		await bob.close();
		await ann.reads(['one', 'two']);
		await ann.page.locator('.room:not([inert]) .log').focus();
		await ann.page.keyboard.press('ArrowUp');
		await ann.page.locator('.act [data-act=more]').focus();
		await ann.page.keyboard.press('Enter');
		await ann.page.getByRole('menuitem', { name: 'About' }).focus();
		await ann.page.keyboard.press('Enter');
		await card(ann).getByText('Not here now').waitFor();
		const { x, y } = await card(ann).boundingBox();
		assert.ok(x > 0 && y > 0);
	}));

test('on a phone the card is above the list of people, and closing it goes back there', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive({ ...NARROW, hasTouch: true });
		await come(daemon, 'Bob');
		await ann.join('Ann');
		await ann.page.click('#people-button');
		await openCard(ann, person(ann, 'Bob'));
		assert.equal(await ann.sidewaysScroll(), 0);
		const sizes = await card(ann).locator('button').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
		assert.ok(sizes.length > 1 && sizes.every((height) => height >= 44), String(sizes));
		await ann.page.keyboard.press('Escape');
		await soon.equal(() => ann.page.locator('#people:popover-open').count(), 1);
		await ann.page.waitForFunction(() => document.activeElement.matches('.person'));
		await ann.page.keyboard.press('Enter');
		await card(ann).waitFor();
		await card(ann).getByRole('button', { name: 'Mention' }).click();
		await holds(ann.page.locator('#text').first(), '@Bob ');
		await soon.equal(() => ann.page.locator(':popover-open').count(), 0);
	}));

// Waits until these names have a mark, and no others.
const marks = (reader, list, wanted) =>
	reader.page.waitForFunction(
		([names, all]) =>
			JSON.stringify(Array.from(document.querySelectorAll(names))
				.filter((name) => name.parentElement.querySelector('.look-alike'))
				.map((name) => name.textContent)) === all,
		[list, JSON.stringify(wanted)],
	);

test('names that look like another one are marked, in the list and in the log, and the card shows both', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const clients = [];
		for (const name of ['alice', 'aIice', 'Bob', 'Tom', 'Torn'])
			clients.push(await come(daemon, name));
		await ann.join('Ann');
		for (const client of clients)
			await say(client, 'hello');
		await marks(ann, '#people-list bdi', ['aIice', 'alice', 'Tom', 'Torn']);
		await marks(ann, '.message .author', ['alice', 'aIice', 'Tom', 'Torn']);
		await openCard(ann, author(ann, 'aIice'));
		assert.deepEqual(
			(await card(ann).locator('.look-alike-warning').innerText()).split('\n').map(plain).filter(Boolean),
			['Looks like alice, but is another name.', 'aIice', 'alice'],
		);
		await ann.page.keyboard.press('Escape');
		await clients[1].close();
		await marks(ann, '#people-list bdi', ['alice', 'Tom', 'Torn']);
	}));

test('a name in the log that looks like a present one or the own one is marked, ordinary names are not', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		await come(daemon, 'Bob');
		await come(daemon, '力');
		await ann.join('Ann');
		const alike = ['Воb', 'Аnn', 'B0b', '\uff22ob', 'カ'];
		const others = ['bob', 'Bobby', 'Anna', 'Зоя', '梅', 'Zoë', 'Δημήτρης'];

		for (const username of [...alike, ...others])
			await push(daemon, { message: 'hello', username });
		await ann.rows(alike.length + others.length);
		// Bob wrote his name in small letters once.
		await marks(ann, '.message .author', [...alike, 'bob']);
		await marks(ann, '#people-list bdi', ['Bob', '力']);
		await openCard(ann, author(ann, 'Аnn'));
		assert.match(plain(await card(ann).locator('.look-alike-warning p').innerText()), /^Looks like Ann,/);
	}));

const listBans = (daemon) => expectJson(get(daemon, '/admin/bans', { headers: bearer('root-secret') }));

async function moderate(reader, token) {
	await card(reader).getByRole('button', { name: 'Moderate…' }).click();
	await reader.page.fill('#card input[type=password]', token);
	await reader.page.keyboard.press('Enter');
}

const order = (reader, name) => card(reader).getByRole('button', { name, exact: true });

const says = (reader, text) =>
	eventually(async () => assert.equal(plain(await card(reader).locator('.card-state').textContent()), text), text);

test('a card offers nothing to moderators until they show the token of an admin, and asks the server for nothing', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const requests = [];
		ann.page.on('request', (request) => request.url().includes('/admin/') && requests.push(request.url()));
		const bob = await come(daemon, 'Bob');
		await ann.join('Ann');
		await say(bob, 'hello');
		await openCard(ann, author(ann, 'Bob'));
		await soon.equal(() => card(ann).getByRole('button').count(), 3);
		await moderate(ann, 'ci-secret');
		await card(ann).getByText('This token is not an admin’s.').waitFor();
		assert.equal(requests.length, 1);
		await ann.page.fill('#card input[type=password]', 'unknown');
		await ann.page.keyboard.press('Enter');
		await card(ann).getByText('The server does not know this token.').waitFor();
		await card(ann).getByRole('button', { name: 'Cancel' }).click();
		await soon.equal(() => focused(ann), 'Moderate…');
		await moderate(ann, 'root-secret');
		await order(ann, 'Kick…').waitFor();
		await ann.page.reload();
		await openCard(ann, author(ann, 'Bob'));
		await order(ann, 'Stop moderating').click();
		await openCard(ann, author(ann, 'Bob'));
		await soon.equal(() => card(ann).getByRole('button').count(), 3);
	}, MODERATED));

test('who signed in with the token of an admin moderates by one click', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const bob = await come(daemon, 'Bob');
		await say(bob, 'hello');
		const ann = await arrive();
		await ann.join('Ann');
		await ann.page.evaluate(() => localStorage.setItem('linnet.token', 'root-secret'));
		await ann.page.reload();
		await openCard(ann, author(ann, 'Bob'));
		await card(ann).getByRole('button', { name: 'Moderate…' }).click();
		await order(ann, 'Kick…').waitFor();
	}, MODERATED));

test('a token of an admin that the server does not know any more is shown to it once', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		await come(daemon, 'Bob');
		await ann.join('Ann');
		await ann.page.evaluate(() => localStorage.setItem('linnet.moderator', 'an-old-secret'));
		await openCard(ann, person(ann, 'Bob'));
		await says(ann, 'The server does not know this token.');
		await soon.equal(() => card(ann).getByRole('button').count(), 2);
		await ann.page.keyboard.press('Escape');
		await openCard(ann, person(ann, 'Bob'));
		await card(ann).getByRole('button', { name: 'Moderate…' }).waitFor();
		assert.equal(daemon.log.filter((line) => /^refused .*why=bad_token/.test(line)).length, 1);
	}, MODERATED));

test('a moderator mutes, kicks and bans a person from the card, each after a question, and lifts it', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const eve = await arrive();
		const lists = () => listBans(daemon);
		await ann.join('Ann');
		await eve.join('Eve');
		await eve.say('spam');
		await openCard(ann, author(ann, 'Eve'));
		await moderate(ann, 'root-secret');
		await order(ann, 'Mute…').waitFor();
		assert.match(plain(await card(ann).locator('.card-facts').innerText()), /^From 127\.0\.0\.1 since \d\d:\d\d, in lobby$/);
		await order(ann, 'Mute…').click();
		await card(ann).getByText('They can read, but not write.').waitFor();
		await order(ann, 'Cancel').click();
		await soon.equal(() => focused(ann), 'Kick…');
		assert.deepEqual((await lists()).mutes, []);
		await order(ann, 'Mute…').click();
		await card(ann).locator('select').selectOption('an hour');
		await order(ann, 'Mute').click();
		await says(ann, 'Eve is muted.');
		const [mute] = (await lists()).mutes;
		assert.deepEqual([mute.username, Math.round((mute.until - mute.since) / 60000)], ['Eve', 60]);
		await card(ann).getByText(/^Muted until .*\d\d:\d\d\./).waitFor();
		await order(ann, 'Lift').click();
		await says(ann, 'Lifted.');
		assert.deepEqual((await lists()).mutes, []);

		await order(ann, 'Kick…').click();
		await ann.page.keyboard.type('be kind');
		await ann.page.keyboard.press('Enter');
		await says(ann, 'Eve was disconnected.');
		await eve.state('refused');
		await eve.isTold(/be kind/);
		await soon.equal(() => order(ann, 'Kick…').count(), 0);

		await order(ann, 'Ban…').click();
		await order(ann, 'Ban').click();
		await says(ann, 'Eve is banned.');
		assert.equal((await lists()).bans[0].username, 'Eve');
		await order(ann, 'Lift').click();
		await says(ann, 'Lifted.');
		await eve.page.getByRole('button', { name: 'Connect again' }).click();
		await eve.online();
	}, MODERATED));

test('a ban of an address that the server refuses is explained', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		await come(daemon, 'Bob');
		await ann.join('Ann');
		await openCard(ann, person(ann, 'Bob'));
		await moderate(ann, 'root-secret');
		await order(ann, 'Ban…').click();
		await card(ann).locator('select').first().selectOption('127.0.0.1');
		await order(ann, 'Ban').click();
		await says(ann, 'The server refuses: this machine cannot be banned, nor a network with it.');
	}, MODERATED));

test('a moderator deletes one message, or everything of a person, for everybody', () =>
	withPeople(browser, SETTINGS, async ({ daemon, arrive }) => {
		const ann = await arrive();
		const mei = await arrive();
		const eve = await come(daemon, 'Eve');
		await ann.join('Ann');
		await mei.join('Mei');
		await say(eve, 'one');
		await mei.say('between');
		await ann.reads(['one', 'between']);
		await say(eve, 'two');
		await ann.reads(['one', 'between', 'two']);
		await openCard(ann, author(ann, 'Eve'));
		await moderate(ann, 'root-secret');
		await order(ann, 'Delete this message…').click();
		assert.equal(plain(await card(ann).locator('blockquote').innerText()), 'one');
		await order(ann, 'Delete this message').click();
		await says(ann, 'The message was deleted.');
		await mei.reads(['This message was deleted.', 'between', 'two']);
		await order(ann, 'Delete everything…').click();
		await order(ann, 'Delete everything').click();
		await says(ann, 'Everything that Eve wrote was deleted.');
		await mei.reads(['This message was deleted.', 'between', 'This message was deleted.']);
	}, MODERATED));
