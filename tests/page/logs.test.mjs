// The Logs view: the lines of followed log files.
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually, temporaryFolder } from '../lib/daemon.mjs';
import { startViewDaemon, withView } from './views.mjs';

const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
const ROOMS = [
	{ room: 'syslog', count: 2 },
	{ room: 'nginx', count: 0 },
];

let browser;
let daemon;

before(async () => {
	[browser, daemon] = await Promise.all([openBrowser(), startViewDaemon()]);
});
after(() => Promise.all([browser.close(), daemon.stop()]));

const logs = (options, body) =>
	withView(browser, daemon, 'logs', { rooms: ROOMS, viewport: { width: 1000, height: 600 }, ...options }, body);

const frame = (id, message, more = {}) => ({
	type: 'log',
	room: 'syslog',
	id,
	ts: Date.now(),
	username: 'syslog',
	message,
	...more,
});
const frames = (from, to, textOf = (id) => `line ${id}`) =>
	Array.from({ length: to - from + 1 }, (_, index) => frame(from + index, textOf(from + index)));

const texts = (page) =>
	page.$$eval('.logs-row', (rows) => rows.map((row) => (row.querySelector('.logs-words') ?? row).textContent));
const reads = (page, wanted) =>
	eventually(async () => assert.deepEqual(await texts(page), wanted), `the lines ${wanted}`);
const lastIs = (page, wanted) =>
	eventually(async () => assert.equal((await texts(page)).at(-1), wanted), `the last line ${wanted}`);
const filter = (page) => page.getByRole('searchbox', { name: 'Filter' });
const expression = (page) => page.getByRole('button', { name: 'Regular expression' });
const lines = (page) => page.getByRole('log');
const press = (page, name) => page.getByRole('button', { name }).click();
const pressCopy = (page) => page.getByRole('button', { name: 'Copy', exact: true }).click();
const scrollBy = (page, by) => lines(page).evaluate((log, px) => log.scrollBy(0, px), by);

test('the first log opens, another one can be chosen, and only the chosen one is shown', () =>
	logs({}, async ({ page, feed, calls }) => {
		const choice = page.getByRole('combobox', { name: 'Log' });

		await page.getByText('Nothing has been written yet.').waitFor();
		assert.deepEqual(await calls('open'), [['open', 'syslog']]);
		assert.deepEqual(await choice.locator('option').allInnerTexts(), ['syslog', 'nginx']);
		await feed('log', frame(1, 'one'), frame(1, 'other', { room: 'nginx' }));
		await reads(page, ['one']);
		await choice.selectOption('nginx');
		await page.getByText('Nothing has been written yet.').waitFor();
		assert.deepEqual(await calls('close'), [['close', 'syslog']]);
		await feed('log', frame(7, 'seven', { room: 'nginx' }), frame(2, 'two'));
		await reads(page, ['seven']);
	}));

test('the chosen log and the line wrapping are remembered', () =>
	logs({}, async ({ page, calls }) => {
		const again = async () => {
			await page.reload();
			await page.waitForSelector('body[data-ready]');
			await page.evaluate(() => window.view.visible(true));
			await page.getByText('Nothing has been written yet.').waitFor();
		};
		const wrap = (pressed) => page.getByRole('button', { name: 'Wrap', pressed }).waitFor();

		await page.getByText('Nothing has been written yet.').waitFor();
		await wrap(false);
		await page.getByRole('combobox').selectOption('nginx');
		await press(page, 'Wrap');
		await again();
		assert.deepEqual(await calls('open'), [['open', 'nginx']]);
		assert.equal(await page.getByRole('combobox').inputValue(), 'nginx');
		await wrap(true);
		// The choice also holds at a width where lines are wrapped by default.
		await press(page, 'Wrap');
		await page.setViewportSize({ width: 375, height: 600 });
		await again();
		await wrap(false);
	}));

