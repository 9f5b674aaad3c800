// auth.mode = "jwt": the page shows the name in its token, asks for a token if it has no valid one, and keeps
// the token secret.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { expectJson, get, post } from '../lib/doors.mjs';
import { bearer, inSeconds, jwtConfig, sign } from '../lib/jwt.mjs';
import { blockSockets, blockStreams, enterRoom, holds, pauseClock, shows, soon, withPeople } from './people.mjs';

const ANYTHING = '#app:not([hidden]), dialog[open]';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const withTokens = (body, settings = []) =>
	withPeople(browser, settings, body, { config: jwtConfig(), first: ANYTHING });

const tokenOf = (name, claims) => sign({ sub: name, exp: inSeconds(3600), ...claims });
const comesBy = (token) => ({ path: `/#token=${encodeURIComponent(token)}` });

const form = ({ page }) => page.locator('dialog.sign-in[open]');

async function signIn(person, token) {
	await person.page.fill('#token', token);
	await person.page.press('#token', 'Enter');
}

const reason = (person) => form(person).locator('#token-reason').textContent();

// Fails if the log contains a request target, and so a token.
function assertSecret(daemon, ...tokens) {
	for (const token of tokens)
		assert.deepEqual(daemon.log.filter((line) => line.includes(token) || line.includes(token.split('.').at(-1))), []);
}

test('a login link opens the page under the name in its token, and the address does not keep the token', () =>
	withTokens(async ({ daemon, arrive }) => {
		const token = tokenOf('ann');
		const ann = await arrive({}, undefined, comesBy(token));
		await ann.online();
		await ann.called('ann');
		assert.equal(ann.page.url(), `${daemon.url}/#/room/lobby`);
		await soon.equal(() => ann.page.evaluate(() => history.length), 2);
		await ann.say('hello');
		await ann.reads(['hello']);
		assert.equal((await ann.messages())[0].author, 'ann');
		await ann.page.reload();
		await ann.online();
		await ann.called('ann');
		await ann.reads(['hello']);
		// History and search use the same connection; rooms and logs are separate requests.
		await ann.page.click('#tab-logs');
		await ann.page.click('#tab-chat');
		assertSecret(daemon, token);
	}));

test('a login link also works in an open page, and the name in its token is used', () =>
	withTokens(async ({ arrive, daemon }) => {
		const ann = await arrive({}, undefined, comesBy(tokenOf('ann')));
		await ann.online();
		await ann.page.goto(`${daemon.url}/${comesBy(tokenOf('anna')).path.slice(1)}`);
		await ann.called('anna');
		await ann.online();
		assert.equal(ann.page.url(), `${daemon.url}/#/room/lobby`);
		await ann.sees(['anna']);
	}));

test('a login link in an open page is not lost if the log moves at the same moment', () =>
	withPeople(
		browser,
		['auth.mode=open'],
		async ({ arrive }) => {
			const ann = await arrive();
			await ann.join('Ann');
			await enterRoom(ann, 'ops');
			await ann.page.evaluate(() => {
				location.hash = '#token=ci-secret';
				document.querySelector('.room:not([inert]) .log').dispatchEvent(new Event('scroll'));
			});
			await ann.page.waitForFunction(() => localStorage.getItem('linnet.token') === 'ci-secret');
			await ann.page.waitForFunction(() => location.hash === '#/room/ops');
		},
		{ config: jwtConfig(), first: ANYTHING },
	));

