// Tabs of one browser, where WebSockets are blocked. A browser opens six connections to a server, so they share one
// stream of events.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { say } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { blockSockets, blockStreams, choose, enterRoom, hide, withPeople, withRestarts } from './people.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const openStreams = ({ log }) => {
	const count = (event) => log.filter((line) => line.startsWith(`${event} `) && / door=sse( |$)/.test(line)).length;
	return count('session_open') - count('session_close');
};

const streams = (daemon, wanted) => eventually(() => assert.equal(openStreams(daemon), wanted), `${wanted} streams`);

const all = (tabs, call) => Promise.all(tabs.map(call));

test('eight tabs share one stream, all of them read and write, and when one closes no line is lost or doubled', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await arrive({}, blockSockets);
		await ann.join('Ann');
		const tabs = [ann];
		while (tabs.length < 8)
			tabs.push(await openTab(ann, blockSockets));
		const said = [];
		const hear = async (by, text) => {
			await by(text);
			said.push(text);
		};
		await streams(daemon, 1);
		await hear((text) => say(bob, text), 'hello tabs');
		await all(tabs, (tab) => tab.reads(said));
		for (const [i, tab] of tabs.entries()) {
			await hear((text) => tab.say(text), `from tab ${i}`);
			await tab.reads(said);
		}
		await all(tabs, (tab) => tab.reads(said));
		await all(tabs, (tab) => tab.sees(['Ann', 'bob']));

		// The first tab has the stream.
		while (tabs.length > 5) {
			const closing = tabs.shift().page.close();
			await hear((text) => say(bob, text), `${tabs.length} left`);
			await closing;
			await hear((text) => say(bob, text), `${tabs.length} left, later`);
			await all(tabs, (tab) => tab.reads(said));
		}
		await hear((text) => tabs[0].say(text), 'I have the stream now');
		await all(tabs, (tab) => tab.reads(said));
		await streams(daemon, 1);
		await bob.close();
	}));

test('tabs that share a stream may be in different rooms, more than there are streams', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await arrive({}, blockSockets);
		await ann.join('Ann');
		const tabs = [ann];
		const rooms = ['lobby', 'a', 'b', 'c', 'd'];
		for (const room of rooms.slice(1)) {
			const tab = await openTab(ann, blockSockets);
			await enterRoom(tab, room);
			tabs.push(tab);
		}
		for (const [i, room] of rooms.entries()) {
			await say(bob, { message: `in ${room}`, room });
			await tabs[i].reads([`in ${room}`]);
			await tabs[i].say(`and here ${room}`);
			await tabs[i].reads([`in ${room}`, `and here ${room}`]);
		}
		await streams(daemon, 3);
		// A tab that comes to a room of others reads what was said there.
		await choose(tabs[1], 'lobby');
		await tabs[1].reads(['in lobby', 'and here lobby']);
		await tabs[1].say('me too');
		await tabs[0].reads(['in lobby', 'and here lobby', 'me too']);
		await bob.close();
	}));

test('where streams are blocked as well, tabs share one poll', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const prepare = async (page) => {
			await blockSockets(page);
			await blockStreams(page);
		};
		const ann = await arrive({}, prepare);
		await ann.join('Ann');
		const tabs = [ann];
		while (tabs.length < 3)
			tabs.push(await openTab(ann, prepare));
		await say(bob, 'hello tabs');
		await all(tabs, (tab) => tab.reads(['hello tabs']));
		await tabs[2].say('hello bob');
		await all(tabs, (tab) => tab.reads(['hello tabs', 'hello bob']));
		await tabs.shift().page.close();
		await say(bob, 'again');
		await all(tabs, (tab) => tab.reads(['hello tabs', 'hello bob', 'again']));
		await bob.close();
	}));

test('when the server restarts, all tabs come back and miss nothing', () =>
	withRestarts(browser, [NO_RATE_LIMIT], async ({ server, arrive, openTab }) => {
		const ann = await arrive({}, blockSockets);
		await ann.join('Ann');
		const tabs = [ann, await openTab(ann, blockSockets), await openTab(ann, blockSockets)];
		await ann.say('one');
		await all(tabs, (tab) => tab.reads(['one']));
		await server.kill();
		await all(tabs, (tab) => tab.state('waiting'));
		await server.start();
		const bob = await server.daemon.ws('/ws?name=bob');
		await say(bob, 'two');
		await all(tabs, (tab) => tab.online());
		await say(bob, 'three');
		await all(tabs, (tab) => tab.reads(['one', 'two', 'three']));
		await bob.close();
	}));

// Browsers suspend tabs that are not shown, some of them without a word. Returns what wakes this one.
async function suspend({ page }) {
	let wake;

	const asleep = new Promise((resolve) =>
		page.route('**/asleep', (route) => {
			wake = () => route.fulfill({ body: '' });
			resolve();
		}),
	);
	const sleep = page.evaluate(() => {
		const request = new XMLHttpRequest();

		request.open('GET', '/asleep', false);
		request.send();
	});
	sleep.catch(() => {});
	await asleep;
	return wake;
}

test('when the tab that has the stream is suspended, a tab that is looked at takes the stream over', () =>
	withPeople(browser, [NO_RATE_LIMIT], async ({ daemon, arrive, openTab }) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await arrive({}, blockSockets);
		await ann.join('Ann');
		const tabs = [await openTab(ann, blockSockets)];
		await say(bob, 'one');
		await tabs[0].reads(['one']);
		const wake = await suspend(ann);
		await say(bob, 'two');
		await hide(tabs[0], false);
		await tabs[0].reads(['one', 'two']);
		tabs.push(await openTab(ann, blockSockets));
		await wake();
		await streams(daemon, 1);
		tabs.push(ann);
		await say(bob, 'three');
		await all(tabs, (tab) => tab.reads(['one', 'two', 'three']));
		await tabs.pop().page.close();
		await say(bob, 'four');
		await all(tabs, (tab) => tab.reads(['one', 'two', 'three', 'four']));
		await bob.close();
	}));
