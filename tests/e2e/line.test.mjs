// The line door: a chat for nc, telnet and "cmd | nc".

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { answerTo, noRateLimit, noRateLimitWith, receive, say } from '../lib/chat.mjs';
import { eventually, isSlowRun, withDaemon, within } from '../lib/daemon.mjs';
import { openTerminal, Terminal } from '../lib/line.mjs';
import { ask, connect } from '../lib/raw.mjs';

async function push(daemon, object) {
	const body = JSON.stringify(object);
	const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
	const { status, body: answered } = await ask(daemon, 'POST', '/push/lobby', headers, body);
	assert.equal(status, 200, answered);
}

test('a new client is welcomed with its name, its room and the number of others', () =>
	withDaemon({}, async (daemon) => {
		const others = ['0 others', '1 other', '2 others', '3 others'];
		for (const [n, count] of others.entries()) {
			const terminal = await openTerminal(daemon);
			assert.equal(
				terminal.welcome,
				`Welcome to Linnet. You are guest-${n + 1} in lobby with ${count}. /help lists the commands.`,
			);
		}
	}));

test('the topic of the room follows the welcome', () =>
	withDaemon({ settings: ['rooms=( { name = "lobby"; topic = "Birds"; } )'] }, async (daemon) => {
		const ann = await openTerminal(daemon);
		assert.equal(await ann.next(), '* The topic is: Birds');
	}));

test("clients at terminals and in browsers receive each other's messages in one order", () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		const eve = await daemon.ws('/ws?name=eve');
		assert.deepEqual(await ann.nextLines(3), ['* guest-2 has entered', '* guest-2 is now bob', '* eve has entered']);
		assert.equal(await bob.next(), '* eve has entered');
		assert.equal(await say(eve, 'good morning'), 1);
		assert.deepEqual([await ann.next(), await bob.next()], Array(2).fill('eve: good morning'));
		ann.say('hi');
		assert.equal(await bob.next(), 'ann: hi');
		const message = await eve.nextJson();
		assert.deepEqual([message.type, message.id, message.username, message.message], ['message', 2, 'ann', 'hi']);
		assert.deepEqual(await ann.drain(), []);
	}));

test('enters, leaves and renames are announced to the others', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await openTerminal(daemon, 'ann');
		const bob = await openTerminal(daemon);
		assert.equal(await ann.next(), '* guest-2 has entered');
		assert.equal(await bob.ask('/nick bob'), '* guest-2 is now bob');
		assert.equal(await ann.next(), '* guest-2 is now bob');
		bob.raw.destroy();
		assert.equal(await ann.next(), '* bob has left');
	}));

test('a name with a space is quoted in notices, so that it does not look like the notice of another', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await openTerminal(daemon, 'ann');
		const eve = await openTerminal(daemon);
		await ann.next();
		await eve.ask('/nick bob has');
		assert.equal(await ann.next(), '* guest-2 is now "bob has"');
		eve.say('/me left');
		assert.equal(await ann.next(), '* "bob has" left');
		eve.say('hi');
		assert.equal(await ann.next(), 'bob has: hi');
		assert.equal(await ann.ask('/who'), '* In lobby: ann (line), "bob has" (line)');
		assert.match(await eve.ask('/nick bob: I am fired, bye'), /^\* the name must not have a colon /);
		eve.raw.destroy();
		assert.equal(await ann.next(), '* "bob has" has left');
	}));

test('/help lists every command', () =>
	withDaemon({}, async (daemon) => {
		const ann = await openTerminal(daemon);
		ann.say('/help');
		const words = (await ann.nextLines(12)).map((line) => /^\* \/(\w+)[^-]* - \S/.exec(line)?.[1]);
		assert.deepEqual(words.sort(), ['ack', 'clear', 'help', 'history', 'join', 'login', 'me', 'nick', 'quit', 'rooms', 'text', 'who']);
		assert.deepEqual(await ann.drain(), []);
	}));

test('/me announces an action', () =>
	withDaemon({}, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		const eve = await daemon.ws();
		ann.say('/me waves');
		assert.equal(await bob.next(), '* eve has entered'.replace('eve', 'guest-3'));
		assert.equal(await bob.next(), '* ann waves');
		const { action, message } = await eve.nextJson();
		assert.deepEqual([action, message], [true, 'waves']);
	}));

