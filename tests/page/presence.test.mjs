// People at the page: names, who is here, who enters and leaves, who is typing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import {
	blockSockets, blockStreams, hasAttribute, holds, pauseClock, shows, soon, withPeople, withRestarts,
} from './people.mjs';
import { blockDetours, createServer, createTap, withClock } from './wires.mjs';

const NARROW = { viewport: { width: 375, height: 700 } };

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// Connects a client without a page that receives events.
async function connectPerson(daemon, name) {
	const client = await daemon.ws();
	client.sendJson({ type: 'join', username: name });
	assert.equal((await client.nextJson()).you.username, name);
	return client;
}

async function nextBut(client, ...types) {
	for (;;) {
		const object = await client.nextJson();
		if (!types.includes(object.type))
			return object;
	}
}

// Removes the characters that isolate names of another writing direction.
const plain = (text) => text.replaceAll(/[\u2068\u2069]/g, '');

async function typingLine({ page }, wanted) {
	await page.waitForFunction(
		(text) => document.getElementById('typing').textContent.replaceAll(/[\u2068\u2069]/g, '') === text,
		wanted,
	);
}

test('24 a taken or forbidden name is explained at the name form', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		await connectPerson(daemon, 'Bob');
		const ann = await arrive();
		const refused = async (words) => {
			await ann.page.locator('#name-error', { hasText: words }).waitFor();
			assert.ok(await ann.page.isVisible('#profile'));
			await soon.equal(() => ann.page.evaluate(() => document.activeElement.id), 'name');
			await hasAttribute(ann.page.locator('#name').first(), 'aria-invalid', 'true');
		};
		await ann.introduce('bob');
		await refused('The name bob is in use');
		await ann.introduce('system');
		await refused('reserved');
		await ann.introduce('ann');
		await ann.online();
		assert.equal(await ann.page.isVisible('#profile'), false);
		await ann.say('hello');
		await ann.reads(['hello']);

		// The same with a remembered name.
		await ann.page.evaluate(() => {
			localStorage.setItem('linnet.name', 'bob');
			localStorage.removeItem('linnet.session');
		});
		await ann.page.reload();
		await refused('The name bob is in use');
	}));

const doors = [
	['a WebSocket', () => {}],
	['a stream', blockSockets],
	['polls', async (page) => {
		await blockSockets(page);
		await blockStreams(page);
	}],
];

for (const [door, block] of doors) {
	test(`a remembered name that is not valid any more is asked for again, and the page says why (${door})`, () =>
		withPeople(browser, [], async ({ daemon, arrive }) => {
			await connectPerson(daemon, 'bob');
			const ann = await arrive({}, block);
			for (const [index, [name, why]] of [
				['bob: I am fired, bye', 'must not have a colon'],
				['guest\u20107', 'reserved'],
				['b\u043eb', 'in use'],
			].entries()) {
				await ann.page.evaluate((value) => {
					localStorage.setItem('linnet.name', value);
					localStorage.removeItem('linnet.session');
				}, name);
				await ann.page.reload();
				await ann.page.locator('#name-error', { hasText: why }).waitFor();
				await holds(ann.page.locator('#name').first(), name);
				assert.equal(await ann.page.isVisible('#profile-cancel'), false);
				await ann.join(`ann ${index}`);
				await ann.called(`ann ${index}`);
			}
			await ann.say('hello');
			await ann.reads(['hello']);
		}));
}

test('a rename is announced to the others, and a refused one is explained', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('ann');
		const bob = await connectPerson(daemon, 'bob');
		await ann.rename('anna');
		await ann.called('anna');
		await ann.line('You are now anna').waitFor();
		const event = await bob.nextJson();
		assert.deepEqual([event.event, event.username, event.was], ['rename', 'anna', 'ann']);

		await ann.rename('BOB');
		await ann.page.locator('#name-error', { hasText: 'The name BOB is in use' }).waitFor();
		await soon.equal(() => ann.page.evaluate(() => document.activeElement.id), 'name');
		await ann.page.keyboard.press('Escape');
		await ann.called('anna');
		await ann.page.reload();
		await ann.called('anna');
		await ann.online();
		await ann.say('still here');
		assert.equal((await nextBut(bob, 'typing', 'presence')).username, 'anna');
	}));

