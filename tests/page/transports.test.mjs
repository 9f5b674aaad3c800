// Without a WebSocket the page uses a stream or polls, says so, and returns to a WebSocket later.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import {
	blockSockets, blockStreams, choose, enterRoom, pauseClock, soon, unread, withPeople, withRestarts,
} from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const words = ({ page }) => page.textContent('#state-words');

test('18 where WebSockets are blocked the page uses a stream of events and says so', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, (page) => blockSockets(page));
		const begun = performance.now();
		await ann.join('Ann');
		console.log(`a stream after ${Math.round(performance.now() - begun)} ms`);
		await soon.equal(() => words(ann), 'Online · event stream');
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'hello stream');
		await ann.reads(['hello stream']);
		await ann.say('hello from the stream');
		await ann.reads(['hello stream', 'hello from the stream']);
		await ann.sees(['Ann', 'bob']);
		await soon.deepEqual(() => ann.page.locator('#people-list .via').allTextContents(), ['stream', 'web']);
		await ann.rename('Anna');
		await ann.called('Anna');
		await enterRoom(ann, 'ops');
		await ann.say('in ops');
		await ann.reads(['in ops']);
		await bob.close();
	}));

test('18 where streams are blocked as well the page polls and says so', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, async (page) => {
			await blockSockets(page);
			await page.addInitScript(() => {
				window.hangs = true;
			});
			await blockStreams(page);
		});
		const begun = performance.now();
		await ann.join('Ann');
		console.log(`polls after ${Math.round(performance.now() - begun)} ms`);
		await soon.equal(() => words(ann), 'Online · polling');
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'hello poll');
		await ann.reads(['hello poll']);
		await ann.say('hello from the poll');
		await ann.reads(['hello poll', 'hello from the poll']);
		await say(bob, 'and again');
		await ann.reads(['hello poll', 'hello from the poll', 'and again']);
		await enterRoom(ann, 'ops');
		await ann.say('in ops');
		await ann.reads(['in ops']);
		await bob.close();
	}));

test('18 the page gives up on a pending WebSocket and a pending stream within 4 s, and is online within 5 s', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		let streamed = () => {};
		const asked = new Promise((resolve) => (streamed = resolve));
		const ann = await arrive({}, async (page) => {
			await page.clock.install();
			await blockSockets(page);
			await page.addInitScript(() => {
				window.hangs = true;
			});
			await page.route(/\/events\//, () => streamed());
		});
		// The page's clock is stopped except for the steps below.
		await pauseClock(ann);
		await ann.introduce('Ann');
		await ann.state('connecting');
		await ann.page.clock.runFor(2500);
		await asked;
		await ann.page.clock.runFor(1500);
		await ann.online();
		await soon.equal(() => words(ann), 'Online · polling');
	}));

// Opens a page that can only poll, with a clock that the test controls.
async function arriveByPolls(arrive) {
	const ann = await arrive({}, async (page) => {
		await page.clock.install();
		await blockSockets(page);
		await blockStreams(page);
	});

	await ann.introduce('Ann');
	await ann.page.clock.fastForward(2000);
	await ann.online();
	return ann;
}

test('rooms beyond the connection limit show roughly how many messages are unread', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arriveByPolls(arrive);
		await enterRoom(ann, 'ops');
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'one');
		await say(bob, 'two');
		await ann.page.clock.fastForward(30000);
		await unread(ann, 'lobby', '2');
		await ann.titled('(2) ops · Linnet');
		await say(bob, 'three');
		await ann.page.clock.fastForward(30000);
		await unread(ann, 'lobby', '3');
		await choose(ann, 'lobby');
		await ann.reads(['one', 'two', 'three']);
		await unread(ann, 'lobby', '');
		await say(bob, 'four');
		await ann.reads(['one', 'two', 'three', 'four']);
		await choose(ann, 'ops');
		await ann.page.clock.fastForward(30000);
		await say(bob, { message: 'in ops', room: 'ops' });
		await ann.reads(['in ops']);
		await unread(ann, 'lobby', '');
		await bob.close();
	}));

// As a page by HTTP that is not this machine's own.
const withoutLocks = (page) => page.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));

test('the fourth stream room is only counted, and counted messages are not counted again', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arrive({}, async (page) => {
			await page.clock.install();
			await blockSockets(page);
			await withoutLocks(page);
		});
		await ann.join('Ann');
		for (const name of ['a', 'b', 'c'])
			await enterRoom(ann, name);
		const bob = await daemon.ws('/ws?name=bob');
		for (const room of ['lobby', 'a', 'b', 'c'])
			await say(bob, { message: `in ${room}`, room });
		await ann.reads(['in c']);
		await ann.page.clock.fastForward(30000);
		for (const room of ['lobby', 'a', 'b'])
			await unread(ann, room, '1');
		await choose(ann, 'lobby');
		await ann.reads(['in lobby']);
		await ann.page.clock.fastForward(30000);
		for (const [room, count] of [['lobby', ''], ['a', '1'], ['b', '1'], ['c', '']])
			await unread(ann, room, count);
		await bob.close();
	}));

test('a taken name is explained also without a WebSocket', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await arrive({}, (page) => blockSockets(page));
		await ann.introduce('bob');
		await ann.page.locator('#name-error', { hasText: 'The name bob is in use' }).waitFor();
		await ann.introduce('Ann');
		await ann.online();
		await ann.sees(['Ann', 'bob']);
		await bob.close();
	}));

