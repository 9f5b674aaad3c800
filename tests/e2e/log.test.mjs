// The log: the format of its lines, and the list of events in the manual.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, openSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary, eventually, isSlowRun, runDaemon, sourceDir, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { until } from '../lib/chat.mjs';
import { get, openStream, post } from '../lib/doors.mjs';
import { bearer, sha256 } from '../lib/jwt.mjs';
import { Terminal } from '../lib/line.mjs';
import { connect, freePort } from '../lib/raw.mjs';

// With these settings the daemon logs one error and exits.
const failing = ['http.port=0', 'line.port=0', 'http.root=/nonexistent'];
const failure = 'page_failed root=/nonexistent error="No such file or directory" level=error';

/** Runs the failing daemon with stderr as a file. streamOf(status) returns its $JOURNAL_STREAM. */
async function logWith(streamOf, ...settings) {
	const file = path.join(temporaryFolder(), 'stderr');
	const fd = openSync(file, 'w');
	const { dev, ino } = fstatSync(fd);
	const args = [...failing, ...settings].flatMap((setting) => ['-s', setting]);
	const env = { ...process.env, JOURNAL_STREAM: streamOf({ dev, ino }) };
	const child = spawn(binary, args, { cwd: path.dirname(file), env, stdio: ['ignore', 'ignore', fd] });
	assert.deepEqual(await once(child, 'exit'), [3, null]);
	return readFileSync(file, 'utf8');
}

/** Returns text without the times at the ends of its lines, which must lie between before and now. */
function withoutTimes(text, before) {
	return text.replace(/ ts=(\S+)$/gm, (_, time) => {
		assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now(), time);
		return '';
	});
}

test('a line in a pipe begins with its event and ends with the time', async () => {
	const before = Date.now();
	const { stderr } = await runDaemon({ settings: failing.slice(2) });
	assert.match(stderr, / ts=\S+\n$/);
	assert.equal(withoutTimes(stderr, before), `${failure}\n`);
});

test('a long line ends with its time, too', async () => {
	const before = Date.now();
	const { stderr } = await runDaemon({ settings: [`http.root=/${'x'.repeat(250)}/${'ä'.repeat(100)}`] });
	assert.match(stderr, /^page_failed root="\/x+\/ä+…" error=.* ts=\S+\n$/);
	assert.match(withoutTimes(stderr, before), /level=error\n$/);
});

test('a line for the journal begins with its priority', async () => {
	const journal = ({ dev, ino }) => `${dev}:${ino}`;
	assert.equal(await logWith(journal), `<3>${failure}\n`);
	const json = await logWith(journal, 'log.format=json');
	assert.match(json, /^<3>\{"ts":\d+,"level":"error","event":"page_failed",.*\}\n$/);
});

