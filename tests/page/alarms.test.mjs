// Pushes of programs: alarms, and messages with a title, a priority, tags and a link.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { assertNoFaults } from './axe.mjs';
import { choose, enterRoom, hasAttribute, shows, soon, withPeople } from './people.mjs';
import { push, pushAlarm } from './pushes.mjs';
import { createServer, createTap, withClock } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const DISK = { key: 'disk', severity: 'critical', title: 'Disk full', message: 'db-2 has 1 % left' };

const alarmRow = (person) => person.page.locator('.log > .alarm-line');

async function opens(person) {
	await person.page.click('#alarms-button');
	// The page fills the list after the panel has opened.
	await person.page.waitForSelector('#alarms:popover-open li');
}

const badge = (person, text) =>
	person.page.waitForFunction((wanted) => document.getElementById('alarms-count').textContent === wanted, text);

test('an alarm is one line that is updated in place, and the badge counts it until it is cleared', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		assert.equal(await ann.page.isVisible('#alarms-button'), false);
		await pushAlarm(daemon, DISK);
		await badge(ann, '1');
		await alarmRow(ann).getByText('Disk full').waitFor();
		await shows(alarmRow(ann), /Critical.*raised/);
		await pushAlarm(daemon, { ...DISK, severity: 'warning', message: 'db-2 has 9 % left' });
		await alarmRow(ann).getByText('db-2 has 9 % left').waitFor();
		await soon.equal(() => alarmRow(ann).count(), 1);
		await shows(alarmRow(ann), /Warning.*updated/);
		await pushAlarm(daemon, { ...DISK, severity: 'ok', message: 'all is well' });
		await ann.page.waitForSelector('.log > .alarm-line[data-severity="ok"]');
		await shows(alarmRow(ann), /OK.*Disk full.*cleared/);
		assert.equal(await ann.page.isVisible('#alarms-button'), false);
	}));

test('the line of an alarm has a name, and its time is a link that leads to it, also when it was updated in place', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await pushAlarm(daemon, DISK);
		// As the browser tells it to a screen reader.
		const developer = await ann.context.newCDPSession(ann.page);
		const isNamed = (name) =>
			eventually(async () => {
				const { nodes } = await developer.send('Accessibility.getFullAXTree');
				assert.match(String(nodes.find(({ role }) => role?.value === 'article')?.name?.value), name);
			}, String(name));
		await isNamed(/^critical Disk full raised db-2 has 1 % left \d/i);
		await pushAlarm(daemon, { ...DISK, severity: 'warning', message: 'db-2 has 9 % left' });
		await isNamed(/^warning Disk full updated .*db-2 has 9 % left \d/i);
		const link = alarmRow(ann).locator('a.time');
		assert.match(await link.getAttribute('href'), /^#\/room\/lobby\/2$/);
		assert.equal(await link.evaluate((one) => one.tabIndex), -1);
		await link.click();
		await ann.page.waitForFunction(() => document.activeElement.matches('.alarm-line.found'));
		assert.equal(await alarmRow(ann).count(), 1);
		// The mark goes with the focus.
		await ann.page.focus('#text');
		await ann.page.locator('.found').waitFor({ state: 'detached' });
		await ann.page.goto(`${daemon.url}/#/room/lobby/2`);
		await ann.page.reload();
		await ann.page.waitForFunction(() => document.activeElement.matches('.alarm-line'));
	}));

const flap = async (daemon, times, members = DISK) => {
	for (let n = 0; n < times; n++) {
		await pushAlarm(daemon, members);
		await pushAlarm(daemon, { ...members, severity: 'ok' });
	}
};

test('an alarm that is raised and cleared again and again is one line, which says how often and unfolds', () =>
	withPeople(browser, ['limits.message_rate=0', 'limits.message_burst=1000'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await flap(daemon, 14);
		const story = alarmRow(ann).getByRole('button', { name: /^cleared, 14 times in \d+ sec/ });
		await story.waitFor();
		await soon.equal(() => alarmRow(ann).count(), 1);
		await story.press('Enter');
		await hasAttribute(story, 'aria-expanded', 'true');
		const changes = () => alarmRow(ann).locator('.alarm-changes li').allTextContents();
		assert.equal((await changes()).length, 21);
		assert.match((await changes())[0], /OK cleared$/);
		assert.equal((await changes()).at(-1), 'and 8 earlier changes');
		// It stays open, and keeps the focus.
		await pushAlarm(daemon, { ...DISK, message: 'again' });
		await alarmRow(ann).getByRole('button', { name: /^raised, 15 times/ }).waitFor();
		assert.match((await changes())[0], /Critical raised$/);
		assert.equal(await focused(ann), await alarmRow(ann).locator('button.alarm-state').textContent());
		await ann.page.keyboard.press('Enter');
		await soon.equal(() => alarmRow(ann).locator('.alarm-changes').isVisible(), false);
	}));

