// One of many clients in a room never reads. The others are not affected, and it resumes where it
// was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSlowRun, startDaemon } from '../lib/daemon.mjs';
import { Crowd, settings } from './crowd.mjs';
import { size, summary } from './options.mjs';

const sessions = size('SESSIONS', { small: 200, full: 200 });
const measured = size('MEASURED', { small: 100, full: 500 });

// Long messages fill the kernel's buffers of one connection soon. The queue behind them is short
// for the same reason.
const padding = 'x'.repeat(8000);
const slowSettings = [...settings, 'limits.queue_bytes=262144'];

// The kernel buffers only a part of this much for one connection.
const enoughBytes = 64 * 1024 * 1024;

/** Sends messages one after the other, each after the last one has reached all listeners. */
class Speaker {
	#crowd;
	#speaker;
	#count = 0;

	constructor(crowd) {
		this.#crowd = crowd;
		this.#speaker = crowd.members[0];
		this.#speaker.start();
	}

	/** Sends one message and returns the time to each of the listeners, in ms. */
	async say(listeners) {
		const message = `${this.#speaker.name} says ${++this.#count}`;
		const times = [];
		const start = performance.now();
		const received = listeners.map(
			(listener) =>
				new Promise((resolve) => {
					listener.once('received', () => {
						times.push(performance.now() - start);
						resolve();
					});
				}),
		);
		this.#speaker.say(message);
		await this.#crowd.orFault(Promise.all(received));
		this.#crowd.total = this.#count;
		return times;
	}

	/** Sends several messages and returns the times of each. */
	async sayMany(count, listeners) {
		const times = [];
		while (count-- > 0)
			times.push(await this.say(listeners));
		return times;
	}

	/** Sends until the daemon has closed the slow reader; returns the times of each message. */
	async sayUntilGone(daemon, listeners) {
		let isGone = false;
		const gone = daemon.waitForLog(/^slow_reader\b/).then(() => (isGone = true));
		gone.catch(() => {}); // the assertion reports it if it comes too late
		const times = [];
		for (let bytes = 0; !isGone; bytes += padding.length) {
			assert.ok(bytes < enoughBytes, 'the slow reader is not cut off');
			times.push(await this.say(listeners));
		}
		return times;
	}
}

function median(times) {
	const sorted = Float64Array.from(times.flat()).sort();
	return sorted[sorted.length >> 1];
}

const title = 'a client that does not read slows down no other client and loses nothing';

test(title, { skip: isSlowRun }, async () => {
	const daemon = await startDaemon({ settings: slowSettings });
	const crowd = new Crowd({ port: daemon.port, clients: sessions, padding });
	try {
		await crowd.allJoined();
		const slow = crowd.members.at(-1);
		const listeners = crowd.members.slice(1, -1);
		const speaker = new Speaker(crowd);
		await speaker.sayMany(20, listeners); // warm-up
		const without = await speaker.sayMany(measured, listeners);
		slow.pause();
		const withSlow = await speaker.sayUntilGone(daemon, listeners);
		const cutOffAfter = withSlow.length;
		withSlow.push(...(await speaker.sayMany(measured, listeners)));
		const had = slow.have;
		assert.ok(had < crowd.total - measured, 'the slow client did not read');
		slow.resume();
		await crowd.complete();
		crowd.assertSameView();
		const after = await speaker.sayMany(measured, listeners);
		await crowd.complete();
		crowd.assertSameView();
		const [[code]] = slow.closeCodes;
		assert.ok(code === 1013 || code === 1006, `the slow client was closed with ${code}`);
		assert.equal(crowd.sum('connections'), sessions + 1, 'only the slow client has reconnected');
		summary('slow', {
			sessions,
			messages: crowd.total,
			closed_with: code,
			cut_off_after: cutOffAfter,
			median_ms_without: median([...without, ...after]).toFixed(2),
			median_ms_with: median(withSlow).toFixed(2),
		});
		crowd.leave();
		await daemon.stop();
	} catch (error) {
		summary('slow', { failed: true, sessions });
		error.message += `\nlinnetd said:\n${daemon.stderr.slice(-8192)}`;
		throw error;
	} finally {
		crowd.leave();
		daemon.kill();
	}
});
