// The page's text files are sent gzip-coded to clients that accept it (RFC 9110, sections 8.4 and
// 12.5.3).

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { temporaryFolder, within, withDaemon } from '../lib/daemon.mjs';

const script = 'export const answer = 42; // and so on\n'.repeat(100);
const gzip = { 'Accept-Encoding': 'gzip, deflate, br' };

function site() {
	const root = path.join(temporaryFolder(), 'public');
	mkdirSync(root);
	const texts = ['app.js', 'app.mjs', 'a.css', 'a.svg', 'a.json', 'a.webmanifest', 'a.txt', 'a.HTML'];
	for (const name of ['index.html', ...texts, 'a.png', 'a.ico', 'a.woff2', 'a.webp', 'data'])
		writeFileSync(path.join(root, name), script);
	writeFileSync(path.join(root, 'short.txt'), 'a'.repeat(200));
	return { root, texts };
}

const withSite = (body) => {
	const { root, texts } = site();
	return withDaemon({ settings: [`http.root=${root}`] }, (daemon) => body(daemon, root, texts));
};

/**
 * Sends one request and decodes nothing. Resolves to { status, headers, body }, where body is a
 * buffer.
 */
function get(daemon, at, headers = {}, method = 'GET') {
	const answered = new Promise((resolve, reject) => {
		const request = http.request(`${daemon.url}${at}`, { method, headers, agent: false });
		request.on('error', reject);
		request.on('response', (response) => {
			const chunks = [];
			response.on('error', reject);
			response.on('data', (chunk) => chunks.push(chunk));
			response.on('end', () =>
				resolve({
					status: response.statusCode,
					headers: response.headers,
					body: Buffer.concat(chunks),
				}),
			);
		});
		request.end();
	});
	return within(answered, `an answer to ${method} ${at}`);
}

function assertCoded({ status, headers, body }, text) {
	assert.equal(status, 200);
	assert.equal(headers['content-encoding'], 'gzip');
	assert.equal(headers.vary, 'Accept-Encoding');
	assert.equal(Number(headers['content-length']), body.length);
	assert.ok(body.length < text.length);
	assert.equal(gunzipSync(body).toString(), text);
}

function assertPlain({ status, headers, body }, text) {
	assert.equal(status, 200);
	assert.equal(headers['content-encoding'], undefined);
	assert.equal(Number(headers['content-length']), text.length);
	assert.equal(body.toString(), text);
}

test('a client that accepts gzip receives text files gzip-coded, on every request', () =>
	withSite(async (daemon, root, texts) => {
		for (const name of ['', ...texts, ...texts]) {
			const plain = await get(daemon, `/${name}`);
			assertPlain(plain, script);
			assert.equal(plain.headers.vary, 'Accept-Encoding', name);
			const coded = await get(daemon, `/${name}`, gzip);
			assertCoded(coded, script);
			assert.equal(coded.headers['content-type'], plain.headers['content-type']);
			assert.equal(coded.headers['cache-control'], plain.headers['cache-control']);
		}
	}));

test('files that are not text or are very short are sent uncompressed', () =>
	withSite(async (daemon) => {
		for (const name of ['a.png', 'a.ico', 'a.woff2', 'a.webp', 'data']) {
			const answer = await get(daemon, `/${name}`, gzip);
			assertPlain(answer, script);
			assert.equal(answer.headers.vary, undefined, name);
		}
		assertPlain(await get(daemon, '/short.txt', gzip), 'a'.repeat(200));
	}));

test('a client receives gzip only if it accepts it', () =>
	withSite(async (daemon) => {
		for (const value of ['gzip', 'x-gzip', '*', 'br;q=1, gzip;q=0.001'])
			assertCoded(await get(daemon, '/app.js', { 'Accept-Encoding': value }), script);
		for (const value of ['', 'br', 'gzip;q=0', 'gzip;q=0, *', 'identity, gzip;q=0.5', 'gzip;q=2', 'gzip;'])
			assertPlain(await get(daemon, '/app.js', { 'Accept-Encoding': value }), script);
	}));

test('the plain and the gzip form of a file have different ETags, and each is answered by 304', () =>
	withSite(async (daemon) => {
		const plain = (await get(daemon, '/app.js')).headers.etag;
		const coded = (await get(daemon, '/app.js', gzip)).headers.etag;
		assert.match(plain, /^"[^"]+"$/);
		assert.match(coded, /^"[^"]+"$/);
		assert.notEqual(plain, coded);
		for (const [headers, own, other] of [[{}, plain, coded], [gzip, coded, plain]]) {
			for (const known of [own, `W/${own}`, `"x", ${own}`, '*']) {
				const answer = await get(daemon, '/app.js', { ...headers, 'If-None-Match': known });
				assert.equal(answer.status, 304, known);
				assert.equal(answer.headers.etag, own);
				assert.equal(answer.headers.vary, 'Accept-Encoding');
				assert.equal(answer.headers['content-encoding'], undefined);
				assert.equal(answer.body.length, 0);
			}
			const answer = await get(daemon, '/app.js', { ...headers, 'If-None-Match': other });
			assert.equal(answer.status, 200);
			assert.equal(answer.headers.etag, own);
		}
	}));

test('HEAD returns the headers of the gzip form, also as the first request', () =>
	withSite(async (daemon) => {
		const head = await get(daemon, '/app.js', gzip, 'HEAD');
		const answer = await get(daemon, '/app.js', gzip);
		assertCoded(answer, script);
		assert.equal(head.body.length, 0);
		assert.deepEqual({ ...head.headers, date: '' }, { ...answer.headers, date: '' });
	}));

test('a file that changes while the daemon runs is compressed again', () =>
	withSite(async (daemon, root) => {
		const file = path.join(root, 'app.js');
		const tags = new Set();
		const assertNews = async (text) => {
			const answer = await get(daemon, '/app.js', gzip);
			assertCoded(answer, text);
			assert.ok(!tags.has(answer.headers.etag));
			for (const old of tags) {
				const again = await get(daemon, '/app.js', { ...gzip, 'If-None-Match': old });
				assertCoded(again, text);
			}
			tags.add(answer.headers.etag);
		};
		await assertNews(script);
		const longer = `${script}export const more = 43;\n`;
		writeFileSync(file, longer);
		await assertNews(longer);
		const other = script.replaceAll('42', '24'); // of the same length, in its place
		writeFileSync(`${file}.new`, other);
		renameSync(`${file}.new`, file);
		await assertNews(other);
		writeFileSync(file, 'short');
		assertPlain(await get(daemon, '/app.js', gzip), 'short');
		writeFileSync(file, longer);
		await assertNews(longer);
	}));

test('gzip makes the page less than half as long', () =>
	withDaemon({}, async (daemon) => {
		const plain = await get(daemon, '/');
		const coded = await get(daemon, '/', gzip);
		assertCoded(coded, plain.body.toString());
		assert.ok(coded.body.length * 2 < plain.body.length);
	}));

test('answers that are not page files are never compressed', () =>
	withSite(async (daemon) => {
		for (const [at, status] of [['/nothing', 404], ['/metrics', 200], ['/rooms', 200]]) {
			const answer = await get(daemon, at, gzip);
			assert.equal(answer.status, status, at);
			assert.equal(answer.headers['content-encoding'], undefined, at);
		}
	}));
