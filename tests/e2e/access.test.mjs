// Who may push and who may read: tokens, local requests, pages of other origins.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { noRateLimit, receivedSoFar, say } from '../lib/chat.mjs';
import { startDaemon, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, expectJson, get, openStream, post, push } from '../lib/doors.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/**
 * Runs body(daemon) with one token of each kind. The token of "ci" is limited to two rooms and comes
 * from a file.
 */
function withTokens(body, extra = '') {
	const folder = temporaryFolder();
	writeFileSync(path.join(folder, 'ci.token'), 'ci-secret\n');
	const config = `
		limits: { message_rate = 0.0; };
		auth: { tokens = (
			{ name = "cron"; token_sha256 = "${sha256('cron-secret')}"; },
			{ name = "ci"; token_file = "${path.join(folder, 'ci.token')}"; rooms = [ "ops", "build" ]; },
			{ name = "root"; token_sha256 = "${sha256('root-secret')}"; admin = true; }
		); };
		${extra}`;
	return withDaemon({ config }, body);
}

test('without configured tokens local requests may push and requests through a proxy may not', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await push(daemon, 'lobby', 'm');
		await push(daemon, 'lobby', 'm', { Host: `localhost:${daemon.port}` });
		await push(daemon, 'lobby', 'm', { Host: '[::1]:1' });
		await push(daemon, 'lobby', 'm', bearer('whatever'));
		const proxied = [
			{ 'X-Forwarded-For': '127.0.0.1' }, { Forwarded: 'for=127.0.0.1' }, { Via: '1.1 proxy' }, { 'X-Real-IP': '127.0.0.1' },
		];
		// A proxy forwards the Host that the client asked for. A web page may have pointed its own
		// name at this machine.
		for (const host of ['chat.example', '127.evil.example', 'localhost.evil.example', '10.0.0.1', '[::2]'])
			proxied.push({ Host: host });
		for (const headers of proxied)
			for (const at of ['/push/lobby', '/hooks/generic/lobby'])
				await assertRefused(post(daemon, at, '{"text":"m"}', headers), 403, 'denied');
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=denied/);
	}));

test('with configured tokens a push without a token is refused, from this machine too', () =>
	withTokens(async (daemon) => {
		const reader = await daemon.ws('/ws?room=ops');
		const none = await assertRefused(post(daemon, '/push/ops', 'm'), 401, 'token_required');
		assert.equal(none.headers['www-authenticate'], 'Bearer');
		for (const token of ['wrong', 'cron-secret2', 'cron-secre', sha256('cron-secret')]) {
			await assertRefused(post(daemon, '/push/ops', 'm', bearer(token)), 401, 'bad_token');
			await assertRefused(post(daemon, `/push/ops?token=${token}`, 'm'), 401, 'bad_token');
		}
		for (const header of ['Bearer', 'Basic Y3Jvbi1zZWNyZXQ=', 'cron-secret', 'Bearer a b', ''])
			assert.equal((await post(daemon, '/push/ops', 'm', { Authorization: header })).status, 401, header);
		await assertRefused(post(daemon, '/hooks/generic/ops', '{"text":"m"}'), 401, 'token_required');
		assert.deepEqual(await receivedSoFar(reader, await daemon.ws(), 'ops'), []);
		assert.doesNotMatch(daemon.stderr, /secret/);
	}));

test('a token is accepted in a header or in the query, and its name is the username of the push', () =>
	withTokens(async (daemon) => {
		const reader = await daemon.ws('/ws?room=ops');
		await push(daemon, 'ops', 'm', bearer('cron-secret'));
		assert.equal((await reader.nextJson()).username, 'cron');
		await push(daemon, 'ops?token=ci-secret', 'm');
		assert.equal((await reader.nextJson()).username, 'ci');
		await push(daemon, 'ops', 'm', { Authorization: 'bearer  root-secret', username: 'other' });
		assert.equal((await reader.nextJson()).username, 'other');
		// The header wins over the query.
		await assertRefused(post(daemon, '/push/ops?token=cron-secret', 'm', bearer('wrong')), 401, 'bad_token');
	}));

test('a token limited to some rooms is refused in all others', () =>
	withTokens(async (daemon) => {
		for (const room of ['ops', 'build', 'Ops'])
			await push(daemon, room, 'm', bearer('ci-secret'));
		for (const room of ['lobby', 'op', 'ops2'])
			await assertRefused(post(daemon, `/push/${room}`, 'm', bearer('ci-secret')), 403, 'denied');
		// The room in the body does not count.
		await assertRefused(post(daemon, '/push/lobby', { message: 'm', room: 'ops' }, bearer('ci-secret')), 403, 'denied');
		await assertRefused(post(daemon, '/hooks/generic/lobby', '{"text":"m"}', bearer('ci-secret')), 403, 'denied');
	}));

