// The delivery promises, seen at the page: nothing lost, nothing twice, all in one order.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser } from '../lib/browser.mjs';
import { answerTo } from '../lib/chat.mjs';
import { eventually } from '../lib/daemon.mjs';
import { pauseClock, shows, soon, withPeople, withRestarts } from './people.mjs';
import { createServer, createTap, withClock } from './wires.mjs';

const NO_RATE_LIMIT = 'limits.message_rate=0.0';

let browser;

before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

const numbered = (word, count) => Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);

// Returns the texts that the server's history has for the room.
async function storedTexts(daemon) {
	const client = await daemon.ws();
	client.sendJson({ type: 'history', limit: 200 });
	const { messages } = await client.nextJson();
	await client.close();
	return messages.map(({ message }) => message);
}

// Sends the messages and waits until all are stored.
async function sayAll(client, username, messages) {
	for (const message of messages.slice(0, -1))
		client.sendJson({ username, message });
	assert.equal((await answerTo(client, { username, message: messages.at(-1) })).type, 'ack');
}

// Records how many rows with this text the page had at the same time.
function watchRows({ page }, text) {
	return page.evaluate((wanted) => {
		const log = document.querySelector('.log');
		window.mostRows = 0;
		new MutationObserver(() => {
			const rows = Array.from(log.querySelectorAll('.message .text')).filter((row) => row.textContent === wanted);
			window.mostRows = Math.max(window.mostRows, rows.length);
		}).observe(log, { childList: true });
	}, text);
}

const mostRows = ({ page }) => page.evaluate(() => window.mostRows);

test('17 after a server is killed and restarted no message is lost and none appears twice', () =>
	withRestarts(browser, [NO_RATE_LIMIT], async ({ server, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, withClock(tap));
		const first = await server.daemon.ws();
		await ann.join('ann');
		await ann.say('one');
		assert.equal((await first.nextJson()).message, 'one');
		await sayAll(first, 'bob', ['two']);
		await ann.reads(['one', 'two']);
		await ann.surrounded();

		await server.kill();
		await ann.stopClock();
		await ann.say('written while away 1');
		await ann.say('written while away 2');
		assert.deepEqual(
			(await ann.messages()).map(({ pending }) => pending),
			[false, false, true, true],
		);
		await shows(ann.page.locator('#queue').first(), /^2 messages queued/);

		await server.start();
		const second = await server.daemon.ws();
		const meanwhile = numbered('meanwhile', 150);
		await sayAll(second, 'bob', meanwhile);
		await ann.page.clock.resume();
		await ann.online();
		const all = ['one', 'two', ...meanwhile, 'written while away 1', 'written while away 2'];
		await ann.reads(all);
		assert.deepEqual(await storedTexts(server.daemon), all);
		assert.equal((await second.nextJson()).message, 'written while away 1');
		assert.equal((await second.nextJson()).message, 'written while away 2');
		assert.deepEqual(await second.drain(), []);
		await shows(ann.page.locator('#queue').first(), '');
		await soon.equal(() => ann.line('recovered').count(), 0);
		const joins = tap.sent.filter(({ type }) => type === 'join');
		assert.match(joins.at(-1).since, /^\w+:2$/);
		assert.equal('since' in joins[0], false);
	}));

test('a message with a lost ack is resent and appears once, for its sender and for the others', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const plain = await daemon.ws();
		await ann.join('ann');
		await watchRows(ann, 'said once');

		tap.holdReceived = ({ type }) => type === 'ack';
		await ann.say('said once');
		assert.equal((await plain.nextJson()).message, 'said once');
		plain.sendJson({ username: 'bob', message: 'behind it' });
		await ann.page.getByText('behind it').waitFor();
		tap.forget();
		await tap.hangUp();
		await ann.reads(['said once', 'behind it']);
		const acks = tap.received.filter(({ type }) => type === 'ack');
		assert.equal(acks.at(-1).duplicate, true);
		await soon.equal(() => mostRows(ann), 1);
		assert.deepEqual(await plain.drain(), []);
		assert.deepEqual(await storedTexts(daemon), ['said once', 'behind it']);
	}));