test('without a token the page asks for one before anything else and accepts a pasted one', () =>
	withTokens(async ({ daemon, arrive }) => {
		const ann = await arrive();
		await form(ann).waitFor();
		assert.match(await reason(ann), /requires a token/);
		assert.equal(await ann.page.isVisible('#profile'), false);
		await soon.equal(() => ann.page.evaluate(() => document.activeElement.id), 'token');
		await ann.page.keyboard.press('Escape');
		await ann.page.keyboard.press('Escape');
		await form(ann).waitFor();
		await signIn(ann, '');
		await shows(ann.page.locator('#token-fault').first(), 'Enter a token.');
		await signIn(ann, 'nö');
		await shows(ann.page.locator('#token-fault').first(), /This is not a token/);
		const token = tokenOf('ann');
		await signIn(ann, `  Bearer ${token.slice(0, 30)} ${token.slice(30)} `);
		await ann.online();
		await ann.called('ann');
		await soon.equal(() => form(ann).count(), 0);
		assertSecret(daemon, token);
	}));

test('a wrong and an expired token are told apart, in both languages, and the page does not retry for ever', () =>
	withTokens(async ({ daemon, arrive }) => {
		const ann = await arrive({}, undefined, comesBy(sign({ sub: 'ann' }, { key: 'wrong' })));
		await form(ann).waitFor();
		assert.match(await reason(ann), /does not accept your token/);
		await ann.isTold(/does not accept your token\. Not connected/);
		await shows(ann.page.locator('#state-countdown').first(), '');
		const tries = () => daemon.log.filter((line) => line.startsWith('refused ')).length;
		const before = tries();
		await ann.page.evaluate(() => {
			window.dispatchEvent(new Event('online'));
			document.dispatchEvent(new Event('visibilitychange'));
		});
		await ann.page.getByRole('button', { name: 'Not now' }).click();
		assert.equal(tries(), before);
		await ann.page.getByRole('button', { name: 'Connect again' }).click();
		await form(ann).waitFor();
		await signIn(ann, tokenOf('ann', { exp: inSeconds(-5) }));
		await form(ann).locator('#token-reason', { hasText: 'has expired' }).waitFor();
		await signIn(ann, `https://chat.example/#token=${tokenOf('ann')}`);
		await ann.online();

		const mei = await arrive({ locale: 'zh-CN' }, undefined, comesBy(sign({ sub: '梅' }, { key: 'wrong' })));
		await form(mei).waitFor();
		assert.match(await reason(mei), /不接受本页面的令牌/);
		await signIn(mei, tokenOf('梅'));
		await mei.called('梅');
	}));

for (const [kind, block] of [['a WebSocket', () => {}], ['a stream', blockSockets], ['polls', async (page) => {
	await blockSockets(page);
	await blockStreams(page);
}]]) {
	test(`over ${kind} an expired token is asked for again, and unsent messages and the draft are kept`, () =>
		withTokens(async ({ daemon, arrive }) => {
			const first = tokenOf('ann');
			const ann = await arrive({}, block, comesBy(first));
			await ann.online();
			await ann.say('one');
			await ann.reads(['one']);
			// The token is made after everything is loaded, so it cannot expire before the page is shown.
			const short = tokenOf('ann', { exp: inSeconds(8) });
			await ann.page.goto(`${daemon.url}${comesBy(short).path}`);
			await form(ann).waitFor();
			assert.match(await reason(ann), /has expired. Your unsent text is kept/);
			await ann.isTold(/Your token has expired/);
			await ann.page.getByRole('button', { name: 'Not now' }).click();
			await ann.say('two');
			await ann.page.fill('#text', 'a draft');
			await ann.page.getByRole('button', { name: 'Connect again' }).click();
			await form(ann).waitFor();
			const bob = await daemon.ws(`/ws?token=${tokenOf('bob')}`);
			await say(bob, 'meanwhile');
			const second = tokenOf('ann');
			await signIn(ann, second);
			await ann.online();
			await ann.page.waitForFunction(
				() => document.querySelectorAll('.message').length === 3 && !document.querySelector('.pending'),
			);
			assert.deepEqual((await ann.texts()).sort(), ['meanwhile', 'one', 'two']);
			await holds(ann.page.locator('#text').first(), 'a draft');
			await enterRoom(ann, 'ops');
			await ann.say('in ops');
			await ann.reads(['in ops']);
			await bob.close();
			assertSecret(daemon, first, short, second);
		}));
}

