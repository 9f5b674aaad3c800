// HTTP byte by byte: what is refused, what is answered, and when the bytes after a request count as
// another request. That is only so if the end of the first one is certain.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isSlowRun, temporaryFolder, withDaemon, within } from '../lib/daemon.mjs';
import { ask, buildFrame, connect, connectWebSocket, handshakeKey, opcodes, request } from '../lib/raw.mjs';

const host = (daemon) => ({ Host: `${daemon.host}:${daemon.port}` });

/** Sends the bytes and returns every answer as [status, error code]. */
async function answersTo(daemon, bytes) {
	const client = await connect(daemon);
	await client.write(Buffer.from(bytes, 'latin1'));
	const text = (await client.readToEnd()).toString('latin1');
	client.destroy();
	return text
		.split(/^HTTP\/1\.1 /m)
		.slice(1)
		.map((answer) => [Number(answer.slice(0, 3)), /"code":"(\w+)"/.exec(answer)?.[1]]);
}

/** Fails unless the bytes get exactly one answer, that error, and then the connection closes. */
async function assertRefused(daemon, bytes, status, code) {
	assert.deepEqual(await answersTo(daemon, bytes), [[status, code]], JSON.stringify(bytes));
}

async function assertServes(daemon) {
	assert.equal((await ask(daemon, 'GET', '/healthz')).body, 'ok\n');
}

const smuggled = 'GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n';

test('a request that could be read in two ways is refused and nothing in it is run', () =>
	withDaemon({}, async (daemon) => {
		const lines = [
			['Transfer-Encoding: chunked, chunked', 501], ['Transfer-Encoding: identity', 501],
			['Transfer-Encoding: chunked\r\nContent-Length: 4', 400],
			['Content-Length: 4\r\nTransfer-Encoding: chunked', 400],
			['Transfer-Encoding: xchunked', 501], ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 501],
			['X: y\r\nTransfer-Encoding: gzip, chunked', 501],
			['Transfer-Encoding : chunked', 400], ['Transfer-Encoding\t: chunked', 400],
			[' Transfer-Encoding: chunked', 400], ['X: y\r\n Transfer-Encoding: chunked', 400],
			['Transfer-Encoding:\r\n chunked', 400], ['X: y\nTransfer-Encoding: chunked', 400],
			['X: y\rTransfer-Encoding: chunked', 400], ['X: \0\r\nTransfer-Encoding: chunked', 400],
			['\0Transfer-Encoding: chunked', 400], ['Transfer_Encoding\xa0: chunked', 400],
			['Content-Length: 4\r\nContent-Length: 4', 400],
			['Content-Length: 4\r\nContent-Length: 40', 400],
			['Content-Length: 4, 4', 400], ['Content-Length: +5', 400], ['Content-Length: -1', 400],
			['Content-Length: 0x5', 400], ['Content-Length: "5', 400], ['Content-Length: 5"', 400],
			['Content-Length: 5 5', 400], ['Content-Length:', 400], ['Content-Length: 5\r\n 0', 400],
			['Content-Length: \x0b5', 400], ['Content-Length : 5', 400],
			['Content-Length: 18446744073709551617', 413],
			['Content-Length: 99999999999999999999999999', 413],
			['Host: other', 400], ['X', 400], [': y', 400], ['X Y: z', 400], ['Expect: tea', 417],
		];
		const codes = { 400: 'bad_request', 413: 'too_large', 417: 'expectation_failed', 501: 'not_implemented' };
		for (const method of ['GET', 'POST']) {
			for (const [line, status] of lines) {
				const head = `${method} / HTTP/1.1\r\nHost: linnet\r\n${line}\r\n\r\n`;
				await assertRefused(daemon, `${head}0\r\n\r\n${smuggled}`, status, codes[status]);
			}
		}
		await assertServes(daemon);
	}));

test('a request hidden in the body of a GET is not run', () =>
	withDaemon({}, async (daemon) => {
		for (const at of ['/', '/healthz', '/ws', '/nothing']) {
			const hidden = request('GET', at, { ...host(daemon), 'Content-Length': smuggled.length }, smuggled);
			await assertRefused(daemon, hidden, 400, 'bad_request');
		}
		const none = request('GET', '/healthz', { ...host(daemon), 'Content-Length': '0', Connection: 'close' });
		assert.deepEqual(await answersTo(daemon, none), [[200, undefined]]);
	}));

