// The lines of a log: their levels, their one time, their addresses, and those from before the first one.
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually, temporaryFolder } from '../lib/daemon.mjs';
import { soon, withPeople } from './people.mjs';
import { startViewDaemon, withView } from './views.mjs';

let browser;
let daemon;

before(async () => {
	[browser, daemon] = await Promise.all([openBrowser(), startViewDaemon()]);
});
after(() => Promise.all([browser.close(), daemon.stop()]));

const logs = (options, body) =>
	withView(browser, daemon, 'logs', { rooms: [{ room: 'syslog', count: 1 }], viewport: { width: 1000, height: 600 }, ...options }, body);
const frame = (id, message, more = {}) => ({ type: 'log', room: 'syslog', id, ts: Date.UTC(2026, 10, 20, 12, 0, 0), username: 'syslog', message, ...more });

const texts = (page) => page.$$eval('.logs-row', (rows) => rows.map((row) => (row.querySelector('.logs-words') ?? row).textContent));
const reads = (page, wanted) => eventually(async () => assert.deepEqual(await texts(page), wanted), `the lines ${wanted}`);
const level = (page, name) => page.getByRole('group', { name: 'Levels to show' }).getByRole('button', { name });
const filter = (page) => page.getByRole('searchbox', { name: 'Filter' });

test('the buttons of the levels show the lines of these levels with what belongs to them', () =>
	logs({}, async ({ page, feed }) => {
		await feed(
			'log',
			frame(1, 'INFO one'),
			frame(2, 'ERROR two'),
			frame(3, 'Traceback (most recent call last):'),
			frame(4, '  File "x.py"'),
			frame(5, '3 lines skipped', { skipped: 3 }),
			frame(6, 'WARN six'),
			frame(7, 'no level'),
		);
		await level(page, 'Error').click();
		const skipped = '3 lines skipped: they came too fast';
		await reads(page, ['ERROR two', 'Traceback (most recent call last):', '  File "x.py"', skipped]);
		await level(page, 'Warning').click();
		await reads(page, ['ERROR two', 'Traceback (most recent call last):', '  File "x.py"', skipped, 'WARN six']);
		await page.getByText('4 of 6 lines').waitFor();
		await filter(page).fill('w');
		await reads(page, ['ERROR two', skipped, 'WARN six']);
		await filter(page).fill('tw');
		await reads(page, ['ERROR two', skipped]);
		await filter(page).fill('^(warn|error)');
		await page.getByRole('button', { name: 'Regular expression' }).click();
		await reads(page, ['ERROR two', skipped, 'WARN six']);
		await feed('log', frame(8, 'ERROR eight'), frame(9, 'INFO error nine'));
		await reads(page, ['ERROR two', skipped, 'WARN six', 'ERROR eight']);
		for (const name of ['Error', 'Warning']) {
			assert.equal(await level(page, name).getAttribute('aria-pressed'), 'true');
			await level(page, name).click();
		}
		await filter(page).fill('');
		await eventually(async () => assert.equal((await texts(page)).length, 9), 'all lines');
	}));

test('older lines do not get the level of the newest ones', () =>
	logs({}, async ({ page, feed, answer }) => {
		await feed('joined', { room: 'syslog', epoch: 'a', last_id: 9 });
		await feed('log', frame(9, 'ERROR nine'));
		await answer('older', { more: false, messages: [frame(7, '  of six'), frame(8, 'ERROR eight')] });
		await page.getByRole('button', { name: 'Older lines' }).click();
		await reads(page, ['  of six', 'ERROR eight', 'ERROR nine']);
		await level(page, 'Error').click();
		await reads(page, ['ERROR eight', 'ERROR nine']);
	}));

