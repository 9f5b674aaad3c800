// linnet, the client for terminals and scripts, against the daemon.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { noRateLimit, noRateLimitWith, range, sayMany } from '../lib/chat.mjs';
import { eventually, temporaryFile, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';
import { bearer, sha256, withJwt, sign, inSeconds } from '../lib/jwt.mjs';
import { linnet, linnetDone, Linnet } from '../lib/linnet.mjs';

const historyOf = async (daemon, room = 'lobby') => (await expectJson(get(daemon, `/history/${room}?limit=200`))).messages;
const textsOf = (messages) => messages.map(({ message }) => message);
const linesOf = (text) => text.split('\n').slice(0, -1);

/** Starts "linnet sub" and waits until it is in the room. */
async function subscribe(daemon, args, options) {
	const sub = new Linnet(daemon.url, ['sub', ...args], options);
	await daemon.waitForLog(new RegExp(`session_open session=\\d+ .*door=ws`));
	return sub;
}

test('a text and lines of standard input are sent, and somebody else reads them', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const sub = await subscribe(daemon, ['lobby', '--count', '4']);
		const ann = await daemon.ws('/ws?name=zoe&events=1');
		await ann.nextJson();
		assert.equal(await sub.nextLine(), '* zoe has entered');
		await linnetDone(daemon.url, ['pub', 'lobby', 'two\nlines', '-n', 'ann']);
		await linnetDone(daemon.url, ['-n', 'ann', 'pub', 'lobby'], { input: 'one\r\n\n\x1b[31mred\x1b[0m\n10%\r100%' });
		assert.equal(await sub.ended(), 0);
		assert.deepEqual(
			linesOf(sub.stdout).filter((line) => !line.startsWith('*')),
			['ann: two ⏎ lines', 'ann: one', 'ann: red', 'ann: 100%'],
		);
		assert.deepEqual(textsOf(await historyOf(daemon)), ['two\nlines', 'one', 'red', '100%']);
	}));

test('options stand anywhere, numbers and words behind -- are none, and wrong ones end with 2', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const dead = 'http://127.0.0.1:9';
		await linnetDone(dead, ['metric', 'ops', 'temp', '-3.5', `--url=${daemon.url}`]);
		await linnetDone(dead, ['pub', '-nann', '-u', daemon.url, 'lobby', '--', '-x']);
		const told = JSON.parse(await linnetDone(daemon.url, ['history', '--json', 'lobby']));
		assert.deepEqual([told.type, textsOf(told.messages)], ['history', ['-x']]);
		for (const args of [
			[], ['--nothing'], ['-x'], ['nothing'], ['pub'], ['history', 'a', 'b'], ['sub', 'a', 'b', '--since', 'e:1'], ['sub', 'a', '--since', 'e'],
			['sub', 'a', '--count', '0'], ['sub', 'a', '--count', '9x'], ['sub', 'a', '--count'], ['pub', 'a', 'b', '--state', 's'], ['--json=1', 'rooms'],
			['metric', 'a', 'b', 'c'], ['edit', 'a', '0', 'b'], ['delete', 'a', 'x'], ['admin'], ['admin', 'nothing'], ['admin', 'ban', 'x', 'soon'],
			['admin', 'delete', 'ops', 'x'], ['rooms', '-u', 'ftp://x'], ['rooms', '-u', 'http://'], ['rooms', '-u', 'http://h:99999'],
			['rooms', '-u', 'http://a@h'], ['rooms', '-u', 'http://h/?q'], ['rooms', '-t', '/nowhere'], ['rooms', '-t', temporaryFile('token', 'two words')],
		]) {
			const { status, stdout, stderr } = await linnet(daemon.url, args);
			assert.deepEqual([status, stdout], [2, ''], args.join(' '));
			assert.match(stderr, /^(linnet: [^\n]+\n)+$/, args.join(' '));
		}
		assert.match(await linnetDone(dead, ['-V']), /^linnet \d+\.\d+\.\d+\n$/);
		assert.match(await linnetDone(dead, ['-h']), /pub ROOM \[TEXT\][^]+--count N/);
	}));

