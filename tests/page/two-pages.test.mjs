// The page as a whole, in a real browser, against the daemon.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { holds, pauseClock, shows, soon, withPeople } from './people.mjs';
import { createServer, withClock } from './wires.mjs';

const WIDTHS = [320, 375, 1280];
const PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

test('1 two pages chat: each sees the other with avatar and time, and its own message once', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const bob = await arrive();
		await ann.join('ann');
		await bob.join('bob');

		await ann.say('hello bob');
		await bob.rows(1);
		await bob.say('hello ann');
		for (const person of [ann, bob])
			await person.reads(['hello bob', 'hello ann']);

		for (const [person, name] of [[ann, 'ann'], [bob, 'bob']]) {
			const messages = await person.messages();
			assert.deepEqual(
				messages.map(({ author, text, own, pending }) => ({ author, text, own, pending })),
				[
					{ author: 'ann', text: 'hello bob', own: name === 'ann', pending: false },
					{ author: 'bob', text: 'hello ann', own: name === 'bob', pending: false },
				],
			);
			for (const message of messages) {
				assert.ok(message.drawn, 'an avatar is drawn');
				assert.ok(Math.abs(Date.parse(message.date) - Date.now()) < 60_000);
				assert.match(message.fullDate, new RegExp(String(new Date().getFullYear())));
			}
		}
	}));

test('a plain WebSocket client and a page chat with each other', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const plain = await daemon.ws();
		await ann.join('ann');

		await ann.say('first line\nsecond line');
		const got = await plain.nextJson();
		assert.equal(got.type, 'message');
		assert.equal(got.username, 'ann');
		assert.equal(got.message, 'first line\nsecond line');
		assert.equal('email' in got || 'avatar' in got, false);

		plain.sendJson({ message: 'hi ann', username: 'plain' });
		await ann.rows(2);
		assert.equal((await ann.messages())[1].author, 'plain');
	}));

test('Gravatar is loaded only by users who gave an email, and only for people who gave one', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const asked = [];
		const ann = await arrive({}, (page) =>
			page.route('https://gravatar.com/**', (route) => {
				asked.push(route.request().url());
				return route.fulfill({ contentType: 'image/svg+xml', body: PIXEL });
			}),
		);
		const bob = await arrive();
		const carol = await daemon.ws();
		const pictureOf = (email) => {
			const hash = createHash('sha256').update(email).digest('hex');
			return `https://gravatar.com/avatar/${hash}?d=404&s=80`;
		};
		await ann.join('ann', ' Ann@Example.org ');
		await bob.join('bob');

		carol.sendJson({ username: 'carol', email: 'carol@example.org', message: 'with a picture' });
		carol.sendJson({ username: 'dave', message: 'without' });
		await ann.rows(2);
		await bob.rows(2);
		const shown = '.message:has-text("with a picture") .avatar img';
		await ann.page.waitForFunction(
			() => document.querySelector('.message .avatar img')?.naturalWidth > 0,
		);
		await soon.equal(() => bob.page.locator(shown).count(), 0);

		// Ann's own picture in the button with her name, and the picture at Carol's message.
		assert.deepEqual(new Set(asked), new Set([pictureOf('ann@example.org'), pictureOf('carol@example.org')]));
		assert.deepEqual(
			ann.faults.splice(0).filter((fault) => !fault.startsWith('foreign request: https://gravatar.com/avatar/')),
			[],
		);
	}));

