// Starts linnetd for a test and talks to it as a browser would.
//
// A test that starts the daemon also answers for it: stop() fails unless it ends with status
// 0 and without a sanitizer's report, and withDaemon() always stops it.
//
// Environment: LINNETD names the binary, LINNET_WRAPPER a program to run it under (valgrind).

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
	closeSync, mkdtempSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync, writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { schemaFault } from './schema.mjs';

export const sourceDir = path.resolve(fileURLToPath(import.meta.url), '../../..');
export const binary = process.env.LINNETD ?? path.join(sourceDir, 'build/asan/linnetd');

const wrapperOfRun = (process.env.LINNET_WRAPPER ?? '').split(' ').filter(Boolean);

// True where the daemon runs many times slower: tests that move megabytes skip themselves.
export const isSlowRun = wrapperOfRun.length > 0;

// How long an awaited event may take before the test gives up. No test passes sooner or later
// for it: it only bounds a failure.
export const patienceMs = isSlowRun ? 120_000 : 30_000;

const testLimitMs = isSlowRun ? 600_000 : 180_000;

const reportPattern =
	/ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:|^==\d+== (?!Warning)\S/m;

const sanitizerOptions = {
	ASAN_OPTIONS: 'abort_on_error=1:detect_leaks=1:strict_string_checks=1:quarantine_size_mb=16',
	UBSAN_OPTIONS: 'abort_on_error=1:print_stacktrace=1',
};

const cleanups = new Set();

