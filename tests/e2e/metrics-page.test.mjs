// GET /metrics: its format, and that the numbers match what happened. (Metrics that programs push to
// rooms are in metrics.test.mjs.)

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, answerTo, enter, noRateLimit, noRateLimitWith, receive, say, until } from '../lib/chat.mjs';
import { eventually, isSlowRun, sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, enterStream, get, keepAlive, poll, post, push } from '../lib/doors.mjs';
import { Metrics, scrape } from '../lib/exposition.mjs';
import { openTerminal } from '../lib/line.mjs';
import { buildFrame, connect, connectWebSocket, opcodes, request } from '../lib/raw.mjs';
import { askTls, makeCertificate } from '../lib/tls.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/** Scrapes until check accepts the metrics. */
const shows = (daemon, what, check) => eventually(async () => check(await scrape(daemon)), what);

/** Waits until the samples of that name, without those that are 0, are the expected ones. */
const counts = (daemon, name, expected) =>
	shows(daemon, name, (metrics) => assert.deepEqual(metrics.counts(name), expected));

test('the page is in the Prometheus format from the start', () =>
	withDaemon({}, async (daemon) => {
		const metrics = await scrape(daemon);
		assert.equal(metrics.get('linnet_build_info', { version: '0.2.0' }), 1);
		for (const { name, help } of metrics.families.values()) {
			assert.match(name, /^(linnet|process)_[a-z_]+$/);
			assert.ok(help.length > 5, name);
		}
		const head = await get(daemon, '/metrics');
		assert.equal(head.headers['cache-control'], 'no-store');
	}));