test('a line shows one time: its own, or when it was read', () =>
	logs({ timezoneId: 'Asia/Shanghai', permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, feed }) => {
		const lines = [
			['2026-11-20T03:04:05.678Z INFO with a zone', '11:04:05', 'INFO with a zone'],
			['2026-11-20 03:04:05,678 +0100 with an offset', '10:04:05', 'with an offset'],
			['2026-11-20 03:04:05 - of the machine', '03:04:05', 'of the machine'],
			['2026/11/20 14:00:00 [crit] 7#7: nginx', '14:00:00', '[crit] 7#7: nginx'],
			['Nov 20 14:51:12 web sshd[1]: no', '14:51:12', 'web sshd[1]: no'],
			['Nov  2 04:51:12 web sshd[1]: no', '04:51:12', 'web sshd[1]: no'],
			['[Fri Nov 20 14:51:12.123456 2026] [core:error] apache', '14:51:12', '[core:error] apache'],
			['[14:51:12.5] only a clock', '14:51:12', 'only a clock'],
			...[
				['192.0.2.7 - - [20/Nov/2026:03:04:05 +0100] "GET / HTTP/1.1" 200', '10:04:05'],
				['level=error ts=2026-11-20T03:04:05Z msg=no', '11:04:05'],
				['{"level":"info","time":"2026-11-20T03:04:05.678Z","msg":"so"}', '11:04:05'],
			].map(([text, time]) => [text, time, text]),
			['  at trace.c:1', '·', '  at trace.c:1'],
			['no time at all', '20:00:00', 'no time at all'],
			['valid until 2027-11-20T03:04:05Z', '20:00:00', 'valid until 2027-11-20T03:04:05Z'],
			['2026-11-20 no clock', '20:00:00', '2026-11-20 no clock'],
			['14:51:12', '20:00:00', '14:51:12'],
			['99999-11-20 03:04:05 x', '20:00:00', '99999-11-20 03:04:05 x'],
			['2026-99-99T03:04:05Z odd', '03:04:05', 'odd'],
		];
		await feed('log', ...lines.map(([text], index) => frame(index + 1, text)));
		await eventually(async () => assert.equal((await texts(page)).length, lines.length), 'all lines');
		assert.deepEqual(
			await page.$$eval('.logs-row', (rows) => rows.map((row) => [row.querySelector('time').textContent, row.querySelector('.logs-words').textContent])),
			lines.map(([, time, words]) => [time, words]),
		);
		assert.match(await page.locator('.logs-gutter').nth(2).getAttribute('title'), /^2026-11-20 03:04:05\nRead .*20 November 2026/);
		await page.getByRole('button', { name: 'Copy', exact: true }).click();
		await page.getByText(`${lines.length} lines copied`).waitFor();
		assert.equal(await page.evaluate(() => navigator.clipboard.readText()), lines.map(([text]) => `${text}\n`).join(''));
		await filter(page).fill('03:04:05,6');
		await reads(page, ['with an offset']);
	}));

test('a selected line has an address, unless it is of a history that is gone', () =>
	logs({ permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, feed, tell, calls }) => {
		await feed('joined', { room: 'syslog', epoch: 'old', last_id: 1 });
		await feed('log', frame(1, 'one'));
		await feed('joined', { room: 'syslog', epoch: 'new', last_id: 3 });
		await feed('log', ...[1, 2, 3].map((id) => frame(id, `new ${id}`)));
		await reads(page, ['one', 'The server has been restarted: lines may be missing here', 'new 1', 'new 2', 'new 3']);
		const lineOf = (text) => page.locator('.logs-row', { hasText: text });
		await lineOf('new 2').locator('.logs-gutter').click();
		await page.getByText('1 line selected').waitFor();
		assert.deepEqual((await calls('onLine')).at(-1), ['onLine', '#/logs/syslog/new.2']);
		await page.getByRole('button', { name: 'Copy link' }).click();
		await page.getByText('The link to the line is copied').waitFor();
		assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${page.url()}#/logs/syslog/new.2`);
		// The same with the keyboard alone.
		await page.getByRole('log').press('Escape');
		assert.deepEqual((await calls('onLine')).at(-1), ['onLine', '#/logs/syslog']);
		await page.getByRole('log').press('Shift+ArrowUp');
		assert.deepEqual((await calls('onLine')).at(-1), ['onLine', '#/logs/syslog/new.3']);
		await tell('openLog', 'syslog', 'new.1');
		await page.locator('.logs-selected').getByText('new 1').waitFor();
		for (const gone of ['other.1', 'new.9', 'never', 'new.0']) {
			await page.getByRole('log').press('Escape');
			await tell('openLog', 'syslog', gone);
			await page.getByText('This line is not kept any more.').waitFor();
			assert.equal(await page.locator('.logs-selected').count(), 0);
		}
	}));

const lineNow = ({ page }, text) => page.locator('.logs-words').getByText(text, { exact: true });

