// Which configuration files are read, what -t finds, and --make-token.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { answerTo, say } from '../lib/chat.mjs';
import { eventually, isSlowRun, runDaemon, temporaryFile, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { assertRefused, expectJson, get } from '../lib/doors.mjs';
import { makeEtc, needsEtc } from '../lib/etc.mjs';
import { bearer, jwtConfig, sha256, tokens } from '../lib/jwt.mjs';

const room = (name) => `rooms = ( { name = "${name}"; } );\n`;
const roomsOf = async (daemon) => (await expectJson(get(daemon, '/rooms'))).rooms.map((one) => one.room).sort();
const namesIn = (dump) => [...dump.matchAll(/^\t\{ name = "(\w+)"/gm)].map(([, name]) => name);
const dumpOf = async (options) => {
	const { code, stdout, stderr } = await runDaemon({ ...options, args: [...(options.args ?? []), '-T'] });
	assert.equal(code, 0, stderr);
	return stdout;
};

test('a second -c adds its groups and replaces values, and -s replaces both', async () => {
	const first = temporaryFile('a.cfg', `${room('ops')}limits = { name_bytes = 10; room_bytes = 20; };\n`);
	const second = temporaryFile('b.cfg', `${room('dev')}limits = { name_bytes = 11; };\n`);
	const args = ['-c', first, '-c', second];
	await withDaemon({ args }, async (daemon) => assert.deepEqual(await roomsOf(daemon), ['dev', 'lobby', 'ops']));
	const dump = await dumpOf({ args });
	assert.match(dump, /name_bytes = 11;/);
	assert.match(dump, /room_bytes = 20;/);
	const replaced = await dumpOf({ args, settings: ['rooms=({ name = "one"; })'] });
	assert.deepEqual(namesIn(replaced), ['one']);
});

test('a name in two files is an error that names both places', async () => {
	const first = temporaryFile('a.cfg', `\n${room('ops')}`);
	const second = temporaryFile('b.cfg', room('ops'));
	const { code, stderr } = await runDaemon({ args: ['-t', '-c', first, '-c', second] });
	assert.equal(code, 1);
	assert.ok(stderr.startsWith(`${second}:1: rooms item 1: name "ops" is already used by rooms item 1 at ${first}:2; `), stderr);
});

test('conf.d is read by name behind the default file, but not with -c', needsEtc, async () => {
	const { folder, wrapper } = makeEtc();
	const confd = path.join(folder, 'conf.d');
	mkdirSync(confd);
	writeFileSync(path.join(folder, 'linnet.cfg'), `${room('main')}limits = { name_bytes = 10; };\n`);
	writeFileSync(path.join(confd, '20.cfg'), `${room('b')}limits = { name_bytes = 12; };\n`);
	writeFileSync(path.join(confd, '10.cfg'), `${room('a')}limits = { name_bytes = 11; };\n`);
	for (const ignored of ['30.cfg.bak', '.40.cfg', '50.conf', 'cfg'])
		writeFileSync(path.join(confd, ignored), 'this is no configuration');
	const checked = await runDaemon({ wrapper, args: ['-t'] });
	assert.equal(checked.code, 0, checked.stderr);
	assert.match(checked.stdout, /^read \/etc\/linnet\/linnet\.cfg\nread \/etc\/linnet\/conf\.d\/10\.cfg\nread \/etc\/linnet\/conf\.d\/20\.cfg\nthe configuration is good/);
	const dump = await dumpOf({ wrapper });
	assert.match(dump, /name_bytes = 12;/);
	assert.deepEqual(namesIn(dump), ['main', 'a', 'b']);
	assert.doesNotMatch(await dumpOf({ wrapper, config: room('mine') }), /"(main|a|b)"/);
	rmSync(path.join(folder, 'linnet.cfg'));
	assert.deepEqual(namesIn(await dumpOf({ wrapper })), ['a', 'b']);
	writeFileSync(path.join(confd, '20.cfg'), '\nlimits = { name_byte = 1; };\n');
	const wrong = await runDaemon({ wrapper, args: ['-t'] });
	assert.equal(wrong.code, 1);
	assert.match(wrong.stderr, /^\/etc\/linnet\/conf\.d\/20\.cfg:2: unknown key/);
});

test('a reload reads the files that are in conf.d then', needsEtc, async () => {
	const { folder, wrapper } = makeEtc();
	const confd = path.join(folder, 'conf.d');
	await withDaemon({ wrapper }, async (daemon) => {
		const reload = async (logged, count = 1) => {
			const seen = daemon.log.length;
			daemon.signal('SIGHUP');
			await eventually(() => assert.equal(daemon.log.slice(seen).filter((line) => logged.test(line)).length, count), `${logged}`);
		};
		mkdirSync(confd);
		writeFileSync(path.join(confd, 'a.cfg'), room('a'));
		writeFileSync(path.join(confd, 'b.cfg'), room('b'));
		await reload(/^reloaded key=rooms added=[ab]\b/, 2);
		assert.deepEqual(await roomsOf(daemon), ['a', 'b', 'lobby']);
		rmSync(path.join(confd, 'a.cfg'));
		await reload(/^reloaded key=rooms removed=a\b/);
		assert.deepEqual(await roomsOf(daemon), ['b', 'lobby']);
		rmSync(confd, { recursive: true });
		writeFileSync(confd, 'no folder');
		await reload(/^reloaded key=rooms removed=b\b/);
		assert.deepEqual(await roomsOf(daemon), ['lobby']);
	});
});

// Each case is a configuration, and what -t says about each of its errors.
const refused = {
	'a missing page': ['http = {\n root = "/nowhere";\n};', [/^FILE:2: http\.root \/nowhere: .*No such file.*; set .* index\.html$/]],
	'a page without an index': ['http = { root = "/proc/self"; };', [/^FILE:1: http\.root \/proc\/self: .*index\.html$/]],
	'a missing folder of the store': ['store = {\n\npath = "/nowhere/linnet.db"; };', [/^FILE:3: store\.path \/nowhere\/linnet\.db: its folder .*No such file/]],
	'a folder as the store': ['store = { path = "/proc"; };', [/^FILE:1: store\.path \/proc: it is a folder$/]],
	'a device as the store': ['store = { path = "/dev/null"; };', [/^FILE:1: store\.path \/dev\/null: it is not a file$/]],
	'two listeners on one address': [
		'http = { address = "0.0.0.0"; port = 7000; };\nline = { port = 7000; };',
		[/^FILE:2: http and line cannot both listen on port 7000 of overlapping addresses; change http\.port or line\.port$/],
	],
	'all secrets, the certificate, its key, the page and the store': [
		`http = {
			tls_certificate = "/no/cert";
			tls_key = "/no/key"; root = "/no/page"; };
		auth = { jwt_secret_file = "/no/jwt"; tokens = (
			{ name = "a"; token_file = "/no/a"; hook_secret_file = "/no/hook"; },
			{ name = "b"; token_file = "/no/b"; } ); };
		store = { path = "/no/db"; };`,
		[
			/^FILE:4: cannot read auth\.jwt_secret_file from \/no\/jwt: No such file/,
			/^FILE:5: auth\.tokens item 1: cannot read the token of a from \/no\/a: No such file/,
			/^FILE:5: auth\.tokens item 1: cannot read the hook secret of a from \/no\/hook: No such file/,
			/^FILE:6: auth\.tokens item 2: cannot read the token of b from \/no\/b: No such file/,
			/^FILE:2: http\.tls_certificate \/no\/cert: No such file/,
			/^FILE:3: http\.tls_key \/no\/key: No such file/,
			/^FILE:3: http\.root \/no\/page: /,
			/^FILE:7: store\.path \/no\/db: its folder /,
		],
	],
};

for (const [what, [config, errors]] of Object.entries(refused)) {
	test(`-t and the start refuse ${what}`, async () => {
		const file = temporaryFile('linnet.cfg', config);
		const folder = temporaryFolder();
		const { code, stdout, stderr } = await runDaemon({ folder, args: ['-t', '-c', file] });
		assert.equal(code, 1, stderr);
		const lines = stderr.replaceAll(file, 'FILE').trimEnd().split('\n');
		assert.equal(lines.length, errors.length, stderr);
		errors.forEach((pattern, n) => assert.match(lines[n], pattern));
		assert.equal(stdout, `read ${file}\n`);
		assert.deepEqual(readdirSync(folder), [], 'something was written');
		const started = await runDaemon({ folder, args: ['-c', file] });
		assert.ok([1, 3].includes(started.code), started.stderr);
		assert.doesNotMatch(started.stderr, /\bready\b/);
	});
}

test('-t reads a good configuration, names its file and the user, and writes nothing', async () => {
	const folder = temporaryFolder();
	const file = temporaryFile('linnet.cfg', `auth = { ${tokens} };`);
	const { code, stdout, stderr } = await runDaemon({ folder, args: ['-t', '-c', file] });
	assert.deepEqual([code, stderr], [0, '']);
	assert.equal(stdout, `read ${file}\nthe configuration is good (checked as the user ${userInfo().username})\n`);
	assert.deepEqual(readdirSync(folder), []);
});

test('a log file that is missing is a warning, because it may come later', async () => {
	const config = 'tails = ( { room = "log"; path = "/nowhere/log"; } );';
	const { code, stderr } = await runDaemon({ config, args: ['-t'] });
	assert.equal(code, 0);
	assert.match(stderr, /^warning: .*linnet\.cfg:1: tails item 1: cannot read \/nowhere\/log: No such file/);
});

/** Makes a secret in a folder that everybody may enter, and a configuration with it. */
function exposedSecret(mode) {
	const folder = temporaryFolder();
	const secret = path.join(folder, 'secret');
	writeFileSync(secret, 'a-secret-of-a-program\n');
	chmodSync(secret, mode);
	chmodSync(folder, 0o755);
	return { secret, config: `auth = { tokens = ( { name = "ci"; token_file = "${secret}"; } ); };` };
}

test('a secret that everybody can read is a warning of -t, the start and a reload', async () => {
	const { secret, config } = exposedSecret(0o644);
	const warning = 'auth.tokens item 1: everybody on this machine can read the token of ci; run chmod o= ';
	const { code, stderr } = await runDaemon({ config, args: ['-t'] });
	assert.equal(code, 0);
	assert.ok(stderr.startsWith('warning: ') && stderr.includes(warning + secret), stderr);
	await withDaemon({ config }, async (daemon) => {
		const warnings = () => daemon.log.filter((line) => line.startsWith('config_warning') && line.includes(warning)).length;
		assert.equal(warnings(), 1);
		daemon.signal('SIGHUP');
		await eventually(() => assert.equal(warnings(), 2), 'the second warning');
	});
	chmodSync(secret, 0o640);
	assert.equal((await runDaemon({ config, args: ['-t'] })).stderr, '');
});

test('a secret or a folder of the store that only another user can use is an error', { skip: process.getuid() !== 0 || isSlowRun }, async () => {
	const { config, secret } = exposedSecret(0o600);
	const file = temporaryFile('linnet.cfg', config);
	chmodSync(path.dirname(file), 0o755);
	const folder = temporaryFolder();
	chmodSync(folder, 0o755);
	const wrapper = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
	const { code, stderr } = await runDaemon({ wrapper, folder, args: ['-t', '-c', file] });
	assert.equal(code, 1);
	const [first, second] = stderr.split('\n');
	assert.equal(first, `${file}:1: auth.tokens item 1: cannot read the token of ci from ${secret}: Permission denied`);
	assert.match(second, /^built-in default: store\.path linnet\.db: its folder cannot be used; create it, or let the user that runs linnetd write to it: Permission denied$/);
});

/** Makes a token with the daemon's configuration. */
async function makeToken(config, ...args) {
	const { code, stdout, stderr } = await runDaemon({ config, args: ['--make-token', ...args] });
	assert.deepEqual([code, stderr], [0, '']);
	assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
	return stdout.trim();
}

test('a token of --make-token opens its rooms under its name, and no other', async () => {
	const config = jwtConfig();
	const token = await makeToken(config, 'ann', 'ops');
	const all = await makeToken(config, '--days', '2', 'Bob Ü');
	const { exp, iat } = JSON.parse(Buffer.from(all.split('.')[1], 'base64url'));
	assert.equal(exp - iat, 2 * 86_400);
	const of = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
	assert.equal(of.exp - of.iat, 30 * 86_400);
	await withDaemon({ config }, async (daemon) => {
		const ann = await daemon.ws(`/ws?room=ops&token=${token}`);
		assert.equal(await say(ann, { message: 'hi' }), 1);
		const { messages } = await expectJson(get(daemon, '/history/ops', { headers: bearer(all) }));
		assert.deepEqual(messages.map(({ username, message }) => [username, message]), [['ann', 'hi']]);
		assert.equal((await answerTo(ann, { type: 'join', room: 'dev' })).code, 'denied');
		await assertRefused(get(daemon, '/history/dev', { headers: bearer(token) }), 403, 'denied');
	});
});

test('--make-token says why there is no token', async () => {
	const config = jwtConfig();
	const cases = [
		['', ['ann'], 1, /auth\.jwt_secret_file is not set; set it to a file/],
		['auth = { jwt_secret_file = "/nowhere"; };', ['ann'], 1, /linnet\.cfg:1: cannot read auth\.jwt_secret_file from \/nowhere: No such file/],
		[config, [], 2, /--make-token needs a name/],
		[config, [''], 2, /the name must/],
		[config, ['guest-1'], 2, /the name is reserved/],
		[config, ['n'.repeat(33)], 2, /the name is too long/],
		[config, ['ann', 'ops', 'a/b'], 2, /the name of room 2 must/],
		[config, ['ann', '*'], 2, /the name of room 1 must/],
		[config, ['ann', ...Array.from({ length: 100 }, (_, n) => `${n}`.padStart(64, 'r'))], 2, /the token has \d+ bytes, but linnetd accepts 4096; name fewer rooms/],
		[config, ['ann', '--days', '0'], 2, /--days must be a whole number from 1 to 36500, is 0/],
		[config, ['ann', '--days', 'x'], 2, /--days must be a whole number/],
	];
	for (const [text, args, status, why] of cases) {
		const { code, stdout, stderr } = await runDaemon({ config: text, args: ['--make-token', ...args] });
		assert.deepEqual([code, stdout], [status, ''], `${args}: ${stderr}`);
		assert.match(stderr, why);
	}
	assert.equal((await runDaemon({ args: ['--days', '3', '-t'] })).code, 2);
	assert.equal((await runDaemon({ config, args: ['--make-token', 'ann', '-T'] })).code, 2);
});

test('-V names the libraries', async () => {
	const { stdout } = await runDaemon({ args: ['-V'] });
	for (const name of ['linnetd', 'libwebsockets', 'libev', 'jansson', 'libconfig', 'sqlite', 'openssl', 'icu'])
		assert.match(stdout, new RegExp(`^${name} \\d+\\.\\d`, 'm'));
});

test('a reload says what changed from what to what, and hides secrets', async () => {
	const file = temporaryFile('linnet.cfg', 'rooms = ( { name = "ops"; topic = "before"; } );\n');
	await withDaemon({ args: ['-c', file] }, async (daemon) => {
		const reload = async (text) => {
			const seen = daemon.log.length;
			const isOver = (line) => /^reloaded( ts=\S+)?$/.test(line);
			writeFileSync(file, text);
			daemon.signal('SIGHUP');
			await eventually(() => assert.ok(daemon.log.slice(seen).some(isOver)), 'the reload');
			return daemon.log.slice(seen).filter((line) => !isOver(line)).map((line) => line.replace(/ ts=\S+$/, ''));
		};
		const token = (hash) => `auth = { tokens = ( { name = "ci"; token_sha256 = "${sha256(hash)}"; } ); };`;
		const lines = await reload(`
			rooms = ( { name = "ops"; topic = "What burns"; }, { name = "dev"; } );
			limits = { message_rate = 2.5; };
			chat = { default_room = "hall"; };
			${token('one')}`);
		assert.deepEqual(lines.sort(), [
			'reload_kept key=chat.default_room from=lobby to=hall hint="a restart is needed" level=warn',
			'reloaded key=auth.tokens added=ci',
			'reloaded key=limits.message_rate from=5.0 to=2.5',
			'reloaded key=rooms added=dev',
			'reloaded key=rooms.topic entry=ops from=before to="What burns"',
		]);
		const next = await reload(`rooms = ( { name = "dev"; } );\n${token('two')}`);
		assert.deepEqual(next.sort(), [
			'reloaded key=auth.tokens.token_sha256 entry=ci from=(hidden) to=(hidden)',
			'reloaded key=limits.message_rate from=2.5 to=5.0',
			'reloaded key=rooms removed=ops',
		]);
	});
});

test('a reload refuses what -t refuses, and names file and line', async () => {
	const file = temporaryFile('linnet.cfg', '');
	await withDaemon({ args: ['-c', file] }, async (daemon) => {
		writeFileSync(file, 'http = { root = "/nowhere"; };\nstore = { path = "/nowhere/a.db"; };\nchat = { create_rooms = false; };\n');
		daemon.signal('SIGHUP');
		const failed = () => daemon.log.filter((line) => line.startsWith('reload_failed'));
		await eventually(() => assert.equal(failed().length, 2, daemon.log.join('\n')), 'the refusal');
		assert.ok(failed()[0].startsWith(`reload_failed error="${file}:1: http.root /nowhere: `), failed()[0]);
		assert.ok(failed()[1].startsWith(`reload_failed error="${file}:2: store.path /nowhere/a.db: `), failed()[1]);
		const client = await daemon.ws();
		assert.equal((await answerTo(client, { type: 'join', room: 'made' })).type, 'joined', 'the old configuration is gone');
	});
});