test('with echo_to_sender the page never shows a message twice, not even for a moment', () =>
	withPeople(browser, ['chat.echo_to_sender=true'], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const other = await daemon.ws();
		await ann.join('ann');
		await watchRows(ann, 'once');

		tap.holdReceived = ({ type }) => type === 'ack';
		await ann.say('once');
		assert.equal((await other.nextJson()).message, 'once');
		other.sendJson({ username: 'bob', message: 'after it' });
		await ann.page.getByText('after it').waitFor();
		tap.release();
		await ann.reads(['once', 'after it']);
		await soon.equal(() => mostRows(ann), 1);
	}));

test('messages appear in the order of the server, whatever arrives first', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const plain = await daemon.ws();
		await ann.join('ann');

		tap.holdSent = ({ message }) => message === 'mine';
		await ann.say('mine');
		await sayAll(plain, 'bob', ['earlier']);
		await ann.page.getByText('earlier').waitFor();
		assert.deepEqual(
			(await ann.messages()).map(({ text, pending }) => [text, pending]),
			[['earlier', false], ['mine', true]],
		);
		tap.release();
		await ann.reads(['earlier', 'mine']);

		// The ack overtakes earlier messages of others.
		tap.holdReceived = ({ type }) => type === 'message';
		await sayAll(plain, 'bob', ['overtaken 1', 'overtaken 2']);
		await ann.say('mine again');
		await ann.reads(['earlier', 'mine', 'mine again']);
		tap.release();
		await ann.reads(['earlier', 'mine', 'overtaken 1', 'overtaken 2', 'mine again']);
	}));

test('messages refused by the rate limit are resent by the page, in order', () =>
	withPeople(browser, ['limits.message_rate=2.0', 'limits.message_burst=2'], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const plain = await daemon.ws();
		await ann.join('ann');
		const wanted = numbered('quick', 6);
		// The page then sends all of them at once, however long it took to write them.
		tap.holdSent = ({ message }) => Boolean(message);
		for (const text of wanted)
			await ann.say(text);
		tap.release();
		for (const text of wanted)
			assert.equal((await plain.nextJson()).message, text);
		await ann.reads(wanted);
		assert.ok(tap.received.some(({ code }) => code === 'rate_limited'), 'the server has refused some');
		assert.ok((await ann.messages()).every(({ failed }) => !failed));
	}));

test('while the server is busy or cannot write, the page retries at longer and longer intervals', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const codes = ['store_failed', 'busy', 'store_unavailable'];
		// The server sends a message after each refusal. A page that shows it has received the refusal.
		const server = createServer({
			answer: ({ message, ref }) => {
				const id = message && ++server.lastId;

				if (!message)
					return undefined;
				if (!codes.length)
					return [{ type: 'ack', ref, room: 'lobby', id }];
				return [
					{ type: 'error', code: codes.shift(), message: 'not now', ref },
					{ type: 'message', room: 'lobby', id, username: 'bob', message: `refused ${id}` },
				];
			},
		});
		const ann = await arrive({}, withClock(server));
		await ann.join('ann');
		await pauseClock(ann);
		await ann.say('patience');
		for (const [index, [least, most]] of [[400, 1000], [900, 2000], [1900, 4000]].entries()) {
			const tries = index + 1;
			await ann.page.getByText(`refused ${tries}`).waitFor();
			await ann.page.clock.runFor(least);
			assert.equal(server.of('message').length, tries);
			await ann.page.clock.runFor(most - least);
			await eventually(() => assert.equal(server.of('message').length, tries + 1), 'one more try');
			assert.equal((await ann.messages()).at(-1).failed, '');
		}
		await ann.reads(['refused 1', 'refused 2', 'refused 3', 'patience']);
		assert.equal(new Set(server.of('message').map(({ ref }) => ref)).size, 1);
	}));

