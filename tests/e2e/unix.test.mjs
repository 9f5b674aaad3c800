// HTTP on a UNIX socket: its file, and who its peers are.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runDaemon, startDaemon, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { withNginx } from '../lib/proxies.mjs';
import { ask, connect } from '../lib/raw.mjs';
import { askTls, makeCertificate, wsTls } from '../lib/tls.mjs';

const newPath = () => path.join(temporaryFolder(), 'http.sock');
const at = (socketPath, ...settings) => ({ settings: [`http.address=unix:${socketPath}`, 'store.driver=memory', ...settings] });
const peersOf = (daemon) => daemon.log.flatMap((line) => /^session_open\b.*\bpeer=(\S+)/.exec(line)?.[1] ?? []);

test('"unix:PATH" is served as a port is, for the user and the group, until the stop', async () => {
	const file = newPath();
	await withDaemon(at(file), async (daemon) => {
		await daemon.waitForLog(new RegExp(`^ready http=unix:${file} line=`));
		assert.equal(statSync(file).mode & 0o777, 0o660);
		const curl = spawnSync('curl', ['-sS', '--unix-socket', file, 'http://localhost/healthz'], { encoding: 'utf8' });
		assert.equal(curl.stdout, 'ok\n', curl.stderr);
		const client = await daemon.ws();
		client.sendJson({ message: 'hi', ref: '1' });
		assert.equal((await client.nextJson()).id, 1);
		await client.close();
	});
	assert.equal(existsSync(file), false);
});

test('the socket of a killed daemon is replaced', async () => {
	const file = newPath();
	const killed = await startDaemon(at(file));
	await killed.crash();
	assert.ok(existsSync(file));
	await withDaemon(at(file), async (daemon) => assert.equal((await ask(daemon, 'GET', '/healthz')).status, 200));
});

test('a socket that a daemon listens on is left to it, and its stop leaves the socket of another one', async () => {
	const file = newPath();
	await withDaemon(at(file), async (daemon) => {
		const second = await runDaemon(at(file));
		assert.equal(second.code, 3);
		assert.match(second.stderr, new RegExp(`listen_failed address=unix:${file} error="the address is in use`));
		assert.equal((await ask(daemon, 'GET', '/healthz')).status, 200);
		writeFileSync(`${file}.new`, 'somebody moves this over the socket');
		spawnSync('mv', [`${file}.new`, file]);
	});
	assert.ok(existsSync(file));
});

test('a file that is no socket is left, and so is a link', async () => {
	const file = newPath();
	writeFileSync(file, 'precious');
	assert.equal((await runDaemon(at(file))).code, 3);
	assert.equal(readFileSync(file, 'utf8'), 'precious');
	const link = newPath();
	spawnSync('ln', ['-s', file, link]);
	assert.equal((await runDaemon(at(link))).code, 3);
	assert.equal(readFileSync(link, 'utf8'), 'precious');
});

test('without "unix" in http.trusted_proxies the peers are strangers that share one address, and the log says so once', () =>
	withDaemon(at(newPath(), 'limits.per_address=2'), async (daemon) => {
		const forwarded = { 'X-Forwarded-For': '198.51.100.7' };
		const kept = [await daemon.ws('/ws', { headers: forwarded }), await daemon.ws()];
		await daemon.waitForLog(/^session_open session=2\b/);
		assert.deepEqual(peersOf(daemon), ['unknown', 'unknown']);
		assert.equal((await ask(daemon, 'GET', '/healthz')).status, 503);
		for (const client of kept)
			await client.close();
		assert.equal((await ask(daemon, 'POST', '/push/lobby', { 'Content-Length': '2' }, 'hi')).status, 403);
		assert.equal((await ask(daemon, 'GET', '/metrics', forwarded)).status, 403);
		await daemon.waitForLog(/^proxy_not_trusted /);
		const warnings = daemon.log.filter((line) => line.startsWith('proxy_not_trusted '));
		assert.equal(warnings.length, 1);
		assert.match(warnings[0], /^proxy_not_trusted peer=unix .*hint="add \\"unix\\" to http\.trusted_proxies: all its clients share the limits of one address"/);
	}));

test('with "unix" in http.trusted_proxies each client has its own address', () =>
	withDaemon(at(newPath(), 'limits.per_address=1', 'http.trusted_proxies=unix'), async (daemon) => {
		const clients = [];
		for (const address of ['198.51.100.7', '198.51.100.8'])
			clients.push(await daemon.ws('/ws', { headers: { 'X-Forwarded-For': address } }));
		await daemon.waitForLog(/^session_open session=2\b/);
		assert.deepEqual(peersOf(daemon), ['198.51.100.7', '198.51.100.8']);
		await assert.rejects(daemon.ws('/ws', { headers: { 'X-Forwarded-For': '198.51.100.7' } }), { status: 503 });
		for (const client of clients)
			await client.close();
	}));

test('a reload keeps the socket and its connections', () =>
	withDaemon(at(newPath()), async (daemon) => {
		const before = await connect(daemon);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded\b/);
		await before.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
		assert.equal((await before.readResponse()).status, 200);
		before.destroy();
		assert.equal((await ask(daemon, 'GET', '/healthz')).status, 200);
	}));

test('nginx passes clients on over a UNIX socket', () =>
	withDaemon(at(newPath(), 'http.trusted_proxies=unix'), (daemon) => {
		const own = makeCertificate();
		return withNginx(daemon, own, async (nginx) => {
			const client = await wsTls(nginx, own, '/ws', { localAddress: '127.0.0.2', origin: `https://${nginx.host}:${nginx.port}` });
			await daemon.waitForLog(/^session_open\b.*\bpeer=127\.0\.0\.2\b/);
			assert.equal((await askTls(nginx, own, 'GET', '/healthz')).body, 'ok\n');
			await client.close();
		});
	}));