test('the view says so if there is no log or if it may not be read', async () => {
	await logs({ rooms: [] }, ({ page }) => page.getByText('No log files are configured.').waitFor());
	await logs({}, async ({ page, answer, calls }) => {
		await page.getByText('Nothing has been written yet.').waitFor();
		await answer('open', { fails: 'a token is needed' });
		await page.getByRole('combobox').selectOption('nginx');
		await page.getByText('This log cannot be opened: a token is needed').waitFor();
		await answer('open', undefined);
		await press(page, 'Try again');
		await page.getByText('Nothing has been written yet.').waitFor();
		assert.equal((await calls('open')).length, 3);
	});
});

test('32 the filter shows the lines with a text in any case, and marks the text', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', frame(1, 'Disk full'), frame(2, 'all well'), frame(3, 'the DISK again'));
		await filter(page).fill('disk');
		await reads(page, ['Disk full', 'the DISK again']);
		assert.deepEqual(await page.locator('mark').allInnerTexts(), ['Disk', 'DISK']);
		await page.getByText('2 of 3 lines').waitFor();
		await feed('log', frame(4, 'disk 4'), frame(5, 'else'));
		await reads(page, ['Disk full', 'the DISK again', 'disk 4']);
		await filter(page).fill('nowhere');
		await page.getByText('No line matches the filter.').waitFor();
		await filter(page).press('Escape');
		await reads(page, ['Disk full', 'all well', 'the DISK again', 'disk 4', 'else']);
	}));

test('32 the filter accepts regular expressions and says what is wrong with one', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', ...frames(1, 250), frame(251, 'else'));
		await lastIs(page, 'else');
		await expression(page).click();
		await filter(page).fill('line [12]\\d?5$');
		await reads(page, [
			'line 15',
			'line 25',
			'line 105',
			'line 115',
			'line 125',
			'line 135',
			'line 145',
			'line 155',
			'line 165',
			'line 175',
			'line 185',
			'line 195',
			'line 205',
			'line 215',
			'line 225',
			'line 235',
			'line 245',
		]);
		await feed('log', frame(252, 'LINE 275'), frame(253, 'line 276'));
		await lastIs(page, 'LINE 275');
		await filter(page).fill('line (');
		await page
			.getByRole('alert')
			.getByText(/Invalid regular expression: .*[Uu]nterminated group/)
			.waitFor();
		assert.equal((await texts(page)).at(-1), 'LINE 275');
		assert.equal(await filter(page).getAttribute('aria-invalid'), 'true');
		await filter(page).fill('else');
		await reads(page, ['else']);
		assert.equal(await page.getByRole('alert').filter({ hasText: 'regular' }).count(), 0);
	}));

test('32 an expression that takes too long is stopped, and the page stays responsive', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', frame(1, 'good'), frame(2, `${'a'.repeat(60)}!`));
		await reads(page, ['good', `${'a'.repeat(60)}!`]);
		await expression(page).click();
		await filter(page).fill('(a+)+$');
		await page.getByText('This expression takes too long.').waitFor();
		await filter(page).fill('goo+d');
		await reads(page, ['good']);
		await filter(page).fill('x'.repeat(1000));
		assert.equal((await filter(page).inputValue()).length, 200);
	}));

// Replaces the search worker: window.searches lists the requests, and each has answer() to complete it.
const searchByHand = (page) =>
	page.addInitScript(() => {
		const { setTimeout } = window;

		window.searches = [];
		// Disables the time limit of a search.
		window.setTimeout = (call, ms, ...rest) => (ms === 1000 ? 0 : setTimeout(call, ms, ...rest));
		window.Worker = class extends EventTarget {
			postMessage({ source, texts }) {
				const answer = (data) => this.isOver || this.dispatchEvent(new MessageEvent('message', { data }));
				if (source)
					setTimeout(answer, 0, []);
				else
					window.searches.push({ texts, answer: () => answer(texts.map(() => true)) });
			}
			terminate() {
				this.isOver = true;
			}
		};
	});
const searched = (page, count) => page.waitForFunction((wanted) => window.searches.length === wanted, count);

