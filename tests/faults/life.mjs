// Faults while a daemon starts or stops: it does so, or ends with the right status and says why, and
// no acknowledged message is lost.

import assert from 'node:assert/strict';
import { enter, say } from '../lib/chat.mjs';
import { startDaemon, temporaryFolder, within } from '../lib/daemon.mjs';
import { enterStream, get, poll } from '../lib/doors.mjs';
import { LogFile } from '../lib/tails.mjs';
import { deathOf, env, errorsAfter } from './ends.mjs';
import { Plan } from './plan.mjs';
import { assertStored, settings } from './tour.mjs';

export class Life {
	#plan = new Plan();
	#log = new LogFile();
	#folder = temporaryFolder();
	#told = new Map();
	#tls;
	#lives = 0;
	#daemon;

	/** Makes a history and stops. tls: a certificate. */
	static async open({ tls }) {
		const life = new Life();
		life.#tls = tls;
		await life.#occupy(await life.#start());
		await life.#daemon.stop();
		return life;
	}

	async #start() {
		return this.#daemon = await startDaemon({
			folder: this.#folder,
			tls: this.#tls,
			env: { ...env, ...this.#plan.env },
			settings: [this.#log.setting(), ...settings],
		});
	}

	/** How many calls of a kind a start or stop makes. */
	async countOf(kind, phase) {
		const before = this.#plan.count(kind.call);
		const daemon = await this.#start();
		const ready = this.#plan.count(kind.call);
		if (phase === 'start') {
			await daemon.stop();
			return ready - before;
		}
		await this.#occupy(daemon);
		const busy = this.#plan.count(kind.call);
		await daemon.stop();
		return this.#plan.count(kind.call) - busy;
	}

	/** Lets the k-th call since the start of the process fail, until it is ready. */
	async start(kind, k) {
		this.#plan.arm(kind, k);
		let daemon;
		try {
			daemon = await this.#start();
		} catch (error) {
			if (!error.daemon)
				throw error;
			return { outcome: await this.#judge(kind, error.daemon, [1, 3]) };
		}
		return { outcome: await this.#finish(daemon) };
	}

	async #finish(daemon) {
		const outcome = this.#plan.isReached ? 'unseen' : 'not reached';
		this.#plan.disarm();
		await assertStored(daemon, this.#told);
		await daemon.stop();
		return outcome;
	}

	/** The daemon ended by itself, or was told to. */
	async #judge(kind, daemon, statuses) {
		this.#plan.disarm();
		const end = await within(daemon.ended, 'the end');
		if (kind.mayAbort && !statuses.includes(end.code))
			return await deathOf(daemon, 0);
		assert.ok(statuses.includes(end.code), `it ended with ${JSON.stringify(end)}:\n${daemon.stderr.slice(-8192)}`);
		assert.ok(errorsAfter(daemon, 0).length > 0, `it did not say why:\n${daemon.stderr}`);
		return 'refused';
	}

	/** Clients at several doors, one of which has something under way. */
	async #occupy(daemon) {
		const { client } = await enter(daemon, 'room=tour');
		const text = `life ${++this.#lives}`;
		this.#told.set(text, await say(client, text));
		await enterStream(daemon, 'tour');
		poll(daemon, 'tour').catch(() => {});
		await get(daemon, '/readyz');
		client.sendJson({ message: `under way in life ${this.#lives}` });
		return client;
	}

	/** Lets the k-th call after SIGTERM fail. */
	async stop(kind, k) {
		const daemon = await this.#start();
		const client = await this.#occupy(daemon);
		this.#plan.arm(kind, k);
		daemon.signal('SIGTERM');
		const { code } = await within(daemon.ended, 'the end');
		await client.closed;
		if (code !== 0)
			return { outcome: await this.#judge(kind, daemon, [3]) };
		const outcome = this.#plan.isReached ? 'unseen' : 'not reached';
		await daemon.stop(); // fails if a sanitizer has reported
		return { outcome };
	}

	/** Ends after a failed case. */
	async abandon() {
		this.#daemon?.kill();
		await this.#daemon?.ended;
	}

	/** Everything that was acknowledged is there after all lives. */
	async close() {
		this.#plan.disarm();
		const daemon = await this.#start();
		await assertStored(daemon, this.#told);
		await daemon.stop();
		this.#plan.close();
	}
}
