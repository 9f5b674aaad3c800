// All doors at once: a message sent through one door appears at every other door, with the same id
// and in the same order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimit, range } from '../lib/chat.mjs';
import { withDaemon } from '../lib/daemon.mjs';
import { enterStream, expectJson, get, keepAlive, poll, post, push } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';

/** A client that polls in a loop; next() returns one message after another. */
class Poller {
	#messages = [];

	constructor(daemon, { since, you }) {
		this.daemon = daemon;
		this.since = since;
		this.you = you;
		this.agent = keepAlive();
	}

	async next() {
		while (this.#messages.length === 0) {
			const query = `since=${this.since}&session=${this.you.session}`;
			const { messages, since } = await poll(this.daemon, 'lobby', query, { agent: this.agent });
			this.#messages.push(...messages);
			this.since = since;
		}
		return this.#messages.shift();
	}
}

/** Opens one client at each door. Each has a way to send, and reads messages as [id, text]. */
async function openAll(daemon) {
	const { client: json } = await enter(daemon, 'name=json');
	const relay = await daemon.ws('/ws?name=relay');
	const lines = await daemon.ws('/ws?name=lines&format=line', { isChecked: false });
	const tcp = await openTerminal(daemon, 'tcp');
	const { stream, joined } = await enterStream(daemon, 'lobby', 'name=sse');
	const poller = new Poller(daemon, await poll(daemon, 'lobby', 'wait=0&name=poll'));
	const sendAs = (session, text) => expectJson(post(daemon, `/send/lobby?session=${session}`, text));

	const ofJson = (next) => async () => {
		for (;;) {
			const { type, id, username, message } = await next();
			if (message !== undefined && type !== 'error')
				return [id, `${username}: ${message}`];
		}
	};
	const pending = [];
	const ofLines = (next) => async () => {
		for (;;) {
			const line = pending.shift() ?? (await next());
			if (/^[a-z]+: /.test(line))
				return [undefined, line];
		}
	};
	const nextOfLines = async () => {
		const [line, ...more] = (await lines.nextText()).split('\n');
		pending.push(...more);
		return line;
	};
	return {
		json: { say: (text) => json.sendJson({ message: text }), sendJson: (members) => json.sendJson(members), read: ofJson(() => json.nextJson()), echoes: false },
		relay: { say: (text) => relay.sendJson({ message: text }), read: ofJson(() => relay.nextJson()), echoes: false },
		lines: { say: (text) => lines.send(text), read: ofLines(nextOfLines), echoes: false },
		tcp: { say: (text) => tcp.say(text), read: ofLines(() => tcp.next()), echoes: false },
		sse: { say: (text) => sendAs(joined.you.session, text), read: ofJson(() => stream.nextJson()), echoes: true },
		poll: { say: (text) => sendAs(poller.you.session, text), read: ofJson(() => poller.next()), echoes: true },
		push: { say: (text) => push(daemon, 'lobby', text) },
	};
}

test('a message sent through one door appears at every other door', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const doors = await openAll(daemon);
		let id = 0;
		for (const [speaker, { say }] of Object.entries(doors)) {
			const text = `said through ${speaker}, 你好`;
			id++;
			await say(text);
			for (const [reader, { read, echoes }] of Object.entries(doors)) {
				if (!read || (reader === speaker && !echoes))
					continue;
				const [shownId, shown] = await read();
				assert.equal(shown, `${speaker}: ${text}`, `${speaker} to ${reader}`);
				assert.ok(shownId === undefined || shownId === id, `${speaker} to ${reader}: ${shownId}, not ${id}`);
			}
		}
	}));

test('clients of all doors that send at once all receive the same order', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const doors = await openAll(daemon);
		const each = 40;
		const names = Object.keys(doors);
		const total = each * names.length;
		const speaking = Promise.all(names.map(async (name) => {
			for (let n = 1; n <= each; n++)
				await doors[name].say(`${n}`);
		}));
		const readAll = async ([name, { read, echoes }]) => {
			const seen = [];
			while (seen.length < (echoes ? total : total - each))
				seen.push(await read());
			return [name, seen];
		};
		const seenBy = new Map(await Promise.all(Object.entries(doors).filter(([, { read }]) => read).map(readAll)));
		await speaking;
		const whole = seenBy.get('sse');
		assert.deepEqual(whole.map(([id]) => id), range(1, total));
		for (const [name, seen] of seenBy) {
			const others = whole.filter(([, text]) => doors[name].echoes || !text.startsWith(`${name}: `));
			assert.deepEqual(seen.map(([, text]) => text), others.map(([, text]) => text), name);
			if (seen[0][0] !== undefined)
				assert.deepEqual(seen, others, name);
		}
		for (const name of names)
			assert.deepEqual(whole.filter(([, text]) => text.startsWith(`${name}: `)).map(([, text]) => Number(text.split(': ')[1])), range(1, each));
	}));

test('a message of any type is shown at every door, and found', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const doors = await openAll(daemon);
		const say = (members) => doors.json.sendJson(members);
		const readAll = async (wanted, but = []) => {
			for (const [reader, { read }] of Object.entries(doors))
				if (read && !but.includes(reader))
					assert.equal((await read())[1], wanted, reader);
		};
		// As Apprise sends it.
		await push(daemon, 'lobby', JSON.stringify({ version: '1.0', title: '', message: 'disk full', attachments: [], type: 'failure' }), {
			'content-type': 'application/json',
		});
		await readAll('push: disk full');
		say({ type: 'shout', message: 'hear ye' });
		await readAll('json: hear ye', ['json']);
		say({ type: 'shout', message: 'for now', ephemeral: true });
		// A poll hears such a message only while it waits.
		await readAll('json: for now', ['json', 'poll']);

		const texts = async (at) => (await expectJson(get(daemon, at))).messages.map(({ type, message }) => [type, message]);
		assert.deepEqual(await texts('/history/lobby'), [['failure', 'disk full'], ['shout', 'hear ye']]);
		assert.deepEqual(await texts('/search/lobby?q=disk'), [['failure', 'disk full']]);
		assert.deepEqual(await texts('/search/lobby?q=ye'), [['shout', 'hear ye']]);
		doors.tcp.say('/history');
		for (const wanted of ['push: disk full', 'json: hear ye'])
			assert.equal((await doors.tcp.read())[1], wanted);
	}));
