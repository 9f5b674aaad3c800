// The fail2ban filter matches the addresses that the daemon refuses, and no others.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually, sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { get, post } from '../lib/doors.mjs';
import { bearer, jwtConfig, sign, withJwt } from '../lib/jwt.mjs';
import { Terminal } from '../lib/line.mjs';
import { connect } from '../lib/raw.mjs';

const filter = path.join(sourceDir, 'config/fail2ban/filter.d/linnetd.conf');

const definitions = readFileSync(filter, 'utf8');
const prefix = /^_prefix = (.*)$/m.exec(definitions)[1];

/** Returns the filter's regular expressions. */
const expressions = definitions.match(/(?<=^(?:failregex =)?\s+)\^.*$/gm).map((text) =>
	new RegExp(text.replace('%(_prefix)s', prefix).replace('<ADDR>', '(?<address>[0-9a-fA-F:.]+)')));

const addressesIn = (lines) => lines.flatMap((line) => expressions.flatMap((expression) => expression.exec(line)?.groups.address ?? []));

const from = (address) => ({ 'X-Forwarded-For': address });

const trusting = 'http.trusted_proxies=["127.0.0.1"]';

/** Makes requests that are refused, each from another address, and some that are accepted. */
async function provoke(daemon) {
	await get(daemon, '/rooms', { headers: { ...from('198.51.100.1'), ...bearer(sign({ sub: 'ann' }, { key: 'x' })) } });
	await post(daemon, '/push/ops', 'm', { ...from('2001:db8::2'), ...bearer('guess') });
	await get(daemon, '/admin/sessions', { headers: { ...from('198.51.100.3'), ...bearer('ci-secret') } });
	await post(daemon, '/admin/ban', { address: '198.51.100.4' }, bearer('root-secret'));
	await get(daemon, '/', { headers: from('198.51.100.4') });
	await get(daemon, '/rooms', { headers: from('203.0.113.1') });
	await get(daemon, '/rooms', { headers: { ...from('203.0.113.2'), ...bearer(sign({ sub: 'ann', exp: 1 })) } });
	await get(daemon, '/rooms', { headers: { ...from('203.0.113.3'), ...bearer(sign({ sub: 'ann' })) } });
	const forged = 'x refused peer=203.0.113.4 why=bad_token';
	for (const origin of [forged, `host linnetd[7]: ${forged}`, forged.slice(2)])
		await get(daemon, '/rooms', { headers: { Origin: origin } });
	await post(daemon, '/admin/mute', { username: forged }, bearer('root-secret'));
}

const found = ['198.51.100.1', '2001:db8::2', '198.51.100.3', '198.51.100.4'];

async function assertFound(daemon) {
	await provoke(daemon);
	await eventually(() => assert.match(daemon.stderr, /muted/), 'the last line');
	assert.deepEqual(addressesIn(daemon.log), found);
	assert.deepEqual(addressesIn(daemon.log.map((line) => `host linnetd[7]: ${line}`)), found);
}

test('the filter finds refused addresses in the text log', () => withJwt(assertFound, { settings: [trusting] }));

test('the filter finds the same addresses in the JSON log', () => {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	const config = jwtConfig();
	writeFileSync(file, config);
	return withDaemon({ args: ['-c', file], settings: [trusting] }, async (daemon) => {
		writeFileSync(file, `${config}\nlog = { format = "json"; };\n`);
		daemon.signal('SIGHUP');
		await daemon.waitForLog(/"event":"reloaded"/);
		await assertFound(daemon);
	});
});

for (const format of ['text', 'json'])
	test(`the filter finds clients of other protocols at the line port in the ${format} log`, () =>
		withDaemon({ config: `log = { format = "${format}"; };` }, async (daemon) => {
			const client = new Terminal(await connect(daemon, daemon.linePort));
			await client.raw.write('GET / HTTP/1.1\r\n\r\n');
			assert.deepEqual(await client.rest(), []);
			await daemon.waitForLog(/protocol.*http/);
			assert.deepEqual(addressesIn(daemon.log), ['127.0.0.1']);
		}));

test('the filter finds addresses that flood', () =>
	withJwt(async (daemon) => {
		const flood = await daemon.ws('/ws', { headers: { ...from('198.51.100.5'), ...bearer(sign({ sub: 'ann' })) } });
		for (let n = 0; n < 200; n++)
			flood.sendJson({ type: 'ping' });
		assert.equal((await flood.closed).code, 1008);
		await daemon.waitForLog(/^flooding session=\d+ peer=198\.51\.100\.5 door=ws refusals=\d+ wait_ms=\d+ username=ann room=lobby level=warn$/);
		assert.deepEqual(addressesIn(daemon.log), ['198.51.100.5']);
	}, { settings: [trusting, 'limits.message_rate=0.001', 'limits.message_burst=1'] }));

const hasFail2ban = spawnSync('fail2ban-regex', ['--version']).status === 0;

test('fail2ban itself finds the same addresses', { skip: !hasFail2ban && 'fail2ban is not installed' }, () =>
	withJwt(async (daemon) => {
		await provoke(daemon);
		await eventually(() => assert.match(daemon.stderr, /muted/), 'the last line');
		const log = path.join(temporaryFolder(), 'log');
		const old = [
			'refused peer=198.51.100.5 why=bad_token',
			'flooding session=7 peer=198.51.100.6 door=ws refusals=100 wait_ms=199',
			'{"ts":1795168487123,"level":"info","event":"refused","peer":"198.51.100.7","why":"banned"}',
			'{"ts":1795168487123,"level":"warn","event":"refused","peer":"198.51.100.8","why":"bad_token","door":"push"}',
		];
		const syslog = (line) => `Nov 20 15:22:56 host linnetd[7]: ${line}`;
		const forged = 'session_name session=7 peer=127.0.0.1 username="x ts=2020-01-01T00:00:00.000Z" was=guest-1 ts=2026-11-20T15:22:56.000Z';
		writeFileSync(log, [daemon.stderr, ...daemon.log.map(syslog), ...old.map(syslog), ...old.slice(2), forged].join('\n'));
		const { stdout } = spawnSync('fail2ban-regex', ['-v', '--print-all-matched', log, filter], { encoding: 'utf8' });
		assert.match(stdout, new RegExp(`\\b${2 * found.length + old.length + 2} matched\\b`), stdout);
		assert.doesNotMatch(stdout, /without date|2020/);
		// The times of the JSON lines without syslog's.
		assert.equal(stdout.split('Nov 20 09:54:47 2026').length - 1, 2, stdout);
	}, { settings: [trusting], env: { TZ: 'UTC' } }));