test('/who lists the people in the room and /rooms lists the rooms', () =>
	withDaemon({ settings: ['rooms=( { name = "ops"; topic = "Servers"; } )'] }, async (daemon) => {
		const ann = await openTerminal(daemon, 'ann');
		await daemon.ws('/ws?name=eve');
		assert.equal(await ann.next(), '* eve has entered');
		assert.equal(await ann.ask('/who'), '* In lobby: ann (line), eve (ws)');
		ann.say('/rooms');
		assert.deepEqual((await ann.nextLines(2)).sort(), ['* lobby (2 here)', '* ops (0 here) Servers']);
	}));

test('/join enters another room and leaves the old one', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		await ann.nextLines(2);
		assert.equal(await bob.ask('/join ops'), '* You are bob in ops with 0 others');
		assert.equal(await ann.next(), '* bob has left');
		bob.say('nobody hears this');
		assert.deepEqual(await bob.drain(), []);
		assert.equal(await ann.ask('/join ops'), '* You are ann in ops with 1 other');
		assert.equal(await bob.next(), '* ann has entered');
		bob.say('but this');
		assert.equal(await ann.next(), 'bob: but this');
		assert.equal(await ann.ask('/join ops'), '* you are in that room');
		assert.match(await ann.ask('/join a/b'), /^\* the name of the room /);
	}));

test('/history shows the last messages, twenty by default', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const eve = await daemon.ws('/ws?name=eve');
		for (let n = 1; n <= 30; n++)
			await say(eve, `m${n}`);
		const ann = await openTerminal(daemon);
		ann.say('/history 2', '/history');
		assert.deepEqual(await ann.nextLines(3), ['eve: m29', 'eve: m30', '* That was the latest of lobby']);
		const lines = await ann.nextLines(21);
		assert.deepEqual([lines[0], lines[19]], ['eve: m11', 'eve: m30']);
		assert.equal(await ann.ask('/history none'), '* usage: /history [N]');
	}));

test('/ack acknowledges an alarm for everybody', () =>
	withDaemon({}, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		await ann.nextLines(2);
		await push(daemon, { type: 'alarm', key: 'disk', severity: 'critical', title: 'Disk full' });
		assert.deepEqual([await ann.next(), await bob.next()], Array(2).fill('! critical disk: Disk full'));
		assert.equal(await ann.ask('/ack disk'), '! ann acknowledged disk: Disk full');
		assert.equal(await bob.next(), '! ann acknowledged disk: Disk full');
		const late = await openTerminal(daemon);
		assert.match(await late.next(), /^! .*disk: Disk full$/);
		assert.equal(await late.ask('/ack nothing'), '* there is no such alarm in this room');
	}));

test('only the sender of a wrong command sees the error', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		assert.equal((await ann.nextLines(2)).length, 2);
		assert.equal(await ann.ask('/nick'), '* usage: /nick NAME');
		assert.equal(await ann.ask('/me   '), '* usage: /me ACTION');
		assert.equal(await ann.ask('/nick BOB'), '* somebody else is called that already');
		assert.match(await ann.ask('/nick *'), /^\* the name /);
		assert.deepEqual(await bob.drain(), []);
	}));

test('a path is text, and /text makes any output text', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		ann.say('/etc/passwd', '/text', '/quit', 'Q', '//', '/text');
		assert.deepEqual(await bob.nextLines(5), ['/etc/passwd', '/quit', 'Q', '//', '/text'].map((text) => `ann: ${text}`));
	}));

test('a line that begins with two slashes is sent as text without the first slash', () =>
	withDaemon({}, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		ann.say('//etc/passwd', '/NICK anna');
		assert.deepEqual(await bob.nextLines(2), ['ann: /etc/passwd', '* ann is now anna']);
	}));

for (const goodbye of ['Q', '/quit', '/QUIT'])
	test(`${goodbye} ends the connection`, () =>
		withDaemon({}, async (daemon) => {
			const [ann, bob] = [await openTerminal(daemon), await openTerminal(daemon)];
			ann.say('Queue', goodbye, 'not heard any more');
			assert.deepEqual(await ann.rest(), ['* guest-2 has entered']);
			assert.deepEqual(await bob.nextLines(2), ['guest-1: Queue', '* guest-1 has left']);
			assert.deepEqual(await bob.drain(), []);
		}));

test('a line ends in LF or CR LF', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		await ann.raw.write('one\ntwo\r\n\n\r\n \nthree\r\r\n');
		assert.deepEqual(await bob.nextLines(3), ['one', 'two', 'three'].map((line) => `ann: ${line}`));
		await ann.raw.drip('a byte\r\na segment\r\n');
		assert.deepEqual(await bob.nextLines(2), ['ann: a byte', 'ann: a segment']);
	}));