test('history, search, rooms and who are lines for people, or the answer of the server', () =>
	withDaemon({ ...noRateLimit, config: 'rooms = ( { name = "ops"; topic = "pager"; } );' }, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&room=ops&events=1');
		await ann.nextJson();
		await sayMany(ann, 3, { room: 'ops', textOf: (n) => `disk ${n}` });
		const line = (n) => new RegExp(`^${n} \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d ann: disk ${n}$`);
		for (const args of [['history', 'ops'], ['search', 'ops', 'disk']])
			linesOf(await linnetDone(daemon.url, args)).forEach((text, n) => assert.match(text, line(n + 1)));
		assert.match(await linnetDone(daemon.url, ['search', 'ops', 'disk', '2']), /^2 .* disk 2\n$/);
		assert.deepEqual(linesOf(await linnetDone(daemon.url, ['rooms'])).sort(), ['lobby (0 here)', 'ops (1 here) pager']);
		assert.equal(await linnetDone(daemon.url, ['who', 'ops']), 'ann (ws)\n');
		for (const [args, type] of [[['history', 'ops'], 'history'], [['search', 'ops', 'x'], 'search'], [['rooms'], 'rooms'], [['who', 'ops'], 'who']])
			assert.equal(JSON.parse(await linnetDone(daemon.url, ['--json', ...args])).type, type);
		const { status, stderr } = await linnet(daemon.url, ['history', 'a room']);
		assert.deepEqual([status, stderr], [1, 'linnet: there is no room of that name (no_such_room)\n']);
	}));

test('an alarm is raised, acknowledged and cleared, and a metric sent', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const { url } = daemon;
		await linnetDone(url, ['alarm', 'ops', 'disk', 'critical', 'Full']);
		await linnetDone(url, ['ack', 'ops', 'disk', '-n', 'bob']);
		assert.match(await linnetDone(url, ['clear', 'ops', 'disk', '-n', 'bob', '--json']), /^\{"type":"ack","ref":"[0-9a-f]+-1","room":"ops","id":3,/);
		await linnetDone(url, ['alarm', 'ops', 'disk', 'warning', 'Again', '-n', 'cron']);
		await linnetDone(url, ['metric', 'ops', 'load', '0.41']);
		const alarms = await historyOf(daemon, 'ops');
		assert.deepEqual(
			alarms.map((alarm) => [alarm.state, alarm.username, alarm.acknowledged_by, alarm.cleared_by]),
			[['raised', 'push', undefined, undefined], ['acknowledged', 'bob', 'bob', undefined], ['cleared', 'bob', 'bob', 'bob'], ['raised', 'cron', undefined, undefined]],
		);
		assert.equal((await expectJson(get(daemon, '/metric/ops?name=load'))).points[0][3], 0.41);
		for (const args of [['clear', 'ops', 'none'], ['alarm', 'ops', 'k', 'bad', 'T']]) {
			const { status, stderr } = await linnet(url, args);
			assert.equal(status, 1);
			assert.match(stderr, /^linnet: .+ \((no_such_alarm|bad_field)\)\n$/);
		}
	}));

test('a later run edits and deletes what an earlier one said, and nobody else does', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [home, other] = [temporaryFolder(), temporaryFolder()];
		const sub = await subscribe(daemon, ['lobby', '-n', 'ann'], { home });
		await linnetDone(daemon.url, ['pub', 'lobby', 'one', '-n', 'ann'], { home });
		await linnetDone(daemon.url, ['pub', 'lobby', 'two'], { home });
		await linnetDone(daemon.url, ['pub', 'lobby', 'three', '-n', 'Ann Lee'], { home });
		const secret = path.join(home, 'linnet');
		assert.equal(statSync(secret).mode & 0o777, 0o600);
		const kept = readFileSync(secret, 'utf8');
		for (const args of [['edit', 'lobby', '1', 'mine'], ['delete', 'lobby', '2']]) {
			const { status, stderr } = await linnet(daemon.url, args, { home: other });
			assert.equal(status, 1, stderr);
		}
		await linnetDone(daemon.url, ['edit', 'lobby', '1', 'uno'], { home });
		await linnetDone(daemon.url, ['delete', 'lobby', '2'], { home });
		await linnetDone(daemon.url, ['edit', 'lobby', '3', 'tre', '-n', 'ann lee'], { home });
		assert.equal(readFileSync(secret, 'utf8'), kept);
		assert.deepEqual(textsOf(await historyOf(daemon)), ['uno', undefined, 'tre']);
		sub.child.kill('SIGINT');
		assert.equal(await sub.ended(), 0);
	}));

test('without a folder for the secret linnet works for one run', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const env = { XDG_STATE_HOME: '', HOME: '/proc/nowhere' };
		await linnetDone(daemon.url, ['pub', 'lobby', 'hi'], { env });
		assert.equal((await linnet(daemon.url, ['delete', 'lobby', '1'], { env })).status, 1);
	}));

