// Programs that push, as docs/PROGRAMS.md tells to set them up: each is posted as it was written down
// from the program or its documentation, and must arrive as promised.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { noRateLimit, receive } from '../lib/chat.mjs';
import { sourceDir, temporaryFile, withDaemon } from '../lib/daemon.mjs';
import { ask, expectJson } from '../lib/doors.mjs';

const document = readFileSync(path.join(sourceDir, 'docs/PROGRAMS.md'), 'utf8');

/** Sends a recorded body as its program does. */
function hook(kind, fixture, headers) {
	const body = readFileSync(path.join(sourceDir, `tests/fixtures/hooks/${fixture}.json`), 'utf8');
	return (daemon) => expectJson(ask(daemon, 'POST', `/hooks/${kind}/ops`, { body, headers: { 'Content-Type': 'application/json', ...headers } }));
}

const http = (at, headers, body) => (daemon) => expectJson(ask(daemon, 'POST', at, { body, headers }));

/** Runs a command for a shell. */
const shell = (commandFor) => (daemon) => {
	const { status, stderr } = spawnSync('bash', ['-c', commandFor(daemon)], { encoding: 'utf8' });
	assert.equal(status, 0, stderr);
};

/** Runs the nth unit of the document for backup.service. */
const unit = (n) =>
	shell((daemon) => {
		const command = [...document.matchAll(/ExecStart=(.*)/g)][n][1];
		assert.ok(command.includes('http://127.0.0.1:8000/') && command.includes('/etc/linnet/curl.header'), command);
		return command
			.replaceAll('%i', 'backup.service')
			.replace('http://127.0.0.1:8000', daemon.url)
			.replace('/etc/linnet/curl.header', temporaryFile('curl.header', 'Authorization: Bearer TOKEN\n'));
	});

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const raised = { type: 'alarm', state: 'raised' };
const cleared = { type: 'alarm', state: 'cleared' };

