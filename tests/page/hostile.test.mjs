// All input from outside is shown as text, everywhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { HOSTILE } from './hostile.mjs';
import { hide, soon, withPeople } from './people.mjs';
import { createServer } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Elements that only the page itself may create.
const FORBIDDEN = 'script:not([src$=".js"]), iframe, object, embed, base, form[action], video, audio, style, math, marquee, [onerror], [onload], [onfocus]';

async function assertInert(person) {
	const found = await person.page.evaluate((forbidden) => {
		// Links to messages and to lines of logs, and the icon with its number, are the page's own.
		const outside = (address) => address && !/^#\/(room\/lobby|logs)\/[\w./%!~*'()-]*$/.test(address) && !/^https?:\/\//.test(address) && !/^(?!\w+:)[\w./-]*$/.test(address);
		return {
			pwned: window.pwned ?? null,
			elements: Array.from(document.querySelectorAll(forbidden), (element) => element.outerHTML),
			pictures: Array.from(document.querySelectorAll('img:not([src$="favicon.svg"])'), (element) => element.outerHTML),
			links: Array.from(document.querySelectorAll('[href]:not([rel="icon"])'), (element) => element.getAttribute('href')).filter(outside),
			open: Array.from(document.querySelectorAll(':is(.log, .view) a:not(.time, [href^="#"])'), (element) => element.rel).filter((rel) => rel !== 'noopener noreferrer'),
		};
	}, FORBIDDEN);
	assert.deepEqual(found, { pwned: null, elements: [], pictures: [], links: [], open: [] });
}

// Connects the page to a fake server that can send anything. The real server would refuse half of it.
async function receiveAll(arrive, objectsOf) {
	const server = createServer({ joined: { topic: HOSTILE[0], users: HOSTILE.map((username) => ({ username, via: username })) } });
	const ann = await arrive({}, server.prepare);

	await ann.join('ann');
	for (const [index, text] of HOSTILE.entries())
		server.sendAll(objectsOf(text, index));
	server.sendAll([{ type: 'message', room: 'lobby', id: 10_000, username: 'bob', message: 'the last word' }]);
	await ann.page.getByText('the last word', { exact: true }).waitFor();
	return ann;
}

test('13 hostile texts, names and avatars are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		assert.ok(HOSTILE.length > 100, `${HOSTILE.length} strings`);
		let id = 0;
		const ann = await receiveAll(arrive, (text) => [
			{ type: 'message', room: 'lobby', id: ++id, username: 'bob', message: text },
			{ type: 'message', room: 'lobby', id: ++id, username: text, avatar: text, message: text, action: true },
		]);
		await assertInert(ann);
		assert.equal(await ann.page.locator('.log > .message').count() > 200, true);
		// The completion offers the names of the people.
		for (const begun of ['@', '@<', '@"', '@j']) {
			await ann.page.fill('#text', '');
			await ann.page.focus('#text');
			await ann.page.keyboard.type(begun);
			await ann.page.locator('#completion li').first().waitFor();
			await assertInert(ann);
		}
	}));

test('13 an avatar is loaded only from the hash of an email', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const good = 'ab'.repeat(32);
		const bad = [...HOSTILE, `${good}"onerror="window.pwned=1`, `../${good}`, `${good}/../x`, `${good}?d=//evil.example/x`, good.toUpperCase(), `${good}\n`];
		const server = createServer();
		const asked = [];
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('https://gravatar.com/**', (route) => {
				asked.push(route.request().url());
				return route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' });
			});
		});
		await ann.join('ann', 'ann@example.org');
		for (const avatar of [...bad, good])
			server.say({ username: 'bob', avatar, message: 'hi' });
		await ann.rows(bad.length + 1);
		const pictures = await ann.page.$$eval('.log img', (all) => all.map(({ src, referrerPolicy }) => [src, referrerPolicy]));
		assert.deepEqual(pictures, [[`https://gravatar.com/avatar/${good}?d=404&s=80`, 'no-referrer']]);
		assert.equal(await ann.page.evaluate(() => window.pwned), undefined);
		// The page requested nothing else.
		assert.ok(asked.every((url) => /^https:\/\/gravatar\.com\/avatar\/[0-9a-f]{64}\?d=404&s=80$/.test(url)), asked.join());
		assert.deepEqual(ann.faults.splice(0).filter((fault) => !fault.startsWith('foreign request: https://gravatar.com/avatar/')), []);
	}));

