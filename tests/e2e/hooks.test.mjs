// Webhooks of other programs, posted as those programs send them; the bodies are in
// tests/fixtures/hooks.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { noRateLimit, receive, receivedSoFar, withHistory } from '../lib/chat.mjs';
import { sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, expectJson, get, poll, post } from '../lib/doors.mjs';
import { sha256 } from '../lib/jwt.mjs';

const folder = path.join(sourceDir, 'tests/fixtures/hooks');
const fixtures = readdirSync(folder).map((file) => path.basename(file, '.json'));
const bodyOf = (name) => readFileSync(path.join(folder, `${name}.json`), 'utf8');

/** The header that names the event, for each kind that has one. */
const eventHeaders = { github: 'X-GitHub-Event', gitea: 'X-Gitea-Event', sentry: 'Sentry-Hook-Resource' };

/** Names of fixtures and their events; others are named like their event up to the first "_". */
const events = {
	pull: 'pull_request', review: 'pull_request_review', issue: 'issues', comment: 'issue_comment', workflow: 'workflow_run',
	check: 'check_run', deployment: 'deployment_status', dependabot: 'dependabot_alert',
	github_review_comment: 'pull_request_review_comment', gitea_review: 'pull_request_rejected', gitea_deleted: 'delete',
	sentry_issue_created: 'issue', event: 'event_alert', metric: 'metric_alert', sentry_plugin: '',
};

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const ci = bearer('ci-secret');

/** A daemon with two tokens: what shows one is counted by it, also on this machine. */
const withToken = (...settings) => ({
	settings: [
		`auth.tokens=({name="ci";token_sha256="${sha256('ci-secret')}";},{name="other";token_sha256="${sha256('another')}";})`,
		...settings,
	],
});

/** Posts the fixture and returns the answer. */
function hook(daemon, name, { room = 'ops', body = bodyOf(name), query = '', headers: more = {}, agent } = {}) {
	const [kind, what = 'push'] = name.split('_');
	const event = kind in eventHeaders && { [eventHeaders[kind]]: events[name] ?? events[what] ?? what };
	const headers = { 'Content-Type': 'application/json', ...event, ...more };
	return post(daemon, `/hooks/${kind}/${room}${query}`, body, headers, agent);
}

test('every webhook body of the fixtures becomes a sensible message', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const reader = await daemon.ws('/ws?room=ops');
		const talker = await daemon.ws();
		assert.ok(fixtures.length >= 30, 'the fixtures are missing');
		for (const name of fixtures) {
			const { count = 1 } = await expectJson(hook(daemon, name));
			const said = await receivedSoFar(reader, talker, 'ops');
			// The end of an alarm that is not active produces no message.
			assert.ok(said.length <= count, name);
			if (!/resolved|cleared|_up$|_ok$|success/.test(name) && name !== 'github_workflow_fork')
				assert.ok(said.length > 0, name);
			for (const { type, key, title, message } of said)
				assert.ok(type === 'alarm' ? key : title || message, name);
		}
	}));

/** Returns the body that Alertmanager sends for these alerts, each given as [name, status]. */
function alertmanager(alerts, severity = 'warning') {
	return JSON.stringify({
		version: '4',
		status: 'firing',
		alerts: alerts.map(([alertname, status], n) => ({
			status,
			labels: { alertname, severity },
			annotations: { summary: `${alertname} is ${status}` },
			fingerprint: `a0b1c2d3e4f5061${n}${alertname}`,
		})),
	});
}

