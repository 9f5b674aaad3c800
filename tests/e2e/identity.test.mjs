// Who a request comes from: this machine itself, somebody behind a proxy, or a stranger without an address.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { binary, eventually, temporaryFile, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { withCarelessNginx } from '../lib/proxies.mjs';
import { ask, connect, connectWebSocket, RawClient, request } from '../lib/raw.mjs';
import { askTls, makeCertificate } from '../lib/tls.mjs';

const push = (target, headers = {}) => ask(target, 'POST', '/push/lobby', { 'Content-Length': '2', ...headers }, 'hi');
const statusOf = async (target, at, headers) => (await ask(target, 'GET', at, headers)).status;
const count = (daemon, event) => daemon.log.filter((line) => line.startsWith(`${event} `)).length;
const log = temporaryFile('app.log', 'a line\n');
const withLog = { config: `tails = ( { room = "app"; path = "${log}"; } );` };

/** What a stranger can do without a token, by its status. */
const rightsOf = async (target, headers) => ({
	push: (await push(target, headers)).status,
	metrics: await statusOf(target, '/metrics', headers),
	log: await statusOf(target, '/history/app', headers),
});
const all = { push: 200, metrics: 200, log: 200 };
const none = { push: 403, metrics: 403, log: 403 };

test('behind an nginx with nothing but proxy_pass nobody is local, and the log says why, once', () =>
	withDaemon(withLog, (daemon) =>
		withCarelessNginx(daemon, '', async (nginx) => {
			assert.deepEqual(await rightsOf(daemon), all);
			assert.equal(count(daemon, 'not_local'), 0);
			assert.deepEqual(await rightsOf(nginx), none);
			await daemon.waitForLog(/^not_local peer=127\.0\.0\.1 why=http_1_0 /);
			assert.deepEqual(await rightsOf(nginx), none);
			assert.equal(count(daemon, 'not_local'), 1);
			assert.deepEqual(await rightsOf(daemon), all);
		}),
	));

const careless = {
	http_1_0: 'proxy_set_header Connection "";',
	host: 'proxy_http_version 1.1; proxy_set_header Host $http_x_host;',
	header: 'proxy_http_version 1.1; proxy_set_header X-Forwarded-Proto $scheme;',
};

for (const [why, lines] of Object.entries(careless))
	test(`a request of a proxy is not local by its ${why}`, () =>
		withDaemon(withLog, (daemon) =>
			withCarelessNginx(daemon, lines, async (nginx) => {
				assert.deepEqual(await rightsOf(nginx, { 'X-Host': 'chat.example.org' }), none);
				await daemon.waitForLog(new RegExp(`^not_local peer=127\\.0\\.0\\.1 why=${why} `));
			}),
		));

test('a proxy that cannot be told from a program of this machine has no rights without auth.trust_loopback', () => {
	const [token, admin] = [temporaryFile('push.token', 'a-push-token\n'), temporaryFile('admin.token', 'an-admin-token\n')];
	const tokens = `tokens = ( { name = "push"; token_file = "${token}"; }, { name = "admin"; token_file = "${admin}"; admin = true; } );`;
	const lines = 'proxy_http_version 1.1;';
	return withDaemon(withLog, (daemon) =>
		withCarelessNginx(daemon, lines, async (nginx) => assert.deepEqual(await rightsOf(nginx), all)),
	)
		.then(() =>
			withDaemon({ config: `${withLog.config} auth = { trust_loopback = false; };` }, (daemon) =>
				withCarelessNginx(daemon, lines, async (nginx) => {
					for (const target of [nginx, daemon])
						assert.deepEqual(await rightsOf(target), none);
					const refused = JSON.parse((await push(daemon)).body).error;
					assert.deepEqual(refused, { code: 'denied', message: 'pushing needs a token, and none is configured' });
				}),
			),
		)
		.then(() =>
			withDaemon({ config: `${withLog.config} auth = { trust_loopback = false; ${tokens} };` }, async (daemon) => {
				const bearing = (text) => ({ Authorization: `Bearer ${text}` });
				assert.deepEqual(await rightsOf(daemon), { push: 401, metrics: 401, log: 403 });
				assert.deepEqual(await rightsOf(daemon, bearing('a-push-token')), { push: 200, metrics: 403, log: 200 });
				assert.equal(await statusOf(daemon, '/metrics', bearing('an-admin-token')), 200);
			}),
		);
});

