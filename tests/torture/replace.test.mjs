// The daemon is replaced again and again while its sockets stay open: no connect is refused, every
// client resumes, nothing is lost or doubled.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { binary, eventually, isSlowRun, temporaryFolder } from '../lib/daemon.mjs';
import { freePort } from '../lib/raw.mjs';
import { Crowd, secondsSince, settings } from './crowd.mjs';
import { Chance, size, summary } from './options.mjs';

const clients = size('CLIENTS', { small: 50, full: 200 });
const messages = size('MESSAGES', { small: 2000, full: 20_000 });
const replacements = size('KILLS', { small: 3, full: 10 });

// Starts linnetd with inherited sockets, and restarts it whenever it ends.
const keeper = `
	while :; do
		sh -c 'export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http; exec "$@"' linnetd "$@" &
		echo "linnetd is $!"
		wait $!
		echo "linnetd ended with $?"
	done`;

/** Stands in for systemd: it holds the port and restarts the daemon. */
class SocketHolder {
	said = '';

	async start() {
		this.port = await freePort();
		const wanted = [...settings, 'line.enabled=false'].flatMap((setting) => ['-s', setting]);
		this.#child = spawn(
			'systemd-socket-activate',
			['-l', `127.0.0.1:${this.port}`, '--fdname=http', 'sh', '-c', keeper, 'keeper', binary, ...wanted],
			{ cwd: temporaryFolder(), stdio: ['ignore', 'pipe', 'pipe'], detached: true },
		);
		for (const stream of [this.#child.stdout, this.#child.stderr])
			stream.setEncoding('utf8').on('data', (text) => (this.said += text));
		await eventually(() => assert.match(this.said, /Listening on/), 'the socket');
	}

	get lives() {
		return [...this.said.matchAll(/^linnetd is (\d+)$/gm)].map(([, pid]) => Number(pid));
	}

	/** Stops the daemon with SIGTERM and waits for the next one. */
	async replace() {
		const { lives } = this;
		process.kill(lives.at(-1), 'SIGTERM');
		const readiness = () => this.said.match(/^ready /gm).length;
		await eventually(() => assert.equal(readiness(), lives.length + 1), 'the next linnetd');
	}

	/** Kills the daemon and its parent. */
	kill() {
		try {
			process.kill(-this.#child.pid, 'SIGKILL');
		} catch {
			// The process has already ended.
		}
	}

	#child;
}

test('replacing the daemon refuses no connection and loses no message', { skip: isSlowRun }, async () => {
	const chance = new Chance();
	const holder = new SocketHolder();
	await holder.start();
	const start = performance.now();
	const crowd = new Crowd({ port: holder.port, clients, inFlight: 16, isNeverRefused: true });
	try {
		await crowd.allJoined();
		crowd.send(messages);
		for (const at of chance.moments(replacements, Math.floor(messages * 0.9))) {
			await crowd.reached(at);
			await holder.replace();
		}
		await crowd.complete();
		crowd.assertSameView();
		assert.doesNotMatch(holder.said, /^linnetd ended with (?!0$)/m);
		summary('replace', { replacements, ...crowd.figures(), seconds: secondsSince(start) });
	} catch (error) {
		error.message += `\noutput of the holder:\n${holder.said.slice(-8192)}`;
		throw error;
	} finally {
		crowd.leave();
		holder.kill();
	}
});
