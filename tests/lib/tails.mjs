// Growing log files, and clients that watch them at every door.

import assert from 'node:assert/strict';
import { appendFileSync, renameSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, within } from './daemon.mjs';
import { openTerminal } from './line.mjs';

/** A log file. It is created by the first write. */
export class LogFile {
	constructor(folder = temporaryFolder(), room = 'log') {
		this.room = room;
		this.path = path.join(folder, `${room}.log`);
		this.rotations = 0;
	}

	append(text) {
		appendFileSync(this.path, text);
	}

	/** Appends lines. */
	write(...lines) {
		this.append(lines.map((line) => `${line}\n`).join(''));
	}

	/** Appends the lines "line FIRST" to "line LAST". */
	count(first, last) {
		this.write(...Array.from({ length: last - first + 1 }, (_, n) => `line ${first + n}`));
	}

	/** Renames the file; the next line begins a new one. */
	rotate() {
		renameSync(this.path, `${this.path}.${++this.rotations}`);
	}

	/** Truncates the file, as logrotate's copytruncate does. */
	truncate() {
		truncateSync(this.path);
	}

	/** The setting that shows the file as its room. */
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
	const terminal = await openTerminal(daemon);
	assert.match(await terminal.ask('/join log'), /^\* You are \S+ in log with /);
	for (;;) {
		const line = await terminal.next();
		if (!/^\* \S+ has (entered|left)$/.test(line))
			yield { message: line };
	}
}

/** The message between the lines of a file and those of its successor, at every door. */
export const isEvent = ({ message }) => /^the file was (rotated|truncated)$/.test(message);

/**
 * Each door's lines of the room "log", as endless iterators of { message, id?, skipped?, event? }.
 */
export const doors = {
	WebSocket: webSocketLines,
	events: eventLines,
	'long-poll': pollLines,
	'line door': terminalLines,
};

/** A client that watches the room "log" at one door. */
export class Watcher {
	constructor(name, lines) {
		this.name = name;
		this.lines = lines;
	}

	/** The next line as { message, id?, skipped?, event? }. */
	async nextObject() {
		const { value } = await within(this.lines.next(), `a line at the ${this.name}`);
		return value;
	}

	async next() {
		return (await this.nextObject()).message;
	}

	async nextLines(count) {
		const messages = [];
		while (messages.length < count)
			messages.push(await this.next());
		return messages;
	}
}

/** Returns one watcher for each door. A watcher connects when it reads its first line. */
export const watchers = (daemon, headers) =>
	Object.entries(doors).map(([name, open]) => new Watcher(name, open(daemon, headers)));
