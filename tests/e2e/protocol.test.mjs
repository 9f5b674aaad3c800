// docs/PROTOCOL.md word for word: its examples are read from the file, and sent and received in its
// order.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { answerTo, receive, receivedSoFar, say, sayMany, until } from '../lib/chat.mjs';
import { openClient, sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { ask, expectJson, get, openStream, poll, post, push } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { openTerminal } from '../lib/line.mjs';
import { schema, schemaFault } from '../lib/schema.mjs';

const page = readFileSync(path.join(sourceDir, 'docs/PROTOCOL.md'), 'utf8');

/** Returns the indented lines of each section, by heading. */
function readExamples() {
	const sections = new Map();
	let lines;
	for (const line of page.split('\n')) {
		const heading = /^#+ (.*)$/.exec(line);
		if (heading)
			sections.set(heading[1], (lines = []));
		else if (line.startsWith('    '))
			lines.push(line.trim());
	}
	return sections;
}

const examples = readExamples();

/** Returns the next example of the section. It must have that type (undefined: no type). */
function next(section, type) {
	const text = examples.get(section)?.shift();
	assert.ok(text, `PROTOCOL.md has no further example in the section "${section}"`);
	assert.equal(JSON.parse(text.replaceAll('[…]', '[]')).type, type, text);
	return text;
}

// These members differ in every run. The schema checks their form.
const changing = ['ts', 'edited', 'epoch', 'session', 'since', 'acknowledged_ms', 'points', 'last_ts'];

/** Returns the object without the changing members, and the order of its members. */
function fixedOf(object) {
	return JSON.parse(JSON.stringify(object), function fix(key, value) {
		return changing.includes(key) ? typeof value : value;
	});
}

/** Fails unless the object matches the example, with its members in the same order. */
function assertAsInExample(object, text) {
	const example = JSON.parse(text.replaceAll('[…]', '[]'));
	assert.deepEqual(Object.keys(object), Object.keys(example), text);
	const isListCut = text.includes('[…]');
	const got = isListCut ? { ...object, messages: [] } : object;
	assert.deepEqual(fixedOf(got), fixedOf(example), text);
}

/**
 * Fails unless the next object that the client receives is the section's next example of that type.
 */
async function receives(client, section, type) {
	const object = await client.nextJson();
	assertAsInExample(object, next(section, type));
	return object;
}

async function tellTheStory(t, daemon) {
	const ann = await daemon.ws();
	const bob = await daemon.ws('/ws?events=1');
	await until(bob, ({ type }) => type === 'joined');
	const third = await daemon.ws();
	const enter = await bob.nextJson();
	const messages = [];
	let presence;

	await t.test('The plain relay', async () => {
		ann.send(next('The plain relay'));
		messages.push(await receives(third, 'The plain relay', 'message'));
		const [rename, message] = await receive(bob, 2);
		assert.deepEqual([rename.event, rename.username, rename.was], ['rename', 'ann', 'guest-1']);
		assert.deepEqual(message, messages[0]);
	});

	await t.test('Messages', async () => {
		const section = 'Messages';
		const text = next(section);
		ann.send(text);
		await receives(ann, section, 'ack');
		messages.push(await third.nextJson());
		assert.equal(messages[1].message, JSON.parse(text).message);
		ann.send(text);
		await receives(ann, section, 'ack');

		ann.send(next(section, 'chart'));
		messages.push(await third.nextJson());
		const { ts, ...chart } = messages[2];
		assert.ok(ts > 0);
		assert.deepEqual(chart, { type: 'chart', room: 'lobby', id: 3, username: 'ann', value: 0.41 });
		ann.send(next(section, 'cursor'));
		const cursor = await third.nextJson();
		assert.deepEqual(
			{ ...cursor, ts: 0 },
			{ type: 'cursor', room: 'lobby', ts: 0, username: 'ann', x: 17 },
		);
		assert.deepEqual(await receive(bob, 3), [...messages.slice(1), cursor]);
	});

	await t.test('Names', async () => {
		ann.send(next('Names', 'nick'));
		presence = { enter, rename: await bob.nextJson() };
	});

	await t.test('Rooms', async () => {
		const section = 'Rooms';
		bob.send(next(section, 'join'));
		const [renamed, joined] = await receive(bob, 2);
		assert.deepEqual([renamed.event, renamed.username], ['rename', 'bob']);
		assertAsInExample(joined, next(section, 'joined'));
		bob.send(next(section, 'leave'));
		const { room, event, username, count } = await bob.nextJson();
		assert.deepEqual([room, event, username, count], ['ops', 'leave', 'bob', 0]);

		await third.close();
		presence.leave = await bob.nextJson();
		for (const event of ['enter', 'rename', 'leave'])
			assertAsInExample(presence[event], next(section, 'presence'));

		ann.send(next(section, 'typing'));
		await receives(bob, section, 'typing');
	});

	await t.test('What was missed', async () => {
		const { epoch } = await answerTo(bob, { type: 'history' });
		const eve = await daemon.ws();
		const text = next('What was missed', 'join');
		eve.send(text.replace(/[^"]+:1"/, `${epoch}:1"`));
		const [joined, ...missed] = await receive(eve, 3);
		assert.deepEqual([joined.type, joined.recovered, joined.last_id], ['joined', true, 3]);
		assert.deepEqual(missed, messages.slice(1));
		await eve.close();
	});

	await t.test('History and search', async () => {
		const section = 'History and search';
		await receivedSoFar(ann, bob);
		ann.send(next(section, 'history'));
		const history = await receives(ann, section, 'history');
		assert.deepEqual(history.messages, messages.slice(0, 2));
		ann.send(next(section, 'search'));
		const found = await receives(ann, section, 'search');
		assert.deepEqual(found.messages, messages.slice(0, 2).reverse());
		// A search that takes too long is not made here.
		const stopped = next(section, 'search');
		assert.equal(schemaFault(stopped), null, stopped);
	});

	await t.test('Heartbeat', async () => {
		ann.send(next('Heartbeat', 'ping'));
		await receives(ann, 'Heartbeat', 'pong');
	});

	await t.test('Errors', async () => {
		ann.send('hello');
		await receives(ann, 'Errors', 'error');
	});

}

test('the examples in PROTOCOL.md are sent and received one after the other', (t) =>
	withDaemon({}, (daemon) => tellTheStory(t, daemon)));

/** Returns the next example of the section as it is printed. */
function nextText(section) {
	const text = examples.get(section)?.shift();
	assert.ok(text, `PROTOCOL.md has no further example in the section "${section}"`);
	return text;
}

/** Parses a curl command line into { method, at, headers, body, isStream }. */
function parseCurl(line) {
	const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
	const command = { method: 'GET', headers: {}, isStream: false };
	assert.equal(words.shift(), 'curl', line);
	for (let word = words.shift(); word !== undefined; word = words.shift()) {
		if (word === '-N')
			command.isStream = true;
		else if (word === '-d')
			Object.assign(command, { method: 'POST', body: words.shift() });
		else if (word === '-H')
			Object.assign(command.headers, Object.fromEntries([words.shift().split(': ')]));
		else
			command.at = word.replace(/^http:\/\/127\.0\.0\.1:8000/, '');
	}
	if (command.body !== undefined)
		command.headers['Content-Type'] ??= 'application/x-www-form-urlencoded';
	return command;
}

/** Values that PROTOCOL.md invented; each run replaces them by its own. */
const invented = { epoch: 'k3f9x2ab', session: '6f1c…' };

/** Runs the section's next example, which must be a command; returns its answer or stream. */
async function runs(daemon, section, { epoch, session } = {}) {
	const line = nextText(section).replaceAll(invented.epoch, epoch).replaceAll(invented.session, session);
	const { method, at, headers, body, isStream } = parseCurl(line);
	return isStream ? openStream(daemon, at, headers) : expectJson(ask(daemon, method, at, { headers, body }));
}

/** Runs the section's next example; its answer must be the example after it. */
async function runsAndGets(daemon, section, names) {
	const answer = await runs(daemon, section, names);
	assertAsInExample(answer, nextText(section));
	return answer;
}

const isState = ({ type }) => type === 'alarm' || type === 'metric';

/**
 * Fails unless the stream's next event is the section's next two lines. State that is repeated, such
 * as a metric, is skipped.
 */
async function streams(stream, section, { epoch }) {
	let event;
	do
		event = await stream.next();
	while (isState(event.object));
	const { id, object } = event;
	assert.equal(`id: ${id}`, nextText(section).replace(invented.epoch, epoch));
	assertAsInExample(object, nextText(section).replace(/^data: /, ''));
	return object;
}

/** Runs the printed script that listens to a stream, in a browser that is played. */
function reconnectsAsPrinted() {
	const sources = [];
	class EventSource {
		static CLOSED = 2;
		constructor(url) {
			sources.push(Object.assign(this, { url }));
		}
	}
	const text = examples.get('Streams of events').splice(0).join('\n');
	const listen = new Function('EventSource', 'setTimeout', `${text}\nreturn listen;`)(EventSource, (run, ms, ...given) => run(...given));
	const seen = [];
	listen('/events/ops', (object, id) => seen.push([object, id]));
	sources[0].onmessage({ data: '{"type":"message"}', lastEventId: 'k3f9x2ab:7' });
	// A browser reconnects by itself unless the answer was no stream.
	for (const state of [0, EventSource.CLOSED]) {
		sources[0].readyState = state;
		sources[0].onerror();
	}
	assert.deepEqual(sources.map(({ url }) => url), ['/events/ops?lastEventId=', '/events/ops?lastEventId=k3f9x2ab%3A7']);
	assert.deepEqual(seen, [[{ type: 'message' }, 'k3f9x2ab:7']]);
}

async function tellTheStoryOfHttp(t, daemon) {
	const ann = await daemon.ws('/ws?room=ops&name=ann');
	const { epoch } = await poll(daemon, 'ops', 'wait=0');
	const names = { epoch };
	let stream;

	await t.test('Alarms', async () => {
		const section = 'Alarms';
		const { type, key, severity, title, message } = JSON.parse(examples.get(section)[0]);
		await push(daemon, 'ops', { type, key, severity, title, message });
		await receives(ann, section, 'alarm');
		ann.send(next(section, 'ack'));
		await receives(ann, section, 'alarm');
		const { messages } = await poll(daemon, 'ops', 'wait=0');
		assertAsInExample(messages[0], nextText(section));
	});

	await t.test('Metrics', async () => {
		const { type, name, value, unit } = JSON.parse(examples.get('Metrics')[0]);
		await push(daemon, 'ops', { type, name, value, unit });
		await receives(ann, 'Metrics', 'metric');
		await runsAndGets(daemon, 'Metrics', names);
	});

	await t.test('Push', async () => {
		const section = 'Push';
		for (let n = 0; n < 2; n++) {
			await runsAndGets(daemon, section, names);
			await receives(ann, section, 'message');
		}
		await runsAndGets(daemon, section, names);
		assert.equal((await ann.nextJson()).title, 'Load 12');
		await runsAndGets(daemon, section, names);
		await until(ann, ({ name }) => name === 'load');
	});

	await t.test('Hooks', async () => {
		await runsAndGets(daemon, 'Hooks', names);
		assertAsInExample((await until(ann, ({ type }) => type !== 'metric')).pop(), nextText('Hooks'));
	});

	await t.test('Streams of events', async () => {
		stream = await runs(daemon, 'Streams of events', names);
		const retry = nextText('Streams of events');
		names.session = (await streams(stream, 'Streams of events', names)).you.session;
		assert.equal(retry, `retry: ${stream.retry}`);
		reconnectsAsPrinted();
	});

	await t.test('Speaking beside a stream', async () => {
		const section = 'Speaking beside a stream';
		await runsAndGets(daemon, section, names);
		await streams(stream, section, names);
	});

	await t.test('Long-polls', async () => {
		for (let n = 0; n < 3; n++) {
			const { since, last_id: lastId } = await runsAndGets(daemon, 'Long-polls', names);
			assert.equal(since, `${epoch}:${lastId}`);
		}
	});

	await t.test('Asking', async () => {
		for (let n = 0; n < 4; n++)
			await runsAndGets(daemon, 'Asking', names);
	});
}

test('the HTTP examples in PROTOCOL.md are run and answered one after the other', (t) =>
	withDaemon({}, (daemon) => tellTheStoryOfHttp(t, daemon)));

const withModerator = { config: `limits = { message_rate = 0.0; }; auth = { ${tokens} };` };
const moderator = bearer('root-secret');
const erase = (daemon, body) => expectJson(post(daemon, '/admin/delete', body, moderator));

test('edits, deletions and reactions are told as printed in PROTOCOL.md', () =>
	withDaemon({}, async (daemon) => {
		const section = 'Edits, deletions and reactions';
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const bob = await daemon.ws('/ws?name=bob&events=1');
		const eve = await daemon.ws('/ws?events=1');
		await say(ann, 'helo');
		ann.send(next(section, 'edit'));
		await until(bob, ({ type }) => type === 'edit');
		bob.send(next(section, 'react'));
		await until(ann, ({ type }) => type === 'react');
		const { messages } = await answerTo(ann, { type: 'history' });
		ann.send(next(section, 'delete'));
		for (const type of ['edit', 'react', 'delete'])
			assertAsInExample((await until(eve, (got) => got.type === type)).at(-1), next(section, type));
		assertAsInExample(messages[0], next(section, 'message'));
	}));

test('an alarm that a person clears is told as printed in PROTOCOL.md', () =>
	withDaemon({}, async (daemon) => {
		const ann = await daemon.ws('/ws?room=ops&name=ann');
		await push(daemon, 'ops', { type: 'alarm', key: 'disk', severity: 'critical', title: 'The disk is full' });
		ann.sendJson({ type: 'ack', key: 'disk' });
		await until(ann, ({ id }) => id === 2);
		ann.send(next('Alarms', 'clear'));
		await receives(ann, 'Alarms', 'alarm');
	}));

test('what is deleted is told as printed in PROTOCOL.md', () =>
	withDaemon(withModerator, async (daemon) => {
		const section = 'What was deleted';
		const ann = await daemon.ws('/ws?name=ann');
		const bob = await daemon.ws('/ws?name=bob&events=1');
		await sayMany(ann, 57);
		await until(bob, ({ id }) => id === 57);
		await erase(daemon, { room: 'lobby', of: 41 });
		await receives(bob, section, 'delete');
		await erase(daemon, { room: 'lobby', of: [42, 43] });
		await receives(bob, section, 'delete');
		const { messages } = await expectJson(get(daemon, '/history/lobby?before=42&limit=1', { headers: moderator }));
		assertAsInExample(messages[0], next(section, 'message'));
		bob.sendJson({ type: 'join', room: 'ops' });
		await until(bob, ({ type }) => type === 'joined');
		await say(ann, { message: 'm', room: 'ops' });
		await bob.nextJson();
		await erase(daemon, { room: 'ops' });
		await receives(bob, section, 'notice');
	}));

test('a terminal shows the lines printed in PROTOCOL.md', () =>
	withDaemon(withModerator, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const terminal = await openTerminal(daemon);
		assert.equal(terminal.welcome, nextText('Lines'));
		ann.sendJson({ message: 'hi' });
		assert.equal(await terminal.next(), nextText('Lines'));
		const bob = await daemon.ws('/ws?name=bob');
		assert.equal(await terminal.next(), nextText('Lines'));
		bob.sendJson({ type: 'nick', username: 'bert' });
		assert.equal(await terminal.next(), nextText('Lines'));
		await bob.close();
		assert.equal(await terminal.next(), nextText('Lines'));
		await sayMany(ann, 3);
		for (let n = 0; n < 3; n++)
			await terminal.next();
		ann.sendJson({ type: 'edit', of: 1, message: 'hello' });
		assert.equal(await terminal.next(), nextText('Lines'));
		for (const deleted of [{ of: 1 }, { of: [2, 3, 4] }, {}]) {
			await erase(daemon, { room: 'lobby', ...deleted });
			assert.equal(await terminal.next(), nextText('Lines'));
		}
		await push(daemon, 'lobby', { type: 'alarm', key: 'disk', severity: 'critical', title: 'The disk is full', message: '98 % of /var' }, moderator);
		assert.equal(await terminal.next(), nextText('Lines'));
		await push(daemon, 'lobby', { type: 'alarm', key: 'disk', severity: 'ok', title: '' }, moderator);
		assert.match(await terminal.next(), /^! OK disk/);
	}));

test('a log file is shown as described in PROTOCOL.md', () => {
	const file = path.join(temporaryFolder(), 'log');
	writeFileSync(file, `${JSON.parse(examples.get('Log files')[0]).message}\n`);
	return withDaemon({ settings: [`tails=( { room = "syslog"; path = "${file}"; } )`] }, async (daemon) => {
		const ann = await daemon.ws('/ws?room=syslog');
		await receives(ann, 'Log files', 'log');
	});
});

test('every example in PROTOCOL.md has been used', () => {
	for (const [section, left] of examples)
		assert.deepEqual(left, [], section);
});

test('the status table in PROTOCOL.md has every error code of the schema', () => {
	const explained = new Set([...codesUnder('## Errors'), ...codesUnder('### Statuses', 2)]);
	const { code } = schema.definitions.failure.properties.error.properties;
	assert.deepEqual(code.enum.filter((known) => !explained.has(known)), []);
});

/** Returns the error codes in a column of the table under a heading. */
function codesUnder(heading, column = 1) {
	const [, section] = page.split(`\n${heading}\n`);
	return section
		.split(/\n##+ /)[0]
		.split('\n')
		.filter((line) => line.startsWith('| '))
		.flatMap((line) => line.split('|')[column].match(/`[a-z_0-9]+`/g) ?? [])
		.map((code) => code.slice(1, -1));
}

test('the errors explained in PROTOCOL.md are those of the schema', () => {
	const known = schema.definitions.error.properties.code.enum;
	assert.deepEqual(codesUnder('## Errors').sort(), [...known].sort());
});

test('a client cannot send what only the server may send, and the schema rejects a forgery', () =>
	withDaemon({}, async (daemon) => {
		const ann = await daemon.ws();
		for (const type of ['joined', 'presence', 'error', 'pong', 'alarm', 'metric', 'log']) {
			const got = await answerTo(ann, { type });
			assert.equal(got.code, 'reserved_type', type);
			assert.ok(schemaFault(JSON.stringify({ type, forged: 1 })), type);
		}
	}));

test('a refused handshake has the status and body described in PROTOCOL.md', () =>
	withDaemon({ settings: ['chat.create_rooms=false'] }, async (daemon) => {
		const refusals = {
			400: ['/ws?room=%2F', {}],
			403: ['/ws', { origin: 'https://foreign.example' }],
			404: ['/ws?room=nowhere', {}],
			426: ['/ws', { protocolVersion: 8 }],
		};
		for (const [status, [at, options]] of Object.entries(refusals)) {
			await assert.rejects(daemon.ws(at, options), (error) => {
				assert.equal(error.status, Number(status));
				const { error: body, ...rest } = JSON.parse(error.body);
				assert.deepEqual(rest, {});
				assert.deepEqual(Object.keys(body), ['code', 'message']);
				return true;
			});
		}
	}));

// This tests the schema check itself. Without this test it could accept everything.
test('a message that violates the schema fails the test that receives it', async () => {
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	await once(server, 'listening');
	try {
		for (const text of ['{"type":"pong","x":1}', '{"type":"message"}', '{}', 'hello']) {
			server.once('connection', (socket) => socket.send(text));
			const told = [];
			const client = await openClient(`ws://127.0.0.1:${server.address().port}`, {
				faultOf: schemaFault,
				onFault: (error) => told.push(error),
			});
			await assert.rejects(client.nextJson(), /the daemon sent/, text);
			await assert.rejects(client.nextJson(), /the daemon sent/, text);
			assert.equal(told.length, 1);
		}
	} finally {
		server.clients.forEach((socket) => socket.terminate());
		server.close();
	}
});

test('a daemon that sent a message against the schema fails the test, even if nobody read the message', async () => {
	const look = withDaemon({}, async (daemon) => {
		const bob = await daemon.ws('/ws?events=1', { faultOf: () => 'the object is odd' });
		await bob.closed;
	});
	await assert.rejects(look, /the object is odd/);
});