test('2 a message that the server refuses shows why, with buttons to retry or delete it', () =>
	withRestarts(browser, [], async ({ server, arrive }) => {
		const ann = await arrive({}, (page) => page.clock.install());
		const long = 'long '.repeat(300).trim();
		await ann.join('ann');
		await server.kill();
		await ann.stopClock();
		await ann.say(long);
		await ann.say(`another ${long}`);
		await ann.say('short');

		let connections = 0;
		ann.page.on('websocket', () => connections++);
		await server.start(['limits.message_bytes=500']);
		await ann.page.clock.resume();
		await ann.page.getByRole('button', { name: 'Retry' }).nth(1).waitFor();
		await ann.reads(['short', long, `another ${long}`]);
		const [, first, second] = await ann.messages();
		assert.match(first.failed, /too long for the server/);
		assert.match(second.failed, /too long/);
		assert.equal(connections, 1);

		await ann.page.getByRole('button', { name: 'Delete' }).nth(1).click();
		await ann.reads(['short', long]);
		await server.kill();
		await ann.state('waiting');
		await server.start();
		await ann.online();
		// The refused message waits for the decision, also after a reload.
		await ann.page.reload();
		await ann.reads(['short', long]);
		await ann.page.getByRole('button', { name: 'Retry' }).click();
		await ann.page.getByRole('button', { name: 'Retry' }).waitFor({ state: 'detached' });
		await ann.reads(['short', long]);
		assert.deepEqual(await storedTexts(server.daemon), ['short', long]);
	}));

test('a refusal that names a message is shown at that message, in the words of the server', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer({
			answer: ({ message, ref }) =>
				message && [{ type: 'error', code: 'bad_field', message: '<i>no</i> such thing', ref }],
		});
		const ann = await arrive({}, server.prepare);
		await ann.join('ann');
		await ann.say('hi');
		await ann.page.getByRole('button', { name: 'Retry' }).waitFor();
		assert.match((await ann.messages())[0].failed, /The server says: <i>no<\/i> such thing/);
		await soon.equal(() => ann.page.locator('.system').count(), 0);
	}));

test('a message that makes the server close the connection is not resent again and again', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer({ answer: ({ message }) => message && server.route.close({ code: 1009 }) && [] });
		const ann = await arrive({}, server.prepare);
		await ann.join('ann');
		await ann.disconnects(() => ann.say('hi'));
		await ann.online();
		await ann.page.locator('.failed p', { hasText: /too long/ }).waitFor();
		assert.equal(server.of('message').length, 1);
	}));

test('2 unacknowledged messages survive a reload and a closed tab, and are sent once', () =>
	withPeople(browser, [], async ({ daemon, arrive, openTab }) => {
		const tap = createTap();
		const ann = await arrive({}, tap.prepare);
		const plain = await daemon.ws();
		await ann.join('ann');
		tap.holdReceived = ({ type }) => type === 'ack';
		await ann.say('arrived, but who knows');
		assert.equal((await plain.nextJson()).message, 'arrived, but who knows');
		await ann.say('never left');
		await ann.rows(2);

		// The message is in the history before the server sends its ack.
		await ann.page.addInitScript(() => {
			window.mostRows = 0;
			addEventListener('DOMContentLoaded', () =>
				new MutationObserver(() => {
					const rows = Array.from(document.querySelectorAll('.message .text'));
					const same = rows.filter((row) => row.textContent === 'arrived, but who knows');
					window.mostRows = Math.max(window.mostRows, same.length);
				}).observe(document.getElementById('reading'), { childList: true, subtree: true }),
			);
		});
		const answers = () => tap.received.filter(({ type }) => type === 'history').length;
		const before = answers();
		tap.held = [];
		await ann.page.reload();
		await eventually(() => assert.equal(answers(), before + 1), 'the history');
		tap.release();
		await ann.reads(['arrived, but who knows', 'never left']);
		await soon.equal(() => mostRows(ann), 1);
		assert.equal((await plain.nextJson()).message, 'never left');

		tap.holdSent = ({ message }) => Boolean(message);
		await ann.say('left in a closed tab');
		await ann.rows(3);
		await ann.page.close();
		const tab = await openTab(ann);
		await tab.reads(['arrived, but who knows', 'never left', 'left in a closed tab']);
		assert.deepEqual(await storedTexts(daemon), ['arrived, but who knows', 'never left', 'left in a closed tab']);
		await tab.page.reload();
		await tab.reads(['arrived, but who knows', 'never left', 'left in a closed tab']);
		assert.equal((await plain.drain()).length, 1);
		assert.deepEqual(
			await tab.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('linnet.outbox'))),
			[],
		);
	}));