test('an Alertmanager alert is raised, updated in place and cleared', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			const ann = await daemon.ws('/ws?room=ops');
			const post = (...body) => expectJson(hook(daemon, 'alertmanager', { body: alertmanager(...body) }));
			await post([['Full', 'firing'], ['Load', 'firing']]);
			const raised = await receive(ann, 2);
			assert.deepEqual(raised.map(({ state, severity, title, username }) => [state, severity, title, username]), [
				['raised', 'warning', 'Full', 'alertmanager'], ['raised', 'warning', 'Load', 'alertmanager'],
			]);
			await post([['Full', 'firing']], 'critical');
			const updated = await ann.nextJson();
			assert.deepEqual([updated.state, updated.severity, updated.key, updated.since],
				['updated', 'critical', raised[0].key, raised[0].since]);
			const { count } = await post([['Full', 'resolved']]);
			assert.equal(count, undefined);
			const cleared = await ann.nextJson();
			assert.deepEqual([cleared.state, cleared.severity, cleared.key], ['cleared', 'ok', raised[0].key]);
		},
		async (daemon) => {
			const { messages } = await poll(daemon, 'ops', 'wait=0');
			assert.deepEqual(messages.map(({ title, standing }) => [title, standing]), [['Load', true]]);
		},
	));

test('an alert that is sent again unchanged makes no message; a change of its severity does', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const send = (...body) => expectJson(hook(daemon, 'alertmanager', { body: alertmanager(...body) }));
		await send([['Full', 'firing'], ['Load', 'firing']]);
		const again = await send([['Full', 'firing'], ['Load', 'firing']]);
		assert.deepEqual([again.id, again.delivered], [undefined, 0]);
		assert.equal((await send([['Full', 'firing']], 'critical')).id, 3);
		// A push is a message each time: its program asks for it.
		const alarm = JSON.stringify({ type: 'alarm', key: 'k', severity: 'info', title: 't' });
		const json = { 'Content-Type': 'application/json' };
		await expectJson(post(daemon, '/push/ops', alarm, json));
		await expectJson(post(daemon, '/push/ops', alarm, json));
		assert.equal((await poll(daemon, 'ops', 'wait=0')).last_id, 5);
	}));

test("an alarm of Grafana's test button says when it ends, also after a restart; pressed again it says nothing", () => {
	const standing = async (daemon) => (await poll(daemon, 'ops', 'wait=0')).messages;
	return withHistory(
		noRateLimit,
		async (daemon) => {
			await expectJson(hook(daemon, 'grafana_test'));
			await expectJson(hook(daemon, 'grafana_firing'));
			const [alarm, ...others] = await standing(daemon);
			assert.deepEqual([alarm.title, alarm.ends_ms - alarm.since, alarm.lasts_s], ['TestAlert (Grafana)', 3_600_000, undefined]);
			assert.ok(others.length > 0 && others.every(({ ends_ms: end }) => end === undefined));
			assert.equal((await expectJson(hook(daemon, 'grafana_test'))).id, undefined);
			await daemon.crash();
		},
		async (daemon) => {
			const [alarm] = await standing(daemon);
			assert.deepEqual([alarm.title, alarm.ends_ms - alarm.since], ['TestAlert (Grafana)', 3_600_000]);
		},
	);
});

test('two hundred alerts in one body are one request, and a repeated body changes nothing', () =>
	withDaemon(withToken('limits.hook_burst=3'), async (daemon) => {
		const body = alertmanager(Array.from({ length: 250 }, (_, n) => [`A${n}`, 'firing']));
		const { count } = await expectJson(hook(daemon, 'alertmanager', { body, query: '?ref=delivery-1', headers: ci }));
		assert.equal(count, 201);
		const first = await poll(daemon, 'ops', 'wait=0');
		assert.equal(first.messages.filter(({ standing }) => standing).length, 200);
		const again = await expectJson(hook(daemon, 'alertmanager', { body, query: '?ref=delivery-1', headers: ci }));
		assert.equal(again.duplicate, true);
		assert.equal((await poll(daemon, 'ops', 'wait=0')).last_id, first.last_id);
		await expectJson(hook(daemon, 'github_push', { headers: ci }));
		const { headers } = await assertRefused(hook(daemon, 'alertmanager', { body, headers: ci }), 503, 'busy');
		assert.ok(Number(headers['retry-after']) > 0);
		assert.equal((await poll(daemon, 'ops', 'wait=0')).last_id, first.last_id + 1);
	}));

