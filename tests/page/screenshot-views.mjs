// Screenshots of the Live and Logs views, for checking a change: node tests/page/screenshot-views.mjs FOLDER
// creates live-WIDTH*.png and logs-WIDTH*.png in FOLDER for each width and theme.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../lib/browser.mjs';
import { ALARMS, LINES, METRICS, now } from './scenes.mjs';
import { startViewDaemon, withView } from './views.mjs';

const [folder] = process.argv.slice(2);
if (!folder) {
	console.error('usage: node tests/page/screenshot-views.mjs FOLDER');
	process.exit(2);
}

const WIDTHS = [375, 768, 1440];

async function shoot({ page }, name, width, colorScheme) {
	await page.screenshot({ path: join(folder, `${name}-${width}${colorScheme === 'dark' ? '-dark' : ''}.png`) });
}

async function shootLive(view, width, colorScheme) {
	const { page, feed, answer } = view;

	await answer('history', ALARMS);
	await feed('metric', ...METRICS);
	await feed('alarm', ...ALARMS);
	await page.locator('.live .alarm-list > li').nth(3).waitFor();
	await page.waitForFunction(() => document.querySelector('.live-tile .live-line').hasAttribute('d'));
	await shoot(view, 'live', width, colorScheme);
	await page.getByText('Recent changes').click();
	await page.locator('.live-tile', { has: page.getByText('answer time p95') }).click();
	await page.locator('.u-axis').first().waitFor({ state: 'attached' });
	const over = await page.locator('.live-chart .live-over').boundingBox();
	await page.mouse.move(over.x + over.width / 2, over.y + over.height / 2);
	await page.locator('.live-chart').evaluate((chart) => chart.scrollIntoView({ block: 'end' }));
	await shoot(view, 'live-chart', width, colorScheme);
}

// The view right after loading, and in the other language.
async function shootFirst(view, name, width, colorScheme) {
	const { page } = view;

	await page.locator(name === 'live' ? '.live-none' : '.logs-notice').waitFor();
	await shoot(view, `${name}-empty`, width, colorScheme);
}

async function shootChinese(view, width) {
	const { page, feed } = view;

	await feed('metric', ...METRICS);
	await feed('alarm', ...ALARMS);
	await page.locator('.live .alarm-list > li').nth(3).waitFor();
	await page.locator('.live-tile', { has: page.getByText('cpu') }).click();
	await page.locator('.u-axis').first().waitFor({ state: 'attached' });
	await shoot(view, 'live-zh', width, 'light');
	await page.locator('.live-chart').evaluate((chart) => chart.scrollIntoView({ block: 'end' }));
	await shoot(view, 'live-zh-chart', width, 'light');
}

// Paused, with an invalid filter.
async function shootStopped({ page, feed }, width, colorScheme) {
	await page.getByRole('searchbox').fill('');
	await page.getByRole('button', { name: 'Pause' }).click();
	await feed('log', { type: 'log', room: 'web-1', id: 900, ts: now, message: 'not shown' });
	await page.getByRole('button', { name: 'Regular expression' }).click();
	await page.getByRole('searchbox').fill('(went');
	await page.getByRole('alert').getByText('Invalid regular').waitFor();
	await shoot({ page }, 'logs-stopped', width, colorScheme);
}

async function shootLogs(view, width, colorScheme) {
	const { page, feed } = view;
	const frame = (id) => {
		const [message, more] = LINES[(id - 1) % LINES.length];
		return { type: 'log', room: 'web-1', id, ts: now - (240 - id) * 500, message, ...more };
	};
	await page.locator('.logs-notice').getByText('Nothing').waitFor();
	await feed('log', ...Array.from({ length: 240 }, (_, index) => frame(index + 1)));
	await page.locator('.logs-row').nth(20).waitFor();
	await shoot(view, 'logs', width, colorScheme);
	await page.getByRole('button', { name: 'Wrap' }).click();
	await page.getByRole('searchbox').fill('went');
	await page.locator('mark').first().waitFor();
	await page.getByRole('searchbox').fill('2026');
	await page.locator('mark').getByText('2026').first().waitFor();
	await page.getByRole('log').evaluate((log) => log.scrollBy(0, -700));
	await page.getByRole('button', { name: 'Newest lines' }).waitFor();
	await feed('log', ...Array.from({ length: 24 }, (_, index) => frame(index + 241)));
	await page.getByRole('button', { name: 'new lines' }).waitFor();
	await page.locator('.logs-gutter').nth(12).click();
	await page
		.locator('.logs-gutter')
		.nth(15)
		.click({ modifiers: ['Shift'] });
	await shoot(view, 'logs-busy', width, colorScheme);
	await shootStopped(view, width, colorScheme);
}

await mkdir(folder, { recursive: true });
const browser = await openBrowser();
const daemon = await startViewDaemon();
for (const width of WIDTHS) {
	for (const colorScheme of ['light', 'dark']) {
		const options = { colorScheme, viewport: { width, height: 860 }, reducedMotion: 'reduce' };
		for (const name of ['live', 'logs'])
			await withView(browser, daemon, name, options, (view) => shootFirst(view, name, width, colorScheme));
		await withView(browser, daemon, 'live', options, (view) => shootLive(view, width, colorScheme));
		await withView(browser, daemon, 'logs', { ...options, rooms: [{ room: 'web-1', count: 3 }] }, (view) =>
			shootLogs(view, width, colorScheme),
		);
	}
}
for (const width of WIDTHS)
	await withView(browser, daemon, 'live', { language: 'zh', viewport: { width, height: 860 } }, (view) =>
		shootChinese(view, width),
	);
await daemon.stop();
await browser.close();