test('two tabs with the same unsent message show it once each', () =>
	withPeople(browser, [], async ({ daemon, arrive, openTab }) => {
		const tap = createTap();
		const ann = await arrive({}, withClock(tap));
		await ann.join('ann');
		tap.holdSent = ({ message }) => Boolean(message);
		await ann.say('from both');
		const tab = await openTab(ann);
		await tab.reads(['from both']);
		tap.release();
		await ann.reads(['from both']);
		await tab.reads(['from both']);

		// One tab is offline while the other one sends it.
		await pauseClock(ann);
		await tap.hangUp();
		await ann.state('waiting');
		await ann.say('left to the other tab');
		await tab.page.reload();
		await tab.reads(['from both', 'left to the other tab']);
		await ann.reads(['from both']);
		await ann.page.clock.resume();
		await ann.reads(['from both', 'left to the other tab']);
		assert.deepEqual(await storedTexts(daemon), ['from both', 'left to the other tab']);
	}));

test('a new name waits until the messages under the old name are acknowledged', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, withClock(tap));
		const plain = await daemon.ws();
		await ann.join('ann');
		tap.holdReceived = ({ type }) => type === 'ack';
		await ann.say('as ann');
		assert.equal((await plain.nextJson()).message, 'as ann');
		await pauseClock(ann);
		await tap.hangUp();
		await ann.state('waiting');
		tap.forget();
		await ann.rename('anna');
		await ann.line('Your name will be anna').waitFor();
		await ann.page.clock.resume();
		await ann.line('You are now anna').waitFor();
		await ann.reads(['as ann']);
		await ann.say('as anna');
		await ann.reads(['as ann', 'as anna']);
		assert.equal((await plain.nextJson()).username, 'anna');
		assert.deepEqual(await storedTexts(daemon), ['as ann', 'as anna']);
	}));

test('17 after the history is lost the page says so and continues with the newest messages of the new one', () =>
	withRestarts(browser, [NO_RATE_LIMIT, 'store.driver="memory"'], async ({ server, arrive }) => {
		const ann = await arrive({}, (page) => page.clock.install());
		const first = await server.daemon.ws();
		await ann.join('ann');
		await sayAll(first, 'bob', ['old 1', 'old 2']);
		await ann.reads(['old 1', 'old 2']);
		await server.kill();
		await ann.stopClock();
		await ann.say('mine');
		await server.start();
		const again = await server.daemon.ws();
		const fresh = numbered('new', 70);
		await sayAll(again, 'bob', fresh);
		await ann.page.clock.resume();
		await ann.line('could not be recovered').waitFor();
		await ann.page.getByText('new 70', { exact: true }).waitFor();
		await ann.reads(['old 1', 'old 2', ...fresh.slice(-50), 'mine']);
		const order = await ann.page.$$eval('.log > :is(.message, .gap)', (all) =>
			all.map((row) => (row.matches('.gap') ? 'GAP' : row.querySelector('.text').textContent)),
		);
		assert.equal(order.indexOf('GAP'), 2);

		// Scrolling back loads the rest of the new history below that line.
		await ann.page.$eval('.gap', (line) => line.scrollIntoView());
		await ann.reads(['old 1', 'old 2', ...fresh, 'mine']);
		await soon.equal(() => ann.line('could not be recovered').count(), 1);
	}));

test('if only part of the history is gone, the rest fills the gap as far as it can', () =>
	withRestarts(browser, [NO_RATE_LIMIT, 'store.keep_messages=120'], async ({ server, arrive }) => {
		const ann = await arrive({}, (page) => page.clock.install());
		const first = await server.daemon.ws();
		await ann.join('ann');
		await sayAll(first, 'bob', numbered('early', 5));
		await ann.rows(5);
		await server.kill();
		await ann.stopClock();
		await server.start();
		const again = await server.daemon.ws();
		await sayAll(again, 'bob', numbered('late', 400));
		await ann.page.clock.resume();
		await ann.line('could not be recovered').waitFor();
		await ann.rows(55);
		await ann.page.$eval('.gap', (line) => line.scrollIntoView());
		await ann.page.waitForFunction(() => document.querySelectorAll('.message').length >= 120);
		const texts = await ann.texts();
		assert.deepEqual(texts.slice(0, 5), numbered('early', 5));
		const late = numbered('late', 400);
		assert.deepEqual(texts.slice(5), late.slice(-(texts.length - 5)));
		await soon.equal(() => ann.line('could not be recovered').count(), 1);
	}));

