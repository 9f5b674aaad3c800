// Several linnetd share a history in Redis: store.driver = "redis".

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { after, enter, noRateLimit, say, until, wholeHistory } from '../lib/chat.mjs';
import { binary, eventually, isSlowRun, temporaryFolder, withDaemon } from '../lib/daemon.mjs';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const isBuiltIn = spawnSync('ldd', [binary]).stdout?.includes('libhiredis');
const skip = isSlowRun ||
	(hasRedis ? false : 'there is no redis-server') || (isBuiltIn ? false : 'this build has no Redis');

/** Runs body({ uri, start, kill }) with a redis-server in a folder of its own. */
async function withRedis(body) {
	const folder = temporaryFolder();
	const socket = path.join(folder, 'redis.sock');
	let server;
	const start = async () => {
		server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '',
			'--appendonly', 'yes', '--appendfsync', 'always'], { stdio: 'ignore' });
		await eventually(() => {
			assert.ok(existsSync(socket));
			assert.match(spawnSync('redis-cli', ['-s', socket, 'ping'], { encoding: 'utf8' }).stdout, /PONG/);
		}, 'redis-server');
	};
	const kill = () => new Promise((resolve) => {
		server.once('exit', resolve);
		server.kill('SIGKILL');
	});
	await start();
	try {
		return await body({ uri: `unix://${socket}`, start, kill });
	} finally {
		await kill();
	}
}

/** Options of the node called name. */
const nodeOf = (redis, name) => ({
	settings: [...noRateLimit.settings, 'store.driver=redis', `redis.uri=${redis.uri}`, `redis.node=${name}`],
});

/** Runs body(one, two, redis) with two nodes. */
const withTwoNodes = (body) => withRedis((redis) =>
	withDaemon(nodeOf(redis, 'one'), (one) => withDaemon(nodeOf(redis, 'two'), (two) => body(one, two, redis))));

/** The next message with that text. */
const hear = async (client, text) => (await until(client, (got) => got.message === text)).pop();

const textsOf = async (client) => (await wholeHistory(client)).map(({ message }) => message);

test('what is said on one node is read on the other, and its history is there', { skip }, () =>
	withTwoNodes(async (one, two) => {
		const { client: ann } = await enter(one);
		const { client: bob } = await enter(two);
		await say(ann, 'hello');
		assert.equal((await hear(bob, 'hello')).id, 1);
		await say(bob, 'hi');
		assert.equal((await hear(ann, 'hi')).id, 2);
		assert.deepEqual(await textsOf(ann), ['hello', 'hi']);
		assert.deepEqual(await textsOf(bob), ['hello', 'hi']);
	}));

test('a client goes on at the other node', { skip }, () =>
	withTwoNodes(async (one, two) => {
		const { client: ann, joined } = await enter(one);
		await say(ann, 'one');
		await say(ann, 'two');
		const back = await enter(two, after(joined.epoch, 1));
		assert.equal(back.joined.recovered, true);
		assert.equal((await hear(back.client, 'two')).id, 2);
	}));

test('messages wait while Redis is away, and are stored once', { skip }, () =>
	withTwoNodes(async (one, two, redis) => {
		const { client: ann } = await enter(one);
		const { client: bob } = await enter(two);
		await redis.kill();
		ann.sendJson({ type: 'message', message: 'waits', ref: 'r' });
		await redis.start();
		await hear(bob, 'waits');
		assert.deepEqual(await textsOf(ann), ['waits']);
	}));
