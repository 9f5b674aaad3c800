// A terminal: a client of the line door.

import assert from 'node:assert/strict';
import { connect } from './raw.mjs';

const newline = 0x0a;

export class Terminal {
	constructor(raw) {
		/** For bytes that are not whole lines. */
		this.raw = raw;
		// Real programs do the same.
		raw.socket.once('end', () => raw.halfClose());
	}

	/** The next line without its newline. Fails for anything but whole lines of text. */
	async next() {
		const bytes = await this.raw.readUntil((buffer) => {
			const at = buffer.indexOf(newline);
			return at < 0 ? null : { value: buffer.subarray(0, at), size: at + 1 };
		}, 'a line');
		const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
		assert.doesNotMatch(text, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
		return text;
	}

	async nextLines(count) {
		const lines = [];
		while (lines.length < count)
			lines.push(await this.next());
		return lines;
	}

	/** Returns all lines until the daemon closes. */
	async rest() {
		const text = (await this.raw.readToEnd()).toString('utf8');
		assert.ok(text === '' || text.endsWith('\n'), `half a line: ${text.slice(-80)}`);
		return text.split('\n').slice(0, -1);
	}

	/** Types lines; a closed connection is not an error. */
	say(...lines) {
		return this.raw.write(lines.map((line) => `${line}\n`).join(''));
	}

	/** Types a line and returns the next line received. */
	ask(line) {
		this.say(line);
		return this.next();
	}

	/** Returns everything received so far, by a request that is answered in order. */
	async drain() {
		const before = [];
		this.say('/who');
		for (;;) {
			const line = await this.next();
			if (line.startsWith('* In '))
				return before;
			before.push(line);
		}
	}
}

/** Opens a terminal and waits for the welcome. */
export async function openTerminal(daemon, name) {
	const terminal = new Terminal(await connect(daemon, daemon.linePort));
	// A client that sends nothing is welcomed after 300 ms, which would slow down the tests.
	terminal.say('');
	terminal.welcome = await terminal.next();
	terminal.name = /^Welcome to Linnet\. You are (\S+) in /.exec(terminal.welcome)?.[1];
	assert.ok(terminal.name, terminal.welcome);
	if (name) {
		assert.equal(await terminal.ask(`/nick ${name}`), `* ${terminal.name} is now ${name}`);
		terminal.name = name;
	}
	return terminal;
}
