// Clients as the tutorials on chats in Go have them: a page that takes every object for a message,
// and programs that dial the line port. Whatever they are sent must be something that they can use.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { enter, noRateLimitWith, say } from '../lib/chat.mjs';
import { temporaryFile, withDaemon } from '../lib/daemon.mjs';
import { expectJson, post, push } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { openTerminal } from '../lib/line.mjs';
import { connect } from '../lib/raw.mjs';
import { LogFile } from '../lib/tails.mjs';

// What docs/PROGRAMS.md tells to set for them.
const forTutorials = (...settings) => noRateLimitWith('chat.share_email=true', 'chat.echo_to_sender=true', ...settings);

const json = { 'Content-Type': 'application/json' };

/** A page that knows { email, username, message } and nothing else. */
class OldPage {
	/** The lines of the chat. */
	chat = [];

	static async open(daemon, email, username, at) {
		return Object.assign(new OldPage(), { email, username, client: await daemon.ws(at) });
	}

	/** Throws for an object without an email, a name or a message, as the pages do. */
	#show({ email, username, message }) {
		const hash = createHash('md5').update(email).digest('hex');
		const html = message.replaceAll(':)', '<img alt="smile">');
		this.chat.push(`<img src="/avatar/${hash}">${username.trim()}: ${html}`);
	}

	send(message) {
		this.client.sendJson({ email: this.email, username: this.username, message });
	}

	/** Shows what comes until there is a line that ends so (or matches). */
	async sees(end) {
		while (!this.chat.some((line) => (end.test ? end.test(line) : line.endsWith(end))))
			this.#show(await this.client.nextJson());
	}
}

test('two old pages chat: each sees both, with the avatars of both', () =>
	withDaemon(forTutorials(), async (daemon) => {
		const ann = await OldPage.open(daemon, 'ann@example.org', 'ann');
		const bob = await OldPage.open(daemon, 'bob@example.org', 'bob');
		ann.send('hi :)');
		await bob.sees('ann: hi <img alt="smile">');
		bob.send('hello');
		await ann.sees('bob: hello');
		await bob.sees('bob: hello');
		assert.deepEqual(ann.chat, bob.chat);
		assert.deepEqual(ann.chat.map((line) => /[0-9a-f]{32}/.exec(line)[0]), ['8b5a6a28fc840441be692d74a81ccd1a', '10ac39056a4b6f1f6804d724518ff2dc']);
	}));

/** Things that others say, and how the line on the page ends. */
const others = {
	'a line from a terminal': [async (daemon) => (await openTerminal(daemon, 'ida')).say('from a terminal'), 'ida: from a terminal'],
	'a message without an email': [async (daemon) => say(await daemon.ws('/ws?name=eve'), 'no email'), 'eve: no email'],
	'a push': [(daemon) => push(daemon, 'lobby', 'pushed'), 'push: pushed'],
	'an alarm without a message': [
		(daemon) => push(daemon, 'lobby', { type: 'alarm', key: 'disk', severity: 'critical', title: 'The disk is full' }),
		'push: The disk is full',
	],
	'its acknowledgement': [async (daemon) => say(await daemon.ws('/ws?name=kim'), { type: 'ack', key: 'disk' }), 'kim: The disk is full'],
	'a metric': [(daemon) => push(daemon, 'lobby', { type: 'metric', name: 'cpu', value: 0.5, username: 'meter' }), 'meter: '],
	'an unknown type': [async (daemon) => say(await daemon.ws('/ws?name=leo'), { type: 'chart', value: 1 }), 'leo: '],
	'an unknown type with a message': [async (daemon) => say(await daemon.ws('/ws?name=mia'), { type: 'info', message: 'news' }), 'mia: news'],
	'a message that is null': [async (daemon) => say(await daemon.ws('/ws?name=ned'), { type: 'chart', message: null, email: '' }), 'ned: '],
	'what is not kept': [async (daemon) => say(await daemon.ws('/ws?name=pia'), { type: 'cursor', ephemeral: true }), 'pia: '],
	'an edit': [
		async (daemon) => {
			const { client: sue } = await enter(daemon, 'name=sue');
			await say(sue, { type: 'edit', of: await say(sue, 'befor'), message: 'before' });
		},
		'sue: before',
	],
	'an error': [async (daemon, page) => page.client.send('nonsense'), /: not a JSON object: .*/],
	'a hook': [
		(daemon) => expectJson(post(daemon, '/hooks/generic/lobby', '{"key":"load","severity":"warning","title":"Load 12"}', json)),
		'push: Load 12',
	],
};

