// Chat clients, shared by the tests of rooms, history and resuming.

import assert from 'node:assert/strict';
import { temporaryFolder, withDaemon } from './daemon.mjs';

// For tests that are not about the rate limit.
export const noRateLimit = { settings: ['limits.message_rate=0'] };

/** The same options with more settings. */
export const noRateLimitWith = (...settings) => ({ settings: [...noRateLimit.settings, ...settings] });

let lastRef = 0;

/** Sends with a ref of its own and returns the answer. Discards what comes before it. */
export async function answerTo(client, object) {
	const ref = object.ref ?? `ref-${++lastRef}`;
	client.sendJson({ ...object, ref });
	return (await until(client, (got) => got.ref === ref)).pop();
}

/** Sends a message and returns its id. By then it is stored and on its way to everybody. */
export async function say(client, members) {
	const ack = await answerTo(client, typeof members === 'string' ? { message: members } : members);
	assert.equal(ack.type, 'ack', JSON.stringify(ack));
	return ack.id;
}

/** Sends message-1 to message-COUNT, or the texts that textOf returns, without waiting. */
export async function sayMany(client, count, { room, textOf = (n) => `message-${n}` } = {}) {
	for (let n = 1; n < count; n++)
		client.sendJson({ message: textOf(n), room });
	return say(client, { message: textOf(count), room });
}

export async function receive(client, count) {
	const objects = [];
	while (objects.length < count)
		objects.push(await client.nextJson());
	return objects;
}

/** Returns all objects up to and including the first for which isLast is true. */
export async function until(client, isLast) {
	const objects = [];
	do
		objects.push(await client.nextJson());
	while (!isLast(objects.at(-1)));
	return objects;
}

let lastMark = 0;

/**
 * Returns all that the client was sent until another client, talker, sends a message to a room of
 * the client. Unlike drain() it waits for messages that are still being stored.
 */
export async function receivedSoFar(client, talker, room) {
	const mark = `mark-${++lastMark}`;
	talker.sendJson({ message: mark, room });
	return (await until(client, (got) => got.message === mark)).slice(0, -1);
}

/** Returns the answer to a join. Discards what comes before it. */
export function join(client, room, members) {
	return answerTo(client, { type: 'join', room, ...members });
}

export function assertError(object, code) {
	assert.equal(object.type, 'error', JSON.stringify(object));
	assert.equal(object.code, code, JSON.stringify(object));
}

/** Returns a joined client with events and its "joined", as { client, joined }. */
export async function enter(daemon, query = '') {
	const client = await daemon.ws(`/ws?events=1${query && `&${query}`}`);
	const joined = await client.nextJson();
	assert.equal(joined.type, 'joined', JSON.stringify(joined));
	return { client, joined };
}

/** The query to resume after that id. */
export const after = (epoch, id) => `since=${epoch}:${id}`;

/** Returns every stored message of a room, oldest first, in as many requests as it takes. */
export async function wholeHistory(client, room = 'lobby') {
	const messages = [];
	for (;;) {
		const before = messages[0]?.id;
		const page = await answerTo(client, { type: 'history', room, before, limit: 200 });
		assert.equal(page.type, 'history', JSON.stringify(page));
		messages.unshift(...page.messages);
		if (!page.more)
			return messages;
	}
}

/** first, first + 1, ..., last */
export const range = (first, last) =>
	Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);

export const idsOf = (messages) => messages.map(({ id }) => id);

/** Runs the bodies in turn on one history, each with a daemon of its own. */
export async function withHistory(options, ...lives) {
	const folder = temporaryFolder();
	for (const life of lives)
		await withDaemon({ ...options, folder }, life);
}
