// What the tests of rooms, history and resuming have in common: people who talk.

import assert from 'node:assert/strict';
import { temporaryFolder, withDaemon } from './daemon.mjs';

// For tests that are not about how fast one may talk.
export const unhurried = { settings: ['limits.message_rate=0'] };

/** Options like unhurried with more settings. */
export const unhurriedWith = (...settings) => ({ settings: [...unhurried.settings, ...settings] });

let lastRef = 0;

/** Sends with a ref of its own and returns what is answered; what comes before that is lost. */
export async function answer(client, object) {
	const ref = object.ref ?? `ref-${++lastRef}`;
	client.sendJson({ ...object, ref });
	return (await until(client, (got) => got.ref === ref)).pop();
}

/** Says something and returns its id: by then it is kept and on its way to everybody. */
export async function say(client, members) {
	const ack = await answer(client, typeof members === 'string' ? { message: members } : members);
	assert.equal(ack.type, 'ack', JSON.stringify(ack));
	return ack.id;
}

/** Says message-1 to message-COUNT, or what textOf makes of the number, without waiting. */
export async function sayMany(client, count, { room, textOf = (n) => `message-${n}` } = {}) {
	for (let n = 1; n < count; n++)
		client.sendJson({ message: textOf(n), room });
	return say(client, { message: textOf(count), room });
}

export async function take(client, count) {
	const objects = [];
	while (objects.length < count)
		objects.push(await client.nextJson());
	return objects;
}

/** What comes up to the first object of which isLast says so, and with it. */
export async function until(client, isLast) {
	const objects = [];
	do
		objects.push(await client.nextJson());
	while (!isLast(objects.at(-1)));
	return objects;
}

let lastMark = 0;

/**
 * All that client was sent until talker, who is another one, says a word to a room in which
 * client is: unlike drain() it waits for what is still being kept.
 */
export async function heardBy(client, talker, room) {
	const mark = `mark-${++lastMark}`;
	talker.sendJson({ message: mark, room });
	return (await until(client, (got) => got.message === mark)).slice(0, -1);
}

/** The answer to a join, all that came before it being lost. */
export function join(client, room, members) {
	return answer(client, { type: 'join', room, ...members });
}

export function assertError(object, code) {
	assert.equal(object.type, 'error', JSON.stringify(object));
	assert.equal(object.code, code, JSON.stringify(object));
}

/** A joined client with events and its "joined" as { client, joined }. */
export async function enter(daemon, query = '') {
	const client = await daemon.ws(`/ws?events=1${query && `&${query}`}`);
	const joined = await client.nextJson();
	assert.equal(joined.type, 'joined', JSON.stringify(joined));
	return { client, joined };
}

/** The query's since for what came after that id. */
export const after = (epoch, id) => `since=${epoch}:${id}`;

/** Every message of a room that is kept, oldest first, by as many questions as it takes. */
export async function wholeHistory(client, room = 'lobby') {
	const messages = [];
	for (;;) {
		const before = messages[0]?.id;
		const page = await answer(client, { type: 'history', room, before, limit: 200 });
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

/** Runs one body after the other, each against a daemon of its own, on one history. */
export async function withHistory(options, ...lives) {
	const folder = temporaryFolder();
	for (const life of lives)
		await withDaemon({ ...options, folder }, life);
}