test('a proxy on this machine that is not trusted is named in the log, once', () =>
	withDaemon({}, async (daemon) => {
		assert.equal(await statusOf(daemon, '/healthz'), 200);
		assert.equal(await statusOf(daemon, '/healthz', { Host: 'localhost:8000' }), 200);
		assert.equal(count(daemon, 'proxy_not_trusted'), 0);
		assert.equal(await statusOf(daemon, '/healthz', { Host: 'chat.example.org' }), 200);
		await daemon.waitForLog(/^proxy_not_trusted peer=127\.0\.0\.1 host=chat\.example\.org /);
		assert.equal(await statusOf(daemon, '/healthz', { 'X-Forwarded-For': '198.51.100.7' }), 200);
		assert.equal(count(daemon, 'proxy_not_trusted'), 1);
	}));

test('this machine itself may use the public name of its HTTPS port; a proxy before it has another port', async () => {
	const certificate = makeCertificate();
	const askAs = async (daemon, Host, more = {}, method = 'GET', at = '/healthz') => {
		const options = { headers: { Host, ...more }, servername: 'localhost' };
		return (await askTls(daemon, certificate, method, at, options)).status;
	};
	await withDaemon({ settings: certificate.settings }, async (daemon) => {
		assert.equal(await askAs(daemon, `chat.example.org:${daemon.port}`), 200);
		assert.equal(await askAs(daemon, `[2001:db8::7]:${daemon.port}`), 200);
		assert.equal(await askAs(daemon, `chat.example.org:${daemon.port}`, {}, 'GET', '/metrics'), 403);
		assert.equal(count(daemon, 'proxy_not_trusted'), 0);
		assert.equal(await askAs(daemon, '[2001:db8::7]'), 200);
		await daemon.waitForLog(/^proxy_not_trusted peer=127\.0\.0\.1 host=\[2001:db8::7\] /);
	});
	await withDaemon({ settings: certificate.settings }, async (daemon) => {
		assert.equal(await askAs(daemon, `chat.example.org:${daemon.port}`, { Via: '1.1 elsewhere' }), 200);
		await daemon.waitForLog(/^proxy_not_trusted .*header=via/);
	});
	await withDaemon({}, async (daemon) => {
		assert.equal(await statusOf(daemon, '/healthz', { Host: `chat.example.org:${daemon.port}` }), 200);
		await daemon.waitForLog(/^proxy_not_trusted /);
	});
});

test('a header of a proxy is enough for the log to name it; a trusted proxy is not named', async () => {
	await withDaemon({}, async (daemon) => {
		assert.equal(await statusOf(daemon, '/healthz', { 'CF-Connecting-IP': '198.51.100.7' }), 200);
		await daemon.waitForLog(/^proxy_not_trusted .*header=cf-connecting-ip/);
	});
	await withDaemon({ settings: ['http.trusted_proxies=["127.0.0.1"]'] }, async (daemon) => {
		assert.equal(await statusOf(daemon, '/healthz', { Host: 'chat.example.org', 'X-Forwarded-For': '198.51.100.7' }), 200);
		assert.equal(count(daemon, 'proxy_not_trusted'), 0);
	});
});

test('clients without an address share one limit and are not this machine', () =>
	withDaemon({ settings: ['http.trusted_proxies=["127.0.0.1"]', 'limits.per_address=3'] }, async (daemon) => {
		const hops = ['unknown', 'unix:', '127.0.0.1, nonsense', ''];
		const headers = [...hops.map((hop) => ({ 'X-Forwarded-For': hop })), { 'X-Real-IP': '198.51.100.7' }, { Via: '1.1 elsewhere' }];
		for (const header of headers)
			assert.equal((await push(daemon, header)).status, 403, JSON.stringify(header));
		const open = [];
		for (const header of headers.slice(0, 3))
			open.push(await connectWebSocket(daemon, '/ws', header));
		await daemon.waitForLog(/^session_open\b.*\bpeer=unknown\b/);
		for (const header of headers)
			assert.equal(await statusOf(daemon, '/healthz', header), 503, JSON.stringify(header));
		assert.equal(await statusOf(daemon, '/healthz', { 'X-Forwarded-For': '198.51.100.7' }), 200);
		assert.equal(await statusOf(daemon, '/healthz'), 200);
		open.forEach((client) => client.destroy());
	}));