test('32 a pending search of one log is not shown in the next log', () =>
	logs({ prepare: searchByHand }, async ({ page, feed }) => {
		await feed('log', ...frames(1, 250));
		await expression(page).click();
		await filter(page).fill('line');
		await searched(page, 1);
		await page.getByRole('combobox').selectOption('nginx');
		await feed('log', frame(1, 'line of nginx', { room: 'nginx' }));
		await page.evaluate(() => window.searches[0].answer());
		await searched(page, 2);
		await page.evaluate(() => window.searches[1].answer());
		await reads(page, ['line of nginx']);
	}));

test('32 older lines and new ones that one search finds are shown in their order', () =>
	logs({ prepare: searchByHand }, async ({ page, feed, answer }) => {
		await feed('joined', { room: 'syslog', epoch: 'a', last_id: 200 });
		await feed('log', frame(200, 'line 200'));
		await expression(page).click();
		await filter(page).fill('line');
		await searched(page, 1);
		await page.evaluate(() => window.searches[0].answer());
		await reads(page, ['line 200']);
		await feed('log', frame(201, 'line 201'));
		await searched(page, 2);
		// While it is busy, a page of older lines comes, and a new one.
		await answer('older', { more: false, messages: frames(50, 199) });
		await press(page, 'Older lines');
		await page.getByRole('button', { name: 'Older lines' }).waitFor({ state: 'hidden' });
		await feed('log', frame(202, 'line 202'));
		for (const number of [1, 2, 3]) {
			await searched(page, number + 1);
			await page.evaluate((at) => window.searches[at].answer(), number);
		}
		await page.getByText('153 of 153 lines').or(page.getByText('153 lines')).waitFor();
		await page.evaluate(() => Promise.all([window.copied = '', navigator.clipboard.writeText = async (text) => void (window.copied = text)]));
		await pressCopy(page);
		await eventually(
			async () => assert.deepEqual((await page.evaluate(() => window.copied)).trim().split('\n'), frames(50, 202).map(({ message }) => message)),
			'all lines in their order',
		);
	}));

test('32 lines waiting for a search are limited to the number of lines that the log keeps', () =>
	logs({ prepare: searchByHand }, async ({ page }) => {
		const { count, last } = await page.evaluate(async () => {
			const { createFilter } = await import('./logs/filter.js');
			const fitting = [];
			const search = createFilter({ onFits: (entries) => fitting.push(...entries), onFault() {} });
			const add = (count) => search.add(Array.from({ length: count }, (_, n) => ({ n, text: `line ${n}` })));

			search.set('line', true);
			add(1);
			await new Promise((resolve) => setTimeout(resolve));
			for (let times = 0; times < 24; times++)
				add(1000);
			// Each answer triggers the next request.
			for (const { answer } of window.searches)
				answer();
			return { count: fitting.length, last: fitting.at(-1).text };
		});
		assert.ok(count > 19_800 && count <= 20_001, `${count} lines`);
		assert.equal(last, 'line 999');
	}));

test('32 levels are recognised in the usual formats and marked by more than colour', () =>
	logs({}, async ({ page }) => {
		const given = {
			error: [
				'2026-11-20 ERROR disk full',
				'<11>Nov 20 web sshd[1]: no',
				'{"level":"error","msg":"x"}',
				'{"level":50,"msg":"pino"}',
				'{"PRIORITY":"3","MESSAGE":"journald"}',
				'{"log":{"level":"fatal"}}',
				'ts=1 level=err msg="x"',
				'2026/11/20 14:00:00 [crit] 7#7: nginx',
				'E1120 14:51:12.1 7 main.go:1] glog',
				'error: cannot open',
				'Nov 20, 2026 SEVERE: x',
				'kernel: FATAL - x',
			],
			warning: [
				'WARN  x',
				'[warning] x',
				'{"severity":"WARNING"}',
				'lvl=warn x',
				'<4>x',
				'W1120 14:51:12 x',
				'warning: deprecated',
			],
			info: [
				'INFO started',
				'level=info',
				'{"level":"notice"}',
				'<14>x',
				'{"level":30}',
				'[notice] x',
				'I1120 14:51:12 x',
			],
			debug: ['DEBUG x', '{"level":"trace"}', '<7>x', 'level=debug', '[debug] x', '{"level":20}'],
			'': [
				'no error here',
				'an informed guess',
				'GET /error 200',
				'{"level":',
				'{"a":1}',
				'',
				'terror: no',
				'<999>',
			],
		};
		const found = await page.evaluate(async (all) => {
			const { levelOf } = await import('./logs/levels.js');
			return all.map((text) => [text, levelOf(text)]);
		}, Object.values(given).flat());
		const wanted = Object.entries(given).flatMap(([level, all]) => all.map((text) => [text, level]));
		assert.deepEqual(found, wanted);
	}).then(() =>
		logs({}, async ({ page, feed }) => {
			await feed(
				'log',
				frame(1, 'ERROR a'),
				frame(2, 'WARN b'),
				frame(3, 'INFO c'),
				frame(4, 'DEBUG d'),
				frame(5, 'e'),
			);
			await lastIs(page, 'e');
			assert.deepEqual(await page.locator('.logs-level').allInnerTexts(), ['ERR', 'WARN', 'INFO', 'DBG', '']);
			const colours = await page.$$eval('.logs-row .logs-words', (all) =>
				all.map((words) => getComputedStyle(words).color),
			);
			assert.equal(new Set(colours.slice(0, 4)).size, 4);
		}),
	));

