// config/certbot/linnet-deploy, as certbot runs it: linnetd gets each new certificate.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually, sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { askTls, makeCertificate } from '../lib/tls.mjs';

const hook = path.join(sourceDir, 'config/certbot/linnet-deploy');

/** A folder with a certificate, as private as certbot makes it. renew() puts a new one there. */
function makeLineage() {
	const folder = temporaryFolder();
	const lineage = path.join(folder, 'live');
	mkdirSync(lineage);
	const renew = () => {
		const made = makeCertificate();
		copyFileSync(made.certificate, path.join(lineage, 'fullchain.pem'));
		copyFileSync(made.key, path.join(lineage, 'privkey.pem'));
		chmodSync(path.join(lineage, 'privkey.pem'), 0o600);
		return made;
	};
	return { lineage, renew };
}

/** Stand-ins: an install without the group, which this machine may not have, and a systemctl that signals. */
function makePrograms() {
	const folder = temporaryFolder();
	const write = (name, text) => writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
	write('install', '[ "$1 $2 $3 $4" = "-m 0640 -g linnet" ] && shift 4 && exec /usr/bin/install -m 0640 "$@"');
	write('systemctl', '[ "$*" = "try-reload-or-restart linnetd.service" ] && [ "$DAEMON" ] && kill -HUP "$DAEMON"');
	return folder;
}

function runHook(folder, lineage, pid = '') {
	const { status, stderr } = spawnSync(hook, [folder], {
		encoding: 'utf8',
		env: { PATH: `${makePrograms()}:${process.env.PATH}`, DAEMON: `${pid}`, ...(lineage && { RENEWED_LINEAGE: lineage }) },
	});
	return { status, stderr };
}

test('the hook of certbot copies the certificate and its key, and linnetd shows each new one', async () => {
	const folder = temporaryFolder();
	const { lineage, renew } = makeLineage();
	const first = renew();
	runHook(folder, lineage);
	assert.deepEqual(readdirSync(folder).sort(), ['fullchain.pem', 'privkey.pem']);
	for (const file of readdirSync(folder)) {
		assert.equal(statSync(path.join(folder, file)).mode & 0o777, 0o640);
		assert.deepEqual(readFileSync(path.join(folder, file)), readFileSync(path.join(lineage, file)));
	}
	const settings = [`http.tls_certificate=${folder}/fullchain.pem`, `http.tls_key=${folder}/privkey.pem`];
	await withDaemon({ settings }, async (daemon) => {
		assert.equal((await askTls(daemon, first, 'GET', '/healthz')).status, 200);
		const second = renew();
		assert.deepEqual(runHook(folder, lineage, daemon.pid), { status: 0, stderr: '' });
		await eventually(async () => assert.equal((await askTls(daemon, second, 'GET', '/healthz')).status, 200),
			'the new certificate');
	});
});

test('without a key the hook of certbot fails and changes nothing', () => {
	const folder = temporaryFolder();
	const { lineage } = makeLineage();
	writeFileSync(path.join(lineage, 'fullchain.pem'), 'half');
	assert.notEqual(runHook(folder, lineage).status, 0);
	assert.ok(!existsSync(path.join(folder, 'fullchain.pem')));
	assert.match(runHook(folder).stderr, /RENEWED_LINEAGE: is set by certbot/);
});
