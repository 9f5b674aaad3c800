// Proxies: when X-Forwarded-For is believed, and what depends on it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { ask, connect, connectWebSocket, request } from '../lib/raw.mjs';

const trusting = (list, ...settings) => ({ settings: [`http.trusted_proxies=${JSON.stringify(list)}`, ...settings] });

const forwarded = (list) => ({ 'X-Forwarded-For': list });

/** Returns the peer that the log names for a WebSocket with these headers. */
async function peerOf(daemon, headers) {
	const before = daemon.log.length;
	const client = await connectWebSocket(daemon, '/echo', headers);
	const opened = await eventually(() => {
		const line = daemon.log.slice(before).find((text) => text.startsWith('echo_open '));
		assert.ok(line);
		return line;
	}, 'the log line of the WebSocket');
	client.destroy();
	return /\bpeer=(\S+)/.exec(opened)[1];
}

async function statusOfPush(daemon, headers) {
	return (await ask(daemon, 'POST', '/push/lobby', { 'Content-Length': '2', ...headers }, 'hi')).status;
}

test('the log names the client behind a trusted proxy', () =>
	withDaemon(trusting(['127.0.0.1', '10.0.0.0/8']), async (daemon) => {
		assert.equal(await peerOf(daemon, forwarded('198.51.100.7')), '198.51.100.7');
		assert.equal(await peerOf(daemon, forwarded('203.0.113.9, 198.51.100.7, 10.1.1.1')), '198.51.100.7');
		assert.equal(await peerOf(daemon, forwarded('127.0.0.1, 198.51.100.7')), '198.51.100.7');
		assert.equal(await peerOf(daemon, forwarded('2001:db8::1')), '2001:db8::1');
		assert.equal(await peerOf(daemon, forwarded('198.51.100.7, nonsense')), 'unknown');
		assert.equal(await peerOf(daemon, {}), '127.0.0.1');
	}));

test('X-Forwarded-For from an untrusted peer is ignored', () =>
	withDaemon(trusting(['192.0.2.1']), async (daemon) => {
		assert.equal(await peerOf(daemon, forwarded('198.51.100.7')), '127.0.0.1');
	}));

test('by default X-Forwarded-For is ignored', () =>
	withDaemon({}, async (daemon) => {
		assert.equal(await peerOf(daemon, forwarded('198.51.100.7')), '127.0.0.1');
	}));

test('a reload changes the trusted proxies, on open connections too', () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const save = (list) => writeFileSync(file, `http = { trusted_proxies = [ ${list} ]; };\n`);
	save('');
	return withDaemon({ args: ['-c', file] }, async (daemon) => {
		const open = await connect(daemon);
		const push = async () => {
			await open.write(request('POST', '/push/lobby', { Host: 'localhost', 'Content-Length': '2', ...forwarded('127.0.0.1') }, 'hi'));
			return (await open.readResponse()).status;
		};
		const reload = async (list) => {
			const before = daemon.log.length;
			save(list);
			daemon.signal('SIGHUP');
			await eventually(() => assert.ok(daemon.log.slice(before).includes('reloaded')), 'the reload');
		};
		assert.equal(await peerOf(daemon, forwarded('198.51.100.7')), '127.0.0.1');
		assert.equal(await push(), 403);
		await reload('"127.0.0.0/8"');
		assert.equal(await peerOf(daemon, forwarded('198.51.100.7')), '198.51.100.7');
		assert.equal(await push(), 200);
		await reload('');
		assert.equal(await push(), 403);
		open.destroy();
	});
});

test('a local client may push without a token, directly or through a trusted local proxy', () =>
	withDaemon(trusting(['127.0.0.1']), async (daemon) => {
		assert.equal(await statusOfPush(daemon, {}), 200);
		for (const list of ['127.0.0.1', '::1', '127.0.0.1, 127.0.0.1'])
			assert.equal(await statusOfPush(daemon, forwarded(list)), 200, list);
		for (const list of ['198.51.100.7', '127.0.0.1, 198.51.100.7', 'unknown', '127.0.0.1, unknown', 'localhost'])
			assert.equal(await statusOfPush(daemon, forwarded(list)), 403, list);
		assert.equal(await statusOfPush(daemon, { ...forwarded('127.0.0.1'), Host: 'chat.example.org' }), 403);
		for (const name of ['Via', 'Forwarded', 'X-Real-IP'])
			assert.equal(await statusOfPush(daemon, { [name]: '127.0.0.1' }), 403, name);
	}));

