// What is kept and sent has a size, not only what is received; and so has the memory to read it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, assertError, noRateLimit, say, until } from '../lib/chat.mjs';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, expectJson, get, post, push } from '../lib/doors.mjs';
import { openTerminal } from '../lib/line.mjs';

const json = { 'Content-Type': 'application/json' };
const messageBytes = 16_384;

/** Control characters, which become six bytes of JSON each. */
const swelling = (bytes) => '\u0001'.repeat(bytes);

test('a text that would be more than twice as long as JSON is refused at every door', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const reader = await daemon.ws();
		const ann = await daemon.ws();
		const numbers = (count) => `{"message":"m","ref":"r","n":[${Array(count).fill('1e14').join()}]}`;

		// A WebSocket: numbers grow. Nothing is done, and nobody is renamed.
		ann.send(numbers(3_000).replace('{', '{"username":"swollen",'));
		assertError(await ann.nextJson(), 'bad_field');
		ann.send(numbers(1_000));
		assert.equal((await ann.nextJson()).type, 'ack');
		assert.equal((await reader.nextJson()).username, 'guest-2');

		// A push as text, and as JSON; a header counts, too.
		await assertRefused(post(daemon, '/push/lobby', swelling(messageBytes)), 413, 'too_large');
		await assertRefused(post(daemon, '/push/lobby', swelling(5_462)), 413, 'too_large');
		await push(daemon, 'lobby', swelling(5_461));
		assert.equal((await reader.nextJson()).message.length, 5_461);
		await assertRefused(post(daemon, '/push/lobby', swelling(5_461), { Title: 'Title' }), 413, 'too_large');
		for (const members of [{}, { type: 'alarm', key: 'k', severity: 'error' }, { type: 'metric', name: 'm', value: 1 }, { ephemeral: true }]) {
			const object = { ...members, n: 0 };
			const body = JSON.stringify(object).replace('"n":0', `"n":[${Array(3_000).fill('1e14').join()}]`);
			await assertRefused(post(daemon, '/push/lobby', body, json), 413, 'too_large');
		}

		// A person behind a stream.
		const { joined } = await enterStream(daemon, 'lobby', 'events=1&name=bob');
		const session = { Authorization: `Bearer ${joined.you.session}` };
		await assertRefused(post(daemon, '/send/lobby', swelling(messageBytes), session), 413, 'too_large');

		// The line door: bytes that are not UTF-8 become three each. Quotes double and may.
		const terminal = await openTerminal(daemon);
		terminal.raw.write(Buffer.concat([Buffer.alloc(messageBytes - 10, 0x80), Buffer.from('\n')]));
		assert.match(await terminal.next(), /twice limits\.message_bytes/);
		terminal.say('"'.repeat(messageBytes - 10));
		const quotes = (await until(reader, ({ message }) => message?.startsWith('"'))).pop();
		assert.equal(quotes.message.length, messageBytes - 10);
		for (const message of (await expectJson(get(daemon, '/history/lobby'))).messages)
			assert.ok(JSON.stringify(message).length < 2 * messageBytes + 1_000);
	}));

test('the text of a hook is cut to message_bytes, and no alert is lost', () =>
	withDaemon({ settings: ['limits.message_rate=0', 'limits.message_bytes=100'] }, async (daemon) => {
		const reader = await daemon.ws();
		const alert = { title: 'the disk is full', key: 'disk', status: 'error', text: '\n"x'.repeat(4_000), url: `https://x.example/${'u'.repeat(2_000)}` };
		await expectJson(post(daemon, '/hooks/generic/lobby', JSON.stringify(alert), json));
		const { key, title, message, click } = await reader.nextJson();
		assert.deepEqual([key, title, click], ['disk', 'the disk is full', alert.url]);
		assert.ok(Buffer.byteLength(message) <= 100 && message.endsWith('…'), message);
	}));

test('JSON of very many values is refused before it takes memory', { skip: isSlowRun }, () =>
	withDaemon(noRateLimit, async (daemon) => {
		const reader = await daemon.ws();
		const mebibyte = 1_048_576;
		const fill = (item, bytes) => `[${Array(Math.floor((bytes - 2) / (item.length + 1))).fill(item).join()}]`;
		await say(reader, 'hi');
		// Memory that was used once stays with the process, also in quarantine: it grows only if more is needed.
		const grow = async (body) => {
			const before = daemon.residentBytes();
			const answer = await post(daemon, '/hooks/generic/lobby', body, json);
			return { answer, bytes: daemon.residentBytes() - before };
		};
		for (const item of ['{}', '[]', '[[]]', '{"a":1}', '0', '""']) {
			const { answer, bytes } = await grow(fill(item, mebibyte));
			await assertRefused(answer, 400, 'bad_json');
			assert.match(JSON.parse(answer.text).error.message, /too many values/);
			assert.ok(bytes < 24 * mebibyte, `${item}: ${bytes} bytes`);
		}
		// Commas and brackets in strings are no values. A hook with a thousand alerts is read.
		const alerts = Array.from({ length: 1_000 }, (_, n) => ({
			status: 'firing', labels: { alertname: `a${n}`, instance: 'db1:9100', severity: 'critical', job: 'node' },
			annotations: { summary: '[,,,,{:{{[['.repeat(40), description: '\\",,,"[[[' },
			startsAt: '2026-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://x.example/graph', fingerprint: `${n}`,
		}));
		const { count } = await expectJson(post(daemon, '/hooks/alertmanager/lobby', JSON.stringify({ version: '4', status: 'firing', alerts }), json));
		assert.equal(count, 201);
		// A message of as many values as fit into it is relayed.
		const dense = JSON.stringify({ message: 'm', n: Array(8_000).fill(1) });
		assert.equal((await answerTo(reader, JSON.parse(dense))).type, 'ack');
	}));
