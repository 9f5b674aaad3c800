// Runs the client linnet, which lies beside linnetd.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { binary, Queue, temporaryFolder, within } from './daemon.mjs';

const program = path.join(path.dirname(binary), 'linnet');

const reportPattern = /ERROR: \w+Sanitizer|runtime error:/;

const running = new Set();

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A running linnet. Options: env, input (text; null: standard input stays open). */
export class Linnet {
	#output = '';
	#lines = new Queue();

	constructor(url, args, { env = {}, input = '', home = temporaryFolder() } = {}) {
		this.child = spawn(program, args, {
			env: {
				...process.env, ASAN_OPTIONS: 'abort_on_error=1:detect_leaks=1', UBSAN_OPTIONS: 'abort_on_error=1',
				XDG_STATE_HOME: home, LINNET_URL: url, TZ: 'UTC', ...env,
			},
		});
		this.stdout = '';
		this.stderr = '';
		this.child.stdin.on('error', () => {}); // linnet may end before it has read everything
		if (input !== null)
			this.child.stdin.end(input);
		this.child.stdout.setEncoding('utf8').on('data', (text) => this.#hear(text));
		this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
		running.add(this.child);
		this.child.once('close', () => running.delete(this.child));
		this.#ended = new Promise((resolve, reject) => {
			this.child.once('error', reject);
			this.child.once('close', (code, signal) => {
				this.#lines.finish(new Error(`linnet ended with ${code ?? signal}: ${this.stderr}`));
				resolve(code ?? signal);
			});
		});
	}

	#ended;

	#hear(text) {
		this.stdout += text;
		const lines = (this.#output + text).split('\n');
		this.#output = lines.pop();
		lines.forEach((line) => this.#lines.push(line));
	}

	/** The next line of standard output. */
	nextLine() {
		return within(this.#lines.take(), 'a line of linnet');
	}

	async nextJson() {
		return JSON.parse(await this.nextLine());
	}

	/** Resolves to the exit status, or the signal, when linnet has ended. */
	async ended() {
		const status = await within(this.#ended, `linnet to end, after ${this.stdout.slice(-500)}${this.stderr}`).finally(() => this.child.kill('SIGKILL'));
		assert.ok(!reportPattern.test(this.stderr), `a sanitizer reported:\n${this.stderr}`);
		return status;
	}
}

/** Runs linnet to its end. Returns { status, stdout, stderr }. */
export async function linnet(url, args, options) {
	const run = new Linnet(url, args, options);
	const status = await run.ended();
	return { status, stdout: run.stdout, stderr: run.stderr };
}

/** Runs linnet, which must succeed without a word on standard error. Returns its standard output. */
export async function linnetDone(url, args, options) {
	const { status, stdout, stderr } = await linnet(url, args, options);
	assert.deepEqual([status, stderr], [0, ''], args.join(' '));
	return stdout;
}