process.on('exit', () => cleanups.forEach((cleanup) => cleanup()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => process.exit(1));

/** The promise, or a failure that says what was awaited in vain. */
export function within(promise, what, limitMs = patienceMs) {
	let timer;
	const limit = new Promise((_, reject) => {
		timer = setTimeout(
			() => reject(new Error(`waited ${limitMs / 1000} s in vain for ${what}`)),
			limitMs,
		);
	});
	return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/**
 * Tries until check() neither throws nor rejects, and returns what it gives: for a state that
 * the daemon reaches by itself and announces by no event.
 */
export function eventually(check, what) {
	let isWanted = true;
	const attempt = async () => {
		for (;;) {
			try {
				return await check();
			} catch (error) {
				if (!isWanted)
					throw error;
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	};
	return within(attempt(), what).finally(() => (isWanted = false));
}

/** A new folder under the system's temporary one, removed when this process ends. */
export function temporaryFolder() {
	const folder = mkdtempSync(path.join(tmpdir(), 'linnet-test-'));
	cleanups.add(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/**
 * A disk of its own with so many bytes, to be filled, as { folder, remove() }; null where this
 * process may not mount one.
 */
export function smallDisk(bytes) {
	const folder = mkdtempSync(path.join(tmpdir(), 'linnet-test-'));
	const remove = () => {
		spawnSync('umount', ['--lazy', folder]);
		rmSync(folder, { recursive: true, force: true });
		cleanups.delete(remove);
	};
	cleanups.add(remove);
	const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
	if (status === 0)
		return { folder, remove };
	remove();
	return null;
}

/** Takes all the place that is left on the disk; returns the file that holds it. */
export function fillUp(folder) {
	const file = path.join(folder, 'filler');
	const fd = openSync(file, 'w');
	const block = Buffer.alloc(65_536);
	try {
		for (;;)
			writeSync(fd, block);
	} catch (error) {
		assert.equal(error.code, 'ENOSPC');
	} finally {
		closeSync(fd);
	}
	return file;
}

function temporaryFile(name, text) {
	const file = path.join(temporaryFolder(), name);
	writeFileSync(file, text);
	return file;
}

function commandLine({ config, settings, args, wrapper, limits }) {
	const command = [...wrapper, binary];
	if (limits.nofile !== undefined)
		command.unshift('prlimit', `--nofile=${limits.nofile}:${limits.nofile}`, '--');
	if (config !== undefined)
		command.push('-c', temporaryFile('linnet.cfg', config));
	for (const setting of settings)
		command.push('-s', setting);
	return [...command, ...args];
}

function spawnDaemon({
	settings = [],
	config,
	args = [],
	env = {},
	wrapper = wrapperOfRun,
	limits = {},
	folder = temporaryFolder(),
} = {}) {
	const [program, ...rest] = commandLine({ config, settings, args, wrapper, limits });
	const child = spawn(program, rest, {
		cwd: folder,
		env: { ...process.env, ...sanitizerOptions, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const kill = () => child.kill('SIGKILL');
	cleanups.add(kill);
	child.once('close', () => cleanups.delete(kill));
	return child;
}

function ended(child) {
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code, signal) => resolve({ code, signal }));
	});
}

function assertNoReport(stderr) {
	assert.ok(!reportPattern.test(stderr), `a sanitizer reported:\n${stderr}`);
}

/**
 * Runs linnetd to its end, for what answers and exits: -h, -t, a port in use.
 * Returns { code, signal, stdout, stderr }.
 */
export async function runDaemon(options) {
	const settings = options.settings?.length ? ['line.port=0', ...options.settings] : undefined;
	const child = spawnDaemon({ ...options, settings });
	const output = { stdout: '', stderr: '' };
	for (const stream of ['stdout', 'stderr'])
		child[stream].setEncoding('utf8').on('data', (text) => (output[stream] += text));
	try {
		const end = await within(ended(child), 'linnetd to end by itself');
		assertNoReport(output.stderr);
		return { ...end, ...output };
	} finally {
		child.kill('SIGKILL');
	}
}

/** A queue between events and awaits: nothing that came early is missed. */
export class Queue {
	#items = [];
	#waiting = [];
	#end;

	push(item) {
		const waiter = this.#waiting.shift();
		if (waiter)
			waiter.resolve(item);
		else
			this.#items.push(item);
	}

	/** No more items: every later take() fails with this error, the first that was told. */
	finish(error) {
		this.#end ??= error;
		this.#waiting.splice(0).forEach((waiter) => waiter.reject(error));
	}

	take() {
		if (this.#items.length > 0)
			return Promise.resolve(this.#items.shift());
		if (this.#end)
			return Promise.reject(this.#end);
		return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
	}

	get length() {
		return this.#items.length;
	}
}

/**
 * A WebSocket client whose messages wait until they are asked for. faultOf(text) says what is
 * wrong with a text message, or null: the first fault ends the client, so that the next await
 * fails, and is told to onFault.
 */
export class Client {
	#messages = new Queue();
	#closed;
	#faultOf;
	#onFault;

	constructor(socket, { faultOf = () => null, onFault = () => {} } = {}) {
		this.socket = socket;
		this.#faultOf = faultOf;
		this.#onFault = onFault;
		// A client that a test has forgotten must not keep the test's process alive.
		socket.once('upgrade', (response) => response.socket.unref());
		socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
		socket.on('error', () => {}); // "close" follows and tells
		this.#closed = new Promise((resolve) => {
			socket.once('close', (code, reason) => {
				this.#messages.finish(new Error(`the connection was closed with ${code} ${reason}`));
				resolve({ code, reason: String(reason) });
			});
		});
	}

	#hear(data, isBinary) {
		const fault = isBinary ? null : this.#faultOf(data.toString('utf8'));
		if (fault) {
			const error = new Error(`the daemon sent ${data}, but ${fault}`);
			this.#messages.finish(error);
			this.#onFault(error);
			this.socket.terminate();
		} else {
			this.#messages.push({ data, isBinary });
		}
	}

	/** Resolves to { code, reason } when the connection has ended. */
	get closed() {
		return within(this.#closed, 'the connection to close');
	}

	/** How many messages have come and not been taken. */
	get waiting() {
		return this.#messages.length;
	}

	send(data, options) {
		this.socket.send(data, options);
	}

	sendJson(object) {
		this.send(JSON.stringify(object));
	}

	/** The next message as { data: Buffer, isBinary }. */
	next() {
		return within(this.#messages.take(), 'a message');
	}

	async nextText() {
		const { data, isBinary } = await this.next();
		assert.equal(isBinary, false, 'a text message was expected, a binary one came');
		return data.toString('utf8');
	}

	async nextJson() {
		return JSON.parse(await this.nextText());
	}

	/**
	 * Everything that the daemon had for this client until now: asks something that is
	 * answered in order and returns what came before the answer.
	 */
	async drain() {
		const before = [];
		this.send('this is not JSON');
		for (;;) {
			const object = await this.nextJson();
			if (object.type === 'error' && object.code === 'bad_json')
				return before;
			before.push(object);
		}
	}

	/** Closes in the polite way and returns what closed says. */
	close(code = 1000) {
		this.socket.close(code);
		return this.closed;
	}

	/** Goes away without a word, as a pulled cable or a killed browser. */
	vanish() {
		this.socket.terminate();
		return this.closed;
	}
}

function collect(response) {
	return new Promise((resolve) => {
		const chunks = [];
		response.on('data', (chunk) => chunks.push(chunk));
		response.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
	});
}

/** Why an upgrade was refused: an Error with status, headers and body. */
async function refusal(response) {
	const body = await collect(response);
	const error = new Error(`the upgrade was answered by ${response.statusCode}: ${body}`);
	return Object.assign(error, { status: response.statusCode, headers: response.headers, body });
}

/**
 * An open Client. The options are those of the ws package, of Client, and `protocols`; a
 * refused upgrade rejects with an Error that has status, headers and body.
 */
export function openClient(url, { protocols = [], faultOf, onFault, ...options } = {}) {
	const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
	const client = new Client(socket, { faultOf, onFault });
	const opened = new Promise((resolve, reject) => {
		socket.once('open', () => resolve(client));
		socket.once('error', reject);
		socket.once('unexpected-response', async (request, response) => {
			reject(await refusal(response));
			request.destroy();
		});
	});
	return within(opened, 'the connection to open').catch((error) => {
		socket.terminate();
		throw error;
	});
}

class Daemon {
	#child;
	#end;
	#pending = '';
	#listeners = new Set();
	#expectedEnd = { code: 0, signal: null };
	#clientFault = null;

	constructor(options) {
		this.#child = spawnDaemon(options);
		this.pid = this.#child.pid;
		/** Everything on stderr so far, and the same as lines. */
		this.stderr = '';
		this.log = [];
		/** Resolves to { code, signal } when the process has ended; it need not be awaited. */
		this.ended = ended(this.#child);
		this.ended.then(
			(end) => this.#finish(end),
			(error) => this.#finish({ code: null, signal: null, error }),
		);
		this.#child.stdout.resume();
		this.#child.stderr.setEncoding('utf8').on('data', (text) => this.#hear(text));
	}

	#hear(text) {
		this.stderr += text;
		const lines = (this.#pending + text).split('\n');
		this.#pending = lines.pop();
		this.log.push(...lines);
		this.#listeners.forEach((listener) => listener());
	}

	#finish(end) {
		this.#end = end;
		this.#listeners.forEach((listener) => listener());
	}

	get isRunning() {
		return this.#end === undefined;
	}

	/** The first line of the log that matches, come or still to come, as a match. */
	waitForLog(pattern) {
		let check;
		const found = new Promise((resolve, reject) => {
			let next = 0;
			check = () => {
				for (; next < this.log.length; next++) {
					const match = pattern.exec(this.log[next]);
					if (match)
						return resolve(match);
				}
				if (!this.isRunning)
					reject(new Error(`linnetd ended before it logged ${pattern}:\n${this.stderr}`));
			};
			this.#listeners.add(check);
			check();
		});
		return within(found, `the log line ${pattern}`).finally(() =>
			this.#listeners.delete(check),
		);
	}

	async ready() {
		const [, address, port, linePort] = await this.waitForLog(
			/\bready\b.*\bhttp(?:=|":")([^\s"]+):(\d+)(?:(?: line=|","line":")[^\s"]+:(\d+))?/,
		);
		this.host = address === '0.0.0.0' ? '127.0.0.1' : address;
		this.port = Number(port);
		this.linePort = linePort && Number(linePort);
		this.url = `http://${this.host}:${this.port}`;
	}

	wsUrl(at = '/ws') {
		return `ws://${this.host}:${this.port}${at}`;
	}

	/**
	 * An open WebSocket client, see openClient. On /ws every text message that it receives is
	 * checked against the schema of the protocol, but with isChecked: false.
	 */
	ws(at = '/ws', { isChecked = true, ...options } = {}) {
		if (isChecked && /^\/ws($|\?)/.test(at)) {
			options.faultOf ??= (text) => schemaFault(text);
			options.onFault ??= (error) => this.blame(error);
		}
		return openClient(this.wsUrl(at), options);
	}

	/** A client found fault with what it was sent: stop() will fail with that. */
	blame(error) {
		this.#clientFault ??= error;
	}

	signal(name) {
		this.#child.kill(name);
	}

	/**
	 * Ends the daemon and returns { code, signal, stderr }. Fails unless it ends with status
	 * 0 and has reported nothing.
	 */
	stop(signal = 'SIGTERM') {
		const stopped = this.#stop(signal);
		stopped.catch(() => {}); // it may be awaited later than it fails
		return stopped;
	}

	async #stop(signal) {
		if (this.isRunning)
			this.signal(signal);
		const end = await within(this.ended, 'linnetd to stop').finally(() => this.kill());
		if (this.#clientFault)
			throw this.#clientFault;
		assertNoReport(this.stderr);
		assert.deepEqual(end, this.#expectedEnd, `linnetd ended badly:\n${this.stderr}`);
		return { ...end, stderr: this.stderr };
	}

	/** Ends it by kill -9, as a power cut would; stop() takes that for a good end. */
	async crash() {
		this.#expectedEnd = { code: null, signal: 'SIGKILL' };
		await this.stop('SIGKILL');
	}

	kill() {
		if (this.isRunning)
			this.signal('SIGKILL');
	}

	/** Resident memory in bytes. */
	residentBytes() {
		const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
		return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) * 1024;
	}

	/** Processor time used so far, in seconds: user's and kernel's. */
	cpuSeconds() {
		const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return (Number(fields[11]) + Number(fields[12])) / 100;
	}

	/**
	 * Fails where it uses so many seconds of processor time, or more, in three seconds in which it has nothing to do. This
	 * client's pings are the clock, once a second. What it was given before is done when it has answered the client many
	 * times over: on a slow machine that takes a while.
	 */
	async assertRests(client, seconds) {
		for (let turn = 0; turn < 100; turn++) {
			client.socket.ping();
			await within(once(client.socket, 'pong'), 'a pong');
		}
		await within(once(client.socket, 'ping'), 'a ping');
		const before = this.cpuSeconds();
		for (let round = 0; round < 3; round++)
			await within(once(client.socket, 'ping'), 'a ping');
		const used = this.cpuSeconds() - before;
		assert.ok(used < seconds, `${used} s of processor time in three seconds of waiting`);
	}

	/** How many descriptors it has open. */
	openDescriptors() {
		return readdirSync(`/proc/${this.pid}/fd`).length;
	}

	/** How many of them are sockets. The files of the history are opened when they are needed. */
	openSockets() {
		const folder = `/proc/${this.pid}/fd`;
		const targetOf = (name) => {
			try {
				return readlinkSync(path.join(folder, name));
			} catch {
				return ''; // closed meanwhile
			}
		};
		return readdirSync(folder).filter((name) => targetOf(name).startsWith('socket:')).length;
	}
}

/**
 * Starts linnetd and waits until it listens. Options: settings ['key=value'], config (the text
 * of a file), args, env, wrapper (a command to run it under), limits { nofile }, folder (where
 * it runs and keeps its history; a new one if left out).
 * It listens on a port of the kernel's choice unless the settings say otherwise.
 */
export async function startDaemon({ settings = [], ...options } = {}) {
	const daemon = new Daemon({ settings: ['http.port=0', 'line.port=0', ...settings], ...options });
	try {
		await daemon.ready();
	} catch (error) {
		daemon.kill();
		throw error;
	}
	return daemon;
}

/** Runs body(daemon) against a daemon of its own and stops it, whatever happens. */
export async function withDaemon(options, body) {
	const daemon = await startDaemon(options);
	try {
		await within(body(daemon), 'the test to end', testLimitMs);
		await daemon.stop();
	} catch (error) {
		daemon.kill();
		const said = daemon.stderr.slice(-16_384);
		if (error instanceof Error && !error.message.includes(said))
			error.message += `\nlinnetd said:\n${said}`;
		throw error;
	}
}
