// Screenshots of a busy chat, for the README and for checking a change of the page: node
// tests/page/screenshot.mjs FOLDER creates in FOLDER, for each width and theme: page*.png, a conversation;
// page*-first.png, the first visit; page*-busy.png, everything that can be on the page at once;
// page*-alarms.png and page*-standing.png, pushes of programs. live.png and logs.png show the other views.
// The README uses page.png, live.png and logs.png of docs.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { eventually, withDaemon } from '../lib/daemon.mjs';
import { LogFile } from '../lib/tails.mjs';
import { createIfNew } from './people.mjs';
import { push, pushAlarm } from './pushes.mjs';
import { ALARMS, LINES, METRICS, now } from './scenes.mjs';
import { createTap } from './wires.mjs';

const [folder] = process.argv.slice(2);
if (!folder) {
	console.error('usage: node tests/page/screenshot.mjs FOLDER');
	process.exit(2);
}

const SIZES = {
	page: { width: 1280, height: 800 },
	'page-medium': { width: 768, height: 900 },
	'page-narrow': { width: 375, height: 760 },
};

// The page belongs to Ann; the others are plain WebSocket clients.
const CONVERSATION = [
	['Bob', 'Morning! The new build is up on staging 🚀'],
	['Bob', 'Notes are here: https://example.org/notes/0.2.0'],
	['Ann', 'Lovely, thank you! :tada: Trying it right now.'],
	['Mei Lin', 'Guten Morgen 👋 It took 8 ms from my phone to the wall display.', { reactions: { 'Bob': '🎉', 'Zoë': '🎉', 'ops': '🚀' } }],
	['Ann', 'Two questions before lunch:\n1. Do we keep the history on a restart?\n2. Who brings the cake? :cake:'],
];
// While Ann is in another room.
const MISSED = [
	['Zoë', 'History stays, I pulled the plug twice 🔌 and it was all there.', { answers: 'Two questions', reactions: { 'Bob': '👍', 'Mei Lin': '👍' } }],
	['ops', 'disk on db-2 is at 71 %, nothing to do yet'],
	['Mei Lin', '@Ann the cake is on me 🍰😋', { reactions: { 'Zoë': '❤️' } }],
];
const SPEAKERS = ['Bob', 'Mei Lin', 'Zoë', 'ops'];
const NEWCOMERS = ['Ines', 'Tomás', 'Yuki', 'Ada'];

const come = (daemon, name) => daemon.ws(`/ws?events=1&name=${encodeURIComponent(name)}`);

async function write(page, text) {
	await page.fill('#text', text);
	await page.press('#text', 'Enter');
}

const shown = (page, rows) =>
	page.waitForFunction((wanted) => document.querySelectorAll('.room:not([inert]) .message').length === wanted, rows);

async function idOf(daemon, text) {
	const { messages } = await (await fetch(`${daemon.url}/history/lobby`)).json();
	return messages.find(({ message }) => message.startsWith(text)).id;
}

async function speak(daemon, others, [name, message, { answers, reactions = {} } = {}]) {
	const id = await say(others.get(name), { message, ...(answers && { reply_to: await idOf(daemon, answers) }) });
	for (const [reader, emoji] of Object.entries(reactions))
		await say(others.get(reader), { type: 'react', of: id, emoji });
}

async function converse(page, daemon) {
	const others = new Map();
	for (const name of SPEAKERS)
		others.set(name, await come(daemon, name));
	await page.fill('#name', 'Ann');
	await page.click('#profile-save');
	await page.waitForSelector('#state[data-state="online"]');

	for (const [index, line] of CONVERSATION.entries()) {
		if (line[0] === 'Ann')
			await write(page, line[1]);
		else
			await speak(daemon, others, line);
		await shown(page, index + 1);
	}
	return others;
}

async function makeBusy(page, daemon, tap, others) {
	for (const name of NEWCOMERS)
		await come(daemon, name);
	await others.get('ops').close();
	await page.locator('.presence summary').waitFor();

	tap.holdSent = ({ message }) => Boolean(message);
	await write(page, 'Is the wall display still on the old address?');
	const { ref } = JSON.parse(await page.evaluate((key) => localStorage[Object.keys(localStorage).find((name) => name.startsWith(key))], 'linnet.outbox.'));
	tap.route.send(JSON.stringify({ type: 'error', code: 'bad_field', message: '"email" is longer than 254 bytes', ref }));
	await page.locator('.failed').waitFor();
	await write(page, 'I will have a look after lunch.');
	await page.locator('.pending').waitFor();
	await page.locator('.pending').evaluate((mark) => Promise.all(mark.getAnimations().map(({ finished }) => finished)));
	for (const name of ['Bob', 'Mei Lin'])
		others.get(name).sendJson({ type: 'typing' });
	await page.getByText('are typing').waitFor();
	if (!(await page.isVisible('#people')))
		await page.click('#people-button');
	await page.waitForSelector('#people');
}

async function raise(page, daemon) {
	const rise = (members) => pushAlarm(daemon, members);

	await push(daemon, 'Backup of db-2 finished in 4 min', { title: 'Nightly backup', tags: 'white_check_mark, db-2', username: 'backup' });
	await push(daemon, 'Certificate of shop.example.org expires tomorrow', {
		title: 'Certificate', priority: '5', click: 'https://example.org/renew', username: 'certbot',
	});
	await push(daemon, { message: 'puts the kettle on', action: true, username: 'Zoë' });
	await rise({ key: 'disk', severity: 'critical', title: 'Disk full on db-2', message: '1 % left of /var/lib' });
	await rise({ key: 'load', severity: 'warning', title: 'Load of web-1', message: '12.4 for 5 minutes' });
	await rise({ key: 'deploy', severity: 'info', title: 'Deploy under way', message: '0.2.0 to staging' });
	await rise({ key: 'mail', severity: 'error', title: 'Mail queue', message: '1,204 mails wait' });
	await rise({ key: 'mail', severity: 'ok' });
	await page.locator('.alarm-line[data-severity="ok"]').waitFor();
}