test('32 pause keeps every line in place and loses nothing', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', ...frames(1, 5));
		await lastIs(page, 'line 5');
		await press(page, 'Pause');
		await feed('log', ...frames(6, 8));
		await page.getByText('Paused: 3 new lines').waitFor();
		assert.equal((await texts(page)).at(-1), 'line 5');
		await press(page, 'Resume');
		await reads(
			page,
			[1, 2, 3, 4, 5, 6, 7, 8].map((id) => `line ${id}`),
		);
		await page.getByRole('button', { name: 'Pause' }).waitFor();
	}));

test('32 the view follows the end until the reader scrolls up; then nothing moves and new lines are counted', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', ...frames(1, 500));
		await lastIs(page, 'line 500');
		await feed('log', frame(501, 'line 501'));
		await lastIs(page, 'line 501');
		const top = () =>
			lines(page).evaluate((log) => {
				const edge = log.getBoundingClientRect().top;
				const row = Array.from(log.querySelectorAll('.logs-row')).find(
					(one) => one.getBoundingClientRect().bottom > edge,
				);
				return [row.textContent, Math.round(row.getBoundingClientRect().top - edge)];
			});

		await scrollBy(page, -3000);
		await page.getByRole('button', { name: 'Newest lines' }).waitFor();
		const before = await top();
		const stays = async () => {
			const [row, at] = await top();
			assert.equal(row, before[0]);
			assert.ok(Math.abs(at - before[1]) <= 2, `${at - before[1]} px`);
		};
		await feed('log', ...frames(502, 513));
		await page.getByRole('button', { name: '12 new lines' }).waitFor();
		await stays();
		// Removing the oldest lines does not move the others either.
		await feed('log', ...frames(514, 4900));
		await page.getByRole('button', { name: '4,399 new lines' }).waitFor();
		await feed('log', ...frames(4901, 5150));
		await page.getByRole('button', { name: '4,649 new lines' }).waitFor();
		await stays();
		await press(page, '4,649 new lines');
		await lastIs(page, 'line 5150');
		await feed('log', frame(5151, 'line 5151'));
		await lastIs(page, 'line 5151');
		await scrollBy(page, -3000);
		await page.getByRole('button', { name: 'Newest lines' }).waitFor();
		await lines(page).press('End');
		await lastIs(page, 'line 5151');
	}));

test('at most 5,000 lines are kept, and far fewer are in the document', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', ...frames(1, 7000));
		await lastIs(page, 'line 7000');
		await eventually(async () => {
			const count = Number((await page.locator('.logs-count').innerText()).replace(/\D/g, ''));
			assert.ok(count > 4800 && count <= 5000, `${count} lines`);
		}, 'their number');
		assert.ok((await page.locator('.logs-row').count()) < 150);
		await lines(page).press('Home');
		await eventually(async () => assert.match((await texts(page))[0], /^line [12]\d\d\d$/), 'the oldest line');
		// Row heights are estimated until rows are shown, so reaching the middle may take more than one
		// attempt.
		await eventually(async () => {
			await lines(page).evaluate((log) => log.scrollTo(0, log.scrollHeight / 2));
			assert.match((await texts(page))[0], /^line 4[4-6]\d\d$/);
		}, 'the middle');
		assert.ok((await page.locator('.logs-row').count()) < 150);
	}));