test('more than 5,000 lines back, and the address of a line, in the page', async () => {
	const file = path.join(temporaryFolder(), 'app.log');

	writeFileSync(file, Array.from({ length: 9000 }, (_, n) => `${n % 4000 === 7 ? 'ERROR' : 'INFO'} line ${n + 1}\n`).join(''));
	await withPeople(browser, ['limits.message_rate=0'], async ({ arrive }) => {
		const ann = await arrive({ viewport: { width: 1000, height: 600 } });
		await ann.join('Ann');
		await ann.page.click('#tab-logs');
		await lineNow(ann, 'INFO line 9000').waitFor();
		const older = ann.page.getByRole('button', { name: 'Older lines' });
		await older.waitFor();
		// Reading back loads older lines without moving those that are seen.
		const log = ann.page.getByRole('log', { name: 'Lines of the log' });
		await log.evaluate((it) => it.scrollTo(0, 300));
		await ann.page.getByRole('button', { name: 'Newest lines' }).waitFor();
		const top = () => log.evaluate((it) => {
			const edge = it.getBoundingClientRect().top;
			const row = Array.from(it.querySelectorAll('.logs-row')).find((one) => one.getBoundingClientRect().bottom > edge);
			return `${row.textContent} ${Math.round(row.getBoundingClientRect().top - edge)}`;
		});
		const count = async () => Number((await ann.page.locator('.logs-count').innerText()).replace(/\D/g, ''));
		const seen = await eventually(top, 'the rows in view');
		await eventually(async () => assert.ok((await count()) > 5000), 'older lines');
		await soon.equal(top, seen);
		// Under a filter the button looks for what fits.
		const errors = ann.page.getByRole('group', { name: 'Levels to show' }).getByRole('button', { name: 'Error' });
		await errors.click();
		await lineNow(ann, 'ERROR line 8008').waitFor();
		assert.equal(await lineNow(ann, 'ERROR line 8').count(), 0);
		await eventually(async () => {
			if (await older.isVisible())
				await older.click();
			assert.equal(await lineNow(ann, 'ERROR line 8').count(), 1);
		}, 'the first error');
		await eventually(async () => assert.equal(await count(), 39000), '3 of 9,000 lines');
		assert.equal(await older.isVisible(), false);
		assert.deepEqual(await ann.page.locator('.logs-words').allTextContents(), ['ERROR line 8', 'ERROR line 4008', 'ERROR line 8008']);
		await ann.page.locator('.logs-gutter').nth(0).click();
		await ann.page.waitForFunction(() => /^#\/logs\/app\/\w+\.8$/.test(location.hash));
		const address = ann.page.url();
		// Another reader, whose page has not loaded that line.
		const bob = await arrive({ viewport: { width: 1000, height: 600 } }, undefined, { path: `/${new URL(address).hash}` });
		await bob.join('Bob');
		await bob.page.locator('.logs-selected .logs-words').getByText('ERROR line 8', { exact: true }).waitFor({ timeout: 60_000 });
		assert.ok(await bob.page.locator('.logs-selected').evaluate((row) => row.getBoundingClientRect().top < innerHeight));
		assert.equal(bob.page.url(), address);
		// New lines do not take away what the reader has loaded.
		appendFileSync(file, 'INFO the last one\n');
		await bob.page.getByRole('button', { name: '1 new line' }).waitFor();
		assert.equal(await bob.page.locator('.logs-selected').count(), 1);
		// A line that the filter hides is shown.
		await bob.page.getByRole('button', { name: '1 new line' }).click();
		await bob.page.getByRole('searchbox', { name: 'Filter' }).fill('the last one');
		await bob.page.locator('.logs-count').getByText('1 of 9,001 lines').waitFor();
		await bob.page.evaluate((hash) => {
			location.hash = hash;
		}, new URL(address).hash.replace(/8$/, '5000'));
		await bob.page.locator('.logs-selected .logs-words').getByText('INFO line 5000', { exact: true }).waitFor();
		assert.equal(await bob.page.getByRole('searchbox', { name: 'Filter' }).inputValue(), '');
	}, { config: `tails = ( { room = "app"; path = "${file}"; lines = 9000; rate = 100000; } );` });
});

test('a server that cannot be asked for older lines is asked again by the reader, and bad answers are no lines', () =>
	logs({}, async ({ page, feed, answer }) => {
		await feed('joined', { room: 'syslog', epoch: 'a', last_id: 50 });
		await feed('log', frame(50, 'fifty'));
		await answer('older', { fails: 'no' });
		const older = page.getByRole('button', { name: 'Older lines' });
		await older.click();
		await page.getByText('Older lines could not be loaded. Try again.').waitFor();
		await answer('older', { more: true, messages: [frame(48, 'forty-eight'), frame(49, '<img src=x>'), frame(50, 'again'), frame(51, 'later'), null, 7, { id: 3 }] });
		await older.click();
		await reads(page, ['forty-eight', '<img src=x>', 'fifty']);
		await answer('older', { more: true, messages: 'all' });
		await older.click();
		await older.waitFor({ state: 'hidden' });
		await reads(page, ['forty-eight', '<img src=x>', 'fifty']);
	}));
