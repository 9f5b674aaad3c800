// Whatever comes from outside is shown as text, wherever it is shown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { HOSTILE } from './hostile.mjs';
import { withPeople } from './people.mjs';
import { createServer } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// What only the page itself may bring in.
const FORBIDDEN = 'script:not([src$=".js"]), iframe, object, embed, base, form[action], video, audio, style, math, marquee, [onerror], [onload], [onfocus]';

async function assertInert(person) {
	const found = await person.page.evaluate((forbidden) => {
		const outside = (address) => address && !/^https?:\/\//.test(address) && !/^(?!\w+:)[\w./-]*$/.test(address);
		return {
			pwned: window.pwned ?? null,
			elements: Array.from(document.querySelectorAll(forbidden), (element) => element.outerHTML),
			pictures: Array.from(document.querySelectorAll('.log img, .rooms img, #alarms img'), (element) => element.outerHTML),
			links: Array.from(document.querySelectorAll('[href]'), (element) => element.getAttribute('href')).filter(outside),
			open: Array.from(document.querySelectorAll('.log a'), (element) => element.rel).filter((rel) => rel !== 'noopener noreferrer'),
		};
	}, FORBIDDEN);
	assert.deepEqual(found, { pwned: null, elements: [], pictures: [], links: [], open: [] });
}

// A server that says anything: the real one would refuse half of it.
async function hear(arrive, objectsOf) {
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
		const ann = await hear(arrive, (text) => [
			{ type: 'message', room: 'lobby', id: ++id, username: 'bob', message: text },
			{ type: 'message', room: 'lobby', id: ++id, username: text, avatar: text, message: text, action: true },
		]);
		await assertInert(ann);
		assert.equal(await ann.page.locator('.log > .message').count() > 200, true);
	}));

test('13 hostile titles, tags, links and alarms of programs are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		let id = 0;
		const ann = await hear(arrive, (text, index) => [
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

test('13 hostile names of rooms, topics, errors and metrics are shown as text', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const rooms = HOSTILE.map((text) => ({ room: text, topic: text, count: 1, last_id: 1 }));
		const server = createServer();
		const ann = await arrive({}, async (page) => {
			await server.prepare(page);
			await page.route('**/rooms', (route) => route.fulfill({ json: { rooms, tails: rooms } }));
		});
		await ann.join('ann');
		await ann.page.locator('#others-list li').nth(100).waitFor();
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