test('13 hostile texts and names from a plain client are shown as text and do nothing', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const plain = await daemon.ws();
		await ann.join('ann');
		const texts = [
			'<img src=x onerror="alert(1)"><script>alert(2)</script>',
			'javascript:alert(3) data:text/html,x',
			'[click](javascript:alert(4)) <a href="javascript:alert(5)">x</a>',
			'\u202egnp.exe\u2066 https://example.org/\u202efdp.exe',
			`Z${'\u0335\u0337\u0338'.repeat(200)}`,
			'word '.repeat(3000),
			'W'.repeat(16000),
			`https://example.org/${')'.repeat(16000)}`,
			'\n'.repeat(8000) + 'deep',
			'https://example.org/a?b=c. (http://example.org/d_(e))',
		];

		for (const message of texts)
			plain.sendJson({ username: '<b>mallory</b>', message });
		await ann.rows(texts.length);
		assert.deepEqual(await ann.texts(), texts);

		const insideTexts = () =>
			ann.page.$$eval('.text *', (all) => all.map((element) => [element.localName, element.href, element.rel]));
		await soon.deepEqual(
			async () => (await insideTexts()).slice(-2).map(([, href]) => href),
			['https://example.org/a?b=c', 'http://example.org/d_(e)'],
		);
		for (const [name, href, rel] of await insideTexts()) {
			assert.equal(name, 'a');
			assert.match(href, /^https?:\/\/example\.org\//);
			assert.equal(rel, 'noopener noreferrer');
		}
		assert.ok((await ann.messages()).every(({ author }) => author === '<b>mallory</b>'));
		await soon.equal(() => ann.page.locator('.log :is(img, script, iframe, b)').count(), 0);
		assert.equal(await ann.sidewaysScroll(), 0);
	}));

test('messages with missing members or wrong types are shown sensibly or left out', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const frames = [
			'not json',
			'null',
			'5',
			'[]',
			'""',
			'{"type":5,"message":"odd"}',
			'{"type":"something-new","message":"later"}',
			'{"type":"message"}',
			'{"message":5}',
			'{"type":"message","message":{"a":[1]},"username":{"b":2},"ts":"now","avatar":["x"]}',
			'{"type":"message","message":null,"username":null,"ts":1e999,"avatar":5,"id":{}}',
			'{"type":"message","message":"far","username":"\\u202e\\u200b  ","ts":-9e15}',
			'{"type":"message","message":"high","username":"\\ud800","ts":8.7e15}',
			'{"type":"message","message":"\\ud83d","username":"' + 'n'.repeat(5000) + '","ts":0}',
			'{"type":"error"}',
			'{"type":"error","code":"bad_json","message":"<i>no</i>"}',
			'{"type":"error","code":{},"message":[]}',
			'{"__proto__":{"type":"error"},"type":"message","message":"last","username":"constructor"}',
		];
		const server = createServer();
		const ann = await arrive({}, server.prepare);
		await ann.join('ann');
		frames.forEach(server.sendText);

		await ann.page.getByText('last', { exact: true }).waitFor();
		assert.deepEqual(
			(await ann.messages()).map(({ author, text }) => [author.slice(0, 20), text]),
			[
				// Of any type.
				['somebody', 'odd'],
				['somebody', 'later'],
				['somebody', '(no text)'],
				['somebody', '5'],
				['somebody', '{"a":[1]}'],
				['somebody', '(no text)'],
				['somebody', 'far'],
				['somebody', 'high'],
				['n'.repeat(20), '\ud83d'],
				['constructor', 'last'],
			],
		);
		await ann.line('<i>no</i>').waitFor();
		assert.equal(await ann.sidewaysScroll(), 0);
	}));

test('15 without a network the page says so, and reconnects as soon as the network is back', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		const plain = await daemon.ws();
		await ann.join('ann');

		await ann.goesOffline();
		await shows(ann.page.locator('#state').first(), /Offline/);
		await ann.say('from the tunnel');
		await ann.context.setOffline(false);
		await ann.online();
		assert.equal((await plain.nextJson()).message, 'from the tunnel');
	}));

