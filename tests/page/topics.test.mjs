// Room topics from the configuration.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { temporaryFolder } from '../lib/daemon.mjs';
import { blockSockets, blockStreams, choose, enterRoom, hasAttribute, hide, shows, soon, withPeople } from './people.mjs';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const configured = (topics) => {
	const rooms = Object.entries(topics).map(([name, topic]) => `{ name = ${JSON.stringify(name)}; topic = ${JSON.stringify(topic)}; }`);
	return `rooms = ( ${rooms.join(', ')} );\n`;
};

// Runs body({ …, retell }), where retell(topics) configures other topics.
function withTopics(topics, body) {
	const file = path.join(temporaryFolder(), 'linnet.cfg');

	writeFileSync(file, configured(topics));
	return withPeople(
		browser,
		[],
		(given) =>
			body({
				...given,
				async retell(others) {
					writeFileSync(file, configured(others));
					given.daemon.signal('SIGHUP');
					await given.daemon.waitForLog(/^reloaded/);
				},
			}),
		{ args: ['-c', file] },
	);
}

const topicIs = ({ page }, text) =>
	page.waitForFunction((wanted) => document.querySelector('#room-topic').textContent === wanted, text);

for (const [door, block] of [['a WebSocket', () => {}], ['a stream', blockSockets], ['polls', async (page) => {
	await blockSockets(page);
	await blockStreams(page);
}]]) {
	test(`over ${door} the topic of each room is shown next to its name and in the list`, () =>
		withTopics({ lobby: 'Birds', ops: 'Servers' }, async ({ arrive }) => {
			const ann = await arrive({}, block);
			await ann.join('Ann');
			await topicIs(ann, 'Birds');
			await shows(ann.page.locator('#rooms-list .room-topic'), 'Birds');
			await shows(ann.page.locator('#others-list .room-topic'), 'Servers');
			// From here on the topic must come from joining the room.
			await ann.page.route('**/rooms', () => {});
			await ann.page.locator('#others-list .room-button').click();
			await ann.inRoom('ops');
			await topicIs(ann, 'Servers');
			await enterRoom(ann, 'without');
			await topicIs(ann, '');
			await hasAttribute(ann.page.locator('#room-topic').first(), 'title', '');
			await choose(ann, 'lobby');
			await topicIs(ann, 'Birds');
			await ann.page.click('#tab-live');
			await topicIs(ann, '');
		}));
}

test('a changed topic is shown when the user looks again', () =>
	withTopics({ lobby: 'Birds' }, async ({ arrive, retell }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await topicIs(ann, 'Birds');
		await hide(ann, true);
		await retell({ lobby: 'Bees' });
		await hide(ann, false);
		await topicIs(ann, 'Bees');
		await ann.page.locator('#rooms-list .room-topic').getByText('Bees', { exact: true }).waitFor();
	}));

test('a topic is shown as text, whatever it contains', () =>
	withTopics({ lobby: '<img src=x onerror=alert(1)> **not** `markup`' }, async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await topicIs(ann, '<img src=x onerror=alert(1)> **not** `markup`');
		await soon.equal(() => ann.page.locator(':is(#room-topic, .room-topic) *').count(), 0);
	}));

test('an address in a topic is a link', () =>
	withTopics({ lobby: 'Birds, see https://example.org/birds.' }, async ({ arrive }) => {
		const ann = await arrive();
		await ann.join('Ann');
		await topicIs(ann, 'Birds, see https://example.org/birds.');
		const link = ann.page.getByRole('link', { name: 'https://example.org/birds' });
		assert.deepEqual(await link.evaluate(({ href, target, tabIndex }) => [href, target, tabIndex]), ['https://example.org/birds', '_blank', 0]);
		await ann.page.click('#tab-live');
		await topicIs(ann, '');
	}));

for (const width of [375, 1280]) {
	test(`at ${width} px a long topic is cut off, and its title has the full text`, () => {
		const long = `${'Sightings, recordings and feeders, '.repeat(12)}and the rest`;

		return withTopics({ lobby: long }, async ({ arrive }) => {
			const ann = await arrive({ viewport: { width, height: 700 } });
			await ann.join('Ann');
			await topicIs(ann, long);
			await hasAttribute(ann.page.locator('#room-topic').first(), 'title', long);
			await hasAttribute(ann.page.locator('#rooms-list .room-topic'), 'title', long);
			// One line high, for any font.
			const { height, right, isCut } = await ann.page.$eval('#room-topic', (topic) => {
				const cut = [topic, topic.parentElement].find((one) => one.scrollWidth > one.clientWidth && one.clientWidth);
				return { ...topic.getBoundingClientRect().toJSON(), isCut: cut && getComputedStyle(cut).textOverflow === 'ellipsis' };
			});
			assert.ok(height > 0 && height < 40, `${height} px high`);
			assert.ok(isCut);
			if (width < 768)
				assert.ok(right <= width, `${right} px`);
			assert.equal(await ann.sidewaysScroll(), 0);
		});
	});
}
