// The command line: flags, exit statuses, configuration errors.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { binary, runDaemon, sourceDir, temporaryFile, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { ask } from '../lib/raw.mjs';

const hasIPv6 = Object.values(networkInterfaces())
	.flat()
	.some(({ address }) => address === '::1');

function saveConfig(text) {
	const file = path.join(temporaryFolder(), 'linnet.cfg');
	writeFileSync(file, text);
	return file;
}

test('-h and --help name every flag and exit with status 0', async () => {
	for (const flag of ['-h', '--help']) {
		const { code, stdout } = await runDaemon({ args: [flag] });
		assert.equal(code, 0);
		for (const name of ['--config', '--set', '--check', '--dump', '--help'])
			assert.ok(stdout.includes(name), `${name} is not in the help`);
	}
});

test('-V and --version print the version and exit with status 0', async () => {
	for (const flag of ['-V', '--version']) {
		const { code, stdout } = await runDaemon({ args: [flag] });
		assert.equal(code, 0);
		assert.match(stdout, /\b\d+\.\d+\.\d+\b/);
	}
});

test('what cannot be printed is an error with status 3', () => {
	const secret = temporaryFile('jwt.secret', `${'s'.repeat(40)}\n`);
	const full = openSync('/dev/full', 'w');
	for (const args of [['-h'], ['-V'], ['-T'], ['-t'], ['-s', `auth.jwt_secret_file=${secret}`, '--make-token', 'ann']]) {
		const root = path.join(sourceDir, 'public');
		const { status, stderr } = spawnSync(binary, ['-s', `http.root=${root}`, ...args], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
		assert.equal(status, 3, args.join(' '));
		assert.match(stderr, /linnetd: cannot write to standard output/);
	}
	closeSync(full);
});

test('bad usage prints what is wrong and exits with status 2', async () => {
	for (const args of [['--nonsense'], ['-x'], ['-c'], ['-s'], ['stray']]) {
		const { code, stderr } = await runDaemon({ args });
		assert.equal(code, 2, `${args} ended with ${code}`);
		assert.notEqual(stderr, '');
	}
});

test('-t accepts a valid configuration without an error message', async () => {
	const { code, stderr } = await runDaemon({
		config: 'http: { port = 8080; };\nchat: { default_room = "kitchen"; };\n',
		args: ['-t'],
	});
	assert.equal(code, 0, stderr);
	assert.doesNotMatch(stderr, /linnet\.cfg:/);
});

test('-t reports every error with file and line and suggests the right key', async () => {
	const file = saveConfig(
		[
			'http: {',
			'    adress = "127.0.0.1";',
			'    port = 70000;',
			'};',
			'limits: {',
			'    connections = "many";',
			'    queue_byte = 65536;',
			'};',
			'heartbeet: { ping_s = 3; };',
		].join('\n'),
	);
	const { code, stderr } = await runDaemon({ args: ['-t', '-c', file] });
	assert.equal(code, 1);
	const lines = stderr.split('\n');
	const about = (number) => {
		const line = lines.find((text) => text.startsWith(`${file}:${number}: `));
		assert.ok(line, `nothing about line ${number} in:\n${stderr}`);
		return line;
	};
	assert.match(about(2), /adress.*did you mean.*address/);
	assert.match(about(3), /port/);
	assert.match(about(6), /connections/);
	assert.match(about(7), /queue_byte.*did you mean.*queue_bytes/);
	assert.match(about(9), /heartbeet.*did you mean.*heartbeat/);
});

test('a file that is not a configuration at all is refused with the line of the error', async () => {
	const file = saveConfig('http: {\n    port = 8000;\n    what is this\n};\n');
	const { code, stderr } = await runDaemon({ args: ['-t', '-c', file] });
	assert.equal(code, 1);
	assert.ok(stderr.includes(`${file}:3: `), stderr);
});

test('a missing configuration file is an error; the defaults are not used instead', async () => {
	const file = path.join(temporaryFolder(), 'missing.cfg');
	for (const args of [['-t', '-c', file], ['-c', file]]) {
		const { code, stderr } = await runDaemon({ args });
		assert.equal(code, 1);
		assert.ok(stderr.includes(file), stderr);
	}
});

test('a wrong setting on the command line is refused and the right key suggested', async () => {
	const { code, stderr } = await runDaemon({ args: ['-s', 'http.prot=0'] });
	assert.equal(code, 1);
	assert.match(stderr, /http\.prot.*did you mean.*http\.port/);
	const range = await runDaemon({ args: ['-s', 'http.port=70000'] });
	assert.equal(range.code, 1);
	assert.match(range.stderr, /http\.port/);
});

test('-T prints a configuration that -t accepts and that means the same', async () => {
	const settings = ['http.port=8123', 'chat.default_room=say "hi" \\o', 'limits.connections=77'];
	const first = await runDaemon({ settings, args: ['-T'] });
	assert.equal(first.code, 0, first.stderr);
	assert.match(first.stdout, /8123/);
	const check = await runDaemon({ config: first.stdout, args: ['-t'] });
	assert.equal(check.code, 0, check.stderr);
	const second = await runDaemon({ config: first.stdout, args: ['-T'] });
	assert.equal(second.stdout, first.stdout);
});

test('a setting on the command line wins over the file', async () => {
	const { stdout } = await runDaemon({
		config: 'chat: { default_room = "file"; };',
		settings: ['chat.default_room=flag'],
		args: ['-T'],
	});
	assert.match(stdout, /default_room\s*=\s*"flag"/);
});

test('a list of groups can be set on the command line and appears in the dump', async () => {
	const settings = [
		'tails=( { room = "syslog"; path = "/var/log/syslog"; } )',
		'line.enabled=false',
		'auth.tokens=({name="ci"; token_file="no such file"; rooms=["ops"];})',
	];
	const { code, stdout, stderr } = await runDaemon({ settings, args: ['-T'] });
	assert.equal(code, 0, stderr);
	assert.match(stdout, /\{ room = "syslog"; path = "\/var\/log\/syslog"; lines = 100; rate = 200; \}/);
	assert.match(stdout, /line = \{[^}]*enabled = false;/);
	assert.match(stdout, /\{ name = "ci"; token_file = "no such file"; .*rooms = \[ "ops" \];/);
});

test('a tail in a chat room is refused with the line of the tail', async () => {
	const file = saveConfig('tails = (\n{ room = "lobby"; path = "/var/log/syslog"; } );\n');
	const { code, stderr } = await runDaemon({ args: ['-t', '-c', file] });
	assert.equal(code, 1);
	assert.ok(stderr.includes(`${file}:2: tails item 1: `), stderr);
	assert.match(stderr, /chat\.default_room.*"lobby"/);
});

test('-T masks the hash of a token, and -t accepts the output', async () => {
	const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
	const config = `auth = { tokens = ( { name = "ci"; token_sha256 = "${hash}"; } ); };`;
	const { code, stdout } = await runDaemon({ config, args: ['-T'] });
	assert.equal(code, 0);
	assert.ok(!stdout.includes(hash), stdout);
	assert.match(stdout, /name = "ci"/);
	const check = await runDaemon({ config: stdout, args: ['-t'] });
	assert.equal(check.code, 0, check.stderr);
});

test('an unreadable file of a token or of its hook secret is a configuration error', async () => {
	const missing = path.join(temporaryFolder(), 'ci.token');
	const files = [`token_file = "${missing}";`, `token_sha256 = "${'0'.repeat(64)}"; hook_secret_file = "${missing}";`];
	for (const file of files) {
		for (const args of [['-t'], []]) {
			const config = `auth = { tokens = ( { name = "ci"; ${file} } ); };`;
			const { code, stdout, stderr } = await runDaemon({ config, settings: ['http.port=0'], args });
			assert.equal(code, 1, stderr);
			assert.doesNotMatch(stdout, /good/);
			assert.match(stderr, /\bci\b.*No such file/);
			assert.ok(stderr.includes(missing), stderr);
			assert.doesNotMatch(stderr, /ready|stopped/);
		}
	}
});

test('a readable token file passes the check and the start', async () => {
	const token = path.join(temporaryFolder(), 'ci.token');
	writeFileSync(token, 's3cret\r\n');
	const config = `auth = { tokens = ( { name = "ci"; token_file = "${token}"; } ); };`;
	const check = await runDaemon({ config, args: ['-t'] });
	assert.equal(check.code, 0, check.stderr);
	await withDaemon({ config }, async (daemon) => {
		assert.equal((await ask(daemon, 'GET', '/')).status, 200);
	});
});

test('a port in use ends the start with status 3, and -t does not check ports', async () => {
	const other = net.createServer();
	await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
	const { port } = other.address();
	const settings = [`http.port=${port}`];
	try {
		const start = await runDaemon({ settings });
		assert.equal(start.code, 3, start.stderr);
		assert.ok(start.stderr.includes(String(port)), start.stderr);
		assert.match(start.stderr, /the address is in use: stop the other program, or set another/);
		const check = await runDaemon({ settings, args: ['-t'] });
		assert.equal(check.code, 0, check.stderr);
	} finally {
		other.close();
	}
});

test("an address that is not this machine's ends the start with status 3", async () => {
	const { code, stderr } = await runDaemon({
		settings: ['http.port=0', 'http.address=192.0.2.1'],
	});
	assert.equal(code, 3, stderr);
	assert.ok(stderr.includes('192.0.2.1'), stderr);
});

test('a missing page folder ends the start with status 3', async () => {
	const root = path.join(temporaryFolder(), 'no such page');
	const { code, stderr } = await runDaemon({ settings: ['http.port=0', `http.root=${root}`] });
	assert.equal(code, 3, stderr);
	assert.ok(stderr.includes(root), stderr);
});

test('with port 0 two daemons run side by side and each logs its own port', () =>
	withDaemon({}, (first) =>
		withDaemon({}, async (second) => {
			assert.notEqual(first.port, second.port);
			for (const daemon of [first, second])
				assert.equal((await ask(daemon, 'GET', '/')).status, 200);
		}),
	));

test('an IPv6 address is served and printed in brackets', { skip: !hasIPv6 }, () =>
	withDaemon({ settings: ['http.address=::1'] }, async (daemon) => {
		assert.equal(daemon.host, '[::1]');
		assert.equal((await ask(daemon, 'GET', '/')).status, 200);
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		ann.sendJson({ message: 'over six' });
		assert.equal((await bob.nextJson()).message, 'over six');
	}),
);

test('the room and port of the configuration file are used', () =>
	withDaemon(
		{ config: 'chat: { default_room = "kitchen"; };\nhttp: { port = 1; };\n' },
		async (daemon) => {
			const [ann, bob] = [await daemon.ws(), await daemon.ws()];
			ann.sendJson({ message: 'tea?' });
			assert.equal((await bob.nextJson()).room, 'kitchen');
		},
	));

test('SIGTERM and SIGINT end the daemon with status 0 from the moment it logs ready', async () => {
	for (let n = 0; n < 10; n++)
		await withDaemon({}, (daemon) => daemon.stop(n % 2 ? 'SIGINT' : 'SIGTERM'));
});