test('15 each close code is explained in words', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const codes = [
			[1001, 'waiting', /stopping or restarting/],
			[1008, 'refused', /closed your connection.*“a reason”/, 'a reason'],
			[1008, 'refused', /writing too fast/, 'flooding'],
			[1009, 'waiting', /too long/],
		];
		const server = createServer();
		const ann = await arrive({}, withClock(server));
		await ann.join('ann');
		// With the clock paused the page reconnects only on request.
		await pauseClock(ann);

		for (const [code, state, words, reason = ''] of codes) {
			await server.route.close({ code, reason });
			await ann.state(state);
			await ann.isTold(words);
			await ann.page.click('#connect-now');
			await ann.online();
		}
	}));

test('4 a draft survives a reload, the name is remembered, and both can be cleared or changed', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('ann');
		await ann.page.fill('#text', 'half a thought');

		await ann.page.reload();
		await ann.online();
		await holds(ann.page.locator('#text').first(), 'half a thought');
		await shows(ann.page.locator('#me bdi').first(), 'ann');

		await ann.page.press('#text', 'Enter');
		await ann.reads(['half a thought']);
		await ann.page.reload();
		await ann.reads(['half a thought']);
		await holds(ann.page.locator('#text').first(), '');

		await ann.rename('anna');
		await ann.line('You are now anna').waitFor();
		await ann.say('new name');
		await ann.page.reload();
		await ann.reads(['half a thought', 'new name']);
		assert.deepEqual(
			(await ann.messages()).map(({ author, own }) => [author, own]),
			[['ann', false], ['anna', true]],
		);
	}));

// Returns the buttons that are partly or fully outside the window.
function cutOff({ page }) {
	return page.$$eval('button', (all) =>
		all
			.map((button) => [button.id || button.textContent, button.getBoundingClientRect()])
			.filter(([, { left, right }]) => left < 0 || right > innerWidth)
			.map(([name]) => name),
	);
}

test('28 nothing scrolls sideways from 320 px to 1280 px, whatever is shown', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const plain = await daemon.ws();
		const ann = await arrive();
		const check = async (what) => {
			for (const width of WIDTHS) {
				await ann.page.setViewportSize({ width, height: 640 });
				// The layout follows a change of width one frame later.
				await eventually(
					async () => assert.deepEqual([await ann.sidewaysScroll(), await cutOff(ann)], [0, []], `${what} at ${width} px`),
					'everything to fit',
				);
			}
		};

		await check('name form');
		await ann.join('A name of 32 bytes, WWWWWWWWWWWW');
		await check('empty chat');
		plain.sendJson({ username: 'W'.repeat(32), message: 'W'.repeat(300) });
		plain.sendJson({ username: 'bob', message: `https://example.org/${'x'.repeat(300)}` });
		await ann.say('w'.repeat(300));
		await ann.rows(3);
		await check('long words');
		for (let number = 0; number < 4; number++)
			(await daemon.ws()).sendJson({ type: 'nick', username: `${number}${'W'.repeat(31)}` });
		await ann.page.waitForSelector('.presence summary');
		await ann.page.click('.presence summary');
		await check('long names');
		await ann.page.click('#picker-button');
		await ann.page.locator('.picker').waitFor();
		await check('emoji');
		await ann.page.keyboard.press('Escape');
		await daemon.stop();
		await ann.state('waiting');
		await ann.page.fill('#text', 'W'.repeat(17000));
		await check('trouble');
	}));

test('34 the page works below a folder and behind TLS', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const ann = await arrive();
		const urls = await ann.page.evaluate(async () => {
			const { socketUrl } = await import('./connection/connection.js');
			return ['http://h/', 'https://h/chat/?a=b#c', 'https://h:8/a/b/index.html'].map((page) => socketUrl(page));
		});
		assert.deepEqual(urls, ['ws://h/ws', 'wss://h/chat/ws', 'wss://h:8/a/b/ws']);
		const outside = await ann.page.$$eval('[href], [src]', (all) =>
			all.map((element) => element.getAttribute('href') ?? element.getAttribute('src')).filter((at) => /^\/|:/.test(at) && !at.startsWith(new URL('.', location))),
		);
		assert.deepEqual(outside, []);
	}));