test('the process metrics match what the kernel reports', () =>
	withDaemon({}, async (daemon) => {
		const metrics = await scrape(daemon);
		const started = metrics.get('process_start_time_seconds');
		assert.ok(started * 1000 <= Date.now() && started * 1000 > Date.now() - 3_600_000, started);
		assert.ok(metrics.get('process_cpu_seconds_total') <= daemon.cpuSeconds() + 0.02);
		assert.ok(metrics.get('process_cpu_seconds_total') > 0);
		const resident = daemon.residentBytes();
		assert.ok(Math.abs(metrics.get('process_resident_memory_bytes') - resident) < resident / 2);
		const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${daemon.pid}/limits`, 'utf8'));
		assert.equal(metrics.get('process_max_fds'), Number(limit));

		const client = await connect(daemon);
		await eventually(async () => {
			await client.write(request('GET', '/metrics', { Host: 'localhost' }));
			const here = new Metrics((await client.readResponse()).body);
			assert.equal(here.get('process_open_fds'), daemon.openDescriptors());
		}, 'its descriptors');
		client.destroy();
	}));

test('connections are counted by protocol, and closed ones by reason', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const clients = [await daemon.ws(), await daemon.ws(), await daemon.ws()];
		const line = await openTerminal(daemon);
		const { stream } = await enterStream(daemon, 'lobby');
		const agent = keepAlive();
		const polling = poll(daemon, 'elsewhere', 'wait=60', { agent });
		const echo = await daemon.ws('/echo');
		const open = { http: 1, ws: 3, line: 1, sse: 1, poll: 1, echo: 1 };
		await counts(daemon, 'linnet_connections', open);
		const { http, ...accepted } = (await scrape(daemon)).counts('linnet_connections_accepted_total');
		assert.deepEqual(accepted, { ws: 3, line: 1, sse: 1, poll: 1, echo: 1 });

		await clients[0].close();
		await clients[1].vanish();
		line.say('/quit');
		await stream.close();
		await push(daemon, 'elsewhere', 'what was waited for');
		await polling;
		await echo.close();
		await counts(daemon, 'linnet_connections', { http: 2, ws: 1 });
		await shows(daemon, 'the endings', (metrics) => {
			const { 'http normal': ended, ...others } = metrics.counts('linnet_connections_closed_total');
			assert.deepEqual(others, {
				'http upgraded': 5, 'ws normal': 1, 'ws lost': 1, 'line normal': 1, 'sse normal': 1, 'poll normal': 1, 'echo normal': 1,
			});
			const all = metrics.get('linnet_connections_accepted_total', { transport: 'http' });
			assert.equal(all, ended + 5 + 2, 'accepted must equal closed, upgraded, polling and this request');
		});
		assert.ok(http >= 7);
		agent.destroy();
	}));

test('sent messages are counted by door, delivered ones by transport', () =>
	withDaemon({ settings: [...noRateLimit.settings, 'chat.echo_to_sender=false'] }, async (daemon) => {
		const [ann, bob] = [await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=bob')];
		for (let n = 0; n < 3; n++)
			await say(ann, `by ws ${n}`);
		ann.sendJson({ type: 'cursor', x: 1, ephemeral: true });
		await receive(bob, 4);
		const { stream, joined: { you } } = await enterStream(daemon, 'lobby');
		await post(daemon, `/send/lobby?session=${you.session}`, 'beside a stream');
		await stream.nextJson();
		const line = await openTerminal(daemon);
		line.say('one', 'two');
		await until(bob, ({ message }) => message === 'two');
		await push(daemon, 'lobby', 'a push');
		await push(daemon, 'lobby', { type: 'alarm', key: 'disk', severity: 'critical' });
		await push(daemon, 'lobby', { type: 'alarm', key: 'fan', severity: 'warning' });
		await push(daemon, 'lobby', [{ type: 'metric', name: 'a', value: 1 }, { type: 'metric', name: 'b', value: 2 }]);
		await post(daemon, '/hooks/generic/lobby', { text: 'a hook' });
		await until(bob, ({ message }) => message === 'a hook');
		ann.send('not this');
		ann.sendJson({ type: 'ping' });

		const metrics = await scrape(daemon);
		assert.deepEqual(metrics.counts('linnet_messages_received_total'), { ws: 4, line: 2, send: 1, push: 6 });
		assert.deepEqual(metrics.counts('linnet_pushes_total'), { message: 1, alarm: 2, metric: 2, hook: 1 });
		assert.deepEqual(metrics.counts('linnet_alarms'), { critical: 1, warning: 1 });
		assert.deepEqual(metrics.counts('linnet_store_appended_total'), { ok: 3 + 1 + 2 + 4 });
		assert.equal(metrics.get('linnet_store_append_duration_seconds_count'), 10);
		assert.ok(metrics.get('linnet_store_append_duration_seconds_sum') > 0);
		assert.equal(metrics.get('linnet_store_pending'), 0);
		assert.ok(metrics.get('linnet_broadcast_duration_seconds_count') >= 5);
		assert.equal(metrics.get('linnet_rooms'), 1);
		assert.equal(metrics.get('linnet_people'), 4);
		const sent = metrics.counts('linnet_messages_sent_total');
		assert.ok(sent.ws > sent.sse && sent.sse > 0 && sent.line > 0, JSON.stringify(sent));
		assert.ok(metrics.get('linnet_bytes_sent_total') > 5_000);
	}));

test('a message is counted once for each client that it is sent to', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, ...others] = [await daemon.ws(), await daemon.ws(), await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 10; n++)
			ann.sendJson({ message: `${n}` });
		for (const client of others)
			await receive(client, 10);
		const metrics = await scrape(daemon);
		assert.equal(metrics.get('linnet_messages_sent_total', { transport: 'ws' }), 30);
		assert.equal(metrics.get('linnet_queue_bytes'), 0);
	}));

test('an error that answers a poll is counted as sent to it', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await enter(daemon, 'name=ann');
		await assertRefused(get(daemon, '/poll/lobby?wait=0&name=ann'), 409, 'name_taken');
		assert.equal((await scrape(daemon)).get('linnet_messages_sent_total', { transport: 'poll' }), 1);
	}));

test('repeated sends, searches and resumes are counted by result', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { client: ann, joined: { epoch } } = await enter(daemon, 'name=ann');
		await say(ann, { message: 'disk full', ref: 'same' });
		const again = await answerTo(ann, { message: 'disk full', ref: 'same' });
		assert.equal(again.duplicate, true);
		assert.equal((await answerTo(ann, { type: 'search', q: 'disk' })).messages.length, 1);
		await enter(daemon, after(epoch, 0));
		await enter(daemon, after(epoch, 1));
		await enter(daemon, after('another', 1));
		await enterStream(daemon, 'lobby', after(epoch, 0));
		await poll(daemon, 'lobby', after(epoch, 0));
		const metrics = await scrape(daemon);
		assert.deepEqual(metrics.counts('linnet_store_appended_total'), { ok: 1, duplicate: 1 });
		assert.deepEqual(metrics.counts('linnet_recoveries_total'), { recovered: 3, not_recovered: 1 });
		assert.equal(metrics.get('linnet_searches_total'), 1);
	}));

test('a cleared alarm is no longer counted, and active alarms are counted again after a restart', async () => {
	const folder = temporaryFolder();
	const alarm = (key, severity) => ({ type: 'alarm', key, severity });
	await withDaemon({ folder }, async (daemon) => {
		await push(daemon, 'ops', alarm('disk', 'critical'));
		await push(daemon, 'ops', alarm('disk', 'error'));
		await push(daemon, 'ops', alarm('fan', 'info'));
		assert.deepEqual((await scrape(daemon)).counts('linnet_alarms'), { error: 1, info: 1 });
		await push(daemon, 'ops', alarm('fan', 'ok'));
		assert.deepEqual((await scrape(daemon)).counts('linnet_alarms'), { error: 1 });
	});
	await withDaemon({ folder }, async (daemon) => {
		assert.deepEqual((await scrape(daemon)).counts('linnet_alarms'), { error: 1 });
	});
});

test('refused connections are counted by the limit they exceeded', () =>
	withDaemon({ settings: ['limits.connections=3'] }, async (daemon) => {
		const clients = [await daemon.ws(), await daemon.ws(), await daemon.ws()];
		for (let n = 0; n < 2; n++)
			await assert.rejects(daemon.ws(), { status: 503 });
		await clients[0].close();
		await shows(daemon, 'the refusals', (metrics) =>
			assert.ok(metrics.get('linnet_connections_refused_total', { limit: 'connections' }) >= 2));
	}));

test('proxied clients over the address limit are counted by it', () =>
	withDaemon({ settings: ['http.trusted_proxies=["127.0.0.1"]', 'limits.per_address=1'] }, async (daemon) => {
		const headers = { 'X-Forwarded-For': '203.0.113.7' };
		await daemon.ws('/ws', { headers });
		await assert.rejects(daemon.ws('/ws', { headers }), { status: 503 });
		await counts(daemon, 'linnet_connections_refused_total', { per_address: 1 });
	}));

test('abusive clients are counted by what they did', () =>
	withDaemon({ settings: ['limits.message_rate=0.01', 'limits.message_burst=1'] }, async (daemon) => {
		const closed = async (act) => {
			const client = await daemon.ws();
			await act(client);
			return (await client.closed).code;
		};
		const flood = (client) => {
			for (let n = 0; n < 300; n++)
				client.sendJson({ message: 'flood' });
		};
		assert.equal(await closed(flood), 1008);
		assert.equal(await closed((client) => client.sendJson({ message: 'x'.repeat(20_000) })), 1009);
		assert.equal(await closed((client) => client.send(Buffer.from('binary'))), 1003);
		const raw = await connectWebSocket(daemon, '/ws');
		await raw.write(buildFrame(opcodes.text, Buffer.from([0xff])));
		await raw.readToEnd();
		const odd = await connectWebSocket(daemon, '/ws');
		await odd.write(buildFrame(opcodes.text, 'x', { rsv: 4 }));
		await odd.readToEnd();
		[raw, odd].forEach((client) => client.destroy());
		await shows(daemon, 'the endings', (metrics) => {
			const ended = Object.entries(metrics.counts('linnet_connections_closed_total'));
			assert.deepEqual(Object.fromEntries(ended.filter(([key]) => key.startsWith('ws'))), {
				'ws flooding': 1, 'ws too_big': 1, 'ws bad_utf8': 1, 'ws protocol': 2,
			});
		});
		assert.equal((await scrape(daemon)).get('linnet_rate_limited_total'), 101);
	}));

test('a slow reader is counted, and so are the bytes queued for it', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith('limits.queue_bytes=1048576'), async (daemon) => {
		const [sender, fast, slow] = [await daemon.ws(), await daemon.ws(), await daemon.ws()];
		slow.socket.pause();
		const message = 'm'.repeat(16_000);
		let waited = 0;
		for (let n = 0; !(await scrape(daemon)).get('linnet_slow_readers_closed_total'); n++) {
			for (let k = 0; k < 20; k++)
				sender.sendJson({ message });
			await receive(fast, 20);
			waited = Math.max(waited, (await scrape(daemon)).get('linnet_queue_bytes'));
			assert.ok(n < 2_000, 'no reader was too slow');
		}
		assert.ok(waited > 16_000, `${waited} bytes waited`);
		slow.socket.resume();
		assert.equal((await slow.closed).code, 1013);
		await shows(daemon, 'the slow reader', (metrics) => {
			assert.equal(metrics.get('linnet_slow_readers_closed_total'), 1);
			const labels = { transport: 'ws', reason: 'slow_reader' };
			assert.equal(metrics.get('linnet_connections_closed_total', labels), 1);
			assert.equal(metrics.get('linnet_queue_bytes'), 0);
		});
		await daemon.waitForLog(/^session_close .*door=ws code=1013 .*reason=slow_reader sent_bytes=\d{5,} received_bytes=\d+ duration_ms=\d+ username=guest-3 room=lobby$/);
	}));

test('silent connections are counted as closed by a timeout', () =>
	withDaemon({ settings: ['heartbeat.ping_s=1', 'heartbeat.pong_s=1'] }, async (daemon) => {
		const client = await connectWebSocket(daemon, '/ws');
		await client.readToEnd();
		client.destroy();
		await shows(daemon, 'the timeout', (metrics) =>
			assert.equal(metrics.get('linnet_connections_closed_total', { transport: 'ws', reason: 'timeout' }), 1));
	}));

test('requests are counted by route and status class', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const asked = ['/', '/healthz', '/readyz', '/history/lobby', '/search/lobby?q=a', '/rooms', '/poll/lobby?wait=0', '/ws', '/admin/sessions', '/nothing'];
		for (const at of asked)
			await get(daemon, at);
		await push(daemon, 'lobby', 'm');
		await post(daemon, '/hooks/nobody/lobby', {});
		await post(daemon, '/send/lobby', 'nobody');
		await (await enterStream(daemon, 'lobby')).stream.close();
		await daemon.ws();
		await daemon.ws('/echo');
		const raw = await connect(daemon);
		await raw.write('rubbish\r\n\r\n');
		await raw.readToEnd();
		raw.destroy();
		await scrape(daemon);
		assert.deepEqual((await scrape(daemon)).counts('linnet_http_requests_total'), {
			'page 2xx': 1, 'page 4xx': 1, 'healthz 2xx': 1, 'readyz 2xx': 1, 'history 2xx': 1, 'search 2xx': 1, 'rooms 2xx': 1,
			'poll 2xx': 1, 'ws 4xx': 1, 'ws 1xx': 1, 'echo 1xx': 1, 'push 2xx': 1, 'hooks 4xx': 1, 'send 4xx': 1, 'admin 4xx': 1,
			'events 2xx': 1, 'metrics 2xx': 1, 'none 4xx': 1,
		});
	}));

test('reloads are counted as succeeded or failed', async () => {
	const file = path.join(temporaryFolder(), 'reload.cfg');
	writeFileSync(file, 'log: { level = "info"; };\n');
	await withDaemon({ args: ['-c', file] }, async (daemon) => {
		daemon.signal('SIGHUP');
		await counts(daemon, 'linnet_config_reloads_total', { ok: 1 });
		writeFileSync(file, 'nonsense = 1;\n');
		daemon.signal('SIGHUP');
		await counts(daemon, 'linnet_config_reloads_total', { ok: 1, failed: 1 });
	});
});

test('TLS handshakes are counted as succeeded or failed', async () => {
	const certificate = makeCertificate();
	await withDaemon({ settings: certificate.settings }, async (daemon) => {
		const plain = await connect(daemon);
		await plain.write('\x16\x03\x01\x00\x05rubbish');
		await plain.readToEnd();
		plain.destroy();
		await askTls(daemon, certificate, 'GET', '/healthz');
		const { body } = await askTls(daemon, certificate, 'GET', '/metrics');
		assert.deepEqual(new Metrics(body).counts('linnet_tls_handshakes_total'), { ok: 2, failed: 1 });
	});
});

test('shown and skipped lines of log files are counted', async () => {
	const file = path.join(temporaryFolder(), 'some.log');
	writeFileSync(file, '');
	const tails = `tails=( { room = "log"; path = "${file}"; lines = 10; rate = 5; } )`;
	await withDaemon({ settings: [tails] }, async (daemon) => {
		await daemon.waitForLog(/^tail_open/);
		appendFileSync(file, 'one\ntwo\n');
		await shows(daemon, 'two lines', (metrics) => assert.equal(metrics.get('linnet_tail_lines_total'), 2));
		appendFileSync(file, 'many\n'.repeat(1_000));
		await shows(daemon, 'skipped lines', (metrics) => {
			const [shown, skipped] = ['linnet_tail_lines_total', 'linnet_tail_lines_skipped_total'].map((name) => metrics.get(name));
			assert.ok(skipped > 900, `${skipped} of 1000`);
			assert.ok(shown + skipped <= 1_002);
		});
		assert.deepEqual((await scrape(daemon)).counts('linnet_store_appended_total'), {}, 'lines of log files are not in the history');
	});
});

test('a blocked loop shows in the loop lag', { skip: isSlowRun }, () =>
	withDaemon({}, async (daemon) => {
		const client = await daemon.ws();
		const late = (metrics) =>
			metrics.get('linnet_loop_lag_seconds_count') - metrics.get('linnet_loop_lag_seconds_bucket', { le: '0.5' });
		await shows(daemon, 'the lag of an idle daemon', (metrics) => assert.ok(metrics.get('linnet_loop_lag_seconds_count') > 0));
		const before = late(await scrape(daemon));
		daemon.signal('SIGSTOP');
		await sleep(1_500); // this produces the lag; it is not a wait
		daemon.signal('SIGCONT');
		await shows(daemon, 'the lag', (metrics) => assert.ok(late(metrics) > before));
		await client.close();
	}));

test('only local requests and admin tokens can read the metrics', async () => {
	await withDaemon({}, async (daemon) => {
		assert.equal((await get(daemon, '/metrics')).status, 200);
		for (const headers of [{ 'X-Forwarded-For': '127.0.0.1' }, { Via: '1.1 proxy' }, { Host: 'chat.example' }])
			await assertRefused(get(daemon, '/metrics', { headers }), 403, 'denied');
		await assertRefused(post(daemon, '/metrics', 'x'), 405, 'method_not_allowed');
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=denied door=metrics level=warn$/);
	});
	const config = `auth: { tokens = (
		{ name = "cron"; token_sha256 = "${sha256('cron-secret')}"; },
		{ name = "prometheus"; token_sha256 = "${sha256('root-secret')}"; admin = true; } ); };`;
	await withDaemon({ config }, async (daemon) => {
		const away = (headers = {}) => ({ headers: { Via: '1.1 proxy', ...headers } });
		const none = await assertRefused(get(daemon, '/metrics', away()), 401, 'token_required');
		assert.equal(none.headers['www-authenticate'], 'Bearer');
		await assertRefused(get(daemon, '/metrics', away(bearer('wrong'))), 401, 'bad_token');
		await assertRefused(get(daemon, '/metrics', away(bearer('cron-secret'))), 403, 'denied');
		await scrape(daemon, away(bearer('root-secret')));
		await scrape(daemon);
	});
});

test('refused tokens are counted by reason', () =>
	withDaemon({
		config: `auth = { tokens = (
			{ name = "cron"; token_sha256 = "${sha256('cron-secret')}"; rooms = [ "cron" ]; },
			{ name = "root"; token_sha256 = "${sha256('root-secret')}"; admin = true; } ); };`,
	}, async (daemon) => {
		await assertRefused(post(daemon, '/push/ops', 'm'), 401, 'token_required');
		await assertRefused(post(daemon, '/push/ops', 'm', bearer('guess')), 401, 'bad_token');
		await assertRefused(post(daemon, '/push/ops', 'm', bearer('cron-secret')), 403, 'denied');
		await assertRefused(get(daemon, '/admin/bans', { headers: bearer('cron-secret') }), 403, 'denied');
		await counts(daemon, 'linnet_tokens_refused_total', { bad_token: 1, denied: 1, not_admin: 1 });
	}));

const kept = temporaryFolder();

test('the sizes of the history and of its log are those of the files', () =>
	withDaemon({ folder: kept }, async (daemon) => {
		const client = await daemon.ws();
		const before = (await scrape(daemon)).get('linnet_store_log_bytes');
		await say(client, 'x'.repeat(10_000));
		await shows(daemon, 'the sizes', (metrics) => {
			assert.equal(metrics.get('linnet_store_bytes'), statSync(path.join(kept, 'linnet.db')).size);
			assert.equal(metrics.get('linnet_store_log_bytes'), statSync(path.join(kept, 'linnet.db-wal')).size);
			assert.ok(metrics.get('linnet_store_log_bytes') > before);
		});
	}));

test('the time when the certificate expires is told, and that of the next one after a reload', async () => {
	const expiry = ({ ca }) => Date.parse(new X509Certificate(ca).validTo) / 1000;
	const own = makeCertificate();
	await withDaemon({ settings: own.settings }, async (daemon) => {
		const told = async () => new Metrics((await askTls(daemon, own, 'GET', '/metrics')).body).get('linnet_tls_certificate_expiry_timestamp_seconds');
		assert.equal(await told(), expiry(own));
		const [certificate, key] = own.settings.map((setting) => setting.split('=')[1]);
		const made = spawnSync('openssl', ['req', '-x509', '-key', key, '-days', '30', '-subj', '/CN=linnet', '-addext', 'subjectAltName=IP:127.0.0.1', '-out', certificate]);
		assert.equal(made.status, 0, String(made.stderr));
		own.ca = readFileSync(certificate, 'utf8');
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded\b/);
		assert.equal(await told(), expiry(own));
	});
	await withDaemon({}, async (daemon) =>
		assert.equal((await scrape(daemon)).get('linnet_tls_certificate_expiry_timestamp_seconds'), 0));
});

/** Returns every selector NAME{label="value",…} of an expression, as [name, labels]. */
function selectorsOf(expression) {
	const bare = expression.replace(/\b(?:by|without)\s*\([^)]*\)/g, '');
	return [...bare.matchAll(/\b((?:linnet|process)_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name, labels = '']) => [
		name,
		[...labels.matchAll(/([a-z_]+)\s*(=~|!~|=|!=)\s*"([^"]*)"/g)].map(([, label, , value]) => [label, value]),
	]);
}

function assertKnown(metrics, expression) {
	const selectors = selectorsOf(expression);
	assert.ok(selectors.length || /\bup\b/.test(expression), `${expression} names no metric`);
	for (const [name, labels] of selectors) {
		const samples = metrics.samples.filter((sample) => sample.name === name);
		assert.ok(samples.length, `${expression}: there is no ${name}`);
		// Prometheus adds instance and job when it scrapes; they are not on the page.
		for (const [label, value] of labels.filter(([key]) => key !== 'instance' && key !== 'job'))
			for (const word of value.split('|'))
				assert.ok(samples.some((sample) => sample.labels[label] === word), `${expression}: no ${label}="${word}"`);
	}
	for (const [, list] of expression.matchAll(/\bby\s*\(([^)]*)\)/g))
		for (const label of list.split(',').map((word) => word.trim()))
			assert.ok(
				['instance', 'job', 'le'].includes(label) ||
					selectors.some(([name]) => metrics.samples.some((sample) => sample.name === name && label in sample.labels)),
				`${expression}: no label ${label}`,
			);
}

test('the dashboard and the alert rules use only existing metrics', () =>
	withDaemon({}, async (daemon) => {
		const metrics = await scrape(daemon);
		const dashboard = JSON.parse(readFileSync(path.join(sourceDir, 'config/grafana-dashboard.json'), 'utf8'));
		const panels = dashboard.panels.filter(({ type }) => type !== 'row');
		assert.ok(panels.length >= 10);
		assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
		for (const { title, targets } of panels) {
			assert.ok(targets.length, title);
			targets.forEach(({ expr }) => assertKnown(metrics, expr));
		}
		const rules = readFileSync(path.join(sourceDir, 'config/prometheus-rules.yml'), 'utf8');
		const expressions = [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expr]) => expr);
		assert.ok(expressions.length >= 5);
		assert.equal(expressions.length, [...rules.matchAll(/^ +- alert: /gm)].length);
		expressions.forEach((expr) => assertKnown(metrics, expr));
	}));

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

test('promtool accepts the alert rules', { skip: !hasPromtool && 'promtool is not installed' }, () => {
	const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', path.join(sourceDir, 'config/prometheus-rules.yml')], { encoding: 'utf8' });
	assert.equal(status, 0, stdout + stderr);
});
