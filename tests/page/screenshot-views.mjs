// Pictures of the Live and Logs views, for looking at a change of them:
//   node tests/page/screenshot-views.mjs FOLDER
// FOLDER gets live-WIDTH*.png and logs-WIDTH*.png for each width and theme.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../lib/browser.mjs';
import { startViewDaemon, withView } from './views.mjs';

const [folder] = process.argv.slice(2);
if (!folder) {
	console.error('usage: node tests/page/screenshot-views.mjs FOLDER');
	process.exit(2);
}

const WIDTHS = [375, 768, 1440];
const MINUTE_MS = 60_000;
const now = Date.now();

// A walk that looks like a value of a machine.
function series(room, name, unit, begin, step, count = 300) {
	let value = begin;
	let seed = name.length * 7919 + name.charCodeAt(0);

	return Array.from({ length: count }, (_, index) => {
		seed = (seed * 16_807) % 2_147_483_647;
		value = Math.max(0, value + (seed / 2_147_483_647 - 0.5) * step);
		return { type: 'metric', room, ts: now - (count - 1 - index) * 1000, username: 'probe', name, value, unit };
	});
}

const METRICS = [
	...series('ops', 'cpu', 'ratio', 0.41, 0.06),
	...series('ops', 'memory', 'bytes', 5.1 * 1024 ** 3, 90 * 1024 ** 2),
	...series('ops', 'network in', 'bytes/s', 3.2e6, 6e5),
	...series('ops', 'answer time p95', 's', 0.128, 0.02),
	...series('ops', 'requests', '/s', 812, 60),
	...series('ops', 'open connections', 'count', 2310, 40).map((frame) => ({
		...frame,
		value: Math.round(frame.value),
	})),
	...series('ops', 'queue', '', 12, 5).map((frame) => ({ ...frame, value: Math.round(frame.value) })),
	...series('ops', 'backup age', 'h', 7, 0.4, 60).map((frame) => ({ ...frame, ts: frame.ts - 11 * MINUTE_MS })),
	...series('greenhouse', 'temperature', 'celsius', 21.4, 0.3),
	...series('greenhouse', 'humidity', 'percent', 63, 1.4),
	...series('greenhouse', 'light', 'lx', 18_400, 500),
];

const alarm = (key, severity, title, message, age, more = {}) => ({
	type: 'alarm',
	room: 'ops',
	ts: now - age,
	since: now - age,
	id: Math.round(1e6 - age / 1000),
	username: 'alertmanager',
	key,
	severity,
	title,
	message,
	state: 'raised',
	...more,
});
const ALARMS = [
	alarm('db', 'critical', 'db-2 does not answer', 'Three probes in a row timed out after 5 s.', 4 * MINUTE_MS, {
		click: 'https://example.org/runbook/db',
	}),
	alarm('disk', 'warning', 'Disk on web-1 is at 91 %', '/var/log grows by 40 MB a minute.', 52 * MINUTE_MS, {
		state: 'acknowledged',
		acknowledged_by: 'Mei Lin',
		acknowledged_ms: now - 31 * MINUTE_MS,
	}),
	alarm('mail', 'error', 'Mail queue is stuck', '1,204 messages wait for mx.example.org.', 17 * MINUTE_MS),
	alarm('cert', 'info', 'Certificate renews in 14 days', '', 26 * 60 * MINUTE_MS),
	alarm('cpu', 'ok', 'Load on build-3', '', 70 * MINUTE_MS, { state: 'cleared' }),
];

async function shoot({ page }, name, width, colorScheme) {
	await page.screenshot({ path: join(folder, `${name}-${width}${colorScheme === 'dark' ? '-dark' : ''}.png`) });
}

async function shootLive(view, width, colorScheme) {
	const { page, feed, answer } = view;

	await answer('history', ALARMS);
	await feed('metric', ...METRICS);
	await feed('alarm', ...ALARMS);
	await page.locator('.live-alarm').nth(3).waitFor();
	await page.waitForFunction(() => document.querySelector('.live-tile .live-line').hasAttribute('d'));
	await shoot(view, 'live', width, colorScheme);
	await page.getByText('What happened').click();
	await page.locator('.live-tile', { has: page.getByText('answer time p95') }).click();
	await page.locator('.u-axis').first().waitFor({ state: 'attached' });
	const over = await page.locator('.live-chart .live-over').boundingBox();
	await page.mouse.move(over.x + over.width / 2, over.y + over.height / 2);
	await page.locator('.live-chart').evaluate((chart) => chart.scrollIntoView({ block: 'end' }));
	await shoot(view, 'live-chart', width, colorScheme);
}

const LINES = [
	['Nov 20 14:58:01 web-1 systemd[1]: Started Daily cleanup of temporary directories.'],
	['2026-11-20T14:58:02.114Z INFO  server listening on 127.0.0.1:8000'],
	['2026-11-20T14:58:02.377Z DEBUG cache warmed: 4,112 entries in 212 ms'],
	['{"level":"info","time":1795168487123,"msg":"GET /history/ops 200","ms":3}'],
	[
		'192.0.2.7 - - [20/Nov/2026:14:58:03 +0000] "GET / HTTP/1.1" 200 4649 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"',
	],
	['2026-11-20T14:58:04.020Z WARN  slow query: 1,204 ms for SELECT id, body FROM message WHERE room = ? ORDER BY id'],
	['level=error ts=2026-11-20T14:58:05Z msg="db-2 does not answer" tries=3 timeout=5s'],
	['    at Store.append (store.c:214)'],
	['    at Room.post (chat_send.c:88)'],
	['1,204 lines skipped', { skipped: 1204 }],
	['the file was rotated', { event: 'rotated' }],
	['<12>Nov 20 14:58:06 mail postfix/qmgr[912]: warning: queue is stuck'],
	['2026-11-20T14:58:07.551Z INFO  nothing to see, all went well'],
];

// The view as it begins, and in the other language.
async function shootFirst(view, name, width, colorScheme) {
	const { page } = view;

	await page.locator(name === 'live' ? '.live-none' : '.logs-notice').waitFor();
	await shoot(view, `${name}-empty`, width, colorScheme);
}

async function shootChinese(view, width) {
	const { page, feed } = view;

	await feed('metric', ...METRICS);
	await feed('alarm', ...ALARMS);
	await page.locator('.live-alarm').nth(3).waitFor();
	await page.locator('.live-tile', { has: page.getByText('cpu') }).click();
	await page.locator('.u-axis').first().waitFor({ state: 'attached' });
	await shoot(view, 'live-zh', width, 'light');
	await page.locator('.live-chart').evaluate((chart) => chart.scrollIntoView({ block: 'end' }));
	await shoot(view, 'live-zh-chart', width, 'light');
}

// Stopped, with a filter that is none.
async function shootStopped({ page, feed }, width, colorScheme) {
	await page.getByRole('searchbox').fill('');
	await page.getByRole('button', { name: 'Pause' }).click();
	await feed('log', { type: 'log', room: 'web-1', id: 900, ts: now, message: 'not shown' });
	await page.getByRole('button', { name: 'Regular expression' }).click();
	await page.getByRole('searchbox').fill('(went');
	await page.getByRole('alert').getByText('no regular').waitFor();
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