test('--json prints objects of the server, --count counts messages, --since begins behind one', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const { epoch } = await ann.nextJson();
		await sayMany(ann, 5);
		const objects = linesOf(await linnetDone(daemon.url, ['sub', 'lobby', '--since', `${epoch}:2`, '--count', '2', '--json'])).map(JSON.parse);
		assert.deepEqual(objects.map(({ type, id }) => [type, id]), [['message', 3], ['message', 4]]);
		const late = new Linnet(daemon.url, ['sub', 'lobby', '--json', '--count', '3', '--since', `${epoch}:5`]);
		await ann.nextJson(); // a presence of each of the two
		await ann.nextJson();
		await ann.nextJson();
		const bob = await daemon.ws('/ws?name=bob');
		bob.sendJson({ type: 'typing' });
		bob.sendJson({ message: 'x', ephemeral: true });
		bob.sendJson({ message: 'y' });
		bob.sendJson({ type: 'react', of: 1, emoji: '👍' });
		assert.equal(await late.ended(), 0);
		assert.deepEqual(
			linesOf(late.stdout).map(JSON.parse).map(({ type, id }) => [type, id]),
			[['presence', undefined], ['typing', undefined], ['message', undefined], ['message', 6], ['react', 7]],
		);
	}));

test('--state goes on where the last run ended, in every room', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const state = path.join(temporaryFolder(), 'places.json');
		const ann = await daemon.ws('/ws?name=ann&events=1');
		await ann.nextJson();
		await sayMany(ann, 3);
		await sayMany(ann, 3, { room: 'ops' });
		await ann.drain();
		const first = new Linnet(daemon.url, ['sub', 'lobby', 'OPS', '--state', state, '--count', '2']);
		await eventually(async () => assert.equal((await expectJson(get(daemon, '/who/ops'))).count, 1), 'linnet to be in the second room');
		await sayMany(ann, 1, { textOf: () => 'first' });
		await sayMany(ann, 1, { room: 'ops', textOf: () => 'first' });
		assert.equal(await first.ended(), 0);
		assert.deepEqual(linesOf(first.stdout).sort(), ['[lobby] ann: first', '[ops] ann: first']);
		const { lobby, ops } = JSON.parse(readFileSync(state, 'utf8'));
		assert.match(lobby, /^\w+:4$/);
		assert.match(ops, /^\w+:4$/);
		await sayMany(ann, 1, { textOf: () => 'missed' });
		await sayMany(ann, 2, { room: 'ops', textOf: (n) => `missed ${n}` });
		const second = linesOf(await linnetDone(daemon.url, ['sub', 'ops', 'lobby', '--state', state, '--count', '3']));
		assert.deepEqual(second.filter((line) => !line.includes('*')).sort(), ['[lobby] ann: missed', '[ops] ann: missed 1', '[ops] ann: missed 2']);
		for (const text of ['nonsense', '[]', '']) {
			writeFileSync(state, text);
			const { status, stderr } = await linnet(daemon.url, ['sub', 'lobby', '--state', state]);
			assert.equal(status, 2, stderr);
			assert.equal(readFileSync(state, 'utf8'), text);
		}
	}));

test('what cannot be recovered is said on stderr and by "joined"', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		await ann.nextJson();
		const state = temporaryFile('places', '{"lobby":"gone:7"}');
		const sub = new Linnet(daemon.url, ['sub', 'lobby', '--json', '--state', state, '--count', '1']);
		const joined = await sub.nextJson();
		assert.deepEqual([joined.type, joined.recovered], ['joined', false]);
		await sayMany(ann, 1);
		assert.equal(await sub.ended(), 0);
		assert.match(sub.stderr, /^linnet: lobby: .* could not be recovered/);
		assert.match(readFileSync(state, 'utf8'), new RegExp(`"lobby": "${joined.epoch}:1"`));
	}));

test('refusals for pace are waited out, also by questions and pushes', () =>
	withDaemon({ settings: ['limits.message_rate=20', 'limits.message_burst=2', 'http.trusted_proxies=["127.0.0.1"]'] }, async (daemon) => {
		await linnetDone(daemon.url, ['pub', 'lobby', '-n', 'ann'], { input: range(1, 12).join('\n') });
		assert.deepEqual(textsOf(JSON.parse(await linnetDone(daemon.url, ['history', 'lobby', '--json'])).messages), range(1, 12).map(String));
		await Promise.all(range(1, 8).map((n) => linnetDone(daemon.url, ['alarm', 'ops', `k${n}`, 'info', 'T'])));
		assert.equal(JSON.parse(await linnetDone(daemon.url, ['history', 'ops', '--json'])).messages.length, 8);
	}));

test('a message that the server refuses does not stop the others, and ends with 1', () =>
	withDaemon(noRateLimitWith('limits.message_bytes=200'), async (daemon) => {
		const { status, stderr } = await linnet(daemon.url, ['pub', 'lobby'], { input: `a\n${'b'.repeat(5000)}\n${'"'.repeat(150)}\nc\n` });
		assert.equal(status, 1);
		assert.equal(stderr, range(2, 3).map((n) => `linnet: message ${n}: longer than the server accepts (too_large)\n`).join(''));
		assert.deepEqual(textsOf(await historyOf(daemon)), ['a', 'c']);
		const long = await linnet(daemon.url, ['pub', 'lobby', 'x'.repeat(300)]);
		assert.deepEqual([long.status, long.stderr], [1, 'linnet: longer than the server accepts (too_large)\n']);
	}));