test('changes of one alarm that are on several pages of the history are one line', () =>
	withPeople(browser, ['limits.message_rate=0', 'limits.message_burst=1000'], async ({ daemon, arrive }) => {
		for (let n = 0; n < 6; n++) {
			await flap(daemon, 5);
			for (let line = 0; line < 12; line++)
				await push(daemon, `line ${n} ${line}`, { username: 'Bob' });
		}
		const ann = await arrive();
		await ann.join('Ann');
		await alarmRow(ann).first().waitFor();
		for (let seen = 0; seen < 72; ) {
			await ann.page.locator('.log').evaluate((log) => log.scrollTo(0, 0));
			await ann.page.waitForFunction((count) => document.querySelectorAll('.message').length > count, seen);
			seen = await ann.page.locator('.message').count();
		}
		await alarmRow(ann).getByRole('button', { name: /^cleared, 30 times/ }).waitFor();
		await soon.equal(() => alarmRow(ann).count(), 1);
	}));

test('an alarm is cleared for everybody, and a refusal is shown in words', () =>
	withPeople(browser, ['limits.message_rate=0', "rooms=({name=\"board\";read_only=true;})"], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'board');
		await pushAlarm(daemon, DISK);
		await pushAlarm(daemon, { ...DISK, key: 'mail', severity: 'error', title: 'Mail' });
		await pushAlarm(daemon, { key: 'load', severity: 'info', title: 'Load' }, { room: 'board' });
		await badge(ann, '3');
		await opens(ann);
		const items = ann.page.locator('#alarms li');
		await ann.page.getByRole('button', { name: 'Clear Load' }).click();
		await items.getByRole('alert').getByText('Not cleared: the room is read-only.').waitFor();
		await soon.equal(() => items.count(), 3);
		// The second click of a double click does not clear the alarm that takes the place.
		const { x, y } = await ann.page.getByRole('button', { name: 'Clear Disk full' }).boundingBox();
		await ann.page.mouse.click(x + 9, y + 9);
		await badge(ann, '2');
		await items.nth(2).waitFor({ state: 'detached' });
		await ann.page.mouse.down({ clickCount: 2 });
		await ann.page.mouse.up({ clickCount: 2 });
		await ann.page.getByRole('button', { name: 'Acknowledge Load' }).click();
		await items.getByText('acknowledged by').waitFor();
		await soon.deepEqual(() => items.locator('.title').allTextContents(), ['Mail', 'Load']);
		await ann.page.keyboard.press('Escape');
		await choose(ann, 'lobby');
		await alarmRow(ann).getByText(/^cleared by .?Ann/).first().waitFor();
	}));

test('an update of an alarm that is out of view adds a new line at the end of the log', () =>
	withPeople(browser, ['limits.message_rate=0', 'limits.message_burst=1000'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await pushAlarm(daemon, DISK);
		for (let n = 0; n < 40; n++)
			await push(daemon, `line ${n}`, { username: 'Bob' });
		await ann.rows(40);
		await pushAlarm(daemon, { ...DISK, message: 'worse' });
		await ann.page.locator('.log > .alarm-line:last-child').getByText('worse').waitFor();
		await soon.equal(() => alarmRow(ann).count(), 1);
		await ann.page.reload();
		await ann.online();
		await ann.page.locator('.log > .alarm-line:last-child').getByText('worse').waitFor();
		await soon.equal(() => alarmRow(ann).count(), 1);
	}));

test('the badge opens the list of active alarms, where one is acknowledged for everybody', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await arrive();
		await ann.join('Ann');
		await pushAlarm(daemon, DISK);
		await pushAlarm(daemon, { key: 'load', severity: 'info', title: 'Load', message: 'is high' });
		await bob.join('Bob');
		await badge(bob, '2');
		await opens(bob);
		const items = bob.page.locator('#alarms li');
		await items.nth(1).waitFor();
		await soon.deepEqual(() => items.locator('.severity').allTextContents(), ['Critical', 'Info']);
		await shows(items.first(), /Disk full.*just now.*db-2 has 1 % left/);
		await bob.page.getByRole('button', { name: 'Acknowledge Disk full' }).click();
		await badge(bob, '1');
		await badge(ann, '1');
		await items.last().getByText('acknowledged by').waitFor();
		await shows(items.last(), /acknowledged by \u2068Bob\u2069/);
		await opens(ann);
		await ann.page.locator('#alarms li').last().getByText('acknowledged by').waitFor();
		await shows(ann.page.locator('#alarms li').last(), /acknowledged by \u2068Bob\u2069/);
		await alarmRow(ann).first().getByText('acknowledged by').waitFor();
		await shows(alarmRow(ann).first(), /acknowledged by \u2068Bob\u2069/);
		await ann.page.keyboard.press('Escape');
		await ann.page.waitForSelector('#alarms:popover-open', { state: 'detached' });
	}));