/** Runs body(connect, log) with a linnetd to which a UNIX socket was passed. */
async function onUnixSocket(t, list, body) {
	const file = path.join(temporaryFolder(), 'http.sock');
	const child = spawn(
		'systemd-socket-activate',
		['-l', file, '--fdname=http', binary, '-s', 'store.driver=memory', '-s', 'line.enabled=false', '-s', 'limits.per_address=2', '-c',
			temporaryFile('linnet.cfg', `http = { trusted_proxies = [ ${list} ]; };`)],
		{ stdio: ['ignore', 'ignore', 'pipe'], cwd: temporaryFolder() },
	);
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
	t.after(() => child.kill('SIGKILL'));
	// The file exists before anybody listens on it.
	await eventually(() => assert.match(said, /Listening on/), 'the socket');
	const open = async () => {
		const socket = net.connect(file);
		await once(socket, 'connect');
		return new RawClient(socket);
	};
	const statusBy = async (method, at, headers) => {
		const client = await open();
		await client.write(request(method, at, { Host: 'localhost', Connection: 'close', ...headers }, method === 'POST' ? 'hi' : ''));
		const { status } = await client.readResponse();
		client.destroy();
		return status;
	};
	await body({ open, statusBy, file, said: () => said });
	child.kill('SIGTERM');
	await once(child, 'exit');
}

const upgrade = { Host: 'localhost', Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };

test('peers on a UNIX socket are strangers, and share one limit', (t) =>
	onUnixSocket(t, '', async ({ open, statusBy, file, said }) => {
		// linnetd may notice a little later that the request before has ended.
		const becomes = (status, ...request) =>
			eventually(async () => assert.equal(await statusBy(...request), status), `${status} for ${request[1]}`);
		await becomes(200, 'GET', '/healthz');
		await eventually(() => assert.ok(said().includes(`ready http=unix:${file}`), said()), 'the line that names the socket');
		await becomes(403, 'POST', '/push/lobby', { 'Content-Length': '2' });
		await becomes(403, 'POST', '/push/lobby', { 'Content-Length': '2', 'X-Forwarded-For': '127.0.0.1' });
		const clients = [];
		while (clients.length < 2) {
			const client = await open();
			await client.write(request('GET', '/ws', upgrade));
			if ((await client.readResponse()).status === 101)
				clients.push(client);
		}
		assert.equal(await statusBy('GET', '/healthz'), 503);
		clients.forEach((client) => client.destroy());
	}));

test('"unix" in http.trusted_proxies trusts the peers on UNIX sockets', (t) =>
	onUnixSocket(t, '"unix"', async ({ open, statusBy, said }) => {
		const push = (list) => statusBy('POST', '/push/lobby', { 'Content-Length': '2', 'X-Forwarded-For': list });
		assert.equal(await push('127.0.0.1'), 200);
		assert.equal(await push('198.51.100.7'), 403);
		const clients = [await open(), await open(), await open(), await open()];
		for (const [i, client] of clients.entries()) {
			await client.write(request('GET', '/ws', { ...upgrade, 'X-Forwarded-For': `198.51.100.${i % 2}` }));
			assert.equal((await client.readResponse()).status, 101);
		}
		await eventually(() => assert.match(said(), /session_open .*peer=198\.51\.100\.1/), 'the session');
		assert.equal(await statusBy('GET', '/healthz', { 'X-Forwarded-For': '198.51.100.1' }), 503);
		assert.equal(await statusBy('GET', '/healthz'), 200);
		clients.forEach((client) => client.destroy());
	}));

test('a proxy that a reload takes out of the list is not believed any more on open connections', () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const save = (list) => writeFileSync(file, `http = { trusted_proxies = [ ${list} ]; };\n`);
	save('"127.0.0.1"');
	return withDaemon({ args: ['-c', file] }, async (daemon) => {
		const forwarded = { 'X-Forwarded-For': '198.51.100.7' };
		const [direct, socket] = [await connectWebSocket(daemon, '/ws'), await connectWebSocket(daemon, '/ws', forwarded)];
		const [stream, poll] = [await connect(daemon), await connect(daemon)];
		await stream.write(request('GET', '/events/lobby', { Host: 'a', ...forwarded }));
		await daemon.waitForLog(/^session_open\b.*\bdoor=sse\b/);
		await poll.write(request('GET', '/poll/lobby?wait=45&name=ann', { Host: 'a', ...forwarded }));
		await daemon.waitForLog(/^session_open\b.*\bdoor=poll\b/);
		save('');
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded$/);
		assert.equal((await socket.nextMessage()).code, 1013);
		await stream.closed;
		assert.equal((await poll.readResponse()).status, 200);
		await direct.sendFrame(1, '{"message":"still here","ref":"1"}');
		assert.equal(JSON.parse((await direct.nextMessage()).payload).ref, '1');
		[direct, socket, stream, poll].forEach((client) => client.destroy());
	});
});
