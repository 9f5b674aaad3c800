// Pictures of a lively conversation, for the README and for looking at a change of the page:
//   node tests/page/screenshot.mjs http://127.0.0.1:8000 docs
// URL is a running linnetd; the folder gets page.png (1280 px, light) and its dark, narrow and first-visit sisters.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { openBrowser } from '../lib/browser.mjs';

const [url, folder] = process.argv.slice(2);
if (!url || !folder) {
	console.error('usage: node tests/page/screenshot.mjs URL FOLDER');
	process.exit(2);
}

const SIZES = { page: { width: 1280, height: 800 }, 'page-narrow': { width: 375, height: 760 } };

// The page is Ann; the others are plain WebSocket clients.
const CONVERSATION = [
	['Bob', 'Morning! The new build is up on staging 🚀'],
	['Bob', 'Notes are here: https://example.org/notes/0.1.0'],
	['Ann', 'Lovely, thank you! :tada: Trying it right now.'],
	['Mei Lin', 'Guten Morgen 👋 It took 8 ms from my phone to the wall display.'],
	['Bob', '🎉🎉'],
	['Ann', 'Two questions before lunch:\n1. Do we keep the history on a restart?\n2. Who brings the cake? :cake:'],
	['Zoë', 'History stays, I pulled the plug twice 🔌 and it was all there.'],
	['ops', 'disk on db-2 is at 71 %, nothing to do yet'],
	['Mei Lin', 'Cake is on me 🍰😋'],
	['Ann', ':heart:'],
];

async function speaker() {
	const socket = new WebSocket(`${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws`, ['chat']);
	await new Promise((resolve, reject) => {
		socket.once('open', resolve);
		socket.once('error', reject);
	});
	return socket;
}

async function converse(page) {
	await page.fill('#name', 'Ann');
	await page.click('#profile-save');
	await page.waitForSelector('#state[data-state="online"]');

	const names = new Set(CONVERSATION.map(([name]) => name).filter((name) => name !== 'Ann'));
	const others = new Map();
	for (const name of names)
		others.set(name, await speaker());

	for (const [index, [name, message]] of CONVERSATION.entries()) {
		if (name === 'Ann') {
			await page.fill('#text', message);
			await page.press('#text', 'Enter');
		} else {
			others.get(name).send(JSON.stringify({ username: name, message }));
		}
		await page.waitForFunction((rows) => document.querySelectorAll('.message').length === rows, index + 1);
	}
	for (const socket of others.values())
		socket.close();
	await page.fill('#text', 'See you all at noon ☀️');
}

await mkdir(folder, { recursive: true });
const browser = await openBrowser();
for (const [name, viewport] of Object.entries(SIZES)) {
	for (const colorScheme of ['light', 'dark']) {
		const suffix = colorScheme === 'dark' ? '-dark' : '';
		const context = await browser.newContext({
			viewport,
			colorScheme,
			reducedMotion: 'reduce',
			deviceScaleFactor: 2,
			locale: 'en-GB',
		});
		const page = await context.newPage();
		await page.goto(url);
		await page.waitForSelector('#profile[open]');
		await page.screenshot({ path: join(folder, `${name}-first${suffix}.png`) });
		await converse(page);
		await page.screenshot({ path: join(folder, `${name}${suffix}.png`) });
		await context.close();
	}
}
await browser.close();
