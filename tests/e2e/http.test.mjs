// The HTTP door: the page, its headers, and requests that no browser sends.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually, isSlowRun, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { ask, connect, request } from '../lib/raw.mjs';

const host = (daemon) => ({ Host: `${daemon.host}:${daemon.port}` });

async function assertServes(daemon) {
	assert.equal((await ask(daemon, 'GET', '/')).status, 200);
}

function assertErrorBody(response) {
	assert.match(response.headers['content-type'], /^application\/json\b/);
	const { error } = JSON.parse(response.body);
	assert.equal(typeof error.code, 'string');
	assert.equal(typeof error.message, 'string');
}

test('GET / returns the page with its security and cache headers', () =>
	withDaemon({}, async (daemon) => {
		const { status, headers, body } = await ask(daemon, 'GET', '/');
		assert.equal(status, 200);
		assert.match(headers['content-type'], /^text\/html\b/);
		assert.match(body, /<html/i);
		assert.match(headers.etag, /^(W\/)?"[^"]+"$/);
		assert.ok(headers['cache-control']);
		assert.match(headers['content-security-policy'], /default-src/);
		assert.doesNotMatch(headers['content-security-policy'], /unsafe-inline|unsafe-eval/);
		assert.equal(headers['x-content-type-options'], 'nosniff');
		assert.ok(headers['referrer-policy']);
		assert.equal(Number(headers['content-length']), Buffer.byteLength(body));
	}));

test('a page that the browser already has is answered by 304 without a body', () =>
	withDaemon({}, async (daemon) => {
		const { headers } = await ask(daemon, 'GET', '/');
		for (const known of [headers.etag, `"other", ${headers.etag}`, '*']) {
			const response = await ask(daemon, 'GET', '/', { 'If-None-Match': known });
			assert.equal(response.status, 304, known);
			assert.equal(response.headers.etag, headers.etag);
			assert.equal(response.body, '');
		}
		const changed = await ask(daemon, 'GET', '/', { 'If-None-Match': '"other"' });
		assert.equal(changed.status, 200);
	}));