test('13 hostile texts that the user writes, and search results, are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer({
			answer: ({ ref, message }) => (message ? [{ type: 'ack', ref, room: 'lobby', id: ++server.lastId }] : undefined),
		});
		let asked = '';
		const messages = HOSTILE.flatMap((text, n) => [
			{ type: 'message', room: 'lobby', id: 2 * n + 1, ts: 1, username: text, message: text, title: text, tags: [text], click: text },
			{ type: 'alarm', room: 'lobby', id: 2 * n + 2, ts: 1, username: text, key: text, severity: text, title: text, message: text, state: 'raised' },
		]);
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/search/lobby?*', (route) => {
				asked = new URL(route.request().url()).searchParams.get('q');
				return route.fulfill({ json: { type: 'search', room: 'lobby', more: false, messages: messages.toReversed() } });
			});
		});
		await ann.join('ann');
		for (const text of HOSTILE)
			await ann.say(`:${text}:`);
		await ann.page.waitForFunction((count) => document.querySelectorAll('.message.own:not(:has(.pending))').length === count, HOSTILE.length);
		await assertInert(ann);
		await ann.page.click('#search-button');
		for (const words of ['<script>', ...HOSTILE.slice(0, 5)]) {
			await ann.page.fill('#search-field', words);
			await soon.equal(() => asked, words.trim());
			await ann.page.locator('.search-list:not([aria-busy="true"]) li').nth(100).waitFor();
			await assertInert(ann);
		}
	}));

test('13 hostile text in a notification is plain text', () =>
	withPeople(browser, ['limits.message_rate=0'], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.addInitScript(() => {
				window.calls = [];
				window.Notification = class extends EventTarget {
					static permission = 'granted';
					static requestPermission = async () => 'granted';
					constructor(title, options) {
						super();
						window.calls.push([title, options]);
					}
				};
				localStorage.setItem('linnet.notify', 'yes');
				localStorage.setItem('linnet.level.lobby', 'all');
			});
		});
		await ann.join('ann');
		await ann.page.waitForSelector('#mute');
		await hide(ann, true);
		for (const text of HOSTILE)
			server.say({ username: text, message: text, title: text, click: text });
		await ann.page.waitForFunction((count) => window.calls.length === count, HOSTILE.length);
		const calls = await ann.page.evaluate(() => window.calls);
		const plain = await ann.page.evaluate(async (texts) => {
			const modules = document.querySelector('script[src$="/shell/start.js"]').src;
			const { plain } = await import(new URL('../messages/plain.js', modules));
			return texts.map((text) => plain(text, 200));
		}, HOSTILE);
		assert.deepEqual(calls.map(([, { body }]) => body), HOSTILE.map((text, index) => `${text}\n${plain[index]}`.slice(0, 200)));
		assert.ok(calls.some(([, { body }]) => body === '**<b>window.pwned=1</b>**\n<b>window.pwned=1</b>'));
		assert.ok(calls.every(([title]) => title.endsWith(' in lobby')));
		assert.deepEqual(new Set(calls.flatMap(([, options]) => Object.keys(options))), new Set(['body', 'icon', 'tag', 'renotify', 'silent']));
		assert.deepEqual(new Set(calls.map(([, { icon, tag }]) => `${icon} ${tag}`)), new Set(['favicon.svg lobby']));
		await assertInert(ann);
	}));

test('13 hostile tokens, claims, names given by the server and reasons are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const { answer } = server;
		let name = 'ann';
		server.answer = (object) => answer(object.type === 'join' ? { ...object, username: name } : object);
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms: [], tails: [] } }));
		});
		const joins = () => server.of('join').length;
		await ann.join('ann');
		for (const text of HOSTILE) {
			const before = joins();
			const claims = Buffer.from(JSON.stringify({ name: text, sub: text, exp: text, rooms: text })).toString('base64url');
			name = text;
			await ann.page.evaluate((token) => {
				location.hash = `token=${encodeURIComponent(token)}`;
			}, `${encodeURIComponent(text)}.${claims}.x`);
			await eventually(() => assert.ok(joins() > before), 'the page to connect with its token');
			await ann.online();
			server.sendAll([{ type: 'error', code: 'kicked', message: text }]);
			await ann.state('refused');
			await assertInert(ann);
		}
		await ann.page.click('#me');
		await ann.page.waitForSelector('#profile[open]');
		await assertInert(ann);
		await ann.page.click('#profile-cancel');
		for (const code of ['token_expired', 'bad_token']) {
			await ann.page.click('#connect-now');
			await ann.online();
			server.sendAll([{ type: 'error', code, message: HOSTILE[12] }]);
			await ann.page.waitForSelector('dialog.sign-in[open]');
			for (const text of HOSTILE.filter((one) => !one.includes('\n') && one.length < 200)) {
				await ann.page.fill('#token', `#token=${text} x`);
				await assertInert(ann);
			}
			await ann.page.getByRole('button', { name: 'Not now' }).click();
		}
	}));

