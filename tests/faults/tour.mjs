// One visit to every door of a daemon. Each step is tried again with new connections until it
// succeeds, as a good client does; the tour counts how often.

import assert from 'node:assert/strict';
import { answerTo, enter, say, until } from '../lib/chat.mjs';
import { eventually, within } from '../lib/daemon.mjs';
import { enterStream, expectJson, get, poll, post } from '../lib/doors.mjs';
import { bearer, sha256 } from '../lib/jwt.mjs';
import { openTerminal } from '../lib/line.mjs';
import { moment } from '../torture/options.mjs';

// Longer than the 10 seconds after which the daemon gives up what it cannot store.
const STEP_MS = 15_000;

/** Waits before the attempts after the first. No event announces that the daemon has recovered. */
const RETRY_MS = [0, 50, 300, 1000, 4000, 4000];

const ROOM = 'tour';

const admin = bearer('tour-secret');

export const settings = [
	'limits.message_rate=0', 'limits.address_rate=0', 'limits.connect_rate=0', 'limits.address_rooms=0',
	'store.keep_messages=0', 'store.sync="full"', 'heartbeat.ping_s=1',
	`auth.tokens=( { name = "tour"; token_sha256 = "${sha256('tour-secret')}"; admin = true; } )`,
];

const push = (daemon, body) => expectJson(post(daemon, `/push/${ROOM}`, body, admin));

async function counter(daemon, name) {
	const { status, text } = await get(daemon, '/metrics', { headers: admin });
	assert.equal(status, 200, text);
	const value = text.split('\n').find((line) => line.startsWith(`${name} `));
	return Number(value.slice(name.length + 1));
}

/**
 * The steps. Each gets the daemon, the number of the tour and of the attempt, told(text, id), which
 * notes a text that was acknowledged, and what it has kept of earlier attempts.
 */
const steps = {
	async page({ daemon }) {
		const { status, text } = await get(daemon, '/');
		assert.equal(status, 200);
		assert.ok(text.trimEnd().endsWith('</html>'));
	},

	async ws({ daemon, tour, attempt, told }) {
		const { client } = await enter(daemon, `room=${ROOM}&name=ws-${tour}-${attempt}`);
		const text = `ws ${tour} ${attempt}`;
		const id = await say(client, `${text} draft`);
		await say(client, { type: 'react', of: id, emoji: '👍' });
		await say(client, { type: 'edit', of: id, message: text });
		told(text, id);
		await say(client, { type: 'delete', of: await say(client, 'soon gone') });
		const { messages } = await answerTo(client, { type: 'history', limit: 20 });
		assert.equal(messages.find((message) => message.id === id)?.message, text);
		await client.close();
	},

	async line({ daemon, tour, attempt }) {
		const terminal = await openTerminal(daemon, `line-${tour}-${attempt}`);
		const text = `line ${tour} ${attempt}`;
		const listener = await daemon.ws();
		terminal.say(text);
		const isLost = terminal.raw.closed.then(() => assert.fail('the line connection was closed'));
		isLost.catch(() => {});
		await Promise.race([isLost, until(listener, ({ message }) => message === text)]);
		listener.vanish();
		terminal.say('/quit');
		await terminal.rest();
	},

	/** The session token makes it the same sender at each attempt. */
	async stream({ daemon, tour, told, mine }) {
		const { stream, joined } = await enterStream(daemon, ROOM, mine.session && `session=${mine.session}`);
		mine.session = joined.you.session;
		const text = `send ${tour}`;
		const { id, duplicate } = await expectJson(
			post(daemon, `/send/${ROOM}?session=${joined.you.session}`, { message: text, ref: text }),
		);
		told(text, id);
		for (let event; !duplicate && event?.id !== id;)
			event = await stream.nextJson();
		await stream.close();
	},

	async poll({ daemon, tour, told }) {
		const { since } = await poll(daemon, ROOM);
		const waiting = poll(daemon, ROOM, `since=${since}&wait=25`);
		waiting.catch(() => {});
		const text = `push ${tour}`;
		const { id, duplicate } = await push(daemon, { message: text, ref: text });
		told(text, id);
		assert.ok(duplicate || (await waiting).messages.length > 0);
	},

	async push({ daemon, tour }) {
		await push(daemon, { type: 'metric', name: 'load', value: tour });
		await push(daemon, { type: 'alarm', key: 'disk', severity: tour % 2 ? 'critical' : 'ok', title: 'The disk is full' });
	},

	async admin({ daemon }) {
		await expectJson(get(daemon, '/admin/sessions', { headers: admin }));
		await expectJson(get(daemon, `/who/${ROOM}`));
		assert.equal((await get(daemon, '/readyz')).status, 200);
	},

	async search({ daemon }) {
		const { messages } = await expectJson(get(daemon, `/search/${ROOM}?q=landmark`));
		assert.equal(messages.at(-1)?.message, 'landmark');
	},

	/** The line was written when the tour began. */
	async tail({ daemon, tour }) {
		const reader = await daemon.ws('/ws?room=log', { headers: admin });
		const lines = (await until(reader, ({ message }) => message === `line ${tour}`)).map(({ message }) => message);
		assert.equal(new Set(lines).size, lines.length, `a line came twice: ${lines}`);
		reader.vanish();
	},

	async reload({ daemon }) {
		const read = (result) => counter(daemon, `linnet_config_reloads_total{result="${result}"}`);
		const [good, bad] = [await read('ok'), await read('failed')];
		daemon.signal('SIGHUP');
		await eventually(async () => assert.ok((await read('ok')) > good || (await read('failed')) > bad), 'the reload');
		if ((await read('ok')) === good)
			throw new Error('the reload failed');
	},
};

/** Runs step until it succeeds; returns how often it had failed. */
async function insist(name, daemon, step) {
	for (let attempt = 0; ; attempt++) {
		try {
			await within(step(attempt), `the step ${name}`, STEP_MS);
			return attempt;
		} catch (error) {
			if (attempt === RETRY_MS.length || !daemon.isRunning)
				throw Object.assign(error, { message: `${name}: ${error.message}` });
			await moment(RETRY_MS[attempt]);
		}
	}
}

/** Stores what the tours look for. */
export async function prepare(daemon) {
	await push(daemon, { message: 'landmark' });
}

/**
 * Goes to every door at once. told(text, id) is called for each acknowledged text. The file of the
 * room "log" must have the line "line TOUR". Returns the names of the steps that failed at first.
 */
export async function visit({ daemon, tour, told }) {
	const results = await Promise.allSettled(
		Object.entries(steps).map(async ([name, step]) => {
			const mine = {};
			const again = await insist(name, daemon, (attempt) => step({ daemon, tour, attempt, told, mine }));
			return Array(again).fill(name);
		}),
	);
	const failed = results.find(({ status }) => status === 'rejected');
	if (failed)
		throw failed.reason;
	return results.flatMap(({ value }) => value);
}

/** Every stored text of the room with its ids, as a map. */
async function storedTexts(daemon) {
	const texts = new Map();
	for (let before = ''; ;) {
		const page = await expectJson(get(daemon, `/history/${ROOM}?limit=200${before}`));
		for (const { id, message } of page.messages)
			texts.set(message, [...(texts.get(message) ?? []), id]);
		if (!page.more)
			return texts;
		before = `&before=${page.messages[0].id}`;
	}
}

/** Fails unless each text is stored once, under the id that was acknowledged. */
export async function assertStored(daemon, told) {
	const stored = await storedTexts(daemon);
	for (const [text, id] of told)
		assert.deepEqual(stored.get(text), [id], `${text}, which was acknowledged`);
}
