// Requests to every route, randomly damaged and sent in unfriendly ways. The daemon must keep
// serving other clients and must not leak anything.

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { eventually, isSlowRun, startDaemon, within } from '../lib/daemon.mjs';
import { ask, connect, request } from '../lib/raw.mjs';
import { damaged } from './damage.mjs';
import { Chance, moment, seed, size, summary } from './options.mjs';
import { recorded } from './requests.mjs';

const seconds = size('SECONDS', { small: 10, full: 600 });
const clients = size('CLIENTS', { small: 16, full: 16 });

// The tests are not about the rate limit. The heartbeat must come due while a client stalls.
const places = 300;
const settings = [
	'limits.message_rate=0', `limits.connections=${places}`, 'heartbeat.ping_s=1', 'heartbeat.pong_s=5',
];

/** Returns the plan of one connection: pieces of bytes, the pauses before them, and how it ends. */
function plan(kinds, chance) {
	const count = chance.pick([1, 1, 1, 2, 3, 6]);
	const intact = Array.from({ length: count }, () => chance.pick(chance.pick(kinds)));
	const bytes = damaged(Buffer.concat(intact), chance.pick([0, 1, 1, 2, 3, 8]), chance);
	const cuts = [0, ...chance.moments(chance.pick([0, 0, 1, 3, 20]), bytes.length + 1), bytes.length];
	return {
		pieces: cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end)),
		pauses: cuts.slice(1).map(() => chance.pick([0, 0, 0, 1, 5, 30])),
		isReading: chance.isLucky(0.85),
		stays_ms: chance.pick([0, 1, 10, 10, 50, 300, chance.isLucky(0.1) ? 2500 : 20]),
		leaves: chance.pick(['end', 'half', 'half', 'destroy', 'reset']),
	};
}

/** The beginning of the plan. The seed reproduces all of it. */
const describePlan = (planned) =>
	JSON.stringify({ ...planned, pieces: planned.pieces.map(String) }).slice(0, 300);

/** Fails unless the connection begins with an HTTP answer, and one without a server error. */
function assertAnswer(bytes) {
	if (bytes.length < 12)
		return null;
	const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(bytes.toString('latin1', 0, 13)) ?? [];
	assert.ok(status, `this is not an HTTP answer: ${bytes.toString('latin1', 0, 100)}`);
	assert.notEqual(status, '500');
	return status;
}

/** Resolves when the connection ends, or after that many ms. */
const gone = (socket, ms) =>
	Promise.race([new Promise((resolve) => socket.once('close', resolve)), moment(ms)]);

async function play(daemon, { pieces, pauses, isReading, stays_ms, leaves }) {
	const socket = net.connect({ port: daemon.port, host: daemon.host, allowHalfOpen: true });
	const chunks = [];
	socket.on('error', () => {});
	if (isReading)
		socket.on('data', (chunk) => chunks.push(chunk));
	else
		socket.pause();
	for (const [i, piece] of pieces.entries()) {
		if (pauses[i] > 0)
			await moment(pauses[i]);
		if (!socket.destroyed)
			socket.write(piece);
	}
	if (leaves === 'half')
		socket.end();
	await gone(socket, stays_ms);
	if (leaves === 'end') {
		socket.end();
		socket.resume();
		await gone(socket, 20);
	}
	if (leaves === 'reset' && !socket.destroyed)
		socket.resetAndDestroy();
	socket.destroy();
	return assertAnswer(Buffer.concat(chunks));
}

class Storm {
	plays = 0;
	#statuses = new Map();
	#last = [];

	constructor(daemon, kinds) {
		this.daemon = daemon;
		this.kinds = kinds;
		this.isOver = false;
	}

	/** Runs one client after the other until the time is over. */
	async runClients(n) {
		const chance = new Chance(seed + n);
		while (!this.isOver) {
			const next = plan(this.kinds, chance);
			this.#last[n] = next;
			const status = await play(this.daemon, next);
			this.plays++;
			this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
		}
	}

