// The list of rooms: its order, its filter, what can be done with a room, and a name with a typing mistake.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { assertNoFaults } from './axe.mjs';
import { choose, chooseInMenu, enterRoom, hide, listsRooms, roomNames, roomRow, unread, withPeople } from './people.mjs';
import { createServer } from './wires.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Rooms do not move as long as the mouse is over them.
const away = ({ page }) => page.mouse.move(640, 300);
const questions = ({ page }) => page.locator('dialog.question');
const mark = (person, room, name) => roomRow(person, room).getByRole('img', { name, exact: true });

async function arriveIn(arrive, rooms, options) {
	const ann = await arrive(options);

	await ann.join('Ann');
	for (const room of rooms)
		await enterRoom(ann, room);
	await away(ann);
	return ann;
}

test('rooms with mentions come first, then those with unread messages, and a room that is read later stays until it is left', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arriveIn(arrive, ['dev', 'ops', 'den']);
		const bob = await daemon.ws('/ws?name=bob');

		await listsRooms(ann, ['lobby', 'dev', 'ops', 'den']);
		await say(bob, { message: 'noise', room: 'ops' });
		await listsRooms(ann, ['ops', 'lobby', 'dev', 'den']);
		await say(bob, { message: '@Ann a word', room: 'dev' });
		await listsRooms(ann, ['dev', 'ops', 'lobby', 'den']);
		// Alt and the arrow keys follow that order.
		await ann.page.keyboard.press('Alt+Shift+ArrowDown');
		await ann.inRoom('dev');
		await unread(ann, 'dev', '');
		await listsRooms(ann, ['dev', 'ops', 'lobby', 'den']);
		await ann.page.keyboard.press('Alt+ArrowDown');
		await ann.inRoom('ops');
		await listsRooms(ann, ['ops', 'lobby', 'dev', 'den']);
		// Not while the mouse is over them.
		await roomRow(ann, 'lobby').hover();
		await say(bob, { message: 'more noise', room: 'den' });
		await unread(ann, 'den', '1');
		await listsRooms(ann, ['ops', 'lobby', 'dev', 'den']);
		await away(ann);
		await listsRooms(ann, ['ops', 'den', 'lobby', 'dev']);
		await bob.close();
	}));

test('favourites come first and keep their places, at the next visit, too', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arriveIn(arrive, ['dev', 'ops', 'den']);
		const bob = await daemon.ws('/ws?name=bob');

		await chooseInMenu(ann, 'den', 'Add to favourites');
		await mark(ann, 'den', 'favourite').waitFor();
		// At once, although the mouse is there.
		await listsRooms(ann, ['den', 'lobby', 'dev', 'ops']);
		await chooseInMenu(ann, 'ops', 'Add to favourites');
		await away(ann);
		await listsRooms(ann, ['ops', 'den', 'lobby', 'dev']);
		await choose(ann, 'lobby');
		await say(bob, { message: 'noise', room: 'dev' });
		await say(bob, { message: 'noise', room: 'den' });
		await unread(ann, 'den', '1');
		await away(ann);
		await listsRooms(ann, ['ops', 'den', 'dev', 'lobby']);
		await ann.page.reload();
		await ann.online();
		await listsRooms(ann, ['ops', 'den', 'dev', 'lobby']);
		await chooseInMenu(ann, 'ops', 'Remove from favourites');
		await away(ann);
		await listsRooms(ann, ['den', 'dev', 'lobby', 'ops']);
		// A room that was left is none any more.
		await chooseInMenu(ann, 'den', 'Leave');
		await enterRoom(ann, 'den');
		assert.equal(await mark(ann, 'den', 'favourite').count(), 0);
		await bob.close();
	}));

test('a muted room says so, and of what is unread in it only mentions count elsewhere', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const ann = await arriveIn(arrive, ['dev', 'ops']);
		const bob = await daemon.ws('/ws?name=bob');
		const level = (person) => person.page.locator('#level');

		await say(bob, { message: 'noise', room: 'dev' });
		await ann.titled('(1) ops · Linnet');
		await chooseInMenu(ann, 'dev', 'Mute');
		await mark(ann, 'dev', 'muted').waitFor();
		await ann.titled('ops · Linnet');
		await away(ann);
		await listsRooms(ann, ['lobby', 'dev', 'ops']);
		await unread(ann, 'dev', '1');
		// Not where the keys lead to unread messages. The first ones load what handles them.
		await ann.page.keyboard.press('Alt+ArrowDown');
		await ann.headed('lobby');
		await ann.page.keyboard.press('Alt+ArrowUp');
		await ann.headed('ops');
		await ann.page.keyboard.press('Alt+Shift+ArrowDown');
		await ann.headed('ops');
		await say(bob, { message: '@Ann, really', room: 'dev' });
		await ann.titled('(@1 · 1) ops · Linnet');
		await listsRooms(ann, ['dev', 'lobby', 'ops']);
		// It is the level of the settings, in all tabs.
		await choose(ann, 'dev');
		await ann.page.click('#settings-button');
		await ann.page.waitForFunction(() => document.getElementById('level')?.value === 'nothing');
		const tab = await openTab(ann);
		await mark(tab, 'dev', 'muted').waitFor();
		await chooseInMenu(tab, 'dev', 'Unmute');
		await mark(ann, 'dev', 'muted').waitFor({ state: 'detached' });
		assert.equal(await level(ann).inputValue(), 'mentions');
		await bob.close();
	}));

