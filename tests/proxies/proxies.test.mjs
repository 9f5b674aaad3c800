// Proxies in front of linnetd, configured as our samples have them and as people write nginx's: the
// page, chats, streams, polls and pushes, and connections that say nothing for longer than the
// proxy's usual timeouts.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import { openClient, sourceDir, withDaemon, within } from '../lib/daemon.mjs';
import { EventStream } from '../lib/doors.mjs';
import { bearer, tokens } from '../lib/jwt.mjs';
import { startFile } from '../lib/page.mjs';
import { withCaddy, withCarelessNginx, withHaproxy, withNginx, withUsualNginx } from '../lib/proxies.mjs';
import { makeCertificate } from '../lib/tls.mjs';

const own = makeCertificate();

const isThere = (name) =>
	existsSync(path.join(sourceDir, 'build/programs/bin', name)) || spawnSync(name, ['-v']).error === undefined;

/** run(daemon, body) puts the proxy in front; one without hasUpgrades passes no WebSockets on. */
const proxies = {
	'nginx with nothing but proxy_pass': { run: (daemon, body) => withCarelessNginx(daemon, '', body) },
	'nginx as its manual has it': { run: (daemon, body) => withUsualNginx(daemon, own, body), hasUpgrades: true },
	'nginx with our sample': { run: (daemon, body) => withNginx(daemon, own, body), hasUpgrades: true, isTls: true },
	'HAProxy with our sample': { run: (daemon, body) => withHaproxy(daemon, own, body), program: 'haproxy', hasUpgrades: true, isTls: true },
	'Caddy with our sample': { run: (daemon, body) => withCaddy(daemon, own, body), program: 'caddy', hasUpgrades: true, isTls: true },
};

const token = bearer('ci-secret');
const options = { config: `http = { trusted_proxies = [ "127.0.0.1" ]; }; limits = { message_rate = 0.0; }; auth = { ${tokens} };` };

/** What clients do through a proxy. */
class Through {
	constructor(proxy, kind, daemon) {
		Object.assign(this, { proxy, kind, daemon });
	}

	/** Resolves to the response. */
	request(method, at, { headers, write = (request) => request.end(), ...more } = {}) {
		const { host, port } = this.proxy;
		const request = (this.kind.isTls ? https : http).request({ host, port, ca: own.ca, path: at, method, headers, agent: false, ...more });
		const answered = new Promise((resolve, reject) => request.once('response', resolve).once('error', reject));
		write(request);
		return answered;
	}

	/** Resolves to { status, text }. */
	async ask(...what) {
		const response = await this.request(...what);
		let text = '';
		response.setEncoding('utf8').on('data', (part) => (text += part));
		await once(response, 'end');
		return { status: response.statusCode, text };
	}

	/** Pushes in two chunks. */
	async push(text) {
		const write = (request) => {
			request.write(text.slice(0, 2));
			request.end(text.slice(2));
		};
		const { status, text: body } = await this.ask('POST', '/push/ops', { headers: token, write });
		assert.equal(status, 200, body);
	}

	async stream(query = '') {
		const response = await within(this.request('GET', `/events/ops?${query}`), 'the stream');
		assert.equal(response.statusCode, 200);
		const stream = new EventStream(this.daemon, null, response);
		assert.equal((await stream.nextJson()).type, 'joined');
		return stream;
	}

	async poll(query) {
		const { status, text } = await this.ask('GET', `/poll/ops?${query}`);
		assert.equal(status, 200, text);
		return JSON.parse(text);
	}

	ws(more) {
		const { host, port } = this.proxy;
		return openClient(`${this.kind.isTls ? 'wss' : 'ws'}://${host}:${port}/ws?room=ops`, { ca: own.ca, ...more });
	}
}

for (const [name, kind] of Object.entries(proxies))
	kind.skip = kind.program && !isThere(kind.program) && `${name}: not installed`;

/** Defines a test for each proxy. */
function forEach(what, body) {
	test(what, { concurrency: true }, (t) =>
		Promise.all(Object.entries(proxies).map(([name, kind]) =>
			t.test(`${name}: ${what}`, { skip: kind.skip }, () =>
				withDaemon(options, (daemon) => kind.run(daemon, (proxy) => body(new Through(proxy, kind, daemon), kind, daemon)))),
		)));
}

forEach('the page, streams, polls and pushes pass', async (through) => {
	const { text } = await through.ask('GET', '/');
	assert.equal(text, startFile(text));
	const stream = await through.stream();
	// Each is awaited before the next one is said, so nothing is held back.
	for (const text of ['one', 'two', 'three']) {
		await through.push(text);
		assert.equal((await stream.nextJson()).message, text);
	}
	const { since } = await through.poll('wait=0');
	const parked = through.poll(`since=${since}`);
	await through.push('four');
	assert.deepEqual((await within(parked, 'the poll')).messages.map(({ message }) => message), ['four']);
	await stream.close();
});

forEach('WebSockets pass, or the refusal says why', async (through, { hasUpgrades }) => {
	if (!hasUpgrades) {
		const { status, text } = await through.ask('GET', '/ws', { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } });
		assert.deepEqual([status, JSON.parse(text).error.code], [426, 'upgrade_required']);
		return;
	}
	const { host, port } = through.proxy;
	const reader = await through.ws({ origin: through.kind.isTls ? `https://${host}:${port}` : `http://${host}` });
	const talker = await through.ws();
	talker.sendJson({ message: 'hi', username: 'ann' });
	assert.equal((await reader.nextJson()).message, 'hi');
	await reader.close();
});

forEach('the log names the client instead of the proxy', async (through, { hasUpgrades }, daemon) => {
	const stream = await within(through.request('GET', '/events/ops', { localAddress: '127.0.0.2', headers: { 'X-Forwarded-For': '198.51.100.7' } }), 'the stream');
	const [, peer] = await daemon.waitForLog(/^session_open\b.*\bpeer=(\S+) door=sse/);
	// A proxy that passes on what clients say of themselves should not be trusted.
	assert.equal(peer, hasUpgrades ? '127.0.0.2' : '198.51.100.7');
	stream.destroy();
});

forEach('who is silent for 100 s is still there', async (through, { hasUpgrades }) => {
	const stream = await through.stream('name=eva');
	const { since } = await through.poll('wait=0');
	const polled = through.poll(`since=${since}&wait=45`);
	if (hasUpgrades) {
		const reader = await through.ws();
		for (let n = 0; n < 4; n++)
			await within(once(reader.socket, 'ping'), 'a ping');
		await through.push('late');
		assert.equal((await reader.nextJson()).message, 'late');
	} else {
		for (let n = 0; n < 4; n++)
			await stream.nextComment();
		await through.push('late');
	}
	assert.deepEqual((await polled).messages, []);
	assert.equal((await stream.nextJson()).message, 'late');
	await stream.close();
});