test('a hook over its limit is answered by 503 and a push by 429; each has a limit of its own', () =>
	withDaemon(withToken('limits.hook_burst=2', 'limits.message_rate=0.001', 'limits.message_burst=3', 'limits.address_rooms=1'), async (daemon) => {
		const send = (headers = ci, room = 'ops') => hook(daemon, 'generic', { body: '{"text":"m"}', headers, room });
		await daemon.ws(); // the log is written while somebody is there
		for (let n = 0; n < 3; n++)
			await expectJson(post(daemon, '/push/ops', 'm', ci));
		await assertRefused(post(daemon, '/push/ops', 'm', ci), 429, 'rate_limited');
		await expectJson(send());
		// The token has made its room. What passes by waiting is 503, too.
		const { headers } = await assertRefused(send(ci, 'other'), 503, 'busy');
		assert.ok(Number(headers['retry-after']) > 1_000);
		const { headers: again } = await assertRefused(send(), 503, 'busy');
		assert.ok(Number(again['retry-after']) <= 31);
		await daemon.waitForLog(/^over_limit limit=hook_burst count=\d+ client=ci /);
		await expectJson(send(bearer('another')));
	}));

test('a reload changes the limit of hooks at once', async () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const save = (burst) => writeFileSync(file, `limits = { hook_burst = ${burst}; };\n`);
	save(1);
	await withDaemon({ args: ['-c', file], ...withToken() }, async (daemon) => {
		const send = () => hook(daemon, 'generic', { body: '{"text":"m"}', headers: ci });
		await expectJson(send());
		await assertRefused(send(), 503, 'busy');
		save(0);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded/);
		await expectJson(send());
	});
});

test('hooks of this machine itself have no limit', () =>
	withDaemon({ settings: ['limits.hook_burst=2', 'limits.message_rate=0.001', 'limits.message_burst=1'] }, async (daemon) => {
		for (let n = 0; n < 30; n++)
			await expectJson(hook(daemon, 'generic', { body: '{"text":"m"}' }));
	}));

test('300 groups of Alertmanager that fire at once and then resolve leave no alarm standing', () =>
	withDaemon(withToken(), async (daemon) => {
		const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
		// As Alertmanager does, try again after 5xx and give up after 4xx.
		const notify = async (n, status) => {
			const body = alertmanager([[`Group${n}`, status]]);
			while ((await hook(daemon, 'alertmanager', { body, headers: ci, agent })).status >= 500);
		};
		const notifyAll = (status) => Promise.all(Array.from({ length: 300 }, (_, n) => notify(n, status)));
		const standing = async () => (await poll(daemon, 'ops', 'wait=0')).messages.filter((message) => message.standing).length;
		await notifyAll('firing');
		assert.equal(await standing(), 300);
		await notifyAll('resolved');
		assert.equal(await standing(), 0);
		agent.destroy();
	}));

const hmac = (secret, body) => createHmac('sha256', secret).update(body).digest('hex');

/** The fixture of each kind that signs, and the headers of its signature. */
const signed = {
	github_push: (secret, body) => ({ 'X-Hub-Signature-256': `sha256=${hmac(secret, body)}` }),
	grafana_firing: (secret, body) => ({ 'X-Grafana-Alerting-Signature': hmac(secret, body) }),
	gitea_push: (secret, body) => ({ 'X-Gitea-Signature': hmac(secret, body) }),
	gitlab_push: (secret) => ({ 'X-Gitlab-Token': secret }),
	sentry_issue_created: (secret, body) => ({ 'Sentry-Hook-Signature': hmac(secret, body) }),
};

/** Runs run(daemon, saveSecret) with the token "forge-token", whose webhooks must be signed with "first". */
async function withSecret(run) {
	const folder = temporaryFolder();
	const secretFile = path.join(folder, 'secret');
	const save = (secret) => writeFileSync(secretFile, `${secret}\n`, { mode: 0o600 });
	save('first');
	const setting = `auth.tokens=({name="forge";token_sha256="${sha256('forge-token')}";hook_secret_file="${secretFile}";})`;
	await withDaemon({ settings: [setting, 'limits.message_rate=0'] }, (daemon) => run(daemon, save));
}