async function enter(page, name) {
	if (!(await page.isVisible('#room-field')))
		await page.click('#rooms-button');
	await page.fill('#room-field', name);
	await page.press('#room-field', 'Enter');
	await createIfNew({ page }, name);
	await page.locator('#room-title').getByText(name, { exact: true }).waitFor();
}

// Ann looks at other rooms, and comes back to what she missed.
async function leaveAndReturn(page, daemon, others) {
	const igor = await daemon.ws('/ws?events=1&room=operations&name=Igor');

	await daemon.ws('/ws?room=garden&name=Rose', { isChecked: false });
	for (const name of ['operations', 'design', 'kitchen'])
		await enter(page, name);
	for (const line of MISSED)
		await speak(daemon, others, line);
	await say(igor, 'The night shift is over.');
	await say(igor, '@Ann nothing burned.');
	await page.waitForFunction(() => document.querySelectorAll('#rooms-list .badge').length === 4);
	await enter(page, 'lobby');
	await shown(page, CONVERSATION.length + MISSED.length);
	await page.locator('.room:not([inert]) .unread-line').waitFor();
	await page.locator('.room:not([inert]) .quote', { hasText: 'Two questions' }).waitFor();
}

async function picture(browser, name, viewport, colorScheme) {
	await withDaemon({ settings: [] }, async (daemon) => {
		const suffix = colorScheme === 'dark' ? '-dark' : '';
		const context = await browser.newContext({
			viewport,
			colorScheme,
			reducedMotion: 'reduce',
			deviceScaleFactor: 2,
			locale: 'en-GB',
		});
		const page = await context.newPage();
		const tap = createTap();
		const shoot = (kind) => page.screenshot({ path: join(folder, `${name}${kind}${suffix}.png`) });

		await tap.prepare(page);
		await page.goto(daemon.url);
		await page.waitForSelector('#profile[open]');
		await shoot('-first');
		const others = await converse(page, daemon);
		await leaveAndReturn(page, daemon, others);
		await page.fill('#text', 'See you all at noon ☀️');
		await shoot('');
		await page.fill('#text', '');
		await makeBusy(page, daemon, tap, others);
		await shoot('-busy');
		if (await page.isVisible('#rooms-button')) {
			await page.click('#rooms-button');
			await shoot('-rooms');
			await page.keyboard.press('Escape');
		}
		tap.release();
		await raise(page, daemon);
		await shoot('-alarms');
		await page.click('#alarms-button');
		await page.getByRole('button', { name: /Acknowledge Load/ }).click();
		await page.locator('#alarms .alarm-by:not([hidden])').waitFor();
		await shoot('-standing');
		await context.close();
	});
}

async function begin(browser, daemon, prepare = () => {}) {
	const page = await browser.newPage({ viewport: SIZES.page, colorScheme: 'dark', reducedMotion: 'reduce', locale: 'en-GB' });

	await prepare(page);
	await page.goto(daemon.url);
	await page.fill('#name', 'Ann');
	await page.click('#profile-save');
	await page.waitForSelector('#state[data-state="online"]');
	return page;
}

async function pictureLive(browser) {
	await withDaemon({}, async (daemon) => {
		const tap = createTap();
		const page = await begin(browser, daemon, tap.prepare);

		await enter(page, 'ops');
		await page.locator('.room:not([inert]) .log[data-loaded]').waitFor({ state: 'attached' });
		await page.click('#tab-live');
		await page.locator('.live-none').waitFor();
		const late = Date.now() - now;
		for (const frame of [...METRICS.filter(({ room }) => room === 'ops'), ...ALARMS.slice(0, 2)])
			tap.route.send(JSON.stringify({ ...frame, ts: frame.ts + late }));
		await page.locator('.live-tile', { has: page.getByText('answer time p95') }).click();
		await page.locator('.u-axis').first().waitFor({ state: 'attached' });
		await page.locator('.live').evaluate((view) => view.scrollTo(0, 0));
		await page.screenshot({ path: join(folder, 'live.png') });
		await page.close();
	});
}

async function pictureLogs(browser) {
	const file = new LogFile();
	const lines = LINES.filter(([, more]) => !more).map(([text]) => text);

	await withDaemon({ settings: [file.setting()] }, async (daemon) => {
		const page = await begin(browser, daemon);
		const shows = (count) => eventually(() => page.getByText(`${count} lines`).waitFor({ timeout: 1000 }), `${count} lines`);

		await page.click('#tab-logs');
		file.write(...lines, ...lines);
		await shows(2 * lines.length);
		file.rotate();
		file.write(...lines);
		await shows(3 * lines.length);
		await page.getByRole('searchbox').fill('2026');
		await page.locator('.logs mark').first().waitFor();
		await page.screenshot({ path: join(folder, 'logs.png') });
		await page.close();
	});
}

await mkdir(folder, { recursive: true });
const browser = await openBrowser();
for (const [name, viewport] of Object.entries(SIZES)) {
	for (const colorScheme of ['light', 'dark'])
		await picture(browser, name, viewport, colorScheme);
}
await pictureLive(browser);
await pictureLogs(browser);
await browser.close();