test('if the history turns out to be complete, the line about the gap disappears', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const past = numbered('line', 130).map((message, index) => ({ type: 'message', id: index + 1, username: 'bob', message }));
		const server = createServer({
			joined: { recovered: false },
			answer: ({ type, ref, before: end }) => {
				if (type !== 'history')
					return undefined;
				const messages = past.slice(Math.max(0, end - 51), end - 1);
				return [{ type, ref, more: messages[0]?.id > 1, messages }];
			},
		});
		server.lastId = 20;
		const ann = await arrive({}, server.prepare);
		await ann.join('ann');
		await ann.reads(numbered('line', 20));
		server.lastId = 130;
		await server.route.close({ code: 1013 });
		await ann.line('could not be recovered').waitFor();
		await ann.reads([...numbered('line', 20), ...numbered('line', 130).slice(-50)]);
		await ann.page.$eval('.gap', (line) => line.scrollIntoView());
		await ann.reads(numbered('line', 130));
		await ann.line('could not be recovered').waitFor({ state: 'detached' });
	}));

test('a page closed as a slow reader reconnects at once and requests what it missed', () =>
	withPeople(browser, [], async ({ arrive }) => {
		const server = createServer();
		const ann = await arrive({}, withClock(server));
		await ann.join('ann');
		server.say({ username: 'bob', message: 'seen' });
		await ann.reads(['seen']);
		await pauseClock(ann);
		await server.route.close({ code: 1013 });
		await eventually(
			() =>
				assert.deepEqual(
					server.of('join').map(({ since }) => since),
					[undefined, 'fake:1'],
				),
			'the page to reconnect while its clock is stopped',
		);
		await ann.online();
		// It does not reconnect at once if that happens again.
		await server.route.close({ code: 1013 });
		await ann.state('waiting');
	}));

test('20 a server that no longer answers is noticed, and no message is missing afterwards', () =>
	withPeople(browser, [], async ({ daemon, arrive }) => {
		const tap = createTap();
		const ann = await arrive({}, withClock(tap));
		const plain = await daemon.ws();
		await ann.join('ann');
		await ann.say('before');
		await ann.reads(['before']);

		const pings = () => tap.sent.filter(({ type }) => type === 'ping').length;
		await pauseClock(ann);
		plain.sendJson({ username: 'bob', message: 'the last word' });
		await ann.reads(['before', 'the last word']);
		await ann.page.clock.runFor(18_000);
		assert.equal(pings(), 0);
		await ann.page.clock.runFor(2_000);
		await eventually(() => assert.equal(tap.received.at(-1).type, 'pong'), 'the answer to a ping');
		assert.equal(pings(), 1);

		tap.holdReceived = () => true;
		plain.sendJson({ username: 'bob', message: 'unheard' });
		await plain.drain();
		await ann.page.clock.runFor(30_000);
		await ann.state('waiting');
		await ann.isTold(/stopped answering/);
		tap.forget();
		await ann.page.clock.resume();
		await ann.reads(['before', 'the last word', 'unheard']);
	}));

test('a message that another tab has sent is shown once its ack arrives, and not resent', () =>
	withPeople(browser, [], async ({ arrive, openTab }) => {
		const server = createServer({
			answer: ({ message, ref }) => message && [{ type: 'error', code: 'rate_limited', message: 'too fast', ref, retry_after_ms: 60_000 }],
		});
		const ann = await arrive({}, server.prepare);
		await ann.join('ann');
		await ann.say('patience');
		await eventually(() => assert.equal(server.of('message').length, 1), 'the first try');
		// The message may be the one waited for, or another one.
		server.say({ username: 'ann', message: 'patience' });
		server.say({ username: 'bob', message: 'indeed' });
		await ann.rows(2);
		const tab = await openTab(ann);
		await tab.reads(['patience']);
		await ann.reads(['patience', 'indeed']);
	}));