test('13 rooms with hostile names and topics can be entered, and are text in the heading and the title', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const names = HOSTILE.filter((text) => text.trim());
		const server = createServer();
		const { answer } = server;
		server.answer = (object) => answer(object).map((frame) => ({ ...frame, topic: object.room }));
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			const rooms = names.map((text) => ({ room: text, topic: text, count: 1, last_id: 1 }));
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms, tails: [] } }));
		});
		await ann.join('ann');
		await ann.page.locator('#others-list.long-list').waitFor();
		const heading = () => ann.page.textContent('#room-title');
		const entered = new Set();
		for (let left = new Set(names).size; left; left--) {
			const name = await ann.page.$eval('#others-list .room-button', (one) => {
				one.click();
				return one.querySelector('.room-name').textContent;
			});
			await eventually(async () => assert.deepEqual([await heading(), await ann.page.textContent('#room-topic')], [name, name]), 'the room');
			// The list is drawn once a frame.
			await ann.page.evaluate(() => new Promise(requestAnimationFrame));
			entered.add(name);
			server.sendAll(HOSTILE.slice(0, 3).map((text) => ({ type: 'typing', room: name, username: text })));
		}
		assert.deepEqual(entered, new Set(names));
		await assertInert(ann);
		assert.ok((await ann.page.title()).endsWith(' · Linnet'));
	}));

test('13 hostile titles, tags, links and alarms of programs are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		let id = 0;
		const ann = await receiveAll(arrive, (text, index) => [
			{ type: 'message', room: 'lobby', id: ++id, via: 'push', username: 'p', message: text, title: text, tags: [text], click: text, priority: 5 },
			{
				type: 'alarm', room: 'lobby', id: ++id, ts: 1, since: 1, username: text, key: `${text}${index}`, severity: text, title: text,
				message: text, click: text, state: 'raised', acknowledged_by: index % 2 ? text : undefined,
			},
		]);
		await ann.page.click('#alarms-button');
		await ann.page.waitForSelector('#alarms li');
		await assertInert(ann);
	}));

test('13 hostile room names, topics, errors and metrics are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const rooms = HOSTILE.map((text) => ({ room: text, topic: text, count: 1, last_id: 1 }));
		const server = createServer();
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms, tails: rooms } }));
		});
		await ann.join('ann');
		await ann.page.locator('#others-list.long-list').waitFor();
		for (const text of HOSTILE) {
			server.sendAll([
				{ type: 'error', code: text, message: text },
				{ type: 'presence', room: 'lobby', event: 'enter', username: text, via: 'ws', count: 2 },
				{ type: 'metric', room: 'lobby', ts: 1, username: text, name: text, value: 1, unit: text },
				{ type: 'log', room: text, id: 1, ts: 1, message: text },
				{ type: text, room: text, id: text, username: text },
			]);
		}
		await ann.line('window.pwned').first().waitFor();
		await assertInert(ann);
	}));

// Fails if the view has elements other than its own, or any event handler attribute.
async function assertPlain(ann, id) {
	const found = await ann.page.$eval(`#${id}`, (view) => {
		const all = Array.from(view.querySelectorAll('*'));
		return {
			names: Array.from(new Set(all.map(({ localName }) => localName))).sort(),
			handlers: all.flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith('on'))),
		};
	});
	const known =
		'a bdi button canvas code dd details div dl dt fieldset h2 h3 h4 header input label legend li main mark ol optgroup option p path search section select span summary svg table tbody td th thead time tr ul';
	assert.deepEqual(found.handlers, []);
	assert.deepEqual(found.names.filter((name) => !known.split(' ').includes(name)), []);
	await assertInert(ann);
}