test('the menu of a room opens by a right click and by keys, and the focus returns', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, { message: 'x', room: 'other' });
		const ann = await arriveIn(arrive, ['dev']);
		const choices = () => ann.page.getByRole('menuitem').allTextContents();
		const focused = () => ann.page.evaluate(() => document.activeElement.className);

		await roomRow(ann, 'lobby').locator('.room-button').click({ button: 'right' });
		await ann.page.getByRole('menu', { name: /Actions for .*lobby/ }).waitFor();
		assert.deepEqual(await choices(), ['Add to favourites', 'Mute', 'Leave']);
		await assertNoFaults(ann);
		await ann.page.keyboard.press('Escape');
		await ann.page.getByRole('menu').waitFor({ state: 'detached' });
		await ann.headed('dev');
		await roomRow(ann, 'dev').locator('.room-button').focus();
		await ann.page.keyboard.press('ArrowRight');
		await ann.page.waitForFunction(() => document.activeElement.matches('.more'));
		await ann.page.keyboard.press('Enter');
		await ann.page.getByRole('menu').waitFor();
		await ann.page.keyboard.press('ArrowDown');
		await ann.page.keyboard.press('Enter');
		await mark(ann, 'dev', 'muted').waitFor();
		assert.equal(await focused(), 'round more');
		// A room that is not joined can only be muted: what is said there may be for the reader.
		await roomRow(ann, 'other').locator('.room-button').click({ button: 'right' });
		assert.deepEqual(await choices(), ['Mute']);
		await bob.close();
	}));

test('one field filters joined and other rooms, and Escape empties it', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['backend', 'Frontend', 'garden'])
			await say(bob, { message: 'x', room });
		const ann = await arriveIn(arrive, ['endless', 'dev']);
		const { page } = ann;
		const shown = (names) =>
			page.waitForFunction(
				(wanted) => Array.from(document.querySelectorAll('#rooms .room-name'), (name) => name.textContent).join() === wanted,
				names.join(),
			);

		await shown(['lobby', 'endless', 'dev', 'backend', 'Frontend', 'garden']);
		await page.focus('#room-field');
		await page.keyboard.type('END');
		await shown(['endless', 'backend', 'Frontend']);
		await page.keyboard.press('Escape');
		await shown(['lobby', 'endless', 'dev', 'backend', 'Frontend', 'garden']);
		await page.keyboard.type('front');
		await shown(['Frontend']);
		assert.ok(await page.isHidden('.no-room'));
		await page.keyboard.type('x');
		await page.locator('.no-room', { hasText: 'There is no such room yet.' }).waitFor();
		await page.keyboard.press('Backspace');
		await shown(['Frontend']);
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Enter');
		await ann.inRoom('Frontend');
		assert.equal(await page.inputValue('#room-field'), '');
		await bob.close();
	}));

test('before a typing mistake makes a room the page asks, and offers the rooms that may be meant', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['operations', 'deployment'])
			await say(bob, { message: 'x', room });
		const ann = await arriveIn(arrive, []);
		const { page } = ann;
		const answers = () => questions(ann).getByRole('button').allTextContents();
		const type = async (name) => {
			await page.fill('#room-field', name);
			await page.press('#room-field', 'Enter');
		};

		// Neither the list nor its filter may be older than the room.
		await say(bob, { message: 'x', room: 'newest' });
		await type('NEWEST');
		await ann.inRoom('newest');
		await type('opreations');
		await questions(ann).getByText('There is no room \u2068opreations\u2069 yet. Create it?').waitFor();
		assert.deepEqual(await answers(), ['Cancel', 'Go to \u2068operations\u2069', 'Create']);
		await assertNoFaults(ann);
		await page.keyboard.press('Escape');
		await questions(ann).waitFor({ state: 'detached' });
		assert.equal(await page.inputValue('#room-field'), 'opreations');
		assert.equal(await page.evaluate(() => document.activeElement.id), 'room-field');
		await page.keyboard.press('Enter');
		// The room that may be meant has the focus.
		await questions(ann).waitFor();
		await page.keyboard.press('Enter');
		await ann.inRoom('operations');
		await page.waitForFunction(() => document.activeElement.id === 'text');
		// A part of a name.
		await type('deploy');
		await questions(ann).waitFor();
		assert.deepEqual(await answers(), ['Cancel', 'Go to \u2068deployment\u2069', 'Create']);
		await questions(ann).getByRole('button', { name: 'Create' }).click();
		await ann.inRoom('deploy');
		// So does the command.
		await ann.say('/join kitchen');
		await questions(ann).waitFor();
		assert.deepEqual(await answers(), ['Cancel', 'Create']);
		await page.keyboard.press('Enter');
		await ann.inRoom('kitchen');
		await ann.say('/join #Deploy');
		await ann.inRoom('deploy');
		await bob.close();
	}));