test('what a browser calls cross-site is refused everywhere but at the page, before tokens are looked at', () =>
	withDaemon({ config: 'http: { allowed_origins = [ "https://a.example" ]; }; auth: { tokens = ( ); };' }, async (daemon) => {
		const from = (site, extra = {}) => ({ 'Sec-Fetch-Site': site, Authorization: 'Bearer nonsense', ...extra });
		const doors = ['/poll/lobby?name=ann&wait=0', '/events/lobby', '/history/lobby', '/search/lobby?q=a', '/rooms', '/ws', '/echo',
			'/metrics', '/healthz', '/readyz', '/admin/sessions'];
		for (const at of doors) {
			await assertRefused(get(daemon, at, { headers: from('cross-site') }), 403, 'origin_refused');
			await assertRefused(get(daemon, at, { headers: from('cross-site', { Origin: 'https://b.example' }) }), 403, 'origin_refused');
		}
		for (const at of ['/push/lobby', '/send/lobby', '/hooks/generic/lobby', '/admin/kick'])
			await assertRefused(post(daemon, at, 'm', from('cross-site')), 403, 'origin_refused');
		assert.equal((await get(daemon, '/', { headers: from('cross-site') })).status, 200);
		for (const site of ['same-origin', 'same-site', 'none'])
			assert.equal((await get(daemon, '/rooms', { headers: { 'Sec-Fetch-Site': site } })).status, 200, site);
		const allowed = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://a.example' };
		assert.equal((await get(daemon, '/rooms', { headers: allowed })).status, 200);
	}));

test('pages of foreign origins can neither push nor read', () =>
	withDaemon({ settings: noRateLimit.settings, config: 'http: { allowed_origins = [ "https://a.example" ]; };' }, async (daemon) => {
		for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${daemon.port + 1}`]) {
			const headers = { Origin: origin };
			await assertRefused(post(daemon, '/push/lobby', 'm', headers), 403, 'origin_refused');
			await assertRefused(post(daemon, '/send/lobby', 'm', headers), 403, 'origin_refused');
			await assert.rejects(openStream(daemon, '/events/lobby', headers), /403/);
			for (const at of ['/poll/lobby?wait=0', '/history/lobby', '/search/lobby?q=m', '/rooms'])
				await assertRefused(get(daemon, at, { headers }), 403, 'origin_refused');
		}
		for (const origin of [daemon.url, 'https://a.example']) {
			const { status, headers } = await post(daemon, '/push/lobby', 'm', { Origin: origin });
			assert.equal(status, 200);
			assert.equal(headers['access-control-allow-origin'], origin);
		}
	}));

test('a client that pushes too fast gets 429 with Retry-After, and other clients are not affected', () =>
	withDaemon({ settings: ['limits.message_rate=0.01', 'limits.message_burst=3'] }, async (daemon) => {
		for (let n = 0; n < 3; n++)
			await push(daemon, 'lobby', 'm');
		const { headers } = await assertRefused(post(daemon, '/push/lobby', 'm'), 429, 'rate_limited');
		assert.ok(Number(headers['retry-after']) >= 90, headers['retry-after']);
		assert.ok(Number(headers['retry-after']) <= 101, headers['retry-after']);
		// Without a token the address is limited, and reading counts too. Metrics are thinned, not
		// refused.
		await assertRefused(get(daemon, '/history/lobby'), 429, 'rate_limited');
		await assertRefused(get(daemon, '/search/lobby?q=m'), 429, 'rate_limited');
		await push(daemon, 'lobby', { type: 'metric', name: 'cpu', value: 1 });
		assert.equal(await say(await daemon.ws(), 'a session has a limit of its own'), 4);
	}));

test('each token has a rate limit of its own', () =>
	withDaemon({
		config: `
			limits: { message_rate = 0.01; message_burst = 2; };
			auth: { tokens = ( { name = "a"; token_sha256 = "${sha256('a')}"; }, { name = "b"; token_sha256 = "${sha256('b')}"; } ); };`,
	}, async (daemon) => {
		for (const token of ['a', 'b']) {
			for (let n = 0; n < 2; n++)
				await push(daemon, 'lobby', 'm', bearer(token));
			await assertRefused(post(daemon, '/push/lobby', 'm', bearer(token)), 429, 'rate_limited');
		}
		assert.equal((await expectJson(get(daemon, '/history/lobby'))).messages.length, 4);
	}));

test('without tokens only local requests may push, even if the daemon listens on every address', async () => {
	const daemon = await startDaemon({ settings: ['http.address=0.0.0.0', ...noRateLimit.settings] });
	try {
		await push(daemon, 'lobby', 'm');
		await assertRefused(post(daemon, '/push/lobby', 'm', { 'X-Forwarded-For': '10.0.0.1' }), 403, 'denied');
	} finally {
		await daemon.stop();
	}
});