/** Each program's requests, and what arrives of them. */
const programs = {
	Alertmanager: [
		[hook('alertmanager', 'alertmanager_firing'), hook('alertmanager', 'alertmanager_resolved')],
		[{ ...raised, username: 'alertmanager', severity: 'critical', title: 'HighLoad (web1:9100)' }, { ...cleared, severity: 'ok' }],
	],
	Prometheus: [[hook('alertmanager', 'alertmanager_firing')], [{ ...raised, title: 'HighLoad (web1:9100)' }]],
	Grafana: [
		[hook('grafana', 'grafana_firing'), hook('grafana', 'grafana_legacy_alerting')],
		[
			{ ...raised, title: 'High memory use (web1)', message: 'Memory of web1 is at 92 %' },
			{ ...raised, title: 'High memory use (web2)', message: 'B of web2 is 91.7, C of web2 is 1' },
			{ ...raised, title: 'Queue length' },
		],
	],
	GitHub: [
		[hook('github', 'github_push', { 'X-GitHub-Event': 'push' }), hook('github', 'github_workflow_failure', { 'X-GitHub-Event': 'workflow_run' })],
		[{ type: 'message', title: 'octo/app', username: 'github' }, { ...raised, key: 'octo/app/ci.yml/main' }],
	],
	'Gitea, Forgejo': [
		[hook('gitea', 'gitea_push', { 'X-Gitea-Event': 'push' })],
		[{ type: 'message', title: 'octo/app', message: 'ann pushed 1 commit to main\nbffeb74 Webhooks yay' }],
	],
	GitLab: [
		[hook('gitlab', 'gitlab_merge_request'), hook('gitlab', 'gitlab_pipeline_failed')],
		[{ type: 'message', title: 'mike/diaspora' }, { ...raised, title: 'pipeline failed on main (mike/diaspora)' }],
	],
	'Uptime Kuma': [
		[hook('kuma', 'generic_uptime_kuma_down'), hook('kuma', 'generic_uptime_kuma_up')],
		[{ ...raised, title: 'Shop (web)', severity: 'error' }, cleared],
	],
	Sentry: [
		[
			hook('sentry', 'sentry_event_alert', { 'Sentry-Hook-Resource': 'event_alert' }),
			hook('sentry', 'sentry_metric_critical', { 'Sentry-Hook-Resource': 'metric_alert' }),
			hook('sentry', 'sentry_plugin'),
		],
		[{ type: 'message', title: 'Very important' }, { ...raised, title: 'Critical: Too many errors' }, { type: 'message' }],
	],
	Healthchecks: [
		[hook('generic', 'generic_healthchecks_down'), hook('generic', 'generic_healthchecks_up')],
		[{ ...raised, title: 'Nightly backup', severity: 'error' }, cleared],
	],
	'Slack webhooks': [
		[
			hook('generic', 'generic_slack'),
			http('/hooks/generic/ops', form, `payload=${encodeURIComponent('{"text":"Deployed <https://ci.example.org|app>"}')}`),
		],
		[{ type: 'message', username: 'deploy' }, { type: 'message', message: 'Deployed app (https://ci.example.org)' }],
	],
	Watchtower: [[hook('generic', 'generic_shoutrrr')], [{ type: 'message', title: 'Watchtower updates on web1' }]],
	'Home Assistant': [
		[http('/push/ops', {}, { message: 'The washing machine is done', title: 'Home' })],
		[{ type: 'message', title: 'Home', message: 'The washing machine is done' }],
	],
	ntfy: [
		[http('/push/ops', { 'X-Title': 'Disk', Priority: 'high', Tags: 'warning,skull', Click: 'https://disk.example.org/' }, 'The disk is full')],
		[{ title: 'Disk', priority: 4, tags: ['warning', 'skull'], click: 'https://disk.example.org/', message: 'The disk is full' }],
	],
	Apprise: [
		[http('/push/ops/', {}, { version: '1.0', title: 'Backup', message: 'done', attachments: [], type: 'info' })],
		[{ type: 'info', title: 'Backup', message: 'done' }],
	],
	curl: [[shell(({ url }) => `curl -sS --fail -H 'Authorization: Bearer TOKEN' -d text ${url}/push/ops`)], [{ type: 'message', message: 'text' }]],
	cron: [
		[shell(({ url }) => `(echo one; echo two >&2) 2>&1 | curl -sS -T - '${url}/push/ops?token=TOKEN&title=backup'`)],
		[{ type: 'message', title: 'backup', message: 'one\ntwo' }],
	],
	systemd: [[unit(0), unit(1)], [{ ...raised, key: 'backup.service', title: 'backup.service has failed' }, cleared]],
	terminals: [
		[shell(({ host, linePort }) => `(echo /join ops; echo one; echo two) | nc -N ${host} ${linePort}`)],
		[{ type: 'message', message: 'one' }, { type: 'message', message: 'two' }],
	],
};

test('the document and this file name the same programs', () => {
	const table = document.slice(document.indexOf('| program |'), document.indexOf('### Units'));
	const named = [...table.matchAll(/^\| ([^|]+?) \|/gm)].map(([, name]) => name).filter((name) => name !== 'program' && name !== '---');
	assert.deepEqual(named, Object.keys(programs));
});

const pick = (object, keys) => Object.fromEntries(keys.map((key) => [key, object[key]]));

test('what a program sends arrives as the document says, and nothing else', (t) =>
	withDaemon(noRateLimit, async (daemon) => {
		const reader = await daemon.ws('/ws?room=ops');
		for (const [name, [requests, expected]] of Object.entries(programs))
			await t.test(name, async () => {
				for (const request of requests)
					await request(daemon);
				const got = await receive(reader, expected.length);
				assert.deepEqual(got.map((object, n) => pick(object, Object.keys(expected[n]))), expected);
			});
		assert.deepEqual(await reader.drain(), []);
	}));