test('over a stream nothing is lost when the server restarts', () =>
	withRestarts(browser, [NO_RATE_LIMIT], async ({ server, arrive }) => {
		const ann = await arrive({}, (page) => blockSockets(page));
		await ann.join('Ann');
		await ann.say('one');
		await ann.reads(['one']);
		await server.kill();
		await ann.state('waiting');
		await ann.say('two');
		await server.start();
		const bob = await server.daemon.ws('/ws?name=bob');
		await say(bob, 'three');
		await ann.online();
		await ann.page.waitForFunction(() => document.querySelectorAll('.message').length === 3 && !document.querySelector('.pending'));
		assert.deepEqual((await ann.texts()).sort(), ['one', 'three', 'two']);
		await bob.close();
	}));

test('the page returns to a WebSocket when one is available', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive({}, (page) => blockSockets(page));
		await ann.join('Ann');
		await ann.say('by stream');
		await ann.reads(['by stream']);
		await ann.page.evaluate(() => {
			window.blocked = false;
			window.dispatchEvent(new Event('online'));
		});
		await ann.page.locator('#state-words').getByText('Online', { exact: true }).waitFor();
		await ann.say('by WebSocket');
		await ann.reads(['by stream', 'by WebSocket']);
	}));

// At a 'stall' event the page's streams of events fall silent. window.beats counts the server's comments
// before that.
const canStall = (page) =>
	page.addInitScript(() => {
		const native = window.fetch;

		window.beats = 0;
		window.fetch = async (address, options) => {
			const response = await native(address, options);
			const words = new TextDecoder();
			let isStalled = false;

			if (!/\/events\//.test(address))
				return response;
			addEventListener('stall', () => (isStalled = true));
			const passing = new TransformStream({
				transform(piece, to) {
					if (isStalled)
						return;
					to.enqueue(piece);
					window.beats += words.decode(piece).startsWith(':');
				},
			});
			return new Response(response.body.pipeThrough(passing), response);
		};
	});

test('20 a stream that dies silently is noticed, and no message is missing afterwards', () =>
	withPeople(browser, [NO_RATE_LIMIT, 'heartbeat.ping_s=1'], async ({ daemon, arrive }) => {
		const ann = await arrive({}, async (page) => {
			await page.clock.install();
			await blockSockets(page);
			await canStall(page);
		});
		await ann.join('Ann');
		const bob = await daemon.ws('/ws?name=bob');
		await say(bob, 'before');
		await ann.reads(['before']);
		await ann.page.waitForFunction(() => window.beats > 0);
		await ann.page.evaluate(() => window.dispatchEvent(new Event('stall')));
		await say(bob, 'unheard');
		await ann.page.clock.fastForward(60_000);
		await ann.reads(['before', 'unheard']);
		await bob.close();
	}));

test('20 a poll that is never answered is noticed, and no message is missing afterwards', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive }) => {
		const ann = await arriveByPolls(arrive);
		const bob = await daemon.ws('/ws?name=bob');
		let isHeld;
		const held = new Promise((resolve) => (isHeld = resolve));
		await ann.page.route(/\/poll\/.*wait=25/, () => isHeld());
		await say(bob, 'before');
		await ann.reads(['before']);
		await held;
		await ann.page.unroute(/\/poll\/.*wait=25/);
		await say(bob, 'unheard');
		await ann.page.clock.fastForward(60_000);
		await ann.page.clock.fastForward(3000);
		await ann.reads(['before', 'unheard']);
		await bob.close();
	}));

test('a page whose session is unknown to the server joins anew and sends its pending message', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ arrive }) => {
		const ann = await arrive({}, (page) => blockSockets(page));
		await ann.join('Ann');
		const unknown = { error: { code: 'no_such_session', message: 'there is no such session' } };
		await ann.page.route(/\/send\//, (route) => route.fulfill({ status: 401, json: unknown }), { times: 1 });
		await ann.say('still here');
		await ann.reads(['still here']);
		assert.equal((await ann.messages())[0].failed, '');
	}));

// Answers after which an EventSource would never connect again.
const REFUSALS = [
	{ status: 503, json: { error: { code: 'busy', message: 'try later' } }, headers: { 'retry-after': '1' } },
	{ status: 429, json: { error: { code: 'rate_limited', message: 'too many' } }, headers: { 'retry-after': '1' } },
	{ status: 404, body: 'a proxy without a server' },
	{ status: 204 },
];

test('a stream that is answered by another status than 200 is tried again until it opens, and nothing is lost', () =>
	withRestarts(browser, [NO_RATE_LIMIT], async ({ server, arrive }) => {
		const ann = await arrive({}, (page) => blockSockets(page));
		const left = [...REFUSALS];
		await ann.join('Ann');
		await ann.say('one');
		await ann.reads(['one']);
		await server.kill();
		await ann.state('waiting');
		await ann.page.route(/\/(events|poll)\//, (route) => (left.length ? route.fulfill(left.shift()) : route.continue()));
		await server.start();
		const bob = await server.daemon.ws('/ws?name=bob');
		await say(bob, 'two');
		await ann.say('three');
		await ann.page.waitForFunction(() => document.querySelectorAll('.message').length === 3 && !document.querySelector('.pending'));
		assert.deepEqual((await ann.texts()).sort(), ['one', 'three', 'two']);
		assert.deepEqual(left, []);
		assert.ok(ann.faults.splice(0).every((fault) => fault.startsWith('console: Failed to load resource')));
		await bob.close();
	}));