test('telnet options are ignored, however they are split into segments', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		const bytes = Buffer.from('\xff\xfb\x01a\xff\xfd\x03b\xff\xfa\x18\x00xterm\n\xff\xf0c\xff\xf1d\xff\xff\r\n', 'latin1');
		await ann.raw.write(bytes);
		assert.equal(await bob.next(), 'ann: abcd\ufffd');
		await ann.raw.drip(bytes);
		assert.equal(await bob.next(), 'ann: abcd\ufffd');
		assert.deepEqual(await ann.drain(), ['* guest-2 has entered', '* guest-2 is now bob']);
	}));

test('a telnet timing mark is answered, so the terminal shows output again', () =>
	withDaemon({}, async (daemon) => {
		const ann = await openTerminal(daemon);
		await ann.raw.write(Buffer.from('\xff\xf4\xff\xfd\x06', 'latin1'));
		const answered = await ann.raw.readUntil((buffer) => buffer.length >= 3 && { value: buffer.toString('latin1'), size: 3 });
		assert.equal(answered, '\xff\xfc\x06');
		assert.deepEqual(await ann.drain(), []);
	}));

// What a program prints, and what is said of it.
const PRINTED = [
	[' 10%\r 20%\r100%\n', '100%'],
	['downloading\r日本\n', '日本loading'],
	['downloading\rdone\x1b[K\n', 'done'],
	['\x1b[2K\x1b[1G⠋ install\x1b[2K\x1b[1Ginstalled\n', 'installed'],
	['\x1b[1;31merror\x1b[0m:\x1b(B a\tb\r\n', 'error: a\tb'],
	['\x1b]0;title\x07\x1b]8;;https://example.org/\x1b\\link\x1b]8;;\x1b\\\n', 'link'],
	['\tindented\n', '\tindented'],
];

test('the output of a program is said as a terminal would show it, however it is split', () =>
	withDaemon({ settings: ['limits.message_rate=0', 'limits.message_bytes=200'] }, async (daemon) => {
		const [bob, plain] = [await openTerminal(daemon, 'bob'), await daemon.ws('/ws?name=plain')];
		const ann = await openTerminal(daemon, 'ann');
		await bob.nextLines(3);
		const heard = async (who) => {
			for (const [, text] of PRINTED) {
				assert.equal(await bob.next(), `${who}: ${text}`);
				assert.equal((await plain.nextJson()).message, text);
			}
		};
		await ann.raw.write(PRINTED.map(([bytes]) => bytes).join(''));
		await heard('ann');
		await ann.raw.drip(PRINTED.map(([bytes]) => bytes).join(''));
		await heard('ann');
		const web = await daemon.ws('/ws?format=line&name=web', { isChecked: false });
		assert.equal(await bob.next(), '* web has entered');
		for (const [bytes] of PRINTED)
			web.send(bytes);
		await heard('web');
		// A progress bar of any length is one short line.
		await ann.raw.write(`${Array.from({ length: 1000 }, (_, i) => `\r${i + 1} of 1000`).join('')}\n`);
		assert.equal(await bob.next(), 'ann: 1000 of 1000');
		await ann.raw.write(`${'x'.repeat(150)}\r${'y'.repeat(201)}\n`);
		assert.deepEqual(await bob.drain(), []);
	}));

test('a backspace deletes the character before it', () =>
	withDaemon({}, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon, 'ann'), await openTerminal(daemon, 'bob')];
		await ann.raw.drip('hé\b\x7fello\r\n');
		assert.equal(await bob.next(), 'ann: ello');
	}));

test('a last line without a newline is sent, and a client that half-closes still gets its answers', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await openTerminal(daemon, 'bob');
		const ann = await openTerminal(daemon);
		await bob.next();
		await ann.raw.write('one\n/history\n/nick ann\ntwo');
		ann.raw.halfClose();
		assert.deepEqual(await ann.rest(), ['guest-2: one', '* That was the latest of lobby', '* guest-2 is now ann']);
		assert.deepEqual(await bob.nextLines(4), ['guest-2: one', '* guest-2 is now ann', 'ann: two', '* ann has left']);
	}));

