// kill -9 among edits, deletions and reactions: what each client was sent makes the same messages as
// the history has, and a deleted text is in no file any more.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isSlowRun } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';
import { Crowd, secondsSince } from './crowd.mjs';
import { keysOf } from './member.mjs';
import { KillableDaemon } from './mortal.mjs';
import { Chance, moment, size, summary } from './options.mjs';

const clients = size('CLIENTS', { small: 8, full: 50 });
const actions = size('MESSAGES', { small: 800, full: 20_000 });
const kills = size('KILLS', { small: 3, full: 10 });

// A deleted text is out of all files within this time.
const ERASED_MS = 60_000;

const EMOJI = ['👍', '❤️', '🎉'];

/** What one member does. A text begins with its name and is found in no other text. */
class Author {
	#member;
	#chance;
	#own = []; // ids of own messages that were not deleted
	#reactions = new Set();
	#texts = new Map(); // every text that an own message has had, by its id
	#said = 0;
	/** Texts of messages that it has deleted. */
	deleted = [];

	constructor(member, chance) {
		this.#member = member;
		this.#chance = chance;
		member.on('ack', (entry) => this.#onAck(entry));
	}

	#newText() {
		return `${this.#member.name} quetzal${this.#member.name.slice(7)}x${++this.#said}x ${'.'.repeat(this.#chance.below(200))}`;
	}

	#onAck({ id, object }) {
		if (object.type)
			return;
		this.#own.push(id);
		this.#texts.set(id, [object.message]);
	}

	#edit() {
		const of = this.#chance.pick(this.#own);
		const message = this.#newText();
		this.#texts.get(of).push(message);
		this.#member.send({ type: 'edit', of, message });
	}

	#erase() {
		const [of] = this.#own.splice(this.#chance.below(this.#own.length), 1);
		this.deleted.push(...this.#texts.get(of));
		this.#member.send({ type: 'delete', of });
	}

	/** Each reaction changes something. */
	#react() {
		const messages = [...this.#member.view].filter(([, { deleted }]) => !deleted).slice(-20);
		const [of] = messages.length ? this.#chance.pick(messages) : [];
		const emoji = this.#chance.pick(EMOJI);
		const key = `${of} ${emoji}`;
		const on = !this.#reactions.has(key);
		if (of === undefined)
			return this.#member.say(this.#newText());
		this.#reactions[on ? 'add' : 'delete'](key);
		this.#member.send({ type: 'react', of, emoji, on });
	}

	act() {
		const luck = this.#chance.fraction();
		if (this.#own.length && luck < 0.2)
			this.#edit();
		else if (this.#own.length && luck < 0.3)
			this.#erase();
		else if (luck < 0.6)
			this.#react();
		else
			this.#member.say(this.#newText());
	}
}

/** Has every member act whenever one of its actions was acknowledged, until all actions are done. */
function startActing(crowd, authors) {
	let left = actions;
	const act = (author) => left-- > 0 && author.act();
	crowd.members.forEach((member, n) => {
		member.on('ack', () => act(authors[n]));
		for (let i = 0; i < 4; i++)
			act(authors[n]);
		member.start();
	});
	return () => left <= 0;
}

async function readHistory(daemon) {
	const messages = [];
	for (;;) {
		const before = messages.length ? `&before=${messages[0].id}` : '';
		const page = await expectJson(get(daemon, `/history/torture?limit=200${before}`));
		messages.unshift(...page.messages);
		if (!page.more)
			return messages;
	}
}

const bare = ({ reactions, username, message, edited, deleted }) => ({ username, message, edited, deleted, reactions: [...reactions].sort() });

async function assertSameAsHistory(daemon, crowd) {
	const messages = await readHistory(daemon);
	const expected = messages.map((message) => bare({ ...message, reactions: keysOf(message.reactions) }));
	for (const member of crowd.members) {
		assert.deepEqual([...member.view.keys()].sort((a, b) => a - b), messages.map(({ id }) => id), member.name);
		messages.forEach(({ id }, n) => assert.deepEqual(bare(member.view.get(id)), expected[n], `${member.name}: message ${id}`));
	}
	return messages;
}

/** Returns the words that a file of the folder holds. */
function heldBy(folder, words) {
	const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
	const texts = files.map((file) => readFileSync(path.join(file.parentPath ?? file.path, file.name), 'latin1'));
	return words.filter((word) => texts.some((text) => text.includes(word)));
}

/** Resolves when no file of the folder holds one of the words, within the promised time. */
async function erased(folder, words) {
	const start = performance.now();
	for (let held = words; (held = heldBy(folder, held)).length; await moment(500))
		if (performance.now() - start > ERASED_MS) cpSync(folder, '/tmp/h/w14F.kept', { recursive: true });
		assert.ok(performance.now() - start < ERASED_MS, `${held.length} deleted texts are still there: ${held.slice(0, 5)}`);
}

test('kill -9 among changes: every view is the history, and deleted texts are gone', { skip: isSlowRun }, async () => {
	const chance = new Chance();
	const mortal = new KillableDaemon();
	await mortal.start();
	const start = performance.now();
	const crowd = new Crowd({ port: mortal.port, clients, door: 'join', inFlight: 8, mayChange: true });
	try {
		await crowd.allJoined();
		const authors = crowd.members.map((member) => new Author(member, chance));
		const isOver = startActing(crowd, authors);
		for (const at of chance.moments(kills, Math.floor(actions * 0.8))) {
			await crowd.reached(at);
			await mortal.kill();
			await mortal.start();
		}
		while (!isOver())
			await crowd.orFault(once(crowd.members[0], 'received'));
		await crowd.allAcked();
		crowd.total = (await expectJson(get(mortal.daemon, '/rooms'))).rooms.find(({ room }) => room === 'torture').last_id;
		await crowd.complete();
		const messages = await assertSameAsHistory(mortal.daemon, crowd);
		const deleted = authors.flatMap((author) => author.deleted.map((text) => text.split(' ')[1]));
		assert.ok(messages.some(({ edited }) => edited) && messages.some(({ reactions }) => reactions) && deleted.length > 0);
		await erased(mortal.folder, deleted);
		summary('changes', { kills, ...crowd.figures(), deleted: deleted.length, seconds: secondsSince(start) });
		crowd.leave();
		await mortal.daemon.stop();
	} catch (error) {
		summary('changes', { failed: true, ...crowd.figures(), seconds: secondsSince(start) });
		error.message += `\nlinnetd said:\n${mortal.daemon.stderr.slice(-8192)}`;
		throw error;
	} finally {
		crowd.leave();
		mortal.daemon.kill();
	}
});