test('what is wrong with the configuration has a priority in the journal, and comes after the names of the files', async () => {
	const folder = temporaryFolder();
	const configuration = path.join(folder, 'wrong.cfg');
	const file = path.join(folder, 'output');
	writeFileSync(configuration, 'http = { prot = 1; };\n');
	for (const args of [[], ['-t']]) {
		const fd = openSync(file, 'w');
		const { dev, ino } = fstatSync(fd);
		const env = { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` };
		const child = spawn(binary, ['-c', configuration, ...args], { cwd: folder, env, stdio: ['ignore', fd, fd] });
		assert.deepEqual(await once(child, 'exit'), [1, null]);
		const names = args.length ? `read ${configuration}\n` : '';
		assert.equal(readFileSync(file, 'utf8'), `${names}<3>${configuration}:1: unknown key "http.prot", did you mean "http.port"?\n`);
	}
});

test('a $JOURNAL_STREAM that is not stderr is ignored', async () => {
	const before = Date.now();
	for (const stream of [({ dev, ino }) => `${dev}:${ino + 1}`, ({ dev, ino }) => `${dev + 1}:${ino}`, () => '', () => 'no:number'])
		assert.equal(withoutTimes(await logWith(stream), before), `${failure}\n`);
});

test('a line on a terminal begins with the time', async () => {
	const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;
	const command = [binary, ...failing.flatMap((setting) => ['-s', setting])].map(quoted).join(' ');
	const before = Date.now();
	const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: temporaryFolder(), stdio: ['ignore', 'pipe', 'inherit'] });
	let seen = '';
	child.stdout.setEncoding('utf8').on('data', (text) => (seen += text));
	await once(child, 'close');
	const [, time, rest] = /^(\S+) (.*)\r\n$/.exec(seen) ?? assert.fail(seen);
	assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
	assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now(), time);
	assert.equal(rest, failure);
});

test('with the JSON format each line is one object', () =>
	withDaemon({ settings: ['log.format=json'] }, async (daemon) => {
		await (await daemon.ws()).close();
		await daemon.waitForLog(/session_close/);
		const events = daemon.log.map((line) => JSON.parse(line));
		assert.deepEqual(events.map(({ event }) => event), ['ready', 'session_open', 'session_close']);
		for (const { ts, level } of events) {
			assert.ok(Math.abs(Date.now() - ts) < 600_000);
			assert.equal(level, 'info');
		}
		assert.deepEqual(Object.keys(events[2]).slice(3), [
			'session', 'door', 'code', 'peer', 'reason', 'sent_bytes', 'received_bytes', 'duration_ms', 'username', 'room',
		]);
	}));

/** Makes people come, change their names, write, be moderated and go by each door. */
async function haveVisitors(daemon) {
	const ann = await daemon.ws('/ws?room=ops&name=ann&events=1', { headers: bearer('root-secret') });
	for (const object of [{ message: 'a secret text' }, { type: 'edit', of: 1, message: 'another secret text' }]) {
		ann.sendJson({ ...object, ref: object.type ?? 'said' });
		await until(ann, ({ type }) => type === 'ack');
	}
	ann.sendJson({ type: 'nick', username: 'anna' });
	await daemon.waitForLog(/^session_name session=1 /);
	const stream = await openStream(daemon, '/events/ops?name=sam', bearer('root-secret'));
	await get(daemon, '/poll/ops?name=paul&wait=0', { headers: bearer('root-secret') });
	const terminal = new Terminal(await connect(daemon, daemon.linePort));
	terminal.say('/nick lin why=x', '/quit');
	await terminal.rest();
	const admin = (order, body) => post(daemon, `/admin/${order}`, body, bearer('root-secret'));
	assert.equal((await admin('mute', { username: 'bob' })).status, 200);
	assert.equal((await admin('kick', { username: 'anna' })).status, 200);
	await ann.closed;
	const { sessions } = (await get(daemon, '/admin/sessions', { headers: bearer('root-secret') })).json;
	const { session } = sessions.find(({ username }) => username === 'sam');
	assert.equal((await admin('kick', { session })).status, 200);
	stream.close();
	await daemon.waitForLog(/session_close.*door=sse/);
	await get(daemon, '/history/ops?token=guessed-token', {});
	assert.equal((await post(daemon, '/admin/delete', { room: 'ops' }, bearer('root-secret'))).status, 200);
}

const people = {
	config: `log = { level = "debug"; }; auth = { tokens = ( { name = "root"; token_sha256 = "${sha256('root-secret')}"; admin = true; } ); };`,
};

test('the log tells who came, where to and what was done to them', () =>
	withDaemon(people, async (daemon) => {
		await haveVisitors(daemon);
		for (const line of [
			/^session_open session=1 peer=127\.0\.0\.1 door=ws username=ann room=ops$/,
			/^edit room=ops id=2 of=1 username=ann$/,
			/^session_name session=1 peer=127\.0\.0\.1 username=anna room=ops was=ann$/,
			/^session_open session=\d+ peer=127\.0\.0\.1 door=sse username=sam room=ops$/,
			/^session_open session=\d+ peer=127\.0\.0\.1 door=poll username=paul room=ops$/,
			/^session_name session=\d+ peer=127\.0\.0\.1 username="lin why=x" room=lobby was=guest-\d+$/,
			/^session_close .*door=line code=1000 .* username="lin why=x" room=lobby$/,
			/^muted by=root username=bob until=0$/,
			/^kicked by=root username=anna sessions=1$/,
			/^kicked by=root session=\d+ sessions=1 username=sam room=ops$/,
			/^session_close session=1 door=ws code=1008 .*reason=sent_away .* username=anna room=ops$/,
			/^session_close .*door=sse .* username=sam room=ops$/,
			/^room_deleted by=root room=ops last_id=\d+$/,
			/^request peer=127\.0\.0\.1 method=GET door=ws path=\/ws status=101 bytes=0 ms=\d+ level=debug$/,
			/^request peer=127\.0\.0\.1 method=GET door=events path=\/events\/ops status=200 bytes=0 ms=\d+ level=debug$/,
			/^request peer=127\.0\.0\.1 method=GET door=poll path=\/poll\/ops status=200 bytes=[1-9]\d* ms=\d+ level=debug$/,
			/^request peer=127\.0\.0\.1 method=POST door=admin path=\/admin\/kick status=200 bytes=[1-9]\d* ms=\d+ level=debug$/,
		])
			await daemon.waitForLog(line);
		assert.doesNotMatch(daemon.stderr, /secret|guessed-token|token=g/);
	}));

test('with log.people = false no line has the name of a person or room, and a reload changes that', () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const config = people.config.replace('"debug";', '"debug"; people = false;');
	const rooms = 'rooms = ( { name = "ops"; topic = "T"; } ); chat = { default_room = "lobby"; };';
	writeFileSync(file, config);
	return withDaemon({ args: ['-c', file] }, async (daemon) => {
		await haveVisitors(daemon);
		await daemon.waitForLog(/^room_deleted by=root last_id=\d+$/);
		await daemon.waitForLog(/^kicked by=root sessions=1$/);
		await daemon.waitForLog(/^edit id=2 of=1$/);
		writeFileSync(file, `${config}\n${rooms.replace('lobby', 'guest')}`);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded key=rooms$/);
		await daemon.waitForLog(/^reload_kept key=chat\.default_room hint=/);
		await daemon.waitForLog(/^reloaded$/);
		await daemon.waitForLog(/^request peer=127\.0\.0\.1 method=GET door=poll status=200 bytes=\d+ ms=\d+ level=debug$/);
		assert.doesNotMatch(daemon.stderr, /\b(?:ops|lobby|anna?|bob|sam|paul|lin|guest)\b/);
		writeFileSync(file, people.config);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded key=log\.people from=false to=true$/);
		await daemon.waitForLog(/^reloaded key=rooms removed=ops$/);
		await daemon.ws('/ws?name=eve');
		await daemon.waitForLog(/^session_open .* username=eve room=lobby$/);
	});
});

test('a refused request is a warning that says what it asked for', () =>
	withDaemon({
		config: `auth = { tokens = ( { name = "ci"; token_sha256 = "${sha256('ci-secret')}"; rooms = [ "builds" ]; } ); };`,
	}, async (daemon) => {
		await post(daemon, '/push/ops', 'm', bearer('guess'));
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=bad_token door=push room=ops level=warn$/);
		await post(daemon, '/push/a%20why=banned', 'm', bearer('guess'));
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=bad_token door=push room="a why=banned" level=warn$/);
		await post(daemon, '/push/ops?token=ci-secret', 'm');
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=denied door=push room=ops token=ci level=warn$/);
		await post(daemon, '/hooks/github/ops', '{}', bearer('ci-secret'));
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=denied door=hooks room=ops token=ci level=warn$/);
		await get(daemon, '/admin/sessions', { headers: bearer('ci-secret') });
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=not_admin door=admin token=ci level=warn$/);
		assert.doesNotMatch(daemon.stderr, /ci-secret|guess/);
	}));

test('the manual lists every event of the log and no other', () => {
	const patterns = [/\blog_(?:error|warn|info|debug)\(\s*"([a-z_]+)"/g, /\blog_(?:write|make_line)\([^"]*"([a-z_]+)"/g, /^\t\{ "([a-z_]+)", CHECKS_OF_/gm];
	const logged = new Set();
	// These are names of entries, too.
	patterns.push(/\[STORE_(?:EDIT|DELETE|REACT)\] = "([a-z_]+)",/g);
	// The call names two events and logs one of them.
	patterns.push(/\bmoderate_log_order\(\w+ \? "([a-z_]+)"/g, /\bmoderate_log_order\(\w+ \? "\w+" : "([a-z_]+)"/g);
	// A change is logged by its type.
	patterns.push(/\[STORE_(?:EDIT|DELETE|REACT)\] = "([a-z]+)"/g);
	for (const name of readdirSync(path.join(sourceDir, 'src'), { recursive: true }).filter((file) => /\.[ch]$/.test(file))) {
		const source = readFileSync(path.join(sourceDir, 'src', name), 'utf8');
		for (const pattern of patterns)
			for (const [, event] of source.matchAll(pattern))
				logged.add(event);
	}
	const manual = readFileSync(path.join(sourceDir, 'docs/OPERATIONS.md'), 'utf8');
	const [, chapter] = /^## Log\n(.*?)^## /ms.exec(manual);
	const listed = [...chapter.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) =>
		[...cell.matchAll(/`([a-z_]+)`/g)].map(([, event]) => event),
	);
	assert.ok(logged.size > 40, `${logged.size} events`);
	assert.deepEqual([...listed].sort(), [...logged].sort());
});

/** Starts a daemon whose stderr is a terminal; ctrl(letter) presses a key of it. */
async function withTerminal(body) {
	const script = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
watched = [0, terminal]
while terminal in watched:
    for fd in select.select(watched, [], [])[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b''
        if not data:
            watched.remove(fd)
        elif fd == 0 and data == b'hold':
            os.read(0, 4)
        elif fd == 0:
            os.write(terminal, data)
        else:
            os.write(1, data)
os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
	const folder = temporaryFolder();
	const settings = ['http.port=0', 'line.port=0', 'limits.message_rate=0'].flatMap((setting) => ['-s', setting]);
	const child = spawn('python3', ['-c', script, binary, ...settings], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
	const seen = { text: '' };
	child.stdout.setEncoding('utf8').on('data', (text) => (seen.text += text));
	const pid = Number(/^\d+/.exec(await eventually(() => (/http=\S+/.test(seen.text) ? seen.text : assert.fail()), 'the start'))[0]);
	const port = Number(/http=127\.0\.0\.1:(\d+)/.exec(seen.text)[1]);
	try {
		await body({ host: '127.0.0.1', port, pid, type: (keys) => child.stdin.write(keys), seen });
		process.kill(pid, 'SIGTERM');
		assert.deepEqual(await within(once(child, 'exit'), 'the end'), [0, null]);
	} finally {
		child.kill('SIGKILL');
	}
}

/** Makes the daemon log two lines a connection. */
async function logMuch({ host, port }, connections) {
	for (let n = 0; n < connections; n++) {
		const client = await connect({ host, port });
		await client.write('GET /events/lobby HTTP/1.1\r\nHost: x\r\n\r\n');
		await client.socket.once('data', () => {});
		client.destroy();
	}
	await get({ host, port }, '/healthz');
}

for (const [way, keys, again] of [['Ctrl-S', '\x13', '\x11'], ['a scrolled-back screen', 'hold', 'goon']]) {
	test(`a terminal that takes nothing (${way}) stops neither the daemon nor its end`, { skip: isSlowRun }, () =>
		withTerminal(async (daemon) => {
			daemon.type(keys);
			await logMuch(daemon, 500);
			daemon.type(again);
			await logMuch(daemon, 1);
			await eventually(() => assert.ok(daemon.seen.text.match(/session_open/g).length >= 400), 'the lines');
		}));
}

test('descriptors that are closed at the start do not become sockets or files', async () => {
	const port = await freePort();
	const closed = ['sh', '-c', 'exec "$@" 0<&- 1<&- 2<&-', 'sh'];
	const args = [binary, '-s', `http.port=${port}`, '-s', 'line.port=0'];
	const child = spawn(closed[0], [...closed.slice(1), ...args], { cwd: temporaryFolder(), stdio: 'ignore' });
	try {
		await eventually(() => get({ host: '127.0.0.1', port }, '/healthz'), 'the start');
		for (const fd of [0, 1, 2])
			assert.equal(readlinkSync(`/proc/${child.pid}/fd/${fd}`), '/dev/null');
		child.kill('SIGTERM');
		assert.deepEqual(await within(once(child, 'exit'), 'the end'), [0, null]);
	} finally {
		child.kill('SIGKILL');
	}
});

test('signals that have no meaning, and a limit of the size of files, do not end it', { skip: isSlowRun }, () =>
	withDaemon({ settings: ['limits.message_rate=0'], wrapper: ['prlimit', '--fsize=300000', '--'] }, async (daemon) => {
		for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGXFSZ'])
			daemon.signal(signal);
		const ann = await daemon.ws();
		let answer;
		for (let n = 0; answer?.code !== 'store_unavailable'; n++) {
			ann.sendJson({ message: 'x'.repeat(10_000), ref: `c${n}` });
			answer = await ann.nextJson();
		}
		assert.equal((await get(daemon, '/healthz')).status, 200);
	}));