test('a program that sends too fast is delayed, and every line arrives once and in order', () =>
	withDaemon({ settings: ['limits.message_rate=1000'] }, async (daemon) => {
		const [bob, eve] = [await openTerminal(daemon), await daemon.ws()];
		const program = await openTerminal(daemon);
		assert.deepEqual(await bob.nextLines(2), ['* guest-2 has entered', '* guest-3 has entered']);
		const lines = Array.from({ length: 2000 }, (_, n) => `line ${n + 1}`);
		program.say(...lines);
		program.raw.halfClose();
		assert.deepEqual(await program.rest(), [], 'the program is neither refused nor told to wait');
		assert.deepEqual(await bob.nextLines(2000), lines.map((line) => `guest-3: ${line}`));
		const messages = await receive(eve, 2000);
		assert.deepEqual(messages.map(({ id }) => id), lines.map((_, n) => n + 1));
		assert.deepEqual(messages.map(({ message }) => message), lines);
		assert.equal(await bob.next(), '* guest-3 has left');
	}));

test('without a rate limit a flood of lines loses nothing either', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await openTerminal(daemon);
		const programs = await Promise.all(Array.from({ length: 5 }, () => openTerminal(daemon)));
		const count = 2000;
		for (const program of programs)
			program.say(...Array.from({ length: count }, (_, n) => `line ${n + 1}`));
		const heard = new Map(programs.map(({ name }) => [name, 0]));
		for (let left = programs.length * count; left > 0;) {
			const match = /^(\S+): line (\d+)$/.exec(await bob.next());
			if (!match)
				continue;
			assert.equal(Number(match[2]), heard.get(match[1]) + 1);
			heard.set(match[1], Number(match[2]));
			left--;
		}
	}));

test('a line that is too long is refused, and the next one is accepted', () =>
	withDaemon({ settings: ['limits.message_bytes=100'] }, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon), await openTerminal(daemon)];
		assert.equal(await ann.next(), '* guest-2 has entered');
		const refused = '* that line is longer than 100 bytes and was not sent';
		assert.equal(await ann.ask('x'.repeat(101)), refused);
		ann.say('y'.repeat(100));
		assert.equal(await bob.next(), `guest-1: ${'y'.repeat(100)}`);
		await ann.raw.write('z'.repeat(200));
		ann.raw.halfClose();
		assert.deepEqual(await ann.rest(), [refused]);
		assert.equal(await bob.next(), '* guest-1 has left');
	}));

test('64 MiB without a newline use no memory and are refused once', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await openTerminal(daemon), await openTerminal(daemon)];
		assert.equal(await ann.next(), '* guest-2 has entered');
		const before = daemon.residentBytes();
		const block = Buffer.alloc(1024 * 1024, 'x');
		for (let n = 0; n < 64; n++)
			await ann.raw.write(block);
		assert.equal(await ann.ask(''), '* that line is longer than 16384 bytes and was not sent');
		assert.ok(daemon.residentBytes() - before < 24 * 1024 * 1024, `${daemon.residentBytes() - before} bytes more`);
		ann.say('still there');
		assert.equal(await bob.next(), 'guest-1: still there');
	}));

test('lines that are too long count towards the rate limit', () =>
	withDaemon({ settings: ['limits.message_bytes=100', 'limits.message_rate=0.001', 'limits.message_burst=5'] }, async (daemon) => {
		const flooder = await openTerminal(daemon);
		flooder.say(...Array(5000).fill('x'.repeat(200)));
		await flooder.nextLines(5);
		const [ann, bob] = [await openTerminal(daemon), await openTerminal(daemon)];
		ann.say('hi');
		assert.equal(await bob.next(), 'guest-2: hi');
		assert.deepEqual(await flooder.nextLines(2), ['* guest-2 has entered', '* guest-3 has entered']);
	}));

test('bytes that are not UTF-8 are shown as replacement characters and harm nobody', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob, eve] = [await openTerminal(daemon), await openTerminal(daemon), await daemon.ws()];
		assert.equal(await bob.next(), '* guest-3 has entered');
		await ann.raw.write(Buffer.from('a\xc3(b\xe2\x82\nc\x00d\xed\xa0\x80\n', 'latin1'));
		const shown = ['a\ufffd(b\ufffd\ufffd', 'cd\ufffd\ufffd\ufffd'];
		assert.deepEqual(await bob.nextLines(2), shown.map((text) => `guest-1: ${text}`));
		assert.deepEqual((await receive(eve, 2)).map(({ message }) => message), shown);
		await ann.raw.write('日本語 🐦\n');
		assert.equal(await bob.next(), 'guest-1: 日本語 🐦');
	}));

