// Libraries and programs that people talk to Linnet with: chats both ways, over kill -9, and pushes.
// Each is a small program beside this file; tests/clients/install brings the libraries.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { noRateLimitWith } from '../lib/chat.mjs';
import { eventually, Queue, sourceDir, startDaemon, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { expectJson, get, push } from '../lib/doors.mjs';
import { freePort } from '../lib/raw.mjs';

const installed = path.join(sourceDir, 'build/programs');
const own = path.join(sourceDir, 'tests/clients');

const commands = {
	node: ['node', path.join(installed, 'node/client.mjs')],
	python: [path.join(installed, 'python/bin/python'), path.join(own, 'python/client.py')],
	go: [path.join(installed, 'bin/go-client')],
	shell: [path.join(own, 'shell/client')],
};

const isThere = (language) => language === 'shell' || existsSync(path.join(installed, `${language}.installed`));

const chats = {
	node: ['ws', 'undici-ws', 'undici-poll', 'eventsource', 'polyfill'],
	python: ['websockets', 'aiohttp-ws', 'aiohttp-stream', 'aiohttp-poll', 'requests-stream', 'requests-poll', 'httpx-stream', 'httpx-poll'],
	go: ['gorilla', 'coder', 'net/http-stream', 'net/http-poll'],
	shell: ['curl-stream', 'curl-poll', 'wget-stream', 'wget-poll'],
};

const pushes = {
	node: ['undici-push'],
	python: ['requests-push', 'httpx-push', 'aiohttp-push'],
	go: ['net/http-push'],
	shell: ['curl-push', 'wget-push'],
};

/** Calls define(language, library, options) for each library of the table. */
function forEach(table, define) {
	for (const [language, libraries] of Object.entries(table))
		for (const library of libraries)
			define(language, library, { skip: !isThere(language) && `${language} is not installed` });
}

class Program {
	#lines = new Queue();
	/** What it has printed of the messages of others. */
	heard = [];

	constructor(daemon, language, library) {
		const [command, ...args] = commands[language];
		this.child = spawn(command, [...args, library], {
			env: { ...process.env, URL: daemon.url, ROOM: 'ops', NAME: 'ann', LINE: `${daemon.host}:${daemon.linePort}` },
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true,
		});
		this.child.stdin.on('error', () => {}); // it may have ended
		this.errors = '';
		this.child.stderr.setEncoding('utf8').on('data', (text) => (this.errors += text));
		let rest = '';
		this.child.stdout.setEncoding('utf8').on('data', (text) => {
			const lines = (rest + text).split('\n');
			rest = lines.pop();
			lines.forEach((line) => this.#lines.push(line));
		});
		this.child.once('close', () => this.#lines.finish(new Error(`the program has ended: ${rest} ${this.errors}`)));
	}

	say(...texts) {
		this.child.stdin.write(texts.map((text) => `${text}\n`).join(''));
	}

	/** Reads until isEnough(line). */
	async reads(isEnough, what) {
		for (;;) {
			const line = await within(this.#lines.take(), what).catch((error) => {
				throw new Error(`${error.message}; heard ${this.heard.join(', ')}; ${this.errors}`);
			});
			if (/^\d+ /.test(line))
				this.heard.push(line.replace(/^\d+ /, ''));
			if (isEnough(line))
				return line;
		}
	}

	/** With all that it has started. */
	kill() {
		try {
			process.kill(-this.child.pid, 'SIGKILL');
		} catch {
			// It has ended.
		}
	}
}

async function withProgram(daemon, language, library, body) {
	const program = new Program(daemon, language, library);
	try {
		return await body(program);
	} finally {
		program.kill();
	}
}

const texts = (who, first, last) => Array.from({ length: last - first + 1 }, (_, n) => `${who} ${first + n} 安😀`);

/** What ann has said, oldest first. */
async function saidBy(daemon, name) {
	const { messages } = await expectJson(get(daemon, '/history/ops?limit=200'));
	return messages.filter(({ username }) => username === name).map(({ message }) => message);
}

async function pushAll(daemon, list) {
	for (const text of list)
		await push(daemon, 'ops', text, { Ref: encodeURIComponent(text) });
}

const isLast = (text) => (line) => line.endsWith(` ${text}`);

forEach(chats, (language, library, options) => {
	test(`${language}: ${library} chats both ways, and loses and doubles nothing over kill -9`, options, async () => {
		const folder = temporaryFolder();
		const port = await freePort();
		const life = () => startDaemon({ ...noRateLimitWith(`http.port=${port}`), folder });
		let daemon = await life();
		await withProgram(daemon, language, library, async (program) => {
			await program.reads((line) => line === 'here', 'the room');
			program.say(...texts('ann', 1, 5));
			await pushAll(daemon, texts('bob', 1, 5));
			await program.reads(isLast(texts('bob', 5, 5)[0]), 'the messages');
			await eventually(async () => assert.equal((await saidBy(daemon, 'ann')).length, 5), 'what was said');
			program.say(...texts('ann', 6, 20));
			await pushAll(daemon, texts('bob', 6, 7));
			await daemon.crash();
			daemon = await life();
			await pushAll(daemon, texts('bob', 8, 10));
			await program.reads(isLast(texts('bob', 10, 10)[0]), 'what was missed');
			assert.deepEqual(program.heard, texts('bob', 1, 10));
			await eventually(async () => assert.equal((await saidBy(daemon, 'ann')).length, 20), 'the rest');
			assert.deepEqual(await saidBy(daemon, 'ann'), texts('ann', 1, 20));
		}).finally(() => daemon.stop());
	});
});

forEach(pushes, (language, library, options) => {
	test(`${language}: ${library} pushes what is piped in`, options, () =>
		withDaemon({}, (daemon) =>
			withProgram(daemon, language, library, async (program) => {
				const lines = texts('line', 1, 100);
				program.say(...lines.slice(0, 50));
				await new Promise((resolve) => program.child.stdin.write('', resolve));
				program.child.stdin.end(lines.slice(50).join('\n'));
				await within(new Promise((resolve) => program.child.once('close', resolve)), 'the end');
				assert.deepEqual(await saidBy(daemon, 'push'), [lines.join('\n')], program.errors);
			}),
		),
	);
});

test('python: Apprise notifies a room', { skip: !isThere('python') && 'python is not installed' }, () =>
	withDaemon({}, async (daemon) => {
		const at = `json://${daemon.host}:${daemon.port}/push/ops`;
		const { status, stdout } = spawnSync(path.join(installed, 'python/bin/apprise'), ['-t', 'Backup', '-b', 'done 安', at], { encoding: 'utf8' });
		assert.equal(status, 0, stdout);
		const { messages } = await expectJson(get(daemon, '/history/ops'));
		assert.deepEqual(messages.map(({ type, title, message }) => [type, title, message]), [['info', 'Backup', 'done 安']]);
	}),
);

test('go: a program that dials the line port chats both ways', { skip: !isThere('go') && 'go is not installed' }, () =>
	withDaemon(noRateLimitWith('chat.default_room=ops'), (daemon) =>
		withProgram(daemon, 'go', 'net-dial', async (program) => {
			program.say('one', 'two');
			await program.reads((line) => line.startsWith('Welcome to Linnet.'), 'the welcome');
			await eventually(async () => assert.deepEqual(await saidBy(daemon, 'guest-1'), ['one', 'two']), 'the lines');
			await push(daemon, 'ops', 'hello');
			await program.reads((line) => line === 'push: hello', 'the message');
		}),
	),
);
