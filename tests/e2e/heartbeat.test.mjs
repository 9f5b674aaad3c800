// Pings and pongs: live clients stay connected, dead ones are closed.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { withDaemon, within } from '../lib/daemon.mjs';
import { farMachine } from '../lib/netns.mjs';
import { connectWebSocket, opcodes } from '../lib/raw.mjs';
import { makeCertificate } from '../lib/tls.mjs';

const fastHeartbeat = { settings: ['heartbeat.ping_s=1', 'heartbeat.pong_s=1'] };
// The pong time is long, so a live client answers in time on a slow machine too.
const patientHeartbeat = { settings: ['heartbeat.ping_s=1', 'heartbeat.pong_s=3'] };

async function awaitPings(client, count) {
	for (let n = 0; n < count; n++)
		await within(once(client.socket, 'ping'), 'a ping');
}

test('a client that answers pings stays connected', () =>
	withDaemon(patientHeartbeat, async (daemon) => {
		for (const path of ['/ws', '/echo']) {
			const client = await daemon.ws(path);
			await awaitPings(client, 6);
			assert.equal(client.socket.readyState, client.socket.OPEN);
			await client.close();
		}
	}));

test('a client that never answers a ping is closed', () =>
	withDaemon(fastHeartbeat, async (daemon) => {
		for (const path of ['/ws?name=ann&room=ops', '/echo']) {
			const dead = await connectWebSocket(daemon, path);
			await dead.readToEnd();
			dead.destroy();
		}
		await daemon.waitForLog(/^dead_peer peer=127\.0\.0\.1 silent_ms=\d+ session=1 username=ann room=ops$/);
		await daemon.waitForLog(/^dead_peer peer=127\.0\.0\.1 silent_ms=\d+$/);
	}));

test('a dead client does not affect a live one', () =>
	withDaemon(patientHeartbeat, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		const dead = await connectWebSocket(daemon);
		await dead.readToEnd();
		ann.sendJson({ message: 'alive' });
		assert.equal((await bob.nextJson()).message, 'alive');
		dead.destroy();
	}));

test('an unsolicited pong with any bytes is harmless', () =>
	withDaemon({}, async (daemon) => {
		const client = await connectWebSocket(daemon, '/echo');
		for (const payload of ['', 'hello', Buffer.from([0xff, 0xfe, 0, 0xc0]), Buffer.alloc(125, 0xff)])
			await client.sendFrame(opcodes.pong, payload);
		await client.sendFrame(opcodes.text, 'still here');
		assert.equal(String((await client.nextMessage()).payload), 'still here');
		client.destroy();
	}));

test('a ping is answered by a pong with the same payload', () =>
	withDaemon({}, async (daemon) => {
		for (const path of ['/ws', '/echo']) {
			const client = await connectWebSocket(daemon, path);
			for (const payload of [Buffer.alloc(0), Buffer.from([0xff, 0, 0xc0]), Buffer.alloc(125, 'p')]) {
				await client.sendFrame(opcodes.ping, payload);
				const pong = await client.nextFrame();
				assert.equal(pong.opcode, opcodes.pong);
				assert.ok(pong.payload.equals(payload));
			}
			client.destroy();
		}
	}));

for (const scheme of ['http', 'https']) {
	test(`a stream by ${scheme} whose reader has vanished is ended`, async (t) => {
		const far = farMachine();
		if (!far)
			return t.skip('this process may not make a network namespace');
		const settings = [`http.address=${far.address}`, ...fastHeartbeat.settings];
		if (scheme === 'https')
			settings.push(...makeCertificate().settings);
		try {
			await withDaemon({ settings }, async (daemon) => {
				const curl = far.spawn('curl', '-skN', `${scheme}://${far.address}:${daemon.port}/events/lobby?name=ann`);
				await within(once(curl.stdout, 'data'), 'the stream');
				far.cut();
				await daemon.waitForLog(/^session_close .*door=sse .*reason=(?:lost|normal)/);
				curl.kill('SIGKILL');
			});
		} finally {
			far.remove();
		}
	});
}