/** The date in the three forms of RFC 9110 section 5.6.7. */
function formsOf(date) {
	const [, day, month, year, time] = /, (\d+) (\w+) (\d+) (\S+)/.exec(date.toUTCString());
	const weekday = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'][date.getUTCDay()];
	return [
		date.toUTCString(), `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
		`${weekday.slice(0, 3)} ${month} ${`${Number(day)}`.padStart(2)} ${time} ${year}`,
	];
}

test('a page that has not changed since a date is answered by 304', () => {
	const root = temporaryFolder();
	const index = path.join(root, 'index.html');
	writeFileSync(index, '<!doctype html>1');
	return withDaemon({ settings: [`http.root=${root}`] }, async (daemon) => {
		// The time of a change is rounded up to a second, and never lies in the future.
		const askUntilOld = () =>
			eventually(async () => {
				const answer = await ask(daemon, 'GET', '/');
				assert.ok(Date.parse(answer.headers['last-modified']) < Date.parse(answer.headers.date));
				return answer;
			}, 'a second to pass');
		const first = new Date((await askUntilOld()).headers['last-modified']);
		const statusSince = async (since, headers = {}, method = 'GET') => {
			const answer = await ask(daemon, method, '/', { 'If-Modified-Since': since, ...headers });
			assert.equal(answer.headers['last-modified'], first.toUTCString());
			return answer.status;
		};
		for (const [ms, status] of [[0, 304], [1_000, 304], [86_400_000, 304], [-1_000, 200], [-86_400_000, 200]]) {
			for (const since of formsOf(new Date(first.getTime() + ms)))
				assert.equal(await statusSince(since), status, since);
		}
		const [now] = formsOf(first);
		assert.equal(await statusSince(now, {}, 'HEAD'), 304);
		assert.equal(await statusSince(now, { 'If-None-Match': '"other"' }), 200);
		assert.equal(await statusSince(now, { 'Accept-Encoding': 'gzip' }), 304);
		for (const since of ['', 'yesterday', `${now}; length=5`, `${now}\r\nIf-Modified-Since: ${now}`])
			assert.equal(await statusSince(since), 200, since);

		writeFileSync(index, '<!doctype html>2');
		const changed = await ask(daemon, 'GET', '/', { 'If-Modified-Since': now });
		assert.deepEqual([changed.status, changed.body], [200, '<!doctype html>2']);
		// A second change within the second of this answer is noticed, too.
		writeFileSync(index, '<!doctype html>3');
		const again = await ask(daemon, 'GET', '/', { 'If-Modified-Since': changed.headers['last-modified'] });
		assert.deepEqual([again.status, again.body], [200, '<!doctype html>3']);
	});
});

test('a Host that is no host, is missing or stands twice is answered by 400', () =>
	withDaemon({}, async (daemon) => {
		const statusOf = async (lines, version = '1.1') => {
			const client = await connect(daemon);
			await client.write(`GET / HTTP/${version}\r\n${lines}\r\n`);
			const { status } = await client.readResponse();
			client.destroy();
			return status;
		};
		for (const name of ['a:b', '[::1', '::1', 'a:99999', '%zz', 'a]', ':80', 'a:80:80', '[a]'])
			assert.equal(await statusOf(`Host: ${name}\r\n`), 400, name);
		assert.equal(await statusOf(''), 400);
		assert.equal(await statusOf('Host: a\r\nHost: a\r\n'), 400);
		for (const name of ['chat.example.org', 'a_b:8000', '127.0.0.1', '[::1]:8000'])
			assert.equal(await statusOf(`Host: ${name}\r\n`), 200, name);
		assert.equal(await statusOf('', '1.0'), 200);
	}));

test('a connection can be reused after a 304', () =>
	withDaemon({}, async (daemon) => {
		const { headers } = await ask(daemon, 'GET', '/');
		const client = await connect(daemon);
		await client.write(request('GET', '/', { ...host(daemon), 'If-None-Match': headers.etag }));
		assert.equal((await client.readResponse()).status, 304);
		await client.write(request('GET', '/', host(daemon)));
		assert.equal((await client.readResponse()).status, 200);
	}));

test('HEAD returns the headers of GET without the body', () =>
	withDaemon({}, async (daemon) => {
		const get = await ask(daemon, 'GET', '/');
		const client = await connect(daemon);
		await client.write(request('HEAD', '/', { ...host(daemon), Connection: 'close' }));
		const text = (await client.readToEnd()).toString('latin1');
		const [head, body] = text.split('\r\n\r\n');
		assert.match(head, /^HTTP\/1\.1 200 /);
		assert.equal(body, '');
		for (const name of ['etag', 'content-type', 'content-length', 'content-security-policy'])
			assert.ok(head.toLowerCase().includes(`${name}: ${get.headers[name].toLowerCase()}`), name);
	}));

test('an unknown path is answered by 404 with an error object', () =>
	withDaemon({}, async (daemon) => {
		const response = await ask(daemon, 'GET', '/no/such/thing');
		assert.equal(response.status, 404);
		assertErrorBody(response);
	}));

test('an unsupported method on the page is answered by 405 with the allowed ones', () =>
	withDaemon({}, async (daemon) => {
		for (const method of ['POST', 'PUT', 'DELETE']) {
			const response = await ask(daemon, method, '/', { 'Content-Length': '2' }, 'hi');
			assert.equal(response.status, 405, method);
			assert.equal(response.headers.allow, 'GET, HEAD');
			assertErrorBody(response);
		}
		for (const method of ['PATCH', 'OPTIONS', 'TRACE', 'BREW']) {
			const client = await connect(daemon);
			await client.write(request(method, '/', { ...host(daemon), Connection: 'close' }));
			const answer = (await client.readToEnd()).toString('latin1');
			assert.doesNotMatch(answer, /^HTTP\/1\.1 2/, method);
		}
		await assertServes(daemon);
	}));

function siteWithSecrets() {
	const folder = temporaryFolder();
	const root = path.join(folder, 'public');
	mkdirSync(path.join(root, 'sub'), { recursive: true });
	mkdirSync(path.join(root, '.git'));
	writeFileSync(path.join(root, 'index.html'), '<!doctype html><html>page</html>');
	writeFileSync(path.join(root, 'app.js'), 'let x;');
	writeFileSync(path.join(root, 'sub', 'a b.txt'), 'a file with a space');
	writeFileSync(path.join(root, '.hidden'), 'SECRET');
	writeFileSync(path.join(root, '.git', 'config'), 'SECRET');
	writeFileSync(path.join(folder, 'outside.txt'), 'SECRET');
	return root;
}

test('page files are served with their content types, and no file outside the page folder is', () =>
	withDaemon({ settings: [`http.root=${siteWithSecrets()}`] }, async (daemon) => {
		const script = await ask(daemon, 'GET', '/app.js?v=1');
		assert.equal(script.status, 200);
		assert.match(script.headers['content-type'], /javascript/);
		assert.equal((await ask(daemon, 'GET', '/sub/a%20b.txt')).body, 'a file with a space');
		const paths = [
			'/.hidden', '/.git/config', '/%2ehidden', '/sub/../.hidden',
			'/../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/%2e%2e%2foutside.txt',
			'/sub/../../outside.txt', '/sub/%2e%2e/%2e%2e/outside.txt', '/..%5coutside.txt',
			'//../outside.txt', '/sub/..//../outside.txt', '/%252e%252e/outside.txt',
			'//etc/passwd', '/%2fetc/passwd', '/sub', '/sub/',
			'/%00', '/index.html%00', '/.hidden%00.html', '/%', '/%zz', '/%ff%fe', '/?%00', '*', '',
		];
		for (const at of paths) {
			const client = await connect(daemon);
			await client.write(request('GET', at, { ...host(daemon), Connection: 'close' }));
			const answer = (await client.readToEnd()).toString('latin1');
			assert.doesNotMatch(answer, /SECRET|root:/, at);
			client.destroy();
		}
		await assertServes(daemon);
	}));

test('an absurdly long URI is refused and harms nobody', () =>
	withDaemon({}, async (daemon) => {
		for (const length of [1_000, 5_000, 100_000]) {
			for (const at of ['/'.padEnd(length, 'a'), '/'.repeat(length), `/?${'a=b&'.repeat(length / 4)}`]) {
				const client = await connect(daemon);
				await client.write(request('GET', at, { ...host(daemon), Connection: 'close' }));
				await client.readToEnd();
			}
		}
		await assertServes(daemon);
	}));

test('two requests go over one connection', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		for (const [at, status] of [['/', 200], ['/missing', 404], ['/', 200]]) {
			await client.write(request('GET', at, host(daemon)));
			assert.equal((await client.readResponse()).status, status);
		}
	}));

test('Connection: close is obeyed', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.write(request('GET', '/', { ...host(daemon), Connection: 'close' }));
		const answer = (await client.readToEnd()).toString('latin1');
		assert.match(answer, /^HTTP\/1\.1 200 /);
	}));

test('requests in one segment are all answered, in order', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.write(
			request('GET', '/', host(daemon)) +
				request('GET', '/missing', host(daemon)) +
				request('GET', '/', host(daemon)),
		);
		for (const status of [200, 404, 200])
			assert.equal((await client.readResponse()).status, status);
	}));

test('a request sent in one-byte segments is answered', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.drip(request('GET', '/', host(daemon)));
		assert.equal((await client.readResponse()).status, 200);
	}));

test('requests with bodies in one segment do not hang the daemon', () =>
	withDaemon({}, async (daemon) => {
		const get = request('GET', '/', host(daemon));
		const post = request('POST', '/', { ...host(daemon), 'Content-Length': '5' }, 'hello');
		const stray = request('POST', '/', { ...host(daemon), 'Content-Length': '5' }, 'hello\r\n');
		for (const segment of [post + post, get + post, post + get, get + get + post, stray + stray]) {
			const client = await connect(daemon);
			await client.write(segment);
			const first = await client.readResponse();
			assert.equal(first.status, segment.startsWith('POST') ? 405 : 200);
			await assertServes(daemon);
			client.destroy();
		}
	}));

// Request smuggling needs a front end and a daemon that disagree about where a request ends.
test('a request of uncertain length is refused and the bytes after it are not run as a request', () =>
	withDaemon({}, async (daemon) => {
		const smuggled = request('GET', '/smuggled', host(daemon));
		const lengths = [
			{ 'Transfer-Encoding': 'chunked', 'Content-Length': '4' },
			{ 'Transfer-Encoding': 'chunked' },
			{ 'Transfer-Encoding': 'gzip, chunked' },
			{ 'Content-Length': '-1' },
			{ 'Content-Length': '+4' },
			{ 'Content-Length': '4, 4' },
			{ 'Content-Length': '0x4' },
			{ 'Content-Length': '99999999999999999999999999' },
			{ 'Content-Length': '4 4' },
			{ 'Content-Length': '5\r\nContent-Length: 45' },
		];
		for (const method of ['POST', 'GET']) {
			for (const length of lengths) {
				const client = await connect(daemon);
				await client.write(request(method, '/', { ...host(daemon), ...length }, `0\r\n\r\n${smuggled}`));
				const answer = (await client.readToEnd()).toString('latin1');
				const what = `${method} with ${JSON.stringify(length)}`;
				assert.doesNotMatch(answer, /^HTTP\/1\.1 2/, what);
				assert.ok(answer.split('HTTP/1.1 ').length <= 2, `${what} was answered twice`);
				client.destroy();
			}
		}
		await assertServes(daemon);
	}));

test('a plain GET of a WebSocket path is answered by 426', () =>
	withDaemon({}, async (daemon) => {
		for (const at of ['/ws', '/echo']) {
			const response = await ask(daemon, 'GET', at);
			assert.equal(response.status, 426, at);
			assert.match(response.headers.upgrade, /^websocket$/i);
			assertErrorBody(response);
			const post = await ask(daemon, 'POST', at, { 'Content-Length': '2' }, 'hi');
			assert.equal(post.status, 405, at);
			assert.match(post.headers.allow, /\bGET\b/);
		}
	}));

test('endlessly slow headers are cut off, and other clients are served meanwhile', () =>
	withDaemon({}, async (daemon) => {
		const slow = await connect(daemon);
		const silent = await connect(daemon);
		await slow.write('GET / HTTP/1.1\r\nX-Slow: ');
		const drip = setInterval(() => slow.write('a'), 200);
		try {
			await assertServes(daemon);
			await Promise.all([slow.readToEnd(), silent.readToEnd()]);
		} finally {
			clearInterval(drip);
		}
		await assertServes(daemon);
	}));

test('a body that never arrives is cut off after a time limit', () =>
	withDaemon({}, async (daemon) => {
		const client = await connect(daemon);
		await client.write(request('POST', '/', { ...host(daemon), 'Content-Length': '1000' }, 'x'));
		await client.readToEnd();
		await assertServes(daemon);
	}));

test('oversized headers are refused', () =>
	withDaemon({}, async (daemon) => {
		const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`X-${i}`, 'y'.repeat(20)]));
		const huge = [
			{ 'X-Long': 'a'.repeat(100_000) },
			{ Cookie: 'a'.repeat(100_000) },
			{ ['X'.repeat(100_000)]: 'a' },
			many,
		];
		for (const headers of huge) {
			const client = await connect(daemon);
			await client.write(request('GET', '/', { ...host(daemon), ...headers }));
			client.halfClose();
			await client.readToEnd();
		}
		await assertServes(daemon);
	}));

test('bytes that are not HTTP are refused', () =>
	withDaemon({}, async (daemon) => {
		const nonsense = [
			'\r\n\r\n\r\n', 'hello\r\n\r\n', 'GET\r\n\r\n', 'GET /\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n',
			'\x00'.repeat(100), '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
			'GET / HTTP/1.1\r\n: nameless\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
		];
		for (const text of nonsense) {
			const client = await connect(daemon);
			await client.write(Buffer.from(text, 'latin1'));
			client.halfClose();
			await client.readToEnd();
		}
		await assertServes(daemon);
	}));

test('thousands of idle connections do not stop the service', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const silent = [];
		for (let i = 0; i < 3_000; i += 100)
			silent.push(...(await Promise.all(Array.from({ length: 100 }, () => connect(daemon)))));
		await assertServes(daemon);
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		ann.sendJson({ message: 'still here' });
		assert.equal((await bob.nextJson()).message, 'still here');
		silent.forEach((client) => client.destroy());
	}));
