// systemd: the notifications sent to it, and the sockets that it holds.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';
import { binary, eventually, runDaemon, temporaryFile, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { freePort } from '../lib/raw.mjs';

/** Stands in for systemd and collects every datagram sent to its notify socket. */
class Manager {
	heard = '';

	async listen() {
		this.path = path.join(temporaryFolder(), 'notify');
		this.#child = spawn('socat', ['-u', `UNIX-RECV:${this.path}`, '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
		this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.heard += text));
		after(() => this.#child.kill('SIGKILL'));
		await eventually(() => assert.ok(existsSync(this.path)), 'socat to listen');
		return this;
	}

	hears(text, count = 1) {
		return eventually(() => assert.ok(this.heard.split(text).length > count, this.heard), `the service manager to receive ${text}`);
	}

	#child;
}

test('systemd receives READY, a readable STATUS, repeated WATCHDOG, and STOPPING', async () => {
	const manager = await new Manager().listen();
	const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '200000' };
	await withDaemon({ env }, async (daemon) => {
		await manager.hears('READY=1');
		await manager.hears('STATUS=connections: 0, people: 0, rooms: 1');
		await manager.hears('WATCHDOG=1', 3);
		assert.ok(!manager.heard.includes('STOPPING'));
		await daemon.stop();
		await manager.hears('STOPPING=1');
	});
});

/** Starts linnetd as systemd-socket-activate does, at the first connection. */
async function activate(t, names, args = []) {
	const ports = await Promise.all(names.map(freePort));
	const sockets = ports.flatMap((port) => ['-l', `127.0.0.1:${port}`]);
	const child = spawn(
		'systemd-socket-activate',
		[...sockets, `--fdname=${names.join(':')}`, binary, '-s', 'store.driver=memory', ...args],
		{ stdio: ['ignore', 'ignore', 'pipe'], cwd: temporaryFolder() },
	);
	const started = { ports, stderr: '', ended: new Promise((resolve) => child.once('exit', resolve)), child };
	child.stderr.setEncoding('utf8').on('data', (text) => (started.stderr += text));
	t.after(() => child.kill('SIGKILL'));
	await eventually(() => assert.equal(started.stderr.split('Listening on').length - 1, names.length), 'the sockets');
	return started;
}

test('sockets passed by systemd are used by name, and the configured ports are ignored', async (t) => {
	const { ports, child, ended, ...started } = await activate(t, ['line', 'http'], ['-s', 'http.port=1', '-s', 'line.port=1']);
	const answer = await fetch(`http://127.0.0.1:${ports[1]}/healthz`);
	assert.equal(answer.status, 200);
	const line = connect(ports[0], '127.0.0.1').setEncoding('utf8');
	t.after(() => line.destroy());
	const [welcome] = await within(new Promise((resolve) => line.once('data', (text) => resolve([text]))), 'the welcome');
	assert.match(welcome, /^Welcome to Linnet\./);
	child.kill('SIGTERM');
	assert.equal(await within(ended, 'the end', 20_000), 0, started.stderr);
});

test('the log names the keys that a passed socket makes void', async (t) => {
	const started = await activate(t, ['http', 'line']);
	assert.equal((await fetch(`http://127.0.0.1:${started.ports[0]}/healthz`)).status, 200);
	started.child.kill('SIGTERM');
	await within(started.ended, 'the end', 20_000);
	for (const [i, name] of ['http', 'line'].entries())
		assert.match(
			started.stderr,
			new RegExp(`address_from_socket socket=${name} address=127\\.0\\.0\\.1:${started.ports[i]} without_effect="${name}\\.address, ${name}\\.port" hint=.*ListenStream=`),
		);
});

test('a reload says that the port of a passed socket cannot be configured', async (t) => {
	const file = temporaryFile('linnet.cfg', '');
	const started = await activate(t, ['http'], ['-c', file, '-s', 'line.enabled=false']);
	assert.equal((await fetch(`http://127.0.0.1:${started.ports[0]}/healthz`)).status, 200);
	writeFileSync(file, 'http = { port = 1; }; line = { port = 2; };');
	started.child.kill('SIGHUP');
	await eventually(() => assert.match(started.stderr, /reload_kept key=line\.port .*hint="a restart is needed"/), 'the reload');
	assert.match(started.stderr, /reload_kept key=http\.port .*hint="the socket unit's ListenStream= decides the address"/);
});

test('connections to a passed socket of a line door that is off are closed at once', async (t) => {
	const started = await activate(t, ['http', 'line'], ['-s', 'line.enabled=false']);
	const line = connect(started.ports[1], '127.0.0.1').resume();
	await within(once(line, 'close'), 'the end of the connection');
	assert.equal((await fetch(`http://127.0.0.1:${started.ports[0]}/healthz`)).status, 200);
	started.child.kill('SIGTERM');
	assert.equal(await within(started.ended, 'the end', 20_000), 0, started.stderr);
	assert.match(started.stderr, new RegExp(`socket_not_used socket=line address=127\\.0\\.0\\.1:${started.ports[1]} hint="line\\.enabled is false: .*systemctl disable --now linnetd-line\\.socket, and then systemctl restart linnetd"`));
	assert.match(started.stderr, /ready http=[^ ]*(?! line=) ts=/);
});

// systemd names a socket after its unit where FileDescriptorName= is left out.
for (const name of ['linnetd-http.socket', 'unknown'])
	test(`a passed socket named ${name} ends the start with status 3 and a sentence that says what to do`, async (t) => {
		const started = await activate(t, [name]);
		connect(started.ports[0], '127.0.0.1').on('error', () => {});
		assert.equal(await within(started.ended, 'the end'), 3);
		assert.match(started.stderr, new RegExp(`activation_failed socket=${name} error=".*write FileDescriptorName=http or FileDescriptorName=line into the \\[Socket\\] section of its unit"`));
	});

test('without a service manager everything works', async () => {
	const { code } = await runDaemon({ args: ['-V'], env: { NOTIFY_SOCKET: '/nowhere/at/all' } });
	assert.equal(code, 0);
	await withDaemon({ env: { NOTIFY_SOCKET: '/nowhere/at/all' } }, async (daemon) => {
		assert.equal((await fetch(`${daemon.url}/healthz`)).status, 200);
	});
});