	get statuses() {
		return [...this.#statuses]
			.filter(([status]) => status !== null)
			.sort()
			.map(([status, count]) => `${status}:${count}`)
			.join(',');
	}

	/** Returns what each client did last. */
	describe() {
		return this.#last.map(describePlan).join('\n');
	}
}

/** Two people in a room of their own, and a check of the daemon's health. */
class Bystanders {
	rounds = 0;
	worst_ms = 0;
	isOver = false;

	constructor(daemon, ann, bob) {
		Object.assign(this, { daemon, ann, bob });
	}

	async watch(until_ms) {
		for (; performance.now() < until_ms && !this.isOver; this.rounds++) {
			const start = performance.now();
			assert.equal((await ask(this.daemon, 'GET', '/healthz')).body, 'ok\n');
			this.ann.sendJson({ message: `round ${this.rounds}` });
			assert.equal((await this.bob.nextJson()).message, `round ${this.rounds}`);
			this.worst_ms = Math.max(this.worst_ms, performance.now() - start);
			await moment(20);
		}
	}
}

/**
 * Fails unless as many clients as there are places can connect at once. Closed connections must not
 * keep a place.
 */
async function assertAllPlacesFree(daemon, taken) {
	const crowd = [];
	for (let n = taken; n < places; n++)
		crowd.push(await connect(daemon));
	await Promise.all(crowd.map(async (client) => {
		await client.write(request('GET', '/healthz', { Host: 'linnet' }));
		assert.equal((await client.readResponse()).status, 200);
	}));
	crowd.forEach((client) => client.destroy());
}

/** A member of the room that the requests name. Its session is the one in the requests. */
async function memberOf(daemon, room) {
	const member = await daemon.ws('/ws', { isChecked: false });
	member.sendJson({ type: 'join', room, username: 'max' });
	for (;;) {
		const { type, epoch, you } = await member.nextJson();
		if (type === 'joined')
			return { member, epoch, session: you.session };
	}
}

async function run(daemon) {
	const { member, epoch, session } = await memberOf(daemon, 'ops');
	member.socket.on('message', () => member.next().catch(() => {})); // discards every message
	const [ann, bob] = [await daemon.ws('/ws?room=quiet'), await daemon.ws('/ws?room=quiet')];
	const before = daemon.openSockets();
	const storm = new Storm(daemon, recorded({ epoch, session }));
	const bystanders = new Bystanders(daemon, ann, bob);
	try {
		const blowing = Promise.all(Array.from({ length: clients }, (_, n) => storm.runClients(n)));
		await Promise.race([
			bystanders.watch(performance.now() + seconds * 1000),
			blowing,
			daemon.ended.then(() => assert.fail('linnetd has ended')),
		]);
		storm.isOver = true;
		await within(blowing, 'the last clients of the storm');
		await eventually(() => assert.ok(daemon.openSockets() <= before), 'sockets to be closed');
		await assertAllPlacesFree(daemon, 3);
	} catch (error) {
		error.message += `\nseed=${seed}; the last clients did:\n${storm.describe()}`;
		throw error;
	} finally {
		storm.isOver = bystanders.isOver = true;
	}
	summary('http', {
		seconds, clients, connections: storm.plays, statuses: storm.statuses,
		rounds: bystanders.rounds, worst_ms: bystanders.worst_ms.toFixed(0),
	});
}

test('damaged requests of every kind harm no other client and leave nothing behind', { skip: isSlowRun }, async () => {
	const daemon = await startDaemon({ settings });
	try {
		await run(daemon);
		await daemon.stop();
	} catch (error) {
		summary('http', { failed: true, seconds, clients });
		error.message += `\nlinnetd said:\n${daemon.stderr.slice(-16_384)}`;
		throw error;
	} finally {
		daemon.kill();
	}
});