test('on a phone a question that is not answered leads back to the list', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arriveIn(arrive, [], { viewport: { width: 375, height: 700 } });

		await ann.page.click('#rooms-button');
		await ann.page.fill('#room-field', 'oops');
		await ann.page.press('#room-field', 'Enter');
		await questions(ann).getByRole('button', { name: 'Cancel' }).click();
		await ann.page.waitForSelector('#rooms:popover-open');
		await ann.page.waitForFunction(() => document.activeElement.id === 'room-field' && document.activeElement.value === 'oops');
	}));

test('counts leave room for names', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) =>
				route.fulfill({ json: { rooms: [{ room: 'infrastructure', topic: '', count: 1234, last_id: 1 }], tails: [] } }));
		});
		await ann.join('ann');
		const row = roomRow(ann, 'infrastructure');
		await row.getByRole('img', { name: '1,234 people here', exact: true }).waitFor();
		assert.equal(await row.locator('.here').textContent(), '999+');
		assert.ok(await row.locator('.room-name').evaluate((name) => name.scrollWidth <= name.clientWidth), 'the name is whole');
	}));

test('a list of rooms that comes while mentions are looked for is not lost', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		await say(bob, 'the first');
		await say(bob, { message: 'the first', room: 'dev' });
		const ann = await arriveIn(arrive, []);
		const look = async () => {
			const listed = ann.page.waitForResponse(/\/rooms$/);
			await hide(ann, false);
			await (await listed).finished();
		};
		let letThrough;
		const held = new Promise((resolve) => {
			letThrough = resolve;
		});

		await ann.page.waitForFunction(() => localStorage.getItem('linnet.looked')?.includes('ops'));
		await ann.page.route('**/history/ops*', async (route) => {
			await held;
			await route.continue();
		});
		await say(bob, 'for @Ann');
		const asked = ann.page.waitForRequest(/history\/ops/);
		await look();
		await asked;
		await say(bob, { message: 'and @Ann again', room: 'dev' });
		await look();
		letThrough();
		await ann.titled('(@2 · 2) lobby · Linnet');
		for (const room of ['ops', 'dev'])
			await mark(ann, room, '1 mention').waitFor();
		await bob.close();
	}));

test('the menu of a room stays open while the list changes, however long it is read', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arriveIn(arrive, ['dev', 'ops']);
		const bob = await daemon.ws('/ws?name=bob');
		const menu = ann.page.getByRole('menu');

		await ann.page.clock.install();
		await roomRow(ann, 'lobby').locator('.more').press('Enter');
		await menu.waitFor();
		await ann.page.clock.runFor(20_000);
		await say(bob, { message: 'noise', room: 'dev' });
		await mark(ann, 'dev', '1 unread message').waitFor();
		await ann.page.clock.runFor(20_000);
		assert.equal(await menu.count(), 1);
		assert.deepEqual(await roomNames(ann), ['lobby', 'dev', 'ops']);
		await ann.page.keyboard.press('Escape');
		await ann.page.clock.runFor(20_000);
		assert.deepEqual(await roomNames(ann), ['dev', 'lobby', 'ops']);
		await bob.close();
	}));

test('on a touch screen each room shows its menu', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive({ viewport: { width: 375, height: 700 }, hasTouch: true, isMobile: true }, (page) =>
			page.addInitScript(() => {
				localStorage['linnet.rooms'] = '["lobby","dev"]';
			}));
		const more = roomRow(ann, 'dev').locator('.more');

		await ann.join('Ann');
		await ann.page.tap('#rooms-button');
		await more.waitFor();
		assert.equal(await more.evaluate((button) => getComputedStyle(button).opacity), '1');
		const { width, height } = await more.boundingBox();
		assert.ok(width >= 44 && height >= 44, `${width} by ${height} px`);
		await more.tap();
		await ann.page.getByRole('menuitem', { name: 'Add to favourites', exact: true }).tap();
		await mark(ann, 'dev', 'favourite').waitFor();
	}));