test("the name form shows the token's name and does not allow another one", () =>
	withTokens(async ({ arrive }) => {
		const ann = await arrive({}, (page) => page.addInitScript(() => localStorage.setItem('linnet.name', 'Somebody')), comesBy(tokenOf('7', { name: 'ann' })));
		await ann.online();
		await ann.called('ann');
		await ann.page.click('#me');
		await ann.page.locator('#name[readonly]').waitFor();
		await holds(ann.page.locator('#name').first(), 'ann');
		await ann.page.getByText('Your token sets your name.').waitFor();
		await ann.page.click('#profile-save');
		await ann.say('still ann');
		await ann.reads(['still ann']);
		assert.equal(await ann.page.isVisible('#profile'), false);
	}));

test('the name in the token wins over a remembered name', () =>
	withTokens(async ({ arrive, daemon }) => {
		const ann = await arrive({}, undefined, comesBy(tokenOf('ann')));
		await ann.online();
		await ann.page.evaluate(() => localStorage.setItem('linnet.name', 'Other'));
		await ann.page.reload();
		await ann.online();
		await ann.called('ann');
		await ann.page.click('#me');
		await ann.page.locator('#name[readonly]').waitFor();
		await ann.page.click('#profile-cancel');
		// A token without a name makes its user a guest.
		const eve = await arrive({}, undefined, comesBy(sign({ rooms: ['lobby'] })));
		await eve.online();
		await shows(eve.page.locator('#me bdi').first(), /^guest-\d+$/);
		await eve.rename('Eve');
		await eve.page.locator('#name-error', { hasText: 'need a token' }).waitFor();
		await eve.page.click('#profile-cancel');
		await eve.page.reload();
		await eve.online();
		await shows(eve.page.locator('#me bdi').first(), /^guest-\d+$/);
		assert.ok(daemon.url);
	}));

test('the rooms of the token are the only rooms on the page', () =>
	withTokens(async ({ arrive }) => {
		const ann = await arrive({}, undefined, comesBy(tokenOf('ann', { rooms: ['ops', 'dev'] })));
		await ann.online();
		await ann.inRoom('ops');
		await ann.page.fill('#room-field', 'secret');
		await ann.page.press('#room-field', 'Enter');
		await ann.page.getByRole('button', { name: 'Create' }).click();
		await ann.page.locator('.room:not([inert]) .system', { hasText: /Cannot join .*secret/ }).waitFor();
		await ann.inRoom('ops');
	}));

test('a new room can be entered over a stream too, and a token without rooms enters none', () =>
	withTokens(async ({ daemon, arrive }) => {
		const ann = await arrive({}, blockSockets, comesBy(tokenOf('ann', { rooms: ['new'] })));
		await ann.online();
		await ann.inRoom('new');
		const eve = await arrive({}, undefined, comesBy(tokenOf('eve', { rooms: [] })));
		await eve.state('refused');
		await eve.isTold(/Your token does not allow any room here\. Not connected/);
		assert.ok(daemon.log.filter((line) => line.startsWith('refused')).length < 6);
	}));

test('signing out forgets the user, in every tab', () =>
	withTokens(async ({ arrive, openTab }) => {
		const ann = await arrive({}, undefined, comesBy(tokenOf('ann')));
		await ann.online();
		// What the other tab stores at the same moment is forgotten, too.
		const other = await openTab(ann, (page) => page.addInitScript(() =>
			addEventListener('storage', ({ key, newValue }) => key === 'linnet.token' && newValue === null && localStorage.setItem('linnet.read.late', 'a:1'))));
		await enterRoom(ann, 'ops');
		await ann.page.fill('#text', 'a secret draft');
		await ann.page.click('#settings-button');
		await ann.page.selectOption('#theme', 'dark');
		await ann.page.getByRole('button', { name: 'Sign out' }).click();
		await form(ann).waitFor();
		await form(other).waitFor();
		const kept = await ann.page.evaluate(() => Object.keys(localStorage).sort());
		assert.deepEqual(kept, ['linnet.theme', 'linnet.view']);
		assert.match(await reason(ann), /requires a token/);
		// A token given to one tab is used by the other one.
		await signIn(ann, tokenOf('bob'));
		await ann.called('bob');
		await other.called('bob');
		await other.online();
		await holds(ann.page.locator('#text').first(), '');
	}));