test('32 long lines are wrapped on request, and the position is kept', () =>
	logs({}, async ({ page, feed }) => {
		await feed('log', ...frames(1, 300, (id) => `line ${id} ${id % 3 ? '' : 'long '.repeat(80)}`));
		const sideways = () => lines(page).evaluate((log) => log.scrollWidth > log.clientWidth);

		await eventually(async () => assert.equal(await sideways(), true), 'a line that is too long');
		await press(page, 'Wrap');
		await eventually(async () => assert.equal(await sideways(), false), 'wrapped lines');
		await eventually(async () => assert.match((await texts(page)).at(-1), /^line 300/), 'the end');
		assert.equal(
			await lines(page).evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 2),
			true,
		);
		// A scroll moves the rows exactly as far, whatever the height of the rows that are added and removed.
		const topOf = (id) =>
			page.locator('.logs-row', { hasText: `line ${id} ` }).evaluate((row) => row.getBoundingClientRect().top);
		for (let id = 290; id > 270; id -= 2) {
			const before = await topOf(id);
			await scrollBy(page, -40);
			await eventually(async () => {
				const moved = (await topOf(id)) - before;
				assert.ok(Math.abs(moved - 40) <= 2, `${moved} px`);
			}, 'a move of 40 px');
		}
		// On the way up every line appears once and in order.
		const seen = new Set();
		await eventually(async () => {
			const shown = await page.$$eval('.logs-row .logs-words', (all) =>
				all.map((words) => Number(words.textContent.split(' ')[1])),
			);
			shown.forEach((id, index) => {
				assert.ok(!index || id === shown[index - 1] + 1, `${shown}`);
				seen.add(id);
			});
			await scrollBy(page, -400);
			assert.equal(seen.size, 300);
		}, 'all lines');
		await press(page, 'Wrap');
		await eventually(async () => assert.equal(await sideways(), true), 'no wrap');
	}));

test('32 the shown or selected lines can be copied', () =>
	logs({ permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, feed }) => {
		const copied = () => page.evaluate(() => navigator.clipboard.readText());

		await feed('log', ...frames(1, 4), frame(5, '7 lines skipped', { skipped: 7 }), frame(6, 'last'));
		await lastIs(page, 'last');
		await pressCopy(page);
		await page.getByText('6 lines copied').waitFor();
		assert.equal(await copied(), 'line 1\nline 2\nline 3\nline 4\n… 7 lines skipped: they came too fast\nlast\n');

		await page.locator('.logs-gutter').nth(1).click();
		await page
			.locator('.logs-gutter')
			.nth(3)
			.click({ modifiers: ['Shift'] });
		await page.getByText('3 lines selected').waitFor();
		assert.equal(await page.locator('.logs-row.logs-selected').count(), 3);
		await lines(page).press('Control+c');
		await page.getByText('3 lines copied').waitFor();
		assert.equal(await copied(), 'line 2\nline 3\nline 4\n');

		// The same with the keyboard alone.
		await lines(page).press('Escape');
		await lines(page).press('Shift+ArrowUp');
		await lines(page).press('Shift+ArrowUp');
		await page.getByText('2 lines selected').waitFor();
		await pressCopy(page);
		await page.getByText('2 lines copied').waitFor();
		assert.equal(await copied(), '… 7 lines skipped: they came too fast\nlast\n');
		await lines(page).press('Control+a');
		await page.getByText('6 lines selected').waitFor();
	}));

