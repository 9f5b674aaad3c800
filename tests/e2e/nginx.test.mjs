// The sample configurations for proxies: a real nginx in front of linnetd, with TLS at nginx.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http2 from 'node:http2';
import path from 'node:path';
import { test } from 'node:test';
import { isSlowRun, sourceDir, withDaemon, within } from '../lib/daemon.mjs';
import { startFile } from '../lib/page.mjs';
import { withNginx } from '../lib/proxies.mjs';
import { ask, request } from '../lib/raw.mjs';
import { askTls, connectTls, makeCertificate, wsTls } from '../lib/tls.mjs';

const own = makeCertificate();

/** Runs body(nginx, daemon) with nginx in front of a linnetd that trusts it. */
const behindNginx = (body, ...settings) =>
	withDaemon({ settings: ['http.trusted_proxies=["127.0.0.1"]', ...settings] }, (daemon) =>
		withNginx(daemon, own, (nginx) => body(nginx, daemon)),
	);

test('the page is served through nginx by HTTP/1.1 and by HTTP/2', () =>
	behindNginx(async (nginx) => {
		const answer = await askTls(nginx, own, 'GET', '/');
		assert.equal(answer.status, 200);
		assert.equal(answer.body, startFile(answer.body));
		assert.match(answer.headers['content-security-policy'], /default-src 'self'/);

		const session = http2.connect(`https://${nginx.host}:${nginx.port}`, { ca: own.ca });
		const stream = session.request({ ':path': '/' });
		let body = '';
		stream.setEncoding('utf8').on('data', (text) => (body += text));
		await within(once(stream, 'end'), 'the page');
		assert.equal(body, startFile(body));
		session.close();
	}));

test('plain HTTP is redirected to HTTPS', () =>
	behindNginx(async (nginx) => {
		const answer = await ask({ host: nginx.host, port: nginx.plainPort }, 'GET', '/a?b', { Host: 'chat.example.org' });
		assert.equal(answer.status, 301);
		assert.equal(answer.headers.location, 'https://chat.example.org/a?b');
	}));

test("a chat client behind nginx and one at another door receive each other's messages", () =>
	behindNginx(async (nginx, daemon) => {
		const direct = await daemon.ws();
		const client = await wsTls(nginx, own, '/ws', { origin: `https://${nginx.host}:${nginx.port}` });
		client.sendJson({ message: 'from behind', ref: '1' });
		assert.equal((await direct.nextJson()).message, 'from behind');
		assert.equal((await client.nextJson()).id, 1);

		const stream = await connectTls(nginx, own);
		await stream.write(request('GET', '/events/lobby', { Host: 'chat.example.org' }));
		await daemon.waitForLog(/^session_open\b.*\bdoor=sse\b/);
		direct.sendJson({ message: 'to behind' });
		assert.equal((await client.nextJson()).message, 'to behind');
		await stream.readUntil((bytes) => bytes.includes('to behind') && { value: true, size: bytes.length }, 'the event');

		const pushed = await askTls(nginx, own, 'POST', '/push/lobby', { body: 'pushed' });
		const { id, epoch } = JSON.parse(pushed.body);
		assert.equal((await client.nextJson()).id, id);
		const parked = askTls(nginx, own, 'GET', `/poll/lobby?since=${epoch}:${id}`);
		direct.sendJson({ message: 'at last' });
		assert.deepEqual(JSON.parse((await parked).body).messages.map(({ message }) => message), ['at last']);
		stream.destroy();
		assert.equal((await client.close()).code, 1000);
	}));

test('pages of other origins are refused through nginx too, and so is the same host without TLS', () =>
	behindNginx(async (nginx) => {
		for (const origin of ['https://evil.example', `http://${nginx.host}:${nginx.port}`])
			await assert.rejects(wsTls(nginx, own, '/ws', { origin }), { status: 403 });
	}));

test('the log names the client instead of nginx, and a client of another machine may not push', () =>
	behindNginx(async (nginx, daemon) => {
		const client = await wsTls(nginx, own, '/ws', { localAddress: '127.0.0.2' });
		await daemon.waitForLog(/^session_open\b.*\bpeer=127\.0\.0\.2\b/);
		const forging = await wsTls(nginx, own, '/ws', {
			localAddress: '127.0.0.3',
			headers: { 'X-Forwarded-For': '198.51.100.7' },
		});
		await daemon.waitForLog(/^session_open\b.*\bpeer=127\.0\.0\.3\b/);
		assert.doesNotMatch(daemon.stderr, /198\.51\.100\.7/);

		// The header is that of a further trusted proxy in front of nginx.
		const elsewhere = { headers: { 'X-Forwarded-For': '198.51.100.7' } };
		assert.equal((await askTls(nginx, own, 'POST', '/push/lobby', { body: 'hi', ...elsewhere })).status, 403);
		await daemon.waitForLog(/^refused peer=198\.51\.100\.7\b/);
		assert.equal((await askTls(nginx, own, 'POST', '/push/lobby', { body: 'hi' })).status, 200);
		await client.close();
		await forging.close();
	}));

test('a client that vanishes behind nginx leaves the room', () =>
	behindNginx(async (nginx, daemon) => {
		const client = await wsTls(nginx, own);
		await daemon.waitForLog(/^session_open\b/);
		await client.vanish();
		await daemon.waitForLog(/^session_close\b/);
	}));

test('long messages pass through nginx in both directions', { skip: isSlowRun }, () =>
	behindNginx(async (nginx) => {
		const client = await wsTls(nginx, own, '/echo', { maxPayload: 32 * 1024 * 1024 });
		const bytes = Buffer.alloc(8 * 1024 * 1024, 'linnet ');
		client.send(bytes);
		assert.ok((await client.next()).data.equals(bytes));
		await client.close();
	}));

test('a stop reaches the clients behind nginx', () =>
	behindNginx(async (nginx, daemon) => {
		const client = await wsTls(nginx, own);
		const stopped = daemon.stop();
		assert.equal((await client.closed).code, 1001);
		await stopped;
	}));

const hasCaddy = spawnSync('caddy', ['version']).status === 0;

test('the sample for Caddy is valid', { skip: !hasCaddy }, () => {
	const file = path.join(sourceDir, 'config/proxy/Caddyfile');
	const { status, stderr } = spawnSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', file], { encoding: 'utf8' });
	assert.equal(status, 0, stderr);
});
