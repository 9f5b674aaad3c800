// Errands by taps and long presses only: no mouse and no keys but the letters of the keyboard on the screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { LogFile } from '../lib/tails.mjs';
import { shows, soon, withPeople } from './people.mjs';

const SIZE = { width: 375, height: 700 };
const PHONE = { viewport: SIZE, hasTouch: true, isMobile: true, permissions: ['clipboard-read', 'clipboard-write'] };
// What its keyboard leaves.
const ABOVE_KEYBOARD_PX = 400;
const FINGER_PX = 44;

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const rowOf = ({ page }, text) => page.locator('.message', { has: page.getByText(text, { exact: true }) });
const copied = ({ page }, wanted) => soon.match(() => page.evaluate(() => navigator.clipboard.readText()), wanted);

const isWithin = ({ page }, target) =>
	eventually(async () => {
		const { x, y, width, height } = await target.boundingBox();
		const [right, bottom] = await page.evaluate(() => [innerWidth, innerHeight]);

		assert.ok(x >= 0 && y >= 0 && x + width <= right && y + height <= bottom, JSON.stringify({ x, y, width, height, right, bottom }));
		assert.ok(width >= FINGER_PX && height >= FINGER_PX, `${width} x ${height}`);
	}, 'a control within the window for a finger');

// The first press also loads what answers it.
async function press(person, text) {
	const bar = person.page.locator('.act');
	const { x, y, width, height } = await rowOf(person, text).locator('.text').boundingBox();
	const finger = await person.context.newCDPSession(person.page);
	const touch = (type, ...touchPoints) => finger.send('Input.dispatchTouchEvent', { type, touchPoints });

	await touch('touchStart', { x: x + width / 2, y: y + height / 2 });
	await bar.waitFor();
	await touch('touchEnd');
}

async function act(person, name) {
	const button = person.page.locator('.act').getByRole('button', { name, exact: true });

	await isWithin(person, button);
	await button.tap();
}

// The keyboard comes with the focus and takes its place.
async function isWriting(person, field) {
	await soon.equal(() => field.evaluate((one) => one === document.activeElement), true);
	await person.page.setViewportSize({ ...SIZE, height: ABOVE_KEYBOARD_PX });
}

const keyboardGoes = ({ page }) => page.setViewportSize(SIZE);

test('by taps and long presses alone one answers, corrects a typo, and copies links to a message and to a line of a log', async () => {
	const log = new LogFile(undefined, 'syslog');

	log.write('INFO all is well', 'ERROR the disk is full', 'INFO goes on');
	await withPeople(browser, [log.setting()], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=Bob');
		await say(bob, 'who has the key?');
		const ann = await arrive(PHONE);
		const { page } = ann;
		const text = page.locator('#text');

		await page.locator('#name').tap();
		await page.keyboard.insertText('Ann');
		await page.locator('#profile-save').tap();
		await ann.online();
		await rowOf(ann, 'who has the key?').waitFor();
		// Answers.
		await press(ann, 'who has the key?');
		await act(ann, 'Reply');
		await isWriting(ann, text);
		await isWithin(ann, page.locator('.reply button'));
		await page.keyboard.insertText('Teh key is with me');
		const send = page.getByRole('button', { name: 'Send', exact: true });
		await isWithin(ann, send);
		await send.tap();
		await shows(rowOf(ann, 'Teh key is with me').locator('.quote'), 'Bob who has the key?');
		// Corrects.
		await press(ann, 'Teh key is with me');
		await act(ann, 'Edit');
		const editor = page.getByRole('textbox', { name: 'Edit the message' });
		await isWriting(ann, editor);
		await editor.fill('The key is with me');
		const save = page.getByRole('button', { name: 'Save' });
		await isWithin(ann, editor);
		await isWithin(ann, save);
		await save.tap();
		await rowOf(ann, 'The key is with me').getByText('edited', { exact: true }).waitFor();
		await keyboardGoes(ann);
		// A link to a message.
		await press(ann, 'The key is with me');
		await act(ann, 'More actions');
		const item = page.getByRole('menuitem', { name: 'Copy link' });
		await isWithin(ann, item);
		await item.tap();
		await copied(ann, /#\/room\/lobby\/\d+$/);
		// A line of a log.
		await page.locator('#tab-logs').tap();
		const line = page.locator('.logs-row', { hasText: 'the disk is full' });
		await line.waitFor();
		await line.tap();
		await line.and(page.locator('.logs-selected')).waitFor();
		const copy = page.getByRole('button', { name: 'Copy link' });
		await isWithin(ann, copy);
		await copy.tap();
		await copied(ann, /#\/logs\/syslog\/\w+\.2$/);
		await bob.close();
	});
});
