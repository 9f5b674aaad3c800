// Reconnecting: the shown state, when the page retries, and that every tab comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { eventually } from '../lib/daemon.mjs';
import { hide, pauseClock, soon, withPeople, withRestarts } from './people.mjs';
import { blockDetours, createServer } from './wires.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

// A server that can be down: it then closes every connection. Random delays have their maximum, and the
// page's clock can be stopped.
function createUnreliableServer() {
	const server = createServer();
	const unreliable = {
		...server,
		isDown: false,
		isSilent: false,
		attempts: 0,
		async prepare(page) {
			await page.clock.install();
			await blockDetours(page);
			await page.addInitScript(() => {
				Math.random = () => 1 - 1e-9;
			});
			await page.routeWebSocket(/\/ws$/, (route) => {
				unreliable.attempts++;
				unreliable.route = route;
				route.onMessage((text) => {
					if (unreliable.isDown)
						route.close({ code: 1001 });
					for (const object of unreliable.isDown || unreliable.isSilent ? [] : server.answer(JSON.parse(text)))
						route.send(JSON.stringify(object));
				});
			});
		},
		/** Waits until the page has made that many attempts. */
		tried: (count) => eventually(() => assert.equal(unreliable.attempts, count), `attempt ${count}`),
	};
	return unreliable;
}

const words = ({ page }) => page.textContent('#state-words');
const waits = ({ page }, seconds) =>
	page.locator('#state-countdown').getByText(`in ${seconds} s`, { exact: true }).waitFor();
const countdown = ({ page }) => page.textContent('#state-countdown');

async function goDown(person, server) {
	await pauseClock(person);
	server.isDown = true;
	await server.route.close({ code: 1001 });
	await person.state('waiting');
}

test('15 every state is shown in words, with a countdown and a button to connect at once', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createUnreliableServer();
		server.isSilent = true;
		const ann = await arrive({}, server.prepare);
		const now = ann.page.getByRole('button', { name: 'Connect now' });

		await ann.introduce('ann');
		await ann.state('connecting');
		await soon.equal(() => words(ann), 'Connecting…');
		await soon.equal(() => now.count(), 0);
		server.isSilent = false;
		await server.route.close({ code: 1001 });
		await ann.online();
		await soon.equal(() => words(ann), 'Online');
		await soon.equal(() => now.count(), 0);
		await soon.equal(() => countdown(ann), '');

		await goDown(ann, server);
		await waits(ann, 2);
		await ann.page.clock.runFor(2000);
		await waits(ann, 4);
		await soon.match(() => words(ann), /Reconnecting$/);
		for (const seconds of [4, 3, 2, 1]) {
			await waits(ann, seconds);
			if (seconds > 1)
				await ann.page.clock.runFor(1000);
		}
		server.isDown = false;
		await now.click();
		await ann.online();
		await soon.equal(() => countdown(ann), '');
		await ann.context.setOffline(true);
		await ann.state('offline');
		await soon.equal(() => words(ann), 'Offline: this device has no network.');
	}));

test('16 each failed attempt doubles the wait, which ends at once when the network or the user is back', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createUnreliableServer();
		const ann = await arrive({}, server.prepare);

		await ann.join('ann');
		await goDown(ann, server);
		let attempts = server.attempts;
		for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
			await waits(ann, seconds);
			await ann.page.clock.runFor(1000 * seconds - 2);
			assert.equal(server.attempts, attempts);
			await ann.page.clock.runFor(2);
			await server.tried(++attempts);
			await waits(ann, Math.min(2 * seconds, 30));
		}
		// From here on the page's clock is stopped.
		await ann.page.evaluate(() => window.dispatchEvent(new Event('online')));
		await server.tried(++attempts);
		await ann.state('waiting');
		await hide(ann, true);
		assert.equal(server.attempts, attempts);
		server.isDown = false;
		await hide(ann, false);
		await server.tried(++attempts);
		await ann.online();
	}));

test('19 after a server restart all tabs of all users reconnect without a reload', () =>
	withRestarts(browser, [], async ({ server, arrive, openTab }) => {
		const ann = await arrive();
		const bob = await arrive();
		await ann.join('ann');
		await bob.join('bob');
		const everybody = [ann, await openTab(ann), await openTab(ann), bob];
		const each = (act) => Promise.all(everybody.map(act));
		await ann.say('before');
		await each((one) => one.reads(['before']));
		await each(({ page }) => page.evaluate(() => (window.isSame = true)));

		await server.kill();
		await each((one) => one.state('waiting'));
		await server.start();
		await each((one) => one.online());
		await bob.say('after');
		await each((one) => one.reads(['before', 'after']));
		await each((one) => one.sees(one === bob ? ['bob', 'ann'] : ['ann', 'bob']));
		assert.deepEqual(await each(({ page }) => page.evaluate(() => window.isSame)), [true, true, true, true]);
	}));

test('a server that is reachable without a network is found again', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createUnreliableServer();
		const ann = await arrive({}, server.prepare);
		await ann.join('ann');
		await pauseClock(ann);
		await ann.context.setOffline(true);
		await ann.state('offline');
		// An attempt started without a network does not block a later one.
		server.isSilent = true;
		await ann.page.clock.runFor(1000);
		await ann.state('connecting');
		server.isSilent = false;
		await ann.context.setOffline(false);
		await ann.online();
		await ann.context.setOffline(true);
		await ann.state('offline');
		await ann.page.clock.runFor(2000);
		await ann.online();
	}));

test('a slow server is given more time after each failure', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const opens = [];
		const ann = await arrive({}, async (page) => {
			await page.clock.install();
			await page.route('**/rooms', (route) => route.abort('connectionrefused'));
			await page.routeWebSocket(/\/ws$/, async (route) => {
				await new Promise((resolve) => opens.push(resolve));
				server.route = route;
				route.onMessage((text) => server.sendAll(server.answer(JSON.parse(text))));
			});
		});
		await pauseClock(ann);
		await ann.introduce('ann');
		await ann.state('connecting');
		await ann.page.clock.runFor(2000);
		await ann.state('waiting');
		await ann.page.clock.runFor(1000);
		await ann.state('connecting');
		await ann.page.clock.runFor(3000);
		opens.at(-1)();
		await ann.online();
	}));