test('nothing that others say makes an old page stop', () =>
	withDaemon(forTutorials(), async (daemon) => {
		const page = await OldPage.open(daemon, 'ann@example.org', 'ann');
		for (const [what, [act, end]] of Object.entries(others)) {
			await act(daemon, page);
			await page.sees(end);
			page.send(`after ${what}`);
			await page.sees(`ann: after ${what}`);
		}
	}));

test('a page that comes later is shown the alarms that stand and what it missed', () =>
	withDaemon(forTutorials(), async (daemon) => {
		const { epoch } = await push(daemon, 'lobby', { type: 'alarm', key: 'disk', severity: 'critical', title: 'The disk is full' });
		await push(daemon, 'lobby', { type: 'metric', name: 'cpu', value: 0.5, username: 'meter' });
		await push(daemon, 'lobby', { type: 'chart', username: 'leo' });
		const late = await OldPage.open(daemon, '', 'ann');
		await late.sees('meter: ');
		await late.sees('push: The disk is full');
		const again = await OldPage.open(daemon, '', 'bob', `/ws?since=${epoch}:0`);
		await again.sees('leo: ');
		await again.sees('push: The disk is full');
	}));

test('nothing that a moderator or a reload does makes an old page stop', () => {
	const log = new LogFile();
	log.write('line 1');
	const file = temporaryFile('linnet.cfg', '');
	const save = (more) =>
		writeFileSync(file, `limits = { message_rate = 0.0; }; chat = { share_email = true; }; auth = { ${tokens} }; ${more}`);
	const order = (daemon, word, body) => expectJson(post(daemon, `/admin/${word}`, body, bearer('root-secret')));
	save('');
	return withDaemon({ args: ['-c', file] }, async (daemon) => {
		const page = await OldPage.open(daemon, 'ann@example.org', 'ann', '/ws?room=log');
		const eve = await daemon.ws('/ws?name=eve&room=log');
		await expectJson(post(daemon, '/push/log', { type: 'alarm', key: 'k', severity: 'info', title: 't', username: 'eve' }, bearer('root-secret')));
		await page.sees('eve: t');
		await order(daemon, 'forget', { username: 'eve' });
		const late = await OldPage.open(daemon, '', 'kim', '/ws?room=log');
		await late.sees('server: t');
		await order(daemon, 'delete', { room: 'log' });
		await page.sees('server: ');
		await say(eve, 'still here');
		await page.sees('eve: still here');
		save(`tails = ( { room = "log"; path = "${log.path}"; } );`);
		daemon.signal('SIGHUP');
		await page.sees('log: line 1');
	});
});

test('who asks for events is sent objects as they are', () =>
	withDaemon(forTutorials(), async (daemon) => {
		const asks = await daemon.ws('/ws?events=1');
		const joins = await daemon.ws();
		joins.sendJson({ type: 'join', room: 'lobby', ref: 'j' });
		while ((await joins.nextJson()).ref !== 'j')
			;
		await push(daemon, 'lobby', { type: 'chart', username: 'leo' });
		for (const client of [asks, joins]) {
			let got;
			do
				got = await client.nextJson();
			while (got.type !== 'chart');
			assert.deepEqual(Object.keys(got), ['type', 'room', 'id', 'ts', 'username', 'via']);
		}
	}));

test('without share_email an object has no more than its sender said', () =>
	withDaemon({ settings: ['limits.message_rate=0'] }, async (daemon) => {
		const reader = await daemon.ws();
		await push(daemon, 'lobby', { type: 'chart', username: 'leo' });
		assert.deepEqual(Object.keys(await reader.nextJson()), ['type', 'room', 'id', 'ts', 'username', 'via']);
	}));

/** One read of a program that waits for a line; what else came with it is lost, as in the tutorials. */
async function readLine(raw) {
	const bytes = await raw.readUntil(
		(buffer) => buffer.includes(0x0a) && { value: buffer, size: buffer.length },
		'a line',
	);
	return bytes.subarray(0, bytes.indexOf(0x0a)).toString();
}

test('a program that dials the line port, and reads one line for each that it writes, goes on', () =>
	withDaemon(forTutorials(), async (daemon) => {
		const page = await OldPage.open(daemon, 'ann@example.org', 'ann');
		const program = await connect({ host: daemon.host, port: daemon.linePort });
		const read = [];
		for (const text of ['one', 'two', 'three', 'four']) {
			await program.write(`${text}\n\n`);
			await page.sees(`: ${text}`);
			read.push(await readLine(program));
		}
		assert.match(read[0], /^Welcome to Linnet\. You are guest-2 /);
		assert.match(read.at(-1), /^guest-2: (three|four)$/);
		assert.deepEqual(page.chat.map((line) => line.replace(/.*>/, '')), ['guest-2: one', 'guest-2: two', 'guest-2: three', 'guest-2: four']);
		program.destroy();
	}));
