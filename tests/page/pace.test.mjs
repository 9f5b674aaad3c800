// A network from which too much comes at once: the page waits for as long as the server says, and says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { blockSockets, blockStreams, shows, withPeople } from './people.mjs';

const asAddress = { 'X-Forwarded-For': '203.0.113.9' };
let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const doors = [
	['a WebSocket', () => {}, 'Online'],
	['a stream', blockSockets, 'Online · event stream'],
	['polls', async (page) => {
		await blockSockets(page);
		await blockStreams(page);
	}, 'Online · polling'],
];

for (const [door, block, words] of doors) {
	test(`a page whose network opens too many sessions waits as told and says so, by ${door}`, () =>
		withPeople(
			browser,
			['limits.connect_rate=0.25', 'limits.connect_burst=1'],
			async ({ daemon, arrive }) => {
				let refusals = 0;
				const ann = await arrive({ extraHTTPHeaders: asAddress }, async (page) => {
					await block(page);
					page.on('response', (response) => {
						if (/\/(?:events|poll)\//.test(response.url()) && response.status() === 429)
							refusals++;
					});
				});

				// Bob comes last, so the time until one more is admitted has only begun.
				const other = await daemon.ws('/ws?name=bob', { headers: asAddress });
				await ann.introduce('Ann');
				await ann.page.locator('#state-words').getByText('Too many connections or requests from your network. Reconnecting').waitFor();
				await ann.online();
				await shows(ann.page.locator('#state-words').first(), words);
				// Retry-After is as long as the server needs to admit one more.
				assert.equal(refusals, 1);
				await ann.say('hello');
				await ann.reads(['hello']);
				await other.close();
			},
			{ config: 'http = { trusted_proxies = [ "127.0.0.1" ]; };' },
		));
}