test('two tabs of one browser are one person, who leaves with the last of them', () =>
	withPeople(browser, [], async ({ daemon, arrive, openTab }) => {
		const bob = await connectPerson(daemon, 'bob');
		const ann = await arrive();
		await ann.join('ann');
		const tab = await openTab(ann);
		await ann.sees(['ann', 'bob']);
		await tab.sees(['ann', 'bob']);
		await shows(ann.page.locator('#people-count').first(), '2');
		assert.equal(plain(await ann.page.textContent('#people-list li')).includes('you'), true);

		await ann.say('from the first');
		await tab.reads(['from the first']);
		assert.equal((await tab.messages())[0].own, true);
		// Both tabs have the same name.
		await tab.rename('anna');
		await ann.called('anna');
		await ann.say('from the first again');
		await tab.reads(['from the first', 'from the first again']);
		assert.equal((await tab.messages())[1].author, 'anna');

		await bob.drain();
		await ann.page.close();
		await tab.say('still here');
		assert.equal((await nextBut(bob, 'typing')).message, 'still here');
		await tab.page.close();
		const left = await nextBut(bob, 'typing');
		assert.deepEqual([left.event, left.username], ['leave', 'anna']);
	}));

test('a lingering old connection of the page does not make its name taken', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const bob = await connectPerson(daemon, 'bob');
		let lingering;
		const ann = await arrive({}, async (page) => {
			await blockDetours(page);
			await page.routeWebSocket(/\/ws$/, (route) => {
				route.connectToServer();
				// The server does not learn that the page has gone.
				route.onClose(() => {});
				lingering ??= route;
			});
		});
		await ann.join('ann');
		await bob.drain();
		await ann.disconnects(() => lingering.close({ code: 1001 }));
		await ann.online();
		await ann.sees(['ann', 'bob']);
		assert.equal(await ann.page.isVisible('#profile'), false);
		await ann.say('back');
		assert.equal((await nextBut(bob, 'typing', 'presence')).message, 'back');
	}));

test('21 the list shows who is here, as a column on a wide screen and as a sheet on a narrow one', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive(NARROW);
		await ann.join('mia');
		const eve = await connectPerson(daemon, 'eve');
		await connectPerson(daemon, 'Zoë');
		await ann.sees(['mia', 'eve', 'Zoë']);

		const button = ann.page.getByRole('button', { name: '3 people here' });
		assert.equal(await ann.page.isVisible('#people'), false);
		await button.click();
		await ann.page.getByRole('complementary', { name: '3 people here' }).waitFor();
		await ann.page.waitForSelector('#people-button[aria-expanded="true"]');
		await button.click();
		await ann.page.waitForSelector('#people', { state: 'hidden' });
		await button.focus();
		await ann.page.keyboard.press('Enter');
		await ann.page.waitForSelector('#people');
		await ann.page.waitForFunction(() => document.activeElement.id === 'people-close');
		await ann.page.keyboard.press('Escape');
		await ann.page.waitForSelector('#people', { state: 'hidden' });
		await soon.equal(() => ann.page.evaluate(() => document.activeElement.id), 'people-button');
		await ann.page.waitForSelector('#people-button[aria-expanded="false"]');

		await ann.page.setViewportSize({ width: 1280, height: 700 });
		await ann.page.waitForSelector('#people');
		await eve.close();
		await ann.sees(['mia', 'Zoë']);
		await shows(ann.page.locator('#people-count').first(), '2');
		await shows(ann.page.locator('#people-heading').first(), '2 people here');
		await ann.page.click('#people-close');
		await ann.page.waitForSelector('#people', { state: 'hidden' });
		await ann.page.reload();
		await ann.online();
		assert.equal(await ann.page.isVisible('#people'), false);
		await ann.page.click('#people-button');
		await ann.page.waitForSelector('#people');
	}));

test('12 enters and leaves share one line, with numbers if they are many', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive();
		await ann.join('ann');
		const bob = await connectPerson(daemon, 'bob');
		await ann.line('bob').waitFor();
		assert.equal(plain(await ann.line('bob').textContent()), 'bob joined');
		await bob.close();
		await ann.line('bob').waitFor({ state: 'detached' });

		const clients = [];
		for (const name of ['cleo', 'dan', 'eve'])
			clients.push(await connectPerson(daemon, name));
		await ann.line('eve').waitFor();
		assert.equal(plain(await ann.line('eve').textContent()), 'cleo, dan and eve joined');
		clients[0].sendJson({ type: 'nick', username: 'chloe' });
		await ann.line('chloe').waitFor();
		await ann.say('hello all');
		await ann.reads(['hello all']);

		// After a message, presence starts a new line.
		for (const client of clients.splice(0, 2))
			await client.close();
		for (const name of ['fay', 'gus', 'hal'])
			await connectPerson(daemon, name);
		const folded = ann.page.locator('.presence summary');
		await ann.page.getByText('3 joined, 2 left').waitFor();
		await soon.equal(() => ann.page.locator('.presence').count(), 2);
		await folded.click();
		await ann.page.locator('.presence p', { hasText: 'hal' }).waitFor();
		assert.equal(plain(await ann.page.textContent('.presence p:last-child')), 'chloe and dan left');
		await ann.sees(['ann', 'eve', 'fay', 'gus', 'hal']);
	}));