test('32 missing lines are marked: skipped, not received, or after a restart', () =>
	logs({}, async ({ page, feed }) => {
		await feed('joined', { room: 'syslog', epoch: 'a', last_id: 40, recovered: false });
		await feed(
			'log',
			frame(40, 'forty'),
			frame(41, '1234 lines skipped', { skipped: 1234 }),
			frame(42, 'two'),
			frame(42, 'two'),
		);
		await reads(page, ['forty', '1,234 lines skipped: they came too fast', 'two']);
		// Reconnect after a while: some lines are sent again, some never arrive.
		await feed('joined', { room: 'syslog', epoch: 'a', last_id: 50, recovered: false });
		await feed('log', frame(41, 'old'), frame(49, 'nine'), frame(50, 'ten'));
		await lastIs(page, 'ten');
		assert.deepEqual((await texts(page)).slice(3), ['6 lines not received', 'nine', 'ten']);
		await feed('joined', { room: 'syslog', epoch: 'b', last_id: 2, recovered: false });
		await feed('log', frame(1, 'new one'), frame(2, 'new two'));
		await lastIs(page, 'new two');
		assert.deepEqual((await texts(page)).slice(6), [
			'The server has been restarted: lines may be missing here',
			'new one',
			'new two',
		]);
		// A filter does not hide the marks for missing lines.
		await filter(page).fill('new');
		await eventually(
			async () =>
				assert.equal((await texts(page)).filter((text) => /skipped|received|restarted/.test(text)).length, 3),
			'the marks',
		);
	}));

test('32 a rotated or truncated file is marked with the time, under any filter', () =>
	logs({ locale: 'en-GB', timezoneId: 'UTC' }, async ({ page, feed }) => {
		const ts = Date.UTC(2026, 10, 20, 12, 3, 7);

		await feed(
			'log',
			frame(1, 'old', { ts }),
			frame(2, 'the file was rotated', { ts, event: 'rotated' }),
			frame(3, 'the file was rotated', { ts }),
			frame(4, 'the file was truncated', { ts: ts + 60_000, event: 'truncated' }),
			frame(5, 'new', { ts, event: 'something else' }),
		);
		await reads(page, [
			'old',
			'The file was rotated: a new one begins at 12:03:07',
			'the file was rotated',
			'The file was truncated at 12:04:07',
			'new',
		]);
		assert.equal(await page.locator('.logs-turn').count(), 2);
		assert.equal(await page.locator('.logs-missing').count(), 0);
		await page.getByText('3 lines', { exact: true }).waitFor();
		await filter(page).fill('old');
		await reads(page, [
			'old',
			'The file was rotated: a new one begins at 12:03:07',
			'The file was truncated at 12:04:07',
		]);
		await press(page, 'Pause');
		await feed('log', frame(6, 'x', { event: 'rotated' }), frame(7, 'old again'));
		await page.getByText('Paused: 1 new line').waitFor();
	}));

test('the view understands what the real server sends about a file', async () => {
	const folder = temporaryFolder();
	const file = path.join(folder, 'app.log');

	writeFileSync(file, 'INFO one\n');
	const following = await startViewDaemon({
		config: `tails = ( { room = "app"; path = "${file}"; lines = 100; rate = 20; } );`,
	});
	try {
		await withView(browser, following, 'logs', { rooms: [{ room: 'app', count: 0 }] }, async ({ page }) => {
			await page.evaluate(() => {
				window.socket = new WebSocket('/ws?room=app&events=1');
				window.socket.onmessage = ({ data }) => {
					const frame = JSON.parse(data);
					window.view[frame.type]?.(frame);
				};
			});
			await reads(page, ['INFO one']);
			appendFileSync(file, 'ERROR two \x1b[31m<b>\n');
			await lastIs(page, 'ERROR two ␛[31m<b>');
			// The daemon follows the file over a rotation and reports the lines it leaves out.
			renameSync(file, `${file}.1`);
			writeFileSync(file, 'WARN three\n');
			await lastIs(page, 'WARN three');
			assert.match((await texts(page)).at(-2), /^The file was rotated: a new one begins at \d\d:\d\d:\d\d$/);
			truncateSync(file);
			await page
				.locator('.logs-turn')
				.getByText(/was truncated at \d\d:\d\d:\d\d$/)
				.waitFor();
			appendFileSync(file, 'flood\n'.repeat(5000));
			await page
				.locator('.logs-missing')
				.getByText(/[\d,]+ lines skipped/)
				.waitFor();
		});
		await following.stop();
	} finally {
		following.kill();
	}
});

