// Prometheus reads our metrics and has alerts of its own; Alertmanager sends them to us. Both are configured as the
// documents say.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { noRateLimitWith, until } from '../lib/chat.mjs';
import { eventually, sourceDir, startDaemon, temporaryFolder } from '../lib/daemon.mjs';
import { expectJson, get, poll } from '../lib/doors.mjs';
import { sha256 } from '../lib/jwt.mjs';
import { freePort } from '../lib/raw.mjs';
import { readSections } from '../docs/read.mjs';

const bin = path.join(sourceDir, 'build/programs/bin');
const lacking = ['prometheus', 'prometheus-alertmanager'].filter((name) => !existsSync(path.join(bin, name)));

/** Starts the program; it ends with the body. */
async function withProgram(name, args, body) {
	const child = spawn(path.join(bin, name), args, { cwd: temporaryFolder(), stdio: ['ignore', 'ignore', 'pipe'] });
	let errors = '';
	child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
	try {
		await body();
	} catch (error) {
		error.message += `\n${name} said: ${errors.slice(-2000)}`;
		throw error;
	} finally {
		child.kill('SIGKILL');
	}
}

function save(folder, name, text) {
	writeFileSync(path.join(folder, name), text);
	return path.join(folder, name);
}

/** The YAML of a document that begins with the word, for this port and the token in this folder. */
function exampleOf(document, word, port, folder) {
	const blocks = readSections(document).flatMap(([, all]) => all);
	const example = blocks.find(({ language, text }) => language === 'yaml' && text.startsWith(`${word}:`));
	return example.text.replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`).replace('/etc/prometheus/linnet.token', path.join(folder, 'token'));
}

const rules = {
	groups: [{
		name: 'visitors',
		rules: [{
			alert: 'Visitors',
			expr: 'linnet_connections{transport="ws"} > 0',
			labels: { severity: 'warning' },
			annotations: { summary: '{{ $value }} here' },
		}],
	}],
};

function withPrograms(port, body) {
	const folder = temporaryFolder();
	return Promise.all([freePort(), freePort()]).then(([ownPort, alertPort]) => {
		save(folder, 'token', 'root-secret');
		const often = 'route:\n  group_wait: 1s\n  group_interval: 1s';
		const alerts = save(folder, 'alertmanager.yml', exampleOf('docs/PROGRAMS.md', 'route', port, folder).replace('route:', often));
		const more = { // JSON is YAML as well
			global: { scrape_interval: '1s', evaluation_interval: '1s' },
			rule_files: [save(folder, 'rules.yml', JSON.stringify(rules)), path.join(sourceDir, 'config/prometheus-rules.yml')],
			alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertPort}`] }] }] },
		};
		const metrics = save(folder, 'prometheus.yml', [
			...Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
			exampleOf('docs/OPERATIONS.md', 'scrape_configs', port, folder),
		].join('\n'));
		const alertArgs = [`--config.file=${alerts}`, '--storage.path=data', `--web.listen-address=127.0.0.1:${alertPort}`, '--cluster.listen-address='];
		const ownArgs = [`--config.file=${metrics}`, '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${ownPort}`];
		return withProgram('prometheus-alertmanager', alertArgs, () =>
			withProgram('prometheus', ownArgs, () => body(`http://127.0.0.1:${alertPort}`)),
		);
	});
}

const standing = async (daemon) =>
	(await poll(daemon, 'ops', 'wait=0')).messages.filter((one) => one.standing).map(({ title }) => title);

/** Gives Alertmanager an alert of its own. */
async function alert(url, alertname) {
	const answer = await fetch(`${url}/api/v2/alerts`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify([{ labels: { alertname, severity: 'critical' }, annotations: { summary: 'from its API' } }]),
	});
	assert.equal(answer.status, 200);
}

/** Waits until Alertmanager could not deliver something. */
const waitForFailure = (url) =>
	eventually(async () => {
		const text = await (await fetch(`${url}/metrics`)).text();
		assert.match(text, /^alertmanager_notification_requests_failed_total\{integration="webhook"[^}]*\} [1-9]/m);
	}, 'a failed delivery');

test('alerts are raised and cleared, and none is lost while linnetd is away', {
	skip: lacking.length > 0 && `${lacking.join(' and ')} not installed`,
}, async () => {
	const port = await freePort();
	const folder = temporaryFolder();
	const tokens = `auth.tokens=( { name = "root"; token_sha256 = "${sha256('root-secret')}"; admin = true; } )`;
	const life = () => startDaemon({ ...noRateLimitWith(`http.port=${port}`, tokens), folder });
	let daemon = await life();
	try {
		await withPrograms(port, async (alertmanager) => {
			const visitor = await daemon.ws('/ws?room=ops');
			const raised = (await until(visitor, ({ type }) => type === 'alarm')).at(-1);
			assert.deepEqual([raised.title, raised.severity, raised.message, raised.state], [`Visitors (127.0.0.1:${port})`, 'warning', '1 here', 'raised']);

			await daemon.crash();
			await alert(alertmanager, 'Disk');
			await waitForFailure(alertmanager);
			daemon = await life();
			await eventually(async () => assert.deepEqual(await standing(daemon), ['Disk']), 'one raised, the other cleared');
			const { messages } = await expectJson(get(daemon, '/history/ops'));
			assert.deepEqual(messages.map(({ title, state }) => `${title} ${state}`).sort(),
				['Disk raised', `Visitors (127.0.0.1:${port}) cleared`, `Visitors (127.0.0.1:${port}) raised`]);
		});
	} finally {
		await daemon.stop();
	}
});