test('13 hostile metrics and alarms are text in the Live view and in its charts', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const sent = [];
		const server = createServer({
			answer: ({ type, ref }) =>
				type === 'history' ? [{ type, room: 'lobby', ref, more: false, messages: sent.filter(({ room, id }) => id && room === 'lobby') }] : undefined,
		});
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/metric/*', (route) => route.fulfill({ json: { name: HOSTILE[0], unit: HOSTILE[0], interval_s: 10, points: [] } }));
		});
		const { page } = ann;
		const now = Date.now();
		const at = (text, index) => [
			...[1, 2].map((value) => ({ type: 'metric', room: index % 3 ? 'lobby' : text, ts: now + value, username: text, name: text, value, unit: text })),
			{
				type: 'alarm', room: index % 3 ? 'lobby' : text, id: index + 1, ts: now, since: now, username: text, key: `${text}${index}`,
				severity: index % 7 ? ['info', 'warning', 'error', 'critical'][index % 4] : text, title: index % 2 ? text : '', message: text,
				click: text, state: index % 5 ? 'raised' : 'acknowledged', acknowledged_by: index % 5 ? undefined : text, acknowledged_ms: text,
			},
		];

		await ann.join('ann');
		// One half arrives before the view is loaded, the other half afterwards.
		const half = HOSTILE.length / 2;
		const send = (objects) => {
			sent.push(...objects);
			server.sendAll(objects);
		};
		send(HOSTILE.slice(0, half).flatMap(at));
		await page.click('#tab-live');
		const changes = page.getByText('Recent changes');
		await changes.waitFor();
		send(HOSTILE.slice(half).flatMap((text, index) => at(text, half + index)));
		await page.waitForFunction((count) => document.querySelectorAll('.live-tile').length === count, new Set(HOSTILE).size);
		await changes.click();
		const changed = sent.filter(({ room, id }) => id && room === 'lobby').length;
		await page.waitForFunction((count) => document.querySelectorAll('.live-changes > ol > li').length === count, changed);
		await page.locator('.live-tile').first().click();
		await page.locator('.live-chart canvas').waitFor();
		const charts = await page.evaluate(async () => {
			let count = 0;
			for (const tile of document.querySelectorAll('.live-tile:not([aria-expanded="true"])')) {
				tile.click();
				while (!document.querySelector('.live-chart canvas'))
					await new Promise(requestAnimationFrame);
				count++;
			}
			return count;
		});
		assert.ok(charts > 100, `${charts} charts`);
		const names = await page.$$eval('.live-tile .live-name', (all) => all.map(({ textContent }) => textContent));
		assert.deepEqual(names.sort(), Array.from(new Set(HOSTILE)).sort());
		await assertPlain(ann, 'live');
	}));

test('13 hostile lines and names of logs are text in the Logs view', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const tails = HOSTILE.map((text) => ({ room: text, topic: text, count: 1, last_id: 1 }));
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms: [], tails } }));
		});
		const { page } = ann;
		const line = (room, id, message) => ({ type: 'log', room, id, ts: Date.now(), username: room, message });
		const words = page.locator('.logs-words');

		await ann.join('ann');
		await page.click('#tab-logs');
		await page.getByText('Nothing has been written yet.').waitFor();
		server.sendAll(HOSTILE.flatMap((text, index) => [line(HOSTILE[0], 2 * index + 1, text), { ...line(HOSTILE[0], 2 * index + 2, text), event: text, skipped: text }]));
		await page.getByText(`${2 * HOSTILE.length} lines`).waitFor();
		for (const text of HOSTILE.filter((one) => !one.includes('\n')).slice(0, 12)) {
			await page.getByRole('searchbox').fill(text);
			await page.locator('.logs mark').first().waitFor();
		}
		await assertPlain(ann, 'logs');
		await page.getByRole('button', { name: 'Regular expression' }).click();
		await page.getByRole('searchbox').fill('(<img src=x onerror=window.pwned=1>');
		await page.getByRole('alert').getByText('Invalid regular expression').waitFor();
		await page.getByRole('searchbox').fill('');
		for (const [index, room] of HOSTILE.entries()) {
			if (!index)
				continue;
			await page.locator('.logs-room').selectOption({ index });
			server.sendAll([line(room, 1, `this is ${index}`)]);
			await words.getByText(`this is ${index}`, { exact: true }).waitFor();
		}
		await assertPlain(ann, 'logs');
	}));