test('a request forwarded by an untrusted peer is not local, whatever its header says', () =>
	withDaemon(trusting(['192.0.2.1']), async (daemon) => {
		assert.equal(await statusOfPush(daemon, {}), 200);
		for (const list of ['127.0.0.1', '192.0.2.1', '198.51.100.7', ''])
			assert.equal(await statusOfPush(daemon, forwarded(list)), 403, list);
	}));

test('the client address is determined anew for each request of a connection', () =>
	withDaemon(trusting(['127.0.0.1']), async (daemon) => {
		const client = await connect(daemon);
		const host = { Host: `${daemon.host}:${daemon.port}` };
		for (const [list, status] of [['127.0.0.1', 200], ['198.51.100.7', 403], [undefined, 200], ['203.0.113.9', 403], ['::1', 200]]) {
			await client.write(request('POST', '/push/lobby', { ...host, 'X-Forwarded-For': list, 'Content-Length': '2' }, 'hi'));
			assert.equal((await client.readResponse()).status, status, list);
		}
		client.destroy();
	}));

test('connections of a client behind a proxy count for the address of that client', () =>
	withDaemon(trusting(['127.0.0.1'], 'limits.per_address=3'), async (daemon) => {
		const [greedy, other] = ['198.51.100.7', '198.51.100.8'].map(forwarded);
		const open = [
			await connectWebSocket(daemon, '/ws', greedy),
			await connectWebSocket(daemon, '/echo', greedy),
			await connect(daemon),
		];
		await open[2].write(request('GET', '/events/lobby', { Host: 'a', ...greedy }));
		await daemon.waitForLog(/^session_open\b.*\bdoor=sse\b/);
		for (const at of ['/ws', '/healthz'])
			assert.equal((await ask(daemon, 'GET', at, greedy)).status, 503);
		await daemon.waitForLog(/^client_refused peer=198\.51\.100\.7 door=ws level=warn$/);
		assert.equal((await ask(daemon, 'GET', '/healthz', other)).status, 200);
		assert.equal((await ask(daemon, 'GET', '/healthz')).status, 200);
		for (const client of open) {
			client.destroy();
			await eventually(
				async () => assert.equal((await ask(daemon, 'GET', '/healthz', greedy)).status, 200),
				'a free place for a new connection',
			);
			open[open.indexOf(client)] = await connectWebSocket(daemon, '/ws', greedy);
		}
		open.forEach((client) => client.destroy());
	}));

test('an idle connection of the proxy does not count for the last client that used it', () =>
	withDaemon(trusting(['127.0.0.1'], 'limits.per_address=1'), async (daemon) => {
		const host = { Host: `${daemon.host}:${daemon.port}` };
		const clients = await Promise.all(Array.from({ length: 5 }, () => connect(daemon)));
		for (let round = 0; round < 3; round++) {
			for (const client of clients) {
				await client.write(request('GET', '/healthz', { ...host, ...forwarded('198.51.100.7') }));
				assert.equal((await client.readResponse()).status, 200);
			}
		}
		clients.forEach((client) => client.destroy());
	}));

test('the push rate limit applies to the client, not to its proxy', () =>
	withDaemon(
		{
			config: `
				http = { trusted_proxies = [ "127.0.0.1" ]; };
				limits = { message_rate = 0.001; message_burst = 2; };`,
		},
		async (daemon) => {
			const pushAs = (list) => statusOfPush(daemon, forwarded(list));
			assert.deepEqual([await pushAs('127.0.0.1'), await pushAs('127.0.0.1'), await pushAs('127.0.0.1')], [200, 200, 429]);
			assert.equal(await pushAs('127.0.0.2'), 200);
		},
	));

test('log files are shown to local clients, and not to remote clients of a local proxy', () =>
	withDaemon(
		{ config: 'http = { trusted_proxies = [ "127.0.0.1" ]; }; tails = ( { room = "log"; path = "/nowhere/to/be/found.log"; } );' },
		async (daemon) => {
			const statusOf = async (headers) => (await ask(daemon, 'GET', '/history/log', headers)).status;
			assert.equal(await statusOf({}), 200);
			assert.equal(await statusOf(forwarded('127.0.0.1')), 200);
			assert.equal(await statusOf(forwarded('198.51.100.7')), 403);
		},
	));
