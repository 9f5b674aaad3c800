// Commands in the message field.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { inSeconds, jwtConfig, sign } from '../lib/jwt.mjs';
import { enterRoom, hasAttribute, holds, shows, soon, withPeople } from './people.mjs';
import { pushAlarm } from './pushes.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const refusal = ({ page }, text) => page.locator('#refusal', { hasText: text }).waitFor();

test('an unknown command is not sent, wherever it begins, and what begins with two slashes or is a path is text', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		for (const text of ['/logn secret', '  /secret', '／secret', '\n/secret of many\nlines', '/secret']) {
			await ann.say(text);
			await refusal(ann, /there is no command \/(logn|secret)/);
			await holds(ann.page.locator('#text').first(), text.replace(/^\n/, ''));
		}
		for (const text of ['//etc', '/usr/bin is full', '// a comment', 'a /word', '/me waves'])
			await ann.say(text);
		await ann.reads(['/etc', '/usr/bin is full', '// a comment', 'a /word', '* Ann waves']);
		await shows(ann.page.locator('#refusal').first(), '');
	}));

test('commands change the name and the room, and list the people and the rooms', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob&room=ops');
		await say(bob, 'in ops');
		await ann.join('Ann');
		await ann.say('/nick Anna');
		await ann.called('Anna');
		await ann.say('/join');
		await refusal(ann, 'Something is missing: /join ROOM');
		await ann.say('/join a/b');
		await refusal(ann, 'A room name cannot contain a slash.');
		await ann.say('/join #ops');
		await ann.inRoom('ops');
		await ann.reads(['in ops']);
		const note = (text) => ann.page.locator('.room:not([inert]) .system', { hasText: text }).waitFor();
		await ann.say('/who');
		await note(/2 people here: .*bob.* and .*Anna|2 people here: .*Anna.* and .*bob/);
		await ann.say('/rooms');
		await note(/Rooms: .*ops/);
		await ann.say('/HELP');
		await note('/ack KEY acknowledge an alarm for everybody');
		await ann.say('/quit');
		await ann.state('refused');
		await ann.page.click('#connect-now');
		await ann.online();
		assert.deepEqual(await ann.texts(), ['in ops']);
		await bob.close();
	}));

test('commands acknowledge and clear an alarm, and say why they cannot', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await enterRoom(ann, 'ops');
		await pushAlarm(daemon, { key: 'disk full', severity: 'critical', message: 'full' }, { room: 'ops' });
		await ann.page.locator('.alarm-line').waitFor();
		await ann.say('/ack nothing');
		await refusal(ann, 'The server says');
		await holds(ann.page.locator('#text').first(), '/ack nothing');
		await ann.page.fill('#text', '/ack d');
		await ann.page.locator('#completion [aria-selected="true"]', { hasText: 'disk full' }).waitFor();
		await ann.page.keyboard.press('Enter');
		await ann.page.keyboard.press('Enter');
		await ann.page.locator('.room:not([inert]) .alarm-line', { hasText: 'acknowledged by' }).waitFor();
		await ann.say('/clear disk full');
		await ann.page.locator('.room:not([inert]) .alarm-line', { hasText: 'cleared by' }).waitFor();
	}));

test('commands are completed, and Enter sends what is complete', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const bob = await daemon.ws('/ws?name=bob&room=operators');
		await say(bob, 'here');
		await ann.join('Ann');
		await ann.page.focus('#text');
		await ann.page.keyboard.type('/');
		const options = ann.page.locator('#completion:not([hidden]) [role="option"]');
		await options.first().waitFor();
		await soon.equal(() => options.count(), 12);
		await hasAttribute(ann.page.locator('#completion').first(), 'aria-label', 'Commands');
		await ann.page.keyboard.type('j');
		await ann.page.keyboard.press('Tab');
		await holds(ann.page.locator('#text').first(), '/join ');
		await ann.page.keyboard.type('oper');
		await ann.page.keyboard.press('Enter');
		await holds(ann.page.locator('#text').first(), '/join operators ');
		await ann.page.keyboard.press('Enter');
		await ann.inRoom('operators');
		await ann.page.keyboard.type('/who');
		await options.first().waitFor();
		await ann.page.keyboard.press('Enter');
		await ann.line('2 people here').waitFor();
		await bob.close();
	}));

test('a token given by a command signs in, and is not sent', () =>
	withPeople(
		browser,
		[],
		async ({ arrive }) => {
			const token = (name) => sign({ sub: name, exp: inSeconds(3600) });
			const ann = await arrive({}, undefined, { path: `/#token=${token('ann')}` });
			await ann.called('ann');
			await ann.say('/login not–a–token');
			await refusal(ann, 'This is not a token');
			await holds(ann.page.locator('#text').first(), '/login not–a–token');
			await soon.equal(() => ann.page.evaluate(() => JSON.stringify(localStorage).includes('/login')), false);
			await ann.say(`/login ${token('bob')}`);
			await ann.called('bob');
			await ann.say('here');
			await ann.reads(['here']);
			assert.equal((await ann.messages())[0].author, 'bob');
		},
		{ config: jwtConfig(), first: '#app:not([hidden])' },
	));
