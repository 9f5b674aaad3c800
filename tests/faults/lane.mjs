// One history and its daemon, which is put through faults one after the other and must stay right.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { startDaemon, temporaryFolder } from '../lib/daemon.mjs';
import { LogFile } from '../lib/tails.mjs';
import { Crowd } from '../torture/crowd.mjs';
import { deathOf, env, errorsAfter } from './ends.mjs';
import { Plan } from './plan.mjs';
import { assertStored, prepare, settings, visit } from './tour.mjs';

// What one tour may cost at most. A tour takes 0.1 s of processor time and some hundred turns of the
// loop; a daemon that spins for the ten seconds of a step takes more than this.
const CPU_S = 3;
const TURNS = 20_000;

/** Processor time of three idle seconds; a thread that spins takes all of them. */
const IDLE_S = 1;

export class Lane {
	#plan = new Plan();
	#log = new LogFile();
	#folder = temporaryFolder();
	#told = new Map();
	#tls;
	#port = 0;
	#tours = 0;
	#crowd;

	/** Starts a daemon and members, and goes through the doors once. tls: a certificate, or without. */
	static async open({ tls }) {
		const lane = new Lane();
		lane.#tls = tls;
		try {
			await lane.#open();
		} catch (error) {
			await lane.abandon();
			throw error;
		}
		return lane;
	}

	async #start() {
		this.daemon = await startDaemon({
			folder: this.#folder,
			tls: this.#tls,
			env: { ...env, ...this.#plan.env },
			settings: [`http.port=${this.#port}`, this.#log.setting(), ...settings],
		});
		this.#port = this.daemon.port;
	}

	async #open() {
		await this.#start();
		await prepare(this.daemon);
		this.#crowd = new Crowd({ port: this.#port, ca: this.#tls?.ca, clients: 2, inFlight: 4 });
		this.#crowd.members.forEach((member) => member.start());
		await this.#crowd.allJoined();
		await this.#round();
	}

	/** Notes the acknowledged text; the id of a text never changes. */
	#note(text, id) {
		assert.equal(this.#told.get(text) ?? id, id, `${text} was acknowledged twice`);
		this.#told.set(text, id);
	}

	async #say() {
		this.#crowd.total = 2 * this.#tours;
		this.#crowd.members.forEach((member) => member.say(`${member.name} says ${this.#tours}`));
		await this.#crowd.complete();
	}

	/** One tour of all doors; returns the names of the steps that failed at first. */
	async #round() {
		this.#log.write(`line ${++this.#tours}`);
		const said = this.#say();
		said.catch(() => {});
		const told = (text, id) => this.#note(text, id);
		const again = await visit({ daemon: this.daemon, tour: this.#tours, told });
		await said;
		return again;
	}

	/** How many calls of a kind a tour makes. */
	async countOf(kind) {
		const before = this.#plan.count(kind.call);
		await this.#round();
		return this.#plan.count(kind.call) - before;
	}

	/**
	 * Lets the k-th call fail during a tour. Returns { outcome, cpu }: outcome is "not reached",
	 * "unseen", "retried" or what deathOf() returns. Fails if the daemon does anything else.
	 */
	async endure(kind, k) {
		const [cpu, turns, lines] = [this.daemon.cpuSeconds(), this.#plan.count('epoll_wait'), this.daemon.log.length];
		this.#plan.arm(kind, k);
		let again;
		try {
			again = await this.#round();
		} catch (error) {
			if (this.daemon.isRunning || !kind.mayAbort)
				throw error;
			const outcome = await deathOf(this.daemon, lines);
			await this.#recover();
			return { outcome, cpu: 0 };
		} finally {
			this.#plan.disarm();
		}
		const used = this.daemon.cpuSeconds() - cpu;
		assert.ok(used < CPU_S, `the tour took ${used} s of processor time`);
		assert.ok(this.#plan.count('epoll_wait') - turns < TURNS, 'the loop spins');
		if (!this.#plan.isReached)
			return { outcome: 'not reached', cpu: used };
		if (kind.isUnseen)
			assert.deepEqual([again, errorsAfter(this.daemon, lines)], [[], []], 'steps that failed at first, and errors in the log');
		return { outcome: again.length ? 'retried' : 'unseen', cpu: used };
	}

	/** The daemon has ended: it goes on after a start, and nothing is lost. */
	async #recover() {
		this.#plan.disarm();
		await this.#start();
		await this.#crowd.complete();
		await this.#round();
	}

	/** Ends after a failed case. */
	async abandon() {
		this.#crowd?.leave();
		this.daemon?.kill();
		await this.daemon?.ended;
	}

	/** Nothing may spin or be lost at the end: neither while the daemon runs nor after a start. */
	async close() {
		const client = await this.daemon.ws();
		await this.daemon.assertIdle(client, IDLE_S);
		await client.close();
		this.#crowd.leave();
		this.#crowd.assertSameView();
		await this.daemon.stop();
		this.#assertHistoryIsWhole();
		await this.#start();
		await assertStored(this.daemon, this.#told);
		await this.daemon.stop();
		this.#plan.close();
	}

	#assertHistoryIsWhole() {
		const file = path.join(this.#folder, 'linnet.db');
		const verdict = execFileSync('sqlite3', [file, 'PRAGMA integrity_check'], { encoding: 'utf8' });
		assert.equal(verdict, 'ok\n');
	}
}