test('signing out also forgets messages that were just received', () =>
	withTokens(async ({ daemon, arrive }) => {
		const ann = await arrive({}, (page) => page.clock.install(), comesBy(tokenOf('ann')));
		await ann.online();
		// With the clock paused nothing is stored before the page is left.
		await pauseClock(ann);
		await say(await daemon.ws(`/ws?token=${tokenOf('bob')}`), 'news');
		await ann.reads(['news']);
		await ann.page.click('#settings-button');
		await ann.page.getByRole('button', { name: 'Sign out' }).click();
		await form(ann).waitFor();
		const kept = await ann.page.evaluate(() => Object.keys(localStorage));
		assert.deepEqual(kept, ['linnet.view']);
	}));

test('the user of a banned name is told so, and the page stops retrying', () =>
	withTokens(async ({ daemon, arrive }) => {
		const ann = await arrive({}, undefined, comesBy(tokenOf('ann')));
		await ann.online();
		await expectJson(post(daemon, '/admin/ban', { username: 'ann', reason: 'enough' }, bearer('root-secret')));
		await ann.state('refused');
		await ann.isTold(/A moderator has banned you\. Reason: “enough”\. Not connected/);
		await ann.page.getByRole('button', { name: 'Connect again' }).click();
		await ann.state('refused');
		await ann.isTold(/A moderator has banned you\. Not connected/);
		await expectJson(post(daemon, '/admin/unban', { username: 'ann' }, bearer('root-secret')));
		await ann.page.getByRole('button', { name: 'Connect again' }).click();
		await ann.online();
	}));

test('without auth a token unlocks what needs one, and names can be chosen', () =>
	withPeople(
		browser,
		['auth.mode=open'],
		async ({ arrive, daemon }) => {
			const ann = await arrive({}, undefined, comesBy('ci-secret'));
			await ann.online();
			await ann.rename('Ann');
			await ann.called('Ann');
			await ann.page.reload();
			await ann.online();
			await ann.called('Ann');
			assert.equal((await expectJson(get(daemon, '/rooms'))).rooms.length, 1);
		},
		{ config: jwtConfig(), first: ANYTHING },
	));

test('who signs in as somebody else in one tab is never taken for the former person, nor the former for the other', () =>
	withTokens(async ({ arrive, openTab }) => {
		const ann = await arrive({}, blockSockets, comesBy(tokenOf('ann')));
		await ann.online();
		const keep = async (page) => {
			await blockSockets(page);
			await page.addInitScript((token) => localStorage.setItem('linnet.token', token), tokenOf('bob'));
		};
		const bob = await openTab(ann, keep);
		await bob.called('bob');
		await bob.say('I am bob');
		await bob.reads(['I am bob']);
		await ann.reads(['I am bob']);
		await ann.sees(['ann', 'bob']);
		// The browser has one token, so the server does not know this session any more. The message is the first to learn it,
		// not the typing notice before it.
		await ann.page.route('**/send/lobby', (route) =>
			JSON.parse(route.request().postData()).type === 'typing' ? undefined : route.continue());
		await ann.say('so am I');
		await ann.called('bob');
		await bob.reads(['I am bob', 'so am I']);
		assert.deepEqual((await bob.messages()).map(({ author }) => author), ['bob', 'bob']);
	}));