test('an invalid request line is refused', () =>
	withDaemon({}, async (daemon) => {
		const lines = [
			'GET', 'GET /', 'GET / ', 'GET  / HTTP/1.1', 'GET /  HTTP/1.1', ' GET / HTTP/1.1', 'GET\t/\tHTTP/1.1',
			'GET / HTTP/1.1 ', 'GET / a HTTP/1.1', 'GET / http/1.1', 'GET / HTTP/1', 'GET / HTTP/1.10', 'G@T / HTTP/1.1',
			'\r\n\r\nGET / HTTP/1.1', 'GET a HTTP/1.1', 'GET * HTTP/1.1', 'GET ftp://a/ HTTP/1.1', 'GET http:/// HTTP/1.1',
			'GET /%zz HTTP/1.1', 'GET /% HTTP/1.1', 'GET /%00 HTTP/1.1', 'GET /%0d%0aX:y HTTP/1.1', 'GET /%ff HTTP/1.1',
			'GET /?a=%c0%af HTTP/1.1', 'GET /?%0a HTTP/1.1', 'GET /#a HTTP/1.1', 'GET /\xe9 HTTP/1.1', 'GET /\x7f HTTP/1.1',
			'GET /\0 HTTP/1.1',
		];
		for (const line of lines)
			await assertRefused(daemon, `${line}\r\nHost: a\r\n\r\n${smuggled}`, 400, 'bad_request');
		for (const version of ['HTTP/2.0', 'HTTP/0.9', 'HTTP/9.9'])
			await assertRefused(daemon, `GET / ${version}\r\nHost: a\r\n\r\n`, 505, 'http_version');
		await assertRefused(daemon, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'http_version');
		await assertRefused(daemon, 'GET / HTTP/1.1\r\n\r\n', 400, 'bad_request');
		await assertServes(daemon);
	}));

test('bytes that cannot begin a request are refused at once', () =>
	withDaemon({}, async (daemon) => {
		for (const start of ['\x16\x03\x01\x02\x00', 'GET / HTTP/1.1\nHost: a', '\n', '{"json":', 'G'.repeat(33)])
			await assertRefused(daemon, start, 400, 'bad_request');
	}));

test('one line break before a request is ignored', () =>
	withDaemon({}, async (daemon) => {
		const one = request('GET', '/healthz', host(daemon));
		const last = request('GET', '/readyz', { ...host(daemon), Connection: 'close' });
		assert.deepEqual(await answersTo(daemon, `\r\n${one}\r\n${last}`), [[200, undefined], [200, undefined]]);
	}));