test('after a server restart returning people are not announced, new ones are', () =>
	withRestarts(browser, [], async ({ server, arrive }) => {
		const ann = await arrive();
		const bob = await arrive({}, (page) => page.clock.install());
		await ann.join('ann');
		await bob.join('bob');
		await ann.line('bob').waitFor();
		await ann.say('before');
		await bob.reads(['before']);
		await pauseClock(bob);
		await server.kill();
		await ann.state('waiting');
		await server.start();
		await ann.online();
		await ann.sees(['ann']);
		await bob.page.clock.resume();
		await ann.sees(['ann', 'bob']);
		const eve = await connectPerson(server.daemon, 'eve');
		await ann.line('eve').waitFor();
		assert.deepEqual((await ann.page.locator('.presence').allTextContents()).slice(-1).map(plain), ['eve joined']);
		await eve.close();
	}));

test('22 typing is shown for five seconds, or until the message arrives', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const ann = await arrive({}, (page) => page.clock.install());
		await ann.join('ann');
		const [bob, eve, dan, fay] = [
			await connectPerson(daemon, 'bob'),
			await connectPerson(daemon, 'eve'),
			await connectPerson(daemon, 'dan'),
			await connectPerson(daemon, 'fay'),
		];
		await pauseClock(ann, 2000);
		bob.sendJson({ type: 'typing' });
		await typingLine(ann, 'bob is typing…');
		await ann.page.clock.runFor(3000);
		eve.sendJson({ type: 'typing' });
		await typingLine(ann, 'bob and eve are typing…');
		await ann.page.clock.runFor(2000);
		await typingLine(ann, 'eve is typing…');
		for (const client of [dan, fay, bob])
			client.sendJson({ type: 'typing' });
		await typingLine(ann, 'Several people are typing…');
		await fay.close();
		await dan.close();
		await typingLine(ann, 'eve and bob are typing…');
		eve.sendJson({ message: 'done' });
		await typingLine(ann, 'bob is typing…');
		await ann.page.clock.runFor(5000);
		await typingLine(ann, '');
	}));

test('while a user writes, typing is sent every three seconds at most', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, withClock(server));
		await ann.join('ann');
		// The list comes with what tells of typing.
		await ann.page.locator('#people-list li').first().waitFor({ state: 'attached' });
		await pauseClock(ann);
		await ann.page.focus('#text');
		const told = () => server.of('typing').length;
		for (let second = 0; second < 7; second++) {
			await ann.page.keyboard.type('some words');
			await ann.page.clock.runFor(1000);
		}
		await eventually(() => assert.equal(told(), 3), 'three typing events');
		await ann.page.fill('#text', ' ');
		await ann.page.clock.runFor(4000);
		await ann.page.keyboard.type(' ');
		server.say({ username: 'bob', message: 'hm' });
		await ann.reads(['hm']);
		assert.equal(told(), 3);
	}));

test('a message that arrives before the join is answered is not lost', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const tap = createTap();
		tap.holdSent = ({ type }) => type === 'join';
		const ann = await arrive({}, tap.prepare);
		await ann.introduce('ann');
		await eventually(() => assert.equal(tap.held.length, 1), 'the page to ask');
		const bob = await daemon.ws();
		bob.sendJson({ username: 'bob', message: 'early' });
		await eventually(() => assert.equal(tap.received.length, 1), 'the early message');
		tap.release();
		await ann.reads(['early']);
	}));

test('a name that the server accepted is still valid on the next visit', () =>
	withPeople(browser, ['limits.name_bytes=64'], async ({ arrive }) => {
		const ann = await arrive();
		const name = '很长的名字'.repeat(4);
		await ann.join('ann');
		await ann.rename(name);
		await ann.called(name);
		await ann.page.reload();
		await ann.online();
		await ann.called(name);
	}));