const focused = (person) => person.page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent);

test('the focused alarm of the list keeps the focus while others come and go', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const items = ann.page.locator('#alarms li');
		const titles = (wanted) =>
			eventually(async () => assert.deepEqual(await items.locator('.title').allTextContents(), wanted), `${wanted}`);
		const alarm = (key, severity, more) => pushAlarm(daemon, { key, severity, title: key, ...more });

		await ann.join('Ann');
		await alarm('a', 'error');
		await alarm('b', 'warning');
		await alarm('c', 'info');
		await badge(ann, '3');
		await opens(ann);
		await ann.page.getByRole('button', { name: 'Acknowledge b' }).focus();
		await alarm('d', 'critical');
		await titles(['d', 'a', 'b', 'c']);
		await soon.equal(() => focused(ann), 'Acknowledge b');
		await alarm('b', 'warning', { message: 'is worse' });
		await items.getByText('is worse').waitFor();
		await soon.equal(() => focused(ann), 'Acknowledge b');
		await ann.page.keyboard.press('Enter');
		await items.nth(3).getByText('acknowledged by').waitFor();
		await soon.match(() => focused(ann), /is worse.*acknowledged by/);
		await soon.equal(() => items.getByText('acknowledged by').count(), 1);
		// When the focused alarm goes, the focus must not move to the button of another one.
		await alarm('b', 'ok');
		await titles(['d', 'a', 'c']);
		await soon.match(() => focused(ann), /^Info/);
		for (const key of ['a', 'c', 'd'])
			await alarm(key, 'ok');
		await ann.page.waitForSelector('#alarms:popover-open', { state: 'detached' });
		await soon.equal(() => focused(ann), 'Chat');
	}));

test('a screen reader does not repeat the alarms when they age or the connection is lost', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({}, withClock(createTap()));
		await ann.join('Ann');
		await pushAlarm(daemon, DISK);
		await badge(ann, '1');
		await opens(ann);
		await ann.page.getByRole('button', { name: 'Acknowledge Disk full' }).focus();
		await ann.page.evaluate(() => (window.held = document.activeElement));
		// Run the clock without waiting for an answer.
		await ann.page.clock.runFor(91_000);
		await ann.page.locator('#alarms li').getByText(/^for 1 min, since \d\d:\d\d$/).waitFor();
		assert.ok(await ann.page.evaluate(() => window.held === document.activeElement));
	}));

test('the list names the room of each alarm and stays open over a lost connection', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer({ joined: { recovered: false } });
		const ann = await arrive({}, server.prepare);
		const tell = () =>
			server.sendAll(
				['lobby', 'lab'].map((room) => ({
					type: 'alarm', room, standing: true, key: 'disk', severity: 'error', title: 'Disk', state: 'raised', ts: 1, since: 1,
				})),
			);

		await ann.join('ann');
		await enterRoom(ann, 'lab');
		tell();
		await badge(ann, '2');
		await opens(ann);
		await soon.deepEqual(() => ann.page.locator('#alarms .alarm-room').allTextContents(), ['lobby', 'lab']);
		const joins = server.of('join').length;
		const { answer } = server;
		server.answer = (object) => {
			const answers = answer(object);
			if (object.type === 'join')
				setTimeout(tell);
			return answers;
		};
		server.route.close({ code: 1001 });
		await eventually(() => assert.ok(server.of('join').length >= joins + 2), 'both rooms again');
		await badge(ann, '2');
		assert.ok(await ann.page.locator('#alarms:popover-open').isVisible());
	}));

