// The line door with real programs: nc, telnet, and output piped into them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { noRateLimit, receive, say } from '../lib/chat.mjs';
import { eventually, withDaemon, within } from '../lib/daemon.mjs';
import { openTerminal } from '../lib/line.mjs';
import { ask } from '../lib/raw.mjs';

/** A shell command with the daemon's address in $HOST, $PORT and $URL. */
class Program {
	constructor(daemon, command) {
		this.child = spawn('bash', ['-c', command], {
			env: { ...process.env, HOST: daemon.host, PORT: daemon.linePort, URL: daemon.url },
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		/** Everything printed so far. */
		this.output = '';
		this.child.stdout.setEncoding('utf8').on('data', (text) => (this.output += text));
		this.child.stdin.on('error', () => {}); // the program may have ended
		this.ended = new Promise((resolve) => this.child.once('close', resolve));
	}

	type(text) {
		this.child.stdin.write(text);
	}

	/** Waits until the program has printed the text, and discards the output up to there. */
	async sees(text) {
		await eventually(() => assert.ok(this.output.includes(text), `${text} in ${this.output}`), text);
		this.output = this.output.slice(this.output.indexOf(text) + text.length);
	}

	/** Returns the whole output after the program ended with status 0. */
	async result() {
		assert.equal(await within(this.ended, 'the program to end'), 0);
		return this.output;
	}
}

async function withProgram(daemon, command, body) {
	const program = new Program(daemon, command);
	try {
		return await body(program);
	} finally {
		program.child.kill('SIGKILL');
	}
}

const run = (daemon, command) => withProgram(daemon, command, (program) => program.result());

const welcome = (name, others) =>
	`Welcome to Linnet. You are ${name} in lobby with ${others}. /help lists the commands.\n`;

test("printf 'hi' | nc -N sends the line and ends", () =>
	withDaemon({}, async (daemon) => {
		const eve = await daemon.ws();
		assert.equal(await run(daemon, "printf 'hi' | nc -N $HOST $PORT"), welcome('guest-2', '1 other'));
		assert.equal((await eve.nextJson()).message, 'hi');
	}));

test('echo /history | nc -N prints the history', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const eve = await daemon.ws('/ws?name=eve');
		for (const text of ['one', 'two', 'three'])
			await say(eve, text);
		const printed = await run(daemon, 'echo /history 2 | nc -N $HOST $PORT');
		assert.equal(printed, `${welcome('guest-2', '1 other')}eve: two\neve: three\n* That was the latest of lobby\n`);
	}));

test('while ...; do echo; done | nc -N loses nothing', () =>
	withDaemon({ settings: ['limits.message_rate=1000'] }, async (daemon) => {
		const eve = await daemon.ws();
		const loop = 'n=0; while ((n++ < 2000)); do echo "line $n"; done';
		assert.equal(await run(daemon, `{ echo /nick cron; ${loop}; } | nc -N $HOST $PORT`), `${welcome('guest-2', '1 other')}* guest-2 is now cron\n`);
		for (const [n, object] of (await receive(eve, 2000)).entries())
			assert.deepEqual([object.id, object.username, object.message], [n + 1, 'cron', `line ${n + 1}`]);
	}));

test('nc works as a chat client: it shows the messages of others, and why the connection ends', () =>
	withDaemon(noRateLimit, (daemon) =>
		withProgram(daemon, 'exec nc -N $HOST $PORT', async (nc) => {
			await nc.sees(welcome('guest-1', '0 others'));
			const bob = await openTerminal(daemon, 'bob');
			nc.type('hello\n');
			assert.equal(await bob.next(), 'guest-1: hello');
			bob.say('hi');
			await nc.sees('bob: hi\n');
			const stopped = daemon.stop();
			await nc.sees('* Goodbye: server stopping\n');
			await stopped;
			nc.child.stdin.end();
			await within(nc.ended, 'nc to end');
		}),
	));

test('a killed nc leaves the room', () =>
	withDaemon(noRateLimit, (daemon) =>
		withProgram(daemon, 'exec nc $HOST $PORT', async (nc) => {
			const bob = await openTerminal(daemon);
			await nc.sees('/help lists the commands.\n');
			nc.type('/nick ncat\n');
			await nc.sees('is now ncat\n');
			nc.child.kill('SIGKILL');
			while ((await bob.next()) !== '* ncat has left')
				;
		}),
	));

// telnet wants a terminal, which script(1) provides.
const telnet = 'exec script --quiet --flush --return --command "telnet $HOST $PORT" /dev/null';

test('telnet works as a chat client that can acknowledge an alarm', () =>
	withDaemon(noRateLimit, (daemon) =>
		withProgram(daemon, telnet, async (terminal) => {
			await terminal.sees('/help lists the commands.');
			terminal.type('/nick ann\r');
			await terminal.sees('* guest-1 is now ann');
			const bob = await openTerminal(daemon);
			await terminal.sees('* guest-2 has entered');
			const alarm = '{"type":"alarm","key":"disk","severity":"critical","title":"Disk full"}';
			const { status } = await ask(daemon, 'POST', '/push/lobby',
				{ 'Content-Type': 'application/json', 'Content-Length': alarm.length }, alarm);
			assert.equal(status, 200);
			await terminal.sees('! critical disk: Disk full');
			terminal.type('/ack disk\r');
			await terminal.sees('! ann acknowledged disk: Disk full');
			assert.deepEqual(await bob.nextLines(2), ['! critical disk: Disk full', '! ann acknowledged disk: Disk full']);
			terminal.type('Q\r');
			await terminal.sees('Connection closed by foreign host.');
			await within(terminal.ended, 'telnet to end');
		}),
	));

test('telnet in character mode sends each key alone, and backspaces work', () =>
	withDaemon(noRateLimit, (daemon) =>
		withProgram(daemon, telnet, async (terminal) => {
			await terminal.sees('/help lists the commands.');
			terminal.type('\u001d');
			await terminal.sees('telnet> ');
			terminal.type('mode character\r');
			const bob = await openTerminal(daemon);
			await terminal.sees('* guest-2 has entered');
			for (const key of 'hellp\u007fo\r')
				terminal.type(key);
			assert.equal(await bob.next(), 'guest-1: hello');
			bob.say('hi');
			await terminal.sees('guest-2: hi');
		}),
	));

test('telnet shows new messages after Ctrl-C', () =>
	withDaemon(noRateLimit, (daemon) =>
		withProgram(daemon, telnet, async (terminal) => {
			await terminal.sees('/help lists the commands.');
			terminal.type('\u0003');
			terminal.type('/who\r');
			await terminal.sees('* In lobby: guest-1 (line)');
			const bob = await openTerminal(daemon);
			bob.say('still there?');
			await terminal.sees('guest-2: still there?');
		}),
	));
