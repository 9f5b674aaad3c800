// Log files that grow, and those who watch them through every door.

import assert from 'node:assert/strict';
import { appendFileSync, renameSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, within } from './daemon.mjs';
import { sitDown } from './line.mjs';

/** A log file that its writer may not have made yet. */
export class LogFile {
	constructor(folder = temporaryFolder(), room = 'log') {
		this.room = room;
		this.path = path.join(folder, `${room}.log`);
		this.rotations = 0;
	}

	append(text) {
		appendFileSync(this.path, text);
	}

	/** Lines of text. */
	write(...lines) {
		this.append(lines.map((line) => `${line}\n`).join(''));
	}

	/** The lines "line FIRST" to "line LAST". */
	count(first, last) {
		this.write(...Array.from({ length: last - first + 1 }, (_, n) => `line ${first + n}`));
	}

	/** The next line begins a new file; the old one is kept under another name. */
	rotate() {
		renameSync(this.path, `${this.path}.${++this.rotations}`);
	}

	/** As logrotate's copytruncate: the same file begins anew. */
	truncate() {
		truncateSync(this.path);
	}

	/** The setting by which its room shows it. */
	setting({ lines = 100, rate = 1_000_000 } = {}) {
		return `tails=( { room = "${this.room}"; path = "${this.path}"; lines = ${lines}; rate = ${rate}; } )`;
	}
}

async function* webSocketLines(daemon, headers) {
	const client = await daemon.ws('/ws?room=log', { headers });
	for (;;) {
		const object = await client.nextJson();
		if (object.type === 'log')
			yield object;
	}
}

async function* eventLines(daemon, headers) {
	const response = await fetch(`${daemon.url}/events/log`, { headers });
	assert.equal(response.status, 200);
	let text = '';
	for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
		const events = (text + part).split('\n\n');
		text = events.pop();
		for (const event of events) {
			const data = /^data: (.*)$/m.exec(event);
			const object = data && JSON.parse(data[1]);
			if (object?.type === 'log')
				yield object;
		}
	}
}

async function* pollLines(daemon, headers) {
	let since = '';
	for (;;) {
		const response = await fetch(`${daemon.url}/poll/log?wait=25${since}`, { headers });
		assert.equal(response.status, 200);
		const answer = await response.json();
		assert.ok(!since || answer.recovered, JSON.stringify(answer).slice(0, 300));
		since = `&since=${answer.since}`;
		yield* answer.messages.filter(({ type }) => type === 'log');
	}
}

async function* terminalLines(daemon) {
	const terminal = await sitDown(daemon);
	assert.match(await terminal.ask('/join log'), /^\* You are \S+ in log with /);
	for (;;) {
		const line = await terminal.next();
		if (!/^\* \S+ has (entered|left)$/.test(line))
			yield { message: line };
	}
}

/** What stands between the lines of a file and those of its successor, through every door. */
export const isEvent = ({ message }) => /^the file was (rotated|truncated)$/.test(message);

/** What each door shows of the room "log", as endless lists of { message, id?, skipped?, event? }. */
export const doors = {
	WebSocket: webSocketLines,
	events: eventLines,
	'long-poll': pollLines,
	'line door': terminalLines,
};

/** Somebody who watches the room "log" through a door. */
export class Watcher {
	constructor(name, lines) {
		this.name = name;
		this.lines = lines;
	}

	/** The next line as { message, id?, skipped?, event? }. */
	async nextObject() {
		const { value } = await within(this.lines.next(), `a line through the ${this.name}`);
		return value;
	}

	async next() {
		return (await this.nextObject()).message;
	}

	async take(count) {
		const messages = [];
		while (messages.length < count)
			messages.push(await this.next());
		return messages;
	}
}

/** One for each door. They come when they first ask for a line. */
export const watchers = (daemon, headers) =>
	Object.entries(doors).map(([name, open]) => new Watcher(name, open(daemon, headers)));