test('a screen reader reads single new lines, but neither floods nor lines scrolled to', () =>
	logs({}, async ({ page, feed }) => {
		const live = () => lines(page).getAttribute('aria-live');
		// Returns every state since the last call.
		const states = () => page.evaluate(() => window.states.splice(0));

		await eventually(async () => assert.equal(await live(), 'polite'), 'a quiet log');
		await feed('log', frame(1, 'one'));
		await lastIs(page, 'one');
		await page.evaluate(() => {
			window.states = [];
			new MutationObserver(([{ target }]) => window.states.push(target.ariaLive)).observe(
				document.querySelector('[role="log"]'),
				{ attributeFilter: ['aria-live'] },
			);
		});
		await feed('log', frame(2, 'two'));
		await lastIs(page, 'two');
		assert.deepEqual(await states(), []);
		await feed('log', ...frames(3, 60));
		await lastIs(page, 'line 60');
		assert.equal((await states())[0], 'off');
		await eventually(async () => assert.equal(await live(), 'polite'), 'a quiet log again');
		await states();
		await scrollBy(page, -500);
		await page.getByRole('button', { name: 'Newest lines' }).waitFor();
		assert.equal((await states())[0], 'off');
	}));

test('all content of lines and names is text, and invalid frames are ignored', () =>
	logs(
		{
			rooms: [
				{ room: HOSTILE, count: 1 },
				{ room: 'b', count: 0 },
			],
		},
		async ({ page, feed, answer }) => {
			const hostile = (id, message, more) => frame(id, message, { room: HOSTILE, ...more });

			await page.getByText('Nothing has been written yet.').waitFor();
			await feed(
				'log',
				hostile(1, HOSTILE),
				hostile(2, `ERROR ${HOSTILE}`, { skipped: HOSTILE }),
				hostile(3, { a: 1 }),
				hostile('x', 'x'),
				hostile(3, 'x', { ts: 'never' }),
				{ type: 'log', room: HOSTILE },
				hostile(3, 'javascript:alert(1) \u202e\u0000 &lt;b&gt;'),
				hostile(4, 'y'.repeat(100_000)),
			);
			await eventually(async () => assert.equal((await texts(page)).length, 4), 'four lines');
			assert.deepEqual((await texts(page)).slice(0, 2), [HOSTILE, `ERROR ${HOSTILE}`]);
			assert.ok((await texts(page))[3].length < 9000);
			await filter(page).fill('<img');
			await page.locator('mark').nth(1).waitFor();
			await answer('open', { fails: HOSTILE });
			await page.getByRole('combobox').selectOption('b');
			await page.getByText(`This log cannot be opened: ${HOSTILE}`).waitFor();
			assert.equal(await page.locator('#view :is(img, script, a)').count(), 0);
		},
	));

test('the Logs view is in Chinese if the page is', () =>
	logs({ language: 'zh' }, async ({ page, feed }) => {
		await page.getByText('还没有内容。').waitFor();
		await feed('log', frame(1, 'ERROR x'));
		await page.getByText('1 行', { exact: true }).waitFor();
		assert.equal(await page.locator('.logs-level').innerText(), '错误');
	}));

test('only the lines are wider than a phone', () =>
	logs({ rooms: [{ room: 'r'.repeat(64), count: 9 }] }, async ({ page, feed }) => {
		await feed('log', frame(1, 'z '.repeat(500), { room: 'r'.repeat(64) }));
		await page.locator('.logs-row').waitFor();
		for (const width of [320, 375, 768, 1440]) {
			await page.setViewportSize({ width, height: 600 });
			await eventually(
				async () =>
					assert.deepEqual(
						await page.evaluate(() => [
							document.documentElement.scrollWidth <= innerWidth,
							document.querySelector('.logs-tools').scrollWidth <= innerWidth,
						]),
						[true, true],
						`${width} px`,
					),
				'no sideways scroll',
			);
			assert.ok((await lines(page).boundingBox()).height > 200);
		}
	}));