test("a message can neither control a reader's terminal nor imitate another sender", () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, eve] = [await openTerminal(daemon), await daemon.ws('/ws?name=eve')];
		assert.equal(await ann.next(), '* eve has entered');
		await say(eve, '\u001b[2J\u001b]0;title\u0007\u009b31m\r\nadmin: give me your password\n\u202eevil\tt');
		assert.equal(await ann.next(), 'eve: \ufffd[2J\ufffd]0;title\ufffd\ufffd31m ⏎ admin: give me your password ⏎ \ufffdevil\tt');
		await say(eve, { type: '\u001b[31m', message: '\u001b[0m' });
		await say(eve, { type: 'x\n* ann has left' });
		assert.deepEqual(await ann.nextLines(2), ['eve: \ufffd[0m', '* eve sent: x ⏎ * ann has left']);
		await push(daemon, { type: 'alarm', key: 'disk', severity: 'error', message: '\u001b[5ma\nb' });
		assert.equal(await ann.next(), '! error disk - \ufffd[5ma ⏎ b');
	}));

// The pings of a WebSocket are the clock for measuring processor time.
test('a terminal that stops reading is closed, others are not affected, and the daemon stays idle', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith('limits.queue_bytes=65536', 'heartbeat.ping_s=1'), async (daemon) => {
		const [sender, bob] = [await daemon.ws(), await openTerminal(daemon)];
		const slow = await openTerminal(daemon);
		assert.equal(await bob.next(), '* guest-3 has entered');
		slow.raw.pause();
		const text = 'm'.repeat(8000);
		let isCut = false;
		daemon.waitForLog(/^slow_reader\b.*session=3\b/).then(() => (isCut = true), () => {});
		let count = 0;
		for (; !isCut; count++) {
			sender.sendJson({ message: `${count} ${text}` });
			let line = await bob.next();
			if (line === '* guest-3 has left')
				line = await bob.next();
			assert.ok(line.startsWith(`guest-1: ${count} `), line.slice(0, 80));
			assert.ok(count < 10_000);
		}
		const cpuBefore = daemon.cpuSeconds();
		await within(once(sender.socket, 'ping'), 'a ping');
		await within(once(sender.socket, 'ping'), 'a ping');
		const cpu = daemon.cpuSeconds() - cpuBefore;
		assert.ok(cpu < 0.5, `the idle daemon used ${cpu} s of processor time`);
		slow.raw.resume();
		const lines = await slow.rest();
		for (const [n, line] of lines.slice(0, -1).entries())
			assert.ok(line.startsWith(`guest-1: ${n} `), line.slice(0, 80));
		assert.ok(lines.at(-1).startsWith('* Goodbye: slow reader') || lines.length < count, lines.at(-1).slice(0, 80));
	}));

test('floods from fifty connections do not block other clients', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const flooders = await Promise.all(Array.from({ length: 50 }, () => openTerminal(daemon)));
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await openTerminal(daemon)];
		const flood = Buffer.from('flood\n'.repeat(100_000));
		for (const { raw } of flooders)
			raw.write(flood);
		let heard = 0;
		while (heard < 50 * 20)
			heard += (await bob.next()).endsWith(': flood') ? 1 : 0;
		const mark = await answerTo(ann, { message: 'may I?' });
		assert.equal(mark.type, 'ack');
		while ((await bob.next()) !== 'ann: may I?')
			;
		assert.ok(daemon.residentBytes() < 512 * 1024 * 1024);
	}));

test('a connection over the limit is refused with one line, and the others stay', () =>
	withDaemon({ settings: ['limits.connections=3'] }, async (daemon) => {
		const seated = [await openTerminal(daemon), await openTerminal(daemon), await openTerminal(daemon)];
		const refused = new Terminal(await connect(daemon, daemon.linePort));
		assert.deepEqual(await refused.rest(), ['* There is no place left, try later']);
		assert.equal(await seated[0].next(), '* guest-2 has entered');
		seated[2].raw.destroy();
		await eventually(() => openTerminal(daemon), 'a free place for a new connection');
	}));

const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test('one address can open only limits.per_address connections', { skip: !address && 'this machine has only loopback addresses' }, () =>
	withDaemon({ settings: ['line.address=0.0.0.0', 'limits.per_address=2'] }, async (daemon) => {
		const outside = { host: address, linePort: daemon.linePort };
		await openTerminal(outside);
		await openTerminal(outside);
		const refused = new Terminal(await connect(outside, daemon.linePort));
		assert.deepEqual(await refused.rest(), ['* There is no place left, try later']);
		await openTerminal(daemon);
		await daemon.waitForLog(/^over_limit limit=per_address\b/);
	}));