test('under a token with a secret a webhook must be signed by its program', () =>
	withSecret(async (daemon) => {
		const forge = bearer('forge-token');
		const refuse = (name, options) => assertRefused(hook(daemon, name, options), 401, 'bad_signature');
		for (const [name, headersOf] of Object.entries(signed)) {
			const body = bodyOf(name);
			const good = headersOf('first', body);
			await expectJson(hook(daemon, name, { headers: { ...forge, ...good } }));
			await expectJson(hook(daemon, name, { headers: good, query: '?token=forge-token' }));
			await refuse(name, { headers: forge });
			await refuse(name, { headers: { ...forge, ...headersOf('second', body) } });
			await refuse(name, { headers: { ...forge, ...Object.fromEntries(Object.keys(good).map((key) => [key, ''])) } });
			if (name !== 'gitlab_push')
				await refuse(name, { headers: { ...forge, ...good }, body: `${body} ` });
			await assertRefused(hook(daemon, name, { headers: { ...bearer('x'), ...good } }), 401, 'bad_token');
		}
		// The signature of another program is none, and a program that does not sign needs another token.
		await refuse('github_push', { headers: { ...forge, ...signed.gitea_push('first', bodyOf('github_push')) } });
		for (const name of ['alertmanager_firing', 'kuma_test', 'generic_text'])
			await refuse(name, { headers: { ...forge, ...signed.gitlab_push('first') } });
		await daemon.waitForLog(/^refused peer=127\.0\.0\.1 why=bad_signature door=hooks room=ops token=forge level=warn$/);
		// It is about webhooks only.
		await expectJson(post(daemon, '/push/ops', 'm', forge));
		assert.doesNotMatch(daemon.stderr, /first/);
	}));

test('GitHub signs the form that it sends, not the JSON within', () =>
	withSecret(async (daemon) => {
		const body = `payload=${encodeURIComponent(bodyOf('github_push'))}`;
		const headers = { ...bearer('forge-token'), ...signed.github_push('first', body), 'Content-Type': 'application/x-www-form-urlencoded' };
		assert.equal((await expectJson(hook(daemon, 'github_push', { body, headers }))).id, 1);
	}));

test('a reload reads the secret of webhooks again; one that cannot be read keeps the old one', () =>
	withSecret(async (daemon, save) => {
		const send = (secret) =>
			hook(daemon, 'gitea_push', { headers: { ...bearer('forge-token'), ...signed.gitea_push(secret, bodyOf('gitea_push')) } });
		save('second');
		await expectJson(send('first'));
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/^reloaded/);
		await expectJson(send('second'));
		await assertRefused(send('first'), 401, 'bad_signature');
		save('two words');
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/auth\.tokens item 1: cannot read the hook secret of forge from .*secret: it is not one word/);
		await expectJson(send('second'));
	}));

test('an unknown body is refused; a known one with nothing to report is accepted', () =>
	withDaemon(noRateLimit, async (daemon) => {
		for (const kind of ['alertmanager', 'grafana', 'github', 'gitea', 'gitlab', 'kuma', 'sentry', 'generic'])
			for (const [body, code] of [['{', 'bad_json'], ['', 'bad_json'], ['[]', 'bad_hook'], ['7', 'bad_hook'], ['null', 'bad_hook']])
				await assertRefused(hook(daemon, kind, { body }), 400, code);
		await assertRefused(hook(daemon, 'generic', { body: '{"x":1}' }), 400, 'bad_hook');
		await assertRefused(hook(daemon, 'alertmanager', { body: '{"alerts":[1]}' }), 400, 'bad_hook');
		await assertRefused(hook(daemon, 'alertmanager', { body: ' '.repeat(1_048_577) }), 413, 'too_large');
		await assertRefused(hook(daemon, 'generic', { body: '['.repeat(500_000) }), 400, 'bad_json');
		assert.deepEqual(await expectJson(hook(daemon, 'alertmanager', { body: '{"alerts":[]}' })), { room: 'ops', count: 0, delivered: 0 });
		assert.deepEqual((await expectJson(get(daemon, '/rooms'))).rooms.map(({ room }) => room), ['lobby']);
	}));