test('alarms acknowledged or cleared elsewhere leave the badge', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await pushAlarm(daemon, DISK);
		await badge(ann, '1');
		const other = await daemon.ws('/ws?name=pager', { isChecked: false });
		other.sendJson({ type: 'ack', key: 'disk', room: 'lobby' });
		await badge(ann, '');
		assert.ok(await ann.page.locator('#alarms-button.calm').isVisible());
		await hasAttribute(ann.page.locator('#alarms-button').first(), 'aria-label', /1 alarm, all acknowledged/);
		other.sendJson({ type: 'clear', key: 'disk', room: 'lobby' });
		await ann.page.waitForSelector('#alarms-button', { state: 'hidden' });
		await shows(alarmRow(ann), /OK.*Disk full.*cleared by .*pager/);
		await other.close();
	}));

test('a pushed message shows its title, priority, tags and link', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await push(daemon, 'Backup done', {
			title: 'Nightly', priority: '5', tags: 'tada, db-2', click: 'https://example.org/b', username: 'backup',
		});
		await ann.rows(1);
		const row = ann.page.locator('.message');
		await hasAttribute(row, 'data-priority', '5');
		await shows(row.locator('.pushed'), 'pushed');
		await shows(row.locator('.headline'), /Urgent.*Nightly/);
		await row.locator('.tag').getByText('🎉').waitFor();
		await soon.deepEqual(() => row.locator('.tag').allTextContents(), ['🎉', 'db-2']);
		const link = row.locator('a.opener');
		await hasAttribute(link, 'href', 'https://example.org/b');
		await hasAttribute(link, 'rel', 'noopener noreferrer');
	}));

test('an action is shown as an action, not as speech', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const bob = await daemon.ws('/ws?name=bob');
		bob.sendJson({ message: 'waves', action: true });
		await ann.rows(1);
		await shows(ann.page.locator('.message.action .text').first(), '* bob waves');
		await bob.close();
	}));

test('the list of people shows which door each person uses', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		const stream = new AbortController();
		await fetch(`${daemon.url}/events/lobby?name=reader&events=1`, { signal: stream.signal });
		await ann.sees(['Ann', 'reader']);
		await soon.deepEqual(() => ann.page.locator('#people-list .via').allTextContents(), ['web', 'stream']);
		stream.abort();
	}));

test('an alarm is acknowledged even if a worse one arrives during the press', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await pushAlarm(daemon, { key: 'load', severity: 'info', title: 'Load', message: 'is high' });
		await badge(ann, '1');
		await opens(ann);
		await ann.page.getByRole('button', { name: 'Acknowledge Load' }).hover();
		await ann.page.mouse.down();
		await pushAlarm(daemon, DISK);
		await badge(ann, '2');
		await ann.page.mouse.up();
		await badge(ann, '1');
		await ann.page.locator('#alarms .alarm-line', { hasText: 'Load' }).getByText('acknowledged by').waitFor();
		await ann.page.getByRole('button', { name: 'Acknowledge Disk full' }).waitFor();
	}));

test('the bell is there for alarms in rooms that the user has not joined; its panel names them and joins one', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ daemon, arrive }) => {
		await pushAlarm(daemon, DISK, { room: 'ops' });
		await pushAlarm(daemon, { ...DISK, key: 'other' }, { room: 'ops' });
		await pushAlarm(daemon, DISK, { room: 'lab' });
		const ann = await arrive();
		const { page } = ann;

		await ann.join('Ann');
		const bell = page.getByRole('button', { name: '3 active alarms in 2 rooms that you have not joined', exact: true });
		await bell.press('Enter');
		const watch = page.locator('#alarms:popover-open').getByRole('button', { name: 'Watch ops' });
		await watch.waitFor();
		assert.equal(await focused(ann), 'Watch ops: join the room');
		await assertNoFaults(ann, 'the panel with other rooms');
		await page.keyboard.press('Enter');
		await page.locator('#alarms').getByText('Disk full').first().waitFor();
		await watch.waitFor({ state: 'detached' });
		await page.locator('#alarms .alarms-elsewhere').getByText('1 active alarm in 1 room that you have not joined').waitFor();
		await page.getByRole('button', { name: '2 alarms not acknowledged, 1 active alarm in 1 room that you have not joined', exact: true }).waitFor();
		await badge(ann, '2');
		assert.equal(await page.locator('#room-title').textContent(), 'lobby');
		// The panel asks anew, and goes with the last alarm.
		for (const [room, key] of [['ops', 'disk'], ['ops', 'other'], ['lab', 'disk']])
			await pushAlarm(daemon, { key, severity: 'ok' }, { room });
		await page.keyboard.press('Escape');
		await page.locator('#alarms-button').press('Enter');
		await page.locator('#alarms-button').waitFor({ state: 'hidden' });
		assert.equal(await page.locator('#alarms:popover-open').count(), 0);
	}));
