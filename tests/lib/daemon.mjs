// Starts linnetd for a test and talks to it as a browser would.
//
// stop() fails unless the daemon ends with status 0 and without a sanitizer report, and
// withDaemon() always stops it.
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

// True if the daemon runs many times slower. Tests that move megabytes skip themselves then.
export const isSlowRun = wrapperOfRun.length > 0;

// How long an awaited event may take before the test gives up. It only limits how long a failure
// takes.
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

/** Returns the promise, which fails after the limit with an error that names what was awaited. */
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
 * Retries until check() neither throws nor rejects, and returns its value. For states of the daemon
 * that no event announces.
 */
export function eventually(check, what) {
	let isWanted = true;
	let fault;
	const attempt = async () => {
		for (;;) {
			try {
				return await check();
			} catch (error) {
				fault = error;
				if (!isWanted)
					throw error;
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	};
	return within(attempt(), what)
		.catch((error) => {
			throw new Error(error.message, { cause: fault });
		})
		.finally(() => (isWanted = false));
}

/** Makes a folder under the system's temporary folder; it is removed when this process ends. */
export function temporaryFolder() {
	const folder = mkdtempSync(path.join(tmpdir(), 'linnet-test-'));
	cleanups.add(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/**
 * Makes a small disk to fill up, as { folder, remove() }. null if this process may not mount one.
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

/** Fills the disk and returns the file that does. */
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

export function temporaryFile(name, text) {
	const file = path.join(temporaryFolder(), name);
	writeFileSync(file, text);
	return file;
}

function commandLine({ program, config, settings, args, wrapper, limits }) {
	const command = [...wrapper, program];
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
	program = binary,
} = {}) {
	const [command, ...rest] = commandLine({ program, config, settings, args, wrapper, limits });
	const child = spawn(command, rest, {
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
 * Runs linnetd to its end, for cases in which it exits by itself: -h, -t, a port in use. Returns {
 * code, signal, stdout, stderr }.
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

/** A queue between events and awaits, so no early event is missed. */
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

	/** Ends the queue: every later take() fails with this error. Only the first call counts. */
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
 * A WebSocket client whose messages wait until they are read. faultOf(text) says what is wrong with
 * a text message, or null. The first fault ends the client, so the next await fails, and is passed
 * to onFault.
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
		// A client left open by a test must not keep the test's process alive.
		socket.once('upgrade', (response) => response.socket.unref());
		socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
		socket.on('error', () => {}); // "close" follows with the reason
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

	/** The number of received messages that were not read yet. */
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
		assert.equal(isBinary, false, 'expected a text message, received a binary one');
		return data.toString('utf8');
	}

	async nextJson() {
		return JSON.parse(await this.nextText());
	}

	/**
	 * Returns everything the daemon has sent to this client so far: sends a request that is answered in
	 * order and returns what comes before the answer.
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

	/** Closes with a close handshake and returns the result of closed. */
	close(code = 1000) {
		this.socket.close(code);
		return this.closed;
	}

	/** Ends without a close, like a pulled cable or a killed browser. */
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

/** Returns why an upgrade was refused: an Error with status, headers and body. */
async function refusal(response) {
	const body = await collect(response);
	const error = new Error(`the upgrade was answered by ${response.statusCode}: ${body}`);
	return Object.assign(error, { status: response.statusCode, headers: response.headers, body });
}

/**
 * Opens a Client. The options are those of the ws package, of Client, and `protocols`. A refused
 * upgrade rejects with an Error that has status, headers and body.
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
		/** The certificate that clients trust; undefined without TLS. */
		this.ca = undefined;
		/** Everything on stderr so far, and the same as lines without their times. */
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
		this.log.push(...lines.map((line) => line.replace(/ ts=\S+$/, '')));
		this.#listeners.forEach((listener) => listener());
	}

	#finish(end) {
		this.#end = end;
		this.#listeners.forEach((listener) => listener());
	}

	get isRunning() {
		return this.#end === undefined;
	}

	/** Returns the match of the first log line, past or future, that matches. */
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
		const [, socketPath, address, port, linePort] = await this.waitForLog(
			/\bready\b.*\bhttp(?:=|":")(?:unix:([^\s"]+)|([^\s"]+):(\d+))(?:(?: line=|","line":")[^\s"]+:(\d+))?/,
		);
		this.linePort = linePort && Number(linePort);
		if (socketPath) {
			this.socketPath = socketPath;
			this.host = 'localhost';
			return;
		}
		this.host = address === '0.0.0.0' ? '127.0.0.1' : address;
		this.port = Number(port);
		this.url = `http://${this.host}:${this.port}`;
	}

	wsUrl(at = '/ws') {
		const scheme = this.ca ? 'wss' : 'ws';
		return this.socketPath ? `ws+unix:${this.socketPath}:${at}` : `${scheme}://${this.host}:${this.port}${at}`;
	}

	/**
	 * Opens a WebSocket client, see openClient. On /ws every received text message is checked against
	 * the protocol schema, unless isChecked is false.
	 */
	ws(at = '/ws', { isChecked = true, ...options } = {}) {
		if (isChecked && /^\/ws($|\?)/.test(at)) {
			options.faultOf ??= (text) => schemaFault(text);
			options.onFault ??= (error) => this.recordFault(error);
		}
		return openClient(this.wsUrl(at), { ca: this.ca, ...options });
	}

	/** Records a message that violates the schema: stop() fails with this error. */
	recordFault(error) {
		this.#clientFault ??= error;
	}

	signal(name) {
		this.#child.kill(name);
	}

	/**
	 * Stops the daemon and returns { code, signal, stderr }. Fails unless it ends with status 0 and
	 * reports nothing.
	 */
	stop(signal = 'SIGTERM') {
		const stopped = this.#stop(signal);
		stopped.catch(() => {}); // it may be awaited after it has failed
		return stopped;
	}

	async #stop(signal) {
		if (this.isRunning)
			this.signal(signal);
		const end = await within(this.ended, 'linnetd to stop').finally(() => this.kill());
		if (this.#clientFault)
			throw this.#clientFault;
		assertNoReport(this.stderr);
		assert.deepEqual(end, this.#expectedEnd, `linnetd failed:\n${this.stderr}`);
		return { ...end, stderr: this.stderr };
	}

	/** Ends the daemon with kill -9, as a power cut would. stop() then accepts that end. */
	async crash() {
		this.#expectedEnd = { code: null, signal: 'SIGKILL' };
		await this.stop('SIGKILL');
	}

	/** Waits until the daemon has ended by itself with this status, which stop() then accepts. */
	async endsWith(code, limitMs) {
		this.#expectedEnd = { code, signal: null };
		assert.deepEqual(await within(this.ended, 'the end', limitMs), this.#expectedEnd, this.stderr);
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

	/** Processor time used so far, user and kernel, in seconds. */
	cpuSeconds() {
		const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		return (Number(fields[11]) + Number(fields[12])) / 100;
	}

	/**
	 * Fails if the idle daemon uses that many seconds of processor time, or more, in three seconds. The
	 * client's pings, once a second, are the clock. Many answered requests first show that earlier work
	 * is done; on a slow machine that takes a while.
	 */
	async assertIdle(client, seconds) {
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

	/** The number of open file descriptors. */
	openDescriptors() {
		return readdirSync(`/proc/${this.pid}/fd`).length;
	}

	/**
	 * The number of open sockets. The number of descriptors also varies with the history files in use.
	 */
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
 * Starts linnetd and waits until it listens. Options: settings ['key=value'], config (the text of a
 * file), args, env, wrapper (a command to run it under), limits { nofile }, folder (where it runs
 * and keeps its history; a new one by default), tls (a certificate of makeCertificate(), which the
 * clients trust then). It listens on a port chosen by the kernel unless the settings name one. If it
 * does not start, the error has it as `daemon`.
 */
export async function startDaemon({ settings = [], tls, ...options } = {}) {
	const all = ['http.port=0', 'line.port=0', ...(tls?.settings ?? []), ...settings];
	const daemon = new Daemon({ settings: all, ...options });
	daemon.ca = tls?.ca;
	try {
		await daemon.ready();
	} catch (error) {
		daemon.kill();
		throw Object.assign(error, { daemon });
	}
	return daemon;
}

/** Runs body(daemon) with a daemon of its own and stops it in any case. */
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
