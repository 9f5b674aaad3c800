// The log: the format of its lines, and the list of events in the manual.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, openSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { binary, runDaemon, sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';

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

test('a line in a pipe begins with its event', async () => {
	const { stderr } = await runDaemon({ settings: failing.slice(2) });
	assert.equal(stderr, `${failure}\n`);
});

test('a line for the journal begins with its priority', async () => {
	const journal = ({ dev, ino }) => `${dev}:${ino}`;
	assert.equal(await logWith(journal), `<3>${failure}\n`);
	const json = await logWith(journal, 'log.format=json');
	assert.match(json, /^<3>\{"ts":\d+,"level":"error","event":"page_failed",.*\}\n$/);
});

test('a $JOURNAL_STREAM that is not stderr is ignored', async () => {
	for (const stream of [({ dev, ino }) => `${dev}:${ino + 1}`, ({ dev, ino }) => `${dev + 1}:${ino}`, () => '', () => 'no:number'])
		assert.equal(await logWith(stream), `${failure}\n`);
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
			'session', 'door', 'code', 'peer', 'reason', 'sent_bytes', 'received_bytes', 'duration_ms',
		]);
	}));

test('the manual lists every event of the log and no other', () => {
	const patterns = [/\blog_(?:error|warn|info|debug)\(\s*"([a-z_]+)"/g, /\blog_(?:write|make_line)\([^"]*"([a-z_]+)"/g, /\*event = "([a-z_]+)"/g];
	const logged = new Set();
	// The call names two events and logs one of them.
	patterns.push(/\bmoderate_log_order\(\w+ \? "([a-z_]+)"/g, /\bmoderate_log_order\(\w+ \? "\w+" : "([a-z_]+)"/g);
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
