// The clients of docs/clients against a real daemon: what is said and pushed is there once, in its order, over
// kill -9, a restart, and a history that is another one.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openBrowser, program as browserProgram } from '../lib/browser.mjs';
import { eventually, sourceDir, startDaemon, temporaryFolder } from '../lib/daemon.mjs';
import { expectJson, get, post, push } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { freePort } from '../lib/raw.mjs';

const clients = path.join(sourceDir, 'docs/clients');
const programs = path.join(sourceDir, 'build/programs'); // see tests/clients/install

/** A client that is a program: it sends the lines of its input and prints what others say. */
function startProgram(url, command, ...args) {
	const env = { ...process.env, TOKEN: 'ci-secret' };
	const child = spawn(command, [...args, url, 'ops', 'ann'], { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
	const client = { lines: [], errors: '' };
	let rest = '';
	child.stdout.setEncoding('utf8').on('data', (text) => {
		const lines = (rest + text).split('\n');
		rest = lines.pop();
		client.lines.push(...lines);
	});
	child.stderr.setEncoding('utf8').on('data', (text) => (client.errors += text));
	child.stdin.on('error', () => {}); // it has ended
	client.say = (...texts) => child.stdin.write(texts.map((text) => `${text}\n`).join(''));
	client.kill = () => child.exitCode ?? process.kill(-child.pid, 'SIGKILL');
	return client;
}

/** Node finds the library beside the program. */
function startNode(url) {
	const folder = temporaryFolder();
	copyFileSync(path.join(clients, 'client.mjs'), path.join(folder, 'client.mjs'));
	symlinkSync(path.join(sourceDir, 'tests/node_modules'), path.join(folder, 'node_modules'));
	return startProgram(url, 'node', path.join(folder, 'client.mjs'));
}

/** The folder that linnetd serves, with a page that has the client for browsers. */
function pageFolder() {
	const folder = temporaryFolder();
	copyFileSync(path.join(clients, 'client.js'), path.join(folder, 'client.js'));
	writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>Chat</title><script src="client.js"></script>');
	return folder;
}

async function startPage(url) {
	const browser = await openBrowser();
	const page = await browser.newPage();
	const client = { lines: [], errors: '', kill: () => browser.close() };
	page.on('console', (message) => (client.errors += message.text()));
	await page.exposeFunction('show', (line) => client.lines.push(line));
	await page.goto(url);
	await page.evaluate(() => (window.say = chat(location.origin, 'ops', 'ann', ({ username, message }) => show(`${username}: ${message}`))));
	client.say = (...texts) => page.evaluate((list) => list.forEach(window.say), texts);
	return client;
}

/** The Python that has the library, or undefined. */
const python = ['python3', path.join(programs, 'python/bin/python')]
	.find((command) => spawnSync(command, ['-c', 'import websockets']).status === 0);
const go = path.join(programs, 'bin/docs-client');

const languages = {
	'client.mjs': { start: startNode },
	'client.js': { start: startPage, skip: !browserProgram && 'there is no Chromium' },
	'client.sh': { start: (url) => startProgram(url, path.join(clients, 'client.sh')), isGuest: true },
	'client.py': { start: (url) => startProgram(url, python, path.join(clients, 'client.py')), skip: !python && 'Python has no websockets' },
	'client.go': { start: (url) => startProgram(url, go), skip: !existsSync(go) && 'it is not built' },
};

/** The way from the client to the daemon, on one port over several lives of the daemon. */
class Way {
	#server = net.createServer((client) => {
		this.opened += 1;
		const daemon = net.connect(this.#daemonPort, '127.0.0.1');
		this.#ends.add(client).add(daemon);
		client.on('data', (data) => daemon.write(data));
		daemon.on('data', (data) => this.isLosing || client.write(data));
		for (const [end, other] of [[client, daemon], [daemon, client]])
			end.on('error', () => {}).on('close', () => this.#ends.delete(end) && other.destroy());
	});
	#daemonPort;
	#ends = new Set();
	/** Connections so far. */
	opened = 0;
	/** Whether what the daemon answers is lost. */
	isLosing = false;

	async open(daemon, port) {
		this.#daemonPort = daemon.port;
		this.#server.listen(port, '127.0.0.1');
		await once(this.#server, 'listening');
	}

	/** From then on nobody can connect. */
	close() {
		this.#server.close();
		this.cut();
	}

	cut() {
		this.#ends.forEach((end) => end.destroy());
		this.isLosing = false;
	}
}

const texts = (who, first, last) => Array.from({ length: last - first + 1 }, (_, n) => `${who} ${first + n} 安😀`);

/** What the client has shown of bob, from lines or objects. */
const heardOf = ({ lines }) => lines
	.map((line) => (line.startsWith('{') ? JSON.parse(line) : /^(?<username>\w+): (?<message>.*)/.exec(line).groups))
	.filter(({ username, message }) => username === 'bob' && message !== 'knock')
	.map(({ message }) => message);

// By a token the test has limits of its own.
const own = bearer('root-secret');

/** Pushes the texts one after the other, as fast as the limit allows. */
async function pushAs(daemon, list) {
	for (const text of list)
		await eventually(() => push(daemon, 'ops', text, { Username: 'bob', ...own }), 'the push');
}

async function saidBy(daemon, name) {
	const { messages } = await expectJson(get(daemon, '/history/ops?limit=200', { headers: own }));
	return messages.filter(({ username }) => username === name).map(({ message }) => message);
}

/** Waits until so many messages of the client are stored, and returns them. */
const hasSaid = (daemon, count) => eventually(async () => {
	const said = await saidBy(daemon, 'ann');
	assert.ok(said.length >= count, said.join(', '));
	return said;
}, `${count} messages of the client`);

const hears = (client, text) =>
	eventually(() => assert.ok(heardOf(client).includes(text)), text);

/** Until the client shows what is said, it is not in the room yet. */
const isThere = (daemon, client) => {
	const before = client.lines.length;
	return eventually(async () => {
		await pushAs(daemon, ['knock']);
		// A browser may show it after the push was answered.
		assert.ok(client.lines.length > before);
	}, 'the client');
};

/** Sends the client away, and fails if it comes again. */
async function expectStayingAway(daemon, way) {
	const { opened } = way;
	await expectJson(post(daemon, '/admin/kick', { username: 'ann' }, own));
	await setTimeout(1500); // the first attempt follows within a second
	assert.equal(way.opened, opened, 'the client came again');
}

async function tellTheStory(start, isGuest = false) {
	const folder = temporaryFolder();
	const config = `http = { root = "${pageFolder()}"; }; auth = { ${tokens} }; limits = { message_burst = 3; message_rate = 50.0; };`;
	const port = await freePort();
	const way = new Way();
	const live = async () => {
		const daemon = await startDaemon({ folder, config });
		await way.open(daemon, port);
		return daemon;
	};
	const end = async (how) => {
		await how();
		way.close();
	};
	let daemon = await live();
	let client;
	try {
		client = await start(`http://127.0.0.1:${port}`);
		await isThere(daemon, client);
		await pushAs(daemon, texts('bob', 1, 5));
		await hears(client, texts('bob', 5, 5)[0]);

		way.isLosing = true; // the first is stored, but the client does not hear of it
		client.say(...texts('ann', 1, 30)); // faster than the limit allows
		await pushAs(daemon, texts('bob', 6, 6));
		await hasSaid(daemon, 1);
		way.cut();
		await hasSaid(daemon, 10);
		await end(() => daemon.crash());
		daemon = await live();
		await pushAs(daemon, texts('bob', 7, 10));
		await hears(client, texts('bob', 10, 10)[0]);
		await hasSaid(daemon, 30);

		await end(() => daemon.stop());
		client.say(...texts('ann', 31, 32));
		daemon = await live();
		await pushAs(daemon, texts('bob', 11, 12));
		await hears(client, texts('bob', 12, 12)[0]);
		way.cut();
		client.say(...texts('ann', 33, 33)); // the client may not have noticed yet
		assert.deepEqual(await hasSaid(daemon, 33), texts('ann', 1, 33));
		assert.deepEqual(heardOf(client), texts('bob', 1, 12));
		assert.doesNotMatch(client.errors, /another history/);

		await end(() => daemon.stop());
		rmSync(path.join(folder, 'linnet.db-lineage')); // so the epoch will be another one
		daemon = await live();
		await eventually(() => assert.match(client.errors, /another history/), 'a word about the other history');
		await isThere(daemon, client);
		await pushAs(daemon, texts('bob', 13, 13));
		await hears(client, texts('bob', 13, 13)[0]);
		assert.deepEqual(heardOf(client), texts('bob', 1, 13));

		if (!isGuest)
			await expectStayingAway(daemon, way);
	} catch (error) {
		error.message += `\nthe client has shown\n${client?.lines.join('\n')}\n${client?.errors}`;
		throw error;
	} finally {
		client?.kill();
		way.close();
		await daemon.stop();
	}
}

test('the clients of docs/clients lose and double nothing', { concurrency: true }, (t) =>
	Promise.all(Object.entries(languages).map(([name, { start, skip = false, isGuest }]) =>
		t.test(name, { skip }, () => tellTheStory(start, isGuest)))));