test('a request head that is too large is answered by 431', () =>
	withDaemon({}, async (daemon) => {
		const fields = (count) => Array.from({ length: count }, (_, n) => `X-${n}: y\r\n`).join('');
		await assertRefused(daemon, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9_000)}`, 431, 'head_too_large');
		await assertRefused(daemon, `GET /${'x'.repeat(9_000)}`, 431, 'head_too_large');
		await assertRefused(daemon, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431, 'head_too_large');
		await assertRefused(daemon, `GET / HTTP/1.1\r\nHost: a\r\n${fields(64)}\r\n`, 431, 'head_too_large');
		const most = `GET /healthz HTTP/1.1\r\nHost: a\r\n${fields(62)}Connection: close\r\n\r\n`;
		assert.deepEqual(await answersTo(daemon, most), [[200, undefined]]);
	}));

test('a request may name a full URL, and the host in that URL is used', () =>
	withDaemon({}, async (daemon) => {
		const at = 'http://chat.example/ws';
		const from = async (origin) => {
			const client = await connect(daemon);
			const { status } = await client.handshake(at, { Origin: origin });
			client.destroy();
			return status;
		};
		assert.equal(await from('http://chat.example'), 101);
		assert.equal(await from(daemon.url), 403);
		assert.equal((await ask(daemon, 'GET', 'http://chat.example/healthz')).status, 200);
		assert.equal((await ask(daemon, 'GET', 'http://chat.example')).status, 200);
	}));

test('an escaped slash belongs to its path segment', () =>
	withDaemon({}, async (daemon) => {
		assert.equal((await ask(daemon, 'GET', '/shell/app.js')).status, 200);
		assert.equal((await ask(daemon, 'GET', '/shell/%61pp.js')).status, 200);
		for (const at of ['/shell%2Fapp.js', '%2fshell/app.js', '/.%2Fshell/app.js', '/healthz%2F', '/ws%2F'])
			assert.match(String((await ask(daemon, 'GET', at)).status), /^40[04]$/, at);
	}));

test('every path answers other methods with 405 and the allowed ones', () =>
	withDaemon({}, async (daemon) => {
		const paths = [['/', 'GET, HEAD'], ['/healthz', 'GET, HEAD'], ['/ws', 'GET'], ['/echo', 'GET']];
		for (const [at, allowed] of paths) {
			for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'BREW', 'get']) {
				const response = await ask(daemon, method, at);
				assert.equal(response.status, 405, `${method} ${at}`);
				assert.equal(response.headers.allow, allowed, `${method} ${at}`);
				assert.equal(JSON.parse(response.body).error.code, 'method_not_allowed');
			}
		}
		for (const [method, target] of [['OPTIONS', '*'], ['CONNECT', 'linnet:80'], ['CONNECT', '/']])
			assert.equal((await ask(daemon, method, target)).status, 405, `${method} ${target}`);
		assert.equal((await ask(daemon, 'HEAD', '/ws')).status, 405);
	}));

test('/healthz and /readyz report a healthy daemon', () =>
	withDaemon({}, async (daemon) => {
		for (const at of ['/healthz', '/readyz']) {
			const response = await ask(daemon, 'GET', at);
			assert.equal(response.status, 200);
			assert.equal(response.body, 'ok\n');
			assert.match(response.headers['content-type'], /^text\/plain\b/);
			assert.equal(response.headers['cache-control'], 'no-store');
			assert.equal((await ask(daemon, 'HEAD', at)).headers['content-length'], '3');
			assert.equal((await ask(daemon, 'GET', `${at}/`)).status, 404);
		}
	}));

test('any number of requests in one segment are answered in order', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		const paths = Array.from({ length: 500 }, (_, n) => ['/healthz', '/missing', '/', '/ws'][n % 4]);
		const sent = client.write(paths.map((at) => request('GET', at, host(daemon))).join(''));
		for (const at of paths)
			assert.equal((await client.readResponse()).status, { '/healthz': 200, '/missing': 404, '/': 200, '/ws': 426 }[at]);
		await sent;
		client.destroy();
	}));

test('a request after one with an unread body is not run', () =>
	withDaemon({}, async (daemon) => {
		const get = request('GET', '/healthz', host(daemon));
		const post = request('POST', '/', { ...host(daemon), 'Content-Length': '5' }, 'hello');
		const refused = [405, 'method_not_allowed'];
		assert.deepEqual(await answersTo(daemon, post + post), [refused]);
		assert.deepEqual(await answersTo(daemon, get + post + get), [[200, undefined], refused]);
		assert.deepEqual(await answersTo(daemon, get + get + post + post), [[200, undefined], [200, undefined], refused]);
		await assertServes(daemon);
	}));

test('a request after one with an empty body is run', () =>
	withDaemon({}, async (daemon) => {
		const post = request('POST', '/', { ...host(daemon), 'Content-Length': '0' });
		const last = request('GET', '/healthz', { ...host(daemon), Connection: 'close' });
		const refused = [405, 'method_not_allowed'];
		assert.deepEqual(await answersTo(daemon, post + post + last), [refused, refused, [200, undefined]]);
	}));

test('the answer to a request with a long unwanted body arrives', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		const length = 4_000_000;
		client.write(request('POST', '/', { ...host(daemon), 'Content-Length': length }, 'x'.repeat(length)));
		const response = await client.readResponse();
		assert.equal(response.status, 405);
		assert.equal(response.headers.connection, 'close');
		client.destroy();
	}));

test('Expect: 100-continue is refused where no body is wanted', () =>
	withDaemon({}, async (daemon) => {
		const asking = { ...host(daemon), 'Content-Length': '5', Expect: '100-continue' };
		await assertRefused(daemon, request('POST', '/', asking), 405, 'method_not_allowed');
		await assertRefused(daemon, request('GET', '/', asking), 400, 'bad_request');
		const none = { ...host(daemon), Expect: '100-continue', Connection: 'close' };
		assert.deepEqual(await answersTo(daemon, request('GET', '/healthz', none)), [[200, undefined]]);
	}));

test('a client that half-closes still gets its answers', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.write(request('GET', '/healthz', host(daemon)) + request('GET', '/', host(daemon)));
		client.halfClose();
		assert.equal((await client.readResponse()).status, 200);
		assert.match((await client.readResponse()).body, /<html/i);
		assert.equal((await client.readToEnd()).length, 0);
	}));

/** Makes a page folder with one file of that size; returns { root, bytes }. */
function pageWithFile(size) {
	const root = temporaryFolder();
	const bytes = randomBytes(size / 2).toString('hex');
	writeFileSync(path.join(root, 'index.html'), '<!doctype html><html></html>');
	writeFileSync(path.join(root, 'large.txt'), bytes);
	return { root, bytes };
}

const large = pageWithFile(8 * 1024 * 1024);

test('a client that reads slowly gets the whole answer, and the next one too', { skip: isSlowRun }, () =>
	withDaemon({ settings: [`http.root=${large.root}`] }, async (daemon) => {
		const client = await connect(daemon);
		client.pause();
		const get = request('GET', '/large.txt', host(daemon));
		await client.write(get + get + request('GET', '/healthz', host(daemon)));
		await assertServes(daemon);
		client.resume();
		for (let n = 0; n < 2; n++)
			assert.ok((await client.readResponse()).body === large.bytes);
		assert.equal((await client.readResponse()).body, 'ok\n');
		client.destroy();
	}));

test('an HTTP/1.0 connection gets one answer', () =>
	withDaemon({}, async (daemon) => {
		const old = 'GET /healthz HTTP/1.0\r\n\r\n';
		assert.deepEqual(await answersTo(daemon, old + old), [[200, undefined]]);
		assert.deepEqual(await answersTo(daemon, `GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${old}`), [[200, undefined]]);
	}));

test('every request of a connection has the same time limit for its head', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const clients = [];
		for (const start of ['G', '\r\n', 'GET / HTTP/1.1\r\nX: ']) {
			const client = await connect(daemon);
			await client.write(request('GET', '/healthz', host(daemon)) + start);
			assert.equal((await client.readResponse()).status, 200);
			clients.push(client);
		}
		await Promise.all(clients.map((client) => within(client.closed, 'a slow head to be cut off', 20_000)));
		await assertServes(daemon);
	}));

test('a foreign origin gets the page, but everything else only if it is configured', () =>
	withDaemon({ config: 'http: { allowed_origins = [ "https://a.example" ]; };' }, async (daemon) => {
		const from = (origin, at = '/healthz') => ask(daemon, 'GET', at, { Origin: origin });
		assert.equal((await from('https://evil.example')).status, 403);
		assert.equal(JSON.parse((await from('null')).body).error.code, 'origin_refused');
		assert.equal((await from('https://evil.example', '/')).status, 200);
		const { status, headers } = await from('https://a.example');
		assert.equal(status, 200);
		assert.equal(headers['access-control-allow-origin'], 'https://a.example');
		assert.equal(headers.vary, 'Origin');
		assert.equal((await from('https://a.example', '/')).headers['access-control-allow-origin'], undefined);
		assert.equal((await from(daemon.url)).status, 200);
	}));

test('a CORS preflight is answered with what is allowed', () =>
	withDaemon({ config: 'http: { allowed_origins = [ "https://a.example" ]; };' }, async (daemon) => {
		const wish = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization' };
		const { status, headers } = await ask(daemon, 'OPTIONS', '/healthz', { Origin: 'https://a.example', ...wish });
		assert.equal(status, 204);
		assert.equal(headers['access-control-allow-origin'], 'https://a.example');
		assert.equal(headers['access-control-allow-methods'], 'GET, HEAD');
		assert.equal(headers['access-control-allow-headers'], 'authorization, content-type, last-event-id');
		assert.equal((await ask(daemon, 'OPTIONS', '/healthz', { Origin: 'https://b.example', ...wish })).status, 403);
		assert.equal((await ask(daemon, 'OPTIONS', '/healthz', { Origin: 'https://a.example' })).status, 405);
		assert.equal((await ask(daemon, 'OPTIONS', '/', { Origin: 'https://a.example', ...wish })).status, 405);
	}));

test('an upgrade to another protocol is ignored', () =>
	withDaemon({}, async (daemon) => {
		for (const upgrade of ['foo', 'h2c', 'TLS/1.0', 'h2c, foo']) {
			const client = await connect(daemon);
			for (const [at, status] of [['/', 200], ['/healthz', 200], ['/ws', 426], ['/healthz', 200]]) {
				await client.write(request('GET', at, { ...host(daemon), Connection: 'Upgrade', Upgrade: upgrade }));
				assert.equal((await client.readResponse()).status, status, `${upgrade} ${at}`);
			}
			client.destroy();
		}
	}));

test('bytes after a refused handshake are not read as requests', () =>
	withDaemon({}, async (daemon) => {
		const handshake = {
			...host(daemon), Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
			'Sec-WebSocket-Key': handshakeKey,
		};
		for (const wrong of [{ 'Sec-WebSocket-Version': '8' }, { 'Sec-WebSocket-Key': 'short' }, { Origin: 'null' }]) {
			const answers = await answersTo(daemon, request('GET', '/ws', { ...handshake, ...wrong }) + smuggled);
			assert.equal(answers.length, 1, JSON.stringify(wrong));
		}
	}));

test('a Sec-WebSocket-Key that is not 16 bytes in base64 is refused', () =>
	withDaemon({}, async (daemon) => {
		for (const key of ['', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZQ=!', '=====================dG==', 'a'.repeat(24)]) {
			const client = await connect(daemon);
			assert.equal((await client.handshake('/ws', { 'Sec-WebSocket-Key': key })).status, 400, key);
			client.destroy();
		}
	}));

test('every frame in the same segment as the handshake is processed', () =>
	withDaemon({ settings: ['limits.message_rate=0'] }, async (daemon) => {
		const handshake = request('GET', '/echo', {
			...host(daemon), Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
			'Sec-WebSocket-Key': handshakeKey,
		});
		for (const count of [1, 2, 20, 70]) {
			const texts = Array.from({ length: count }, (_, n) => `message ${n} ${'x'.repeat(80)}`);
			const client = await connect(daemon);
			await client.write(Buffer.concat([Buffer.from(handshake), ...texts.map((text) => buildFrame(opcodes.text, text))]));
			assert.equal((await client.readResponse()).status, 101);
			for (const text of texts)
				assert.equal(String((await client.nextMessage()).payload), text);
			client.destroy();
		}
	}));

test('the log contains no libwebsockets lines when connections open and close', () =>
	withDaemon({}, async (daemon) => {
		for (let n = 0; n < 10; n++) {
			const client = await connectWebSocket(daemon, '/ws');
			await client.sendFrame(opcodes.text, '{"message":"hi"}');
			client.destroy();
		}
		await assertServes(daemon);
		assert.doesNotMatch(daemon.stderr, /libwebsockets/);
	}));

// A busy loop would use three seconds of processor time in three seconds.
test('waiting, half-closed and non-reading clients cost no processor time', { skip: isSlowRun }, () =>
	withDaemon({ settings: ['heartbeat.ping_s=1', 'heartbeat.pong_s=10', `http.root=${large.root}`] }, async (daemon) => {
		const clock = await daemon.ws();
		const clients = [];
		for (let n = 0; n < 3; n++) {
			const [idle, half, answered, clogged, unread] = await Promise.all(Array.from({ length: 5 }, () => connect(daemon)));
			await idle.write('GET / HT');
			await half.write('GET / HT');
			half.halfClose();
			await answered.write(request('GET', '/', { ...host(daemon), Connection: 'close' }));
			clogged.pause();
			clogged.write(request('GET', '/large.txt', host(daemon)).repeat(2_000));
			clogged.halfClose();
			await unread.write(request('POST', '/', { ...host(daemon), 'Content-Length': '100000' }, 'x'));
			clients.push(idle, half, answered, clogged, unread);
		}
		await daemon.assertIdle(clock, 1);
		clients.forEach((client) => client.destroy());
	}));