test('clients are told when the daemon stops, and the lines they sent are stored', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const terminals = [];
		for (let n = 0; n < 10; n++)
			terminals.push(await openTerminal(daemon));
		// Two of them do not close.
		terminals.slice(8).forEach(({ raw }) => raw.socket.removeAllListeners('end'));
		terminals[0].say('the last word');
		assert.equal((await terminals[9].next()), 'guest-1: the last word');
		const stopped = daemon.stop();
		for (const terminal of terminals.slice(0, 8)) {
			const lines = await terminal.rest();
			assert.equal(lines.at(-1), '* Goodbye: server stopping');
		}
		await within(stopped, 'a stop within the 10 s allowed', 10_000);
	}));

test('a program that keeps sending does not delay the stop', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const program = await openTerminal(daemon);
		const bob = await openTerminal(daemon);
		program.raw.write('talk\n'.repeat(200_000));
		assert.equal(await bob.next(), 'guest-1: talk');
		const stopped = daemon.stop();
		await stopped;
		assert.ok(!daemon.stderr.includes('store_is_slow'), 'the daemon waited for the store');
	}));

test('a connection that is reset leaves the room and its descriptor is closed', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await openTerminal(daemon);
		const descriptors = daemon.openDescriptors();
		for (let n = 0; n < 50; n++) {
			const killed = await openTerminal(daemon);
			killed.say('half a', ...Array(n).fill('/history'));
			killed.raw.socket.resetAndDestroy();
		}
		let gone = 0;
		while (gone < 50)
			gone += /^\* guest-\d+ has left$/.test(await bob.next()) ? 1 : 0;
		await eventually(() => assert.ok(daemon.openDescriptors() <= descriptors), 'the file descriptors to be closed');
	}));

/** Returns the timer that the kernel runs for the daemon's end of a connection. */
function timerOf(daemon, socket) {
	const hex = (port) => port.toString(16).toUpperCase().padStart(4, '0');
	const ends = `:${hex(daemon.linePort)} 0100007F:${hex(socket.localPort)} `;
	const line = readFileSync('/proc/net/tcp', 'utf8').split('\n').find((text) => text.includes(ends));
	return line.trim().split(/\s+/)[5];
}

test('the kernel probes a silent connection, so a dead peer is detected', () =>
	withDaemon({ settings: ['heartbeat.ping_s=20'] }, async (daemon) => {
		const ann = await openTerminal(daemon);
		await eventually(() => {
			const [timer, when] = timerOf(daemon, ann.raw.socket).split(':');
			assert.equal(timer, '02', 'the keepalive timer');
			const seconds = Number.parseInt(when, 16) / 100;
			assert.ok(seconds > 0 && seconds <= 20, `${seconds} s`);
		}, 'the keepalive timer');
	}));

test('a WebSocket with format=line uses the same commands and lines', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?format=line&name=ann', { isChecked: false });
		assert.equal(await ann.nextText(), 'Welcome to Linnet. You are ann in lobby with 0 others. /help lists the commands.');
		const bob = await openTerminal(daemon, 'bob');
		assert.deepEqual([await ann.nextText(), await ann.nextText()], ['* guest-2 has entered', '* guest-2 is now bob']);
		ann.send('one\ntwo\r\n\n/me waves\r\n/nick');
		assert.deepEqual(await bob.nextLines(3), ['ann: one', 'ann: two', '* ann waves']);
		assert.equal(await ann.nextText(), '* usage: /nick NAME');
		bob.say('hi');
		assert.equal(await ann.nextText(), 'bob: hi');
		ann.send('/help');
		assert.equal((await ann.nextText()).split('\n').length, 12);
		ann.send('/quit');
		assert.equal((await ann.closed).code, 1000);
	}));

test('a WebSocket with format=line that sends too fast is told so', () =>
	withDaemon({ settings: ['limits.message_rate=0.001', 'limits.message_burst=2'] }, async (daemon) => {
		const ann = await daemon.ws('/ws?format=line', { isChecked: false });
		await ann.nextText();
		const bob = await openTerminal(daemon);
		await ann.nextText();
		ann.send('one\ntwo\nthree');
		assert.equal(await ann.nextText(), '* too fast, wait a moment');
		assert.deepEqual(await bob.nextLines(2), ['guest-1: one', 'guest-1: two']);
	}));

test('with line.enabled off there is no line door', () =>
	withDaemon({ settings: ['line.enabled=false'] }, async (daemon) => {
		assert.equal(daemon.linePort, undefined);
		await daemon.ws();
	}));