test('names that are not to be had, or not valid, end with 1', () =>
	withDaemon(noRateLimit, async (daemon) => {
		await daemon.ws('/ws?name=ann');
		for (const name of ['ann', 'guest-7', 'x'.repeat(40)])
			for (const args of [['pub', 'lobby', 'x'], ['sub', 'lobby']]) {
				const { status, stderr } = await linnet(daemon.url, [...args, '-n', name]);
				assert.equal(status, 1);
				assert.match(stderr, /^linnet: .+ \((name_taken|bad_name)\)\n$/);
			}
	}));

test('the orders of admins', () => {
	const token = 'an-admin-token-of-some-length';
	const file = temporaryFile('token', ` ${token}\n`);
	const config = `auth = { tokens = ( { name = "root"; token_sha256 = "${sha256(token)}"; admin = true; } ); };`;
	return withDaemon({ ...noRateLimit, config }, async (daemon) => {
		const admin = (...words) => linnetDone(daemon.url, ['-t', file, 'admin', ...words]);
		const bob = await daemon.ws('/ws?name=bob');
		await sayMany(bob, 3);
		assert.match(await admin('sessions'), /^\d{4}-\S+ \S+\t\d+\tbob\tws\t127\.0\.0\.1\tlobby\n$/);
		await admin('kick', 'bob', 'a break');
		assert.equal((await bob.closed).code, 1008);
		await admin('ban', 'eve');
		await admin('ban', '203.0.113.0/24', '60');
		await admin('mute', 'bob', '5');
		const bans = await admin('bans');
		assert.match(bans, /^ban\teve\tuntil -\t$/m);
		assert.match(bans, /^ban\t203\.0\.113\.0\/24\tuntil \d{4}/m);
		assert.match(bans, /^mute\tbob\tuntil \d{4}/m);
		await admin('unban', 'eve');
		await admin('unban', '203.0.113.0/24');
		await admin('unmute', 'bob');
		assert.equal(await admin('bans'), '');
		await admin('delete', 'lobby', '1', '2');
		assert.deepEqual(textsOf(await historyOf(daemon)), [undefined, undefined, 'message-3']);
		assert.equal(await admin('forget', 'bob'), '1 messages deleted\n');
		assert.equal(JSON.parse(await admin('sessions', '--json')).type, 'sessions');
		await admin('delete', 'lobby');
		assert.equal((await linnet(daemon.url, ['admin', 'sessions'])).status, 1);
		assert.match((await linnet(daemon.url, ['admin'])).stderr, /^linnet: usage: linnet admin sessions\n(.*\n)+.* admin forget NAME\n$/);
		const { status, stderr } = await linnet(daemon.url, ['-t', file, 'admin', 'kick', 'nobody']);
		assert.deepEqual([status, stderr], [1, 'linnet: nobody like that is here (no_such_session)\n']);
	});
});

test('with auth.mode = "jwt" the token says who one is, and without one the answer is 1', () =>
	withJwt(async (daemon) => {
		const file = temporaryFile('token', sign({ name: 'zoe', exp: inSeconds(600) }));
		await linnetDone(daemon.url, ['-t', file, 'pub', 'lobby', 'hi']);
		await linnetDone(daemon.url, ['-t', file, 'edit', 'lobby', '1', 'ho']);
		assert.match(await linnetDone(daemon.url, ['-t', file, 'history', 'lobby']), /zoe: ho\n$/);
		for (const args of [['pub', 'lobby', 'x'], ['sub', 'lobby'], ['rooms']]) {
			const { status, stderr } = await linnet(daemon.url, args);
			assert.deepEqual([status, stderr], [1, 'linnet: this needs a token (token_required)\n'], args.join(' '));
		}
	}));

test('control characters of others do not reach the terminal, neither in lines nor in JSON', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const { epoch } = await ann.nextJson();
		const text = 'a\x1b[2Jb\u009b31mc\u202ed\x07\x7f\nann: e';
		ann.sendJson({ message: text, title: '\x1b]0;t\x07' });
		await ann.drain();
		const sub = ['sub', 'lobby', '--since', `${epoch}:0`, '--count', '1'];
		for (const args of [sub, ['history', 'lobby'], [...sub, '--json'], ['history', 'lobby', '--json']]) {
			const printed = await linnetDone(daemon.url, args);
			assert.doesNotMatch(printed.slice(0, -1), /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e]/, args.join(' '));
			if (args === sub)
				assert.equal(printed, 'ann: �]0;t�: a�[2Jb�31mc�d�� ⏎ ann: e\n');
			else if (args.includes('--json'))
				assert.equal((JSON.parse(printed).messages?.[0] ?? JSON.parse(printed)).message, text);
		}
	}));
