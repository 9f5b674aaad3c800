// Many members of one room, and what must be true of them at the end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { patienceMs, within } from '../lib/daemon.mjs';
import { doors, Member } from './member.mjs';

const ROOM = 'torture';

// These tests are not about the rate limit, and every message is kept.
export const settings = ['limits.message_rate=0', 'store.keep_messages=0'];

/** Returns the share of member n in total messages. */
function share(total, count, n) {
	return Math.floor(total / count) + (n < total % count ? 1 : 0);
}

export class Crowd {
	#waiting = []; // { acks, resolve }: resolve after that many acks
	#fail;

	/** Makes that many clients on a port; the other options apply to every member. */
	constructor({ port, clients, ...options }) {
		this.port = port;
		this.acks = 0;
		/** Rejects at the first broken promise of delivery. */
		this.fault = new Promise((_, reject) => (this.#fail = reject));
		this.fault.catch(() => {});
		this.members = [];
		for (let n = 0; n < clients; n++)
			this.add({ name: `client-${n}`, door: doors[n % doors.length], ...options });
	}

	add(options) {
		const member = new Member({ room: ROOM, inFlight: 1, port: this.port, ...options });
		member.on('fault', this.#fail);
		member.on('ack', () => this.#onAck());
		this.members.push(member);
		return member;
	}

	#onAck() {
		this.acks++;
		while (this.#waiting.length > 0 && this.#waiting[0].acks <= this.acks)
			this.#waiting.shift().resolve();
	}

	/** Resolves when every member is in the room. */
	allJoined() {
		const absent = this.members.filter((member) => !member.isJoined);
		return this.orFault(
			within(Promise.all(absent.map((member) => once(member, 'joined'))), 'all to join'),
		);
	}

	/** Has total messages sent. Each names its sender and has its own text. */
	send(total) {
		this.total = total;
		this.members.forEach((member, n) => {
			for (let i = share(total, this.members.length, n); i > 0; i--)
				member.say(`${member.name} says ${i}`);
		});
		this.members.forEach((member) => member.start());
	}

	/** Resolves after that many acks. Calls must be awaited in order. */
	reached(acks) {
		if (acks <= this.acks)
			return Promise.resolve();
		return this.orFault(
			new Promise((resolve) => this.#waiting.push({ acks, resolve })),
		);
	}

	isComplete(member) {
		return member.unacked === 0 && member.have >= this.total;
	}

	/** Resolves when every message was acked. */
	async allAcked() {
		for (const member of this.members)
			while (member.unacked > 0)
				await this.orFault(once(member, 'ack'));
	}

	/** Resolves when every member has every message. Fails if there is no progress. */
	async complete() {
		for (;;) {
			const laggard = this.members.find((member) => !this.isComplete(member));
			if (!laggard)
				return;
			let check;
			const caughtUp = new Promise((resolve) => {
				check = () => this.isComplete(laggard) && resolve();
				laggard.on('received', check);
				laggard.on('ack', check);
			});
			await this.orFault(caughtUp).finally(() => {
				laggard.off('received', check);
				laggard.off('ack', check);
			});
		}
	}

	/**
	 * Resolves with the promise. Fails if a member finds a fault or nothing arrives for a long time.
	 */
	orFault(promise) {
		const progress = () => this.acks + this.sum('have');
		let seen = progress();
		let timer;
		const stall = new Promise((_, reject) => {
			timer = setInterval(() => {
				if (seen === progress())
					reject(new Error(`there is no progress any more:\n${this.describe()}`));
				seen = progress();
			}, patienceMs);
		});
		return Promise.race([promise, this.fault, stall]).finally(() => clearInterval(timer));
	}

	describe() {
		return this.members
			.filter((member) => !this.isComplete(member))
			.map((member) => member.describe())
			.join('\n');
	}

	/** Fails unless every member has the same dense list, with each message in it once. */
	assertSameView() {
		const view = this.members[0].texts;
		assert.equal(view.length - 1, this.total, 'the last id');
		assert.equal(new Set(view.slice(1)).size, this.total, 'different texts in the room');
		for (const member of this.members) {
			assert.equal(member.have, this.total, `${member.name} has all ids`);
			const other = view.findIndex((text, id) => member.texts[id] !== text);
			assert.equal(other, -1, `${member.name} has "${member.texts[other]}" at ${other}`);
			for (const entry of member.entries.filter(({ id }) => id !== undefined))
				assert.equal(view[entry.id], entry.text, `${entry.ref} has the text that was acked`);
		}
	}

	/** Fails unless a new member reads the same list. */
	async assertNewMemberReadsTheSame() {
		const { epoch } = this.members[0];
		this.add({ name: 'newcomer', door: 'query', epoch });
		await this.complete();
		this.assertSameView();
	}

	leave() {
		this.members.forEach((member) => member.leave());
	}

	sum(key) {
		return this.members.reduce((total, member) => total + member[key], 0);
	}

	/** Numbers for a summary, such as how often the members reconnected. */
	figures() {
		const codes = new Map();
		for (const { closeCodes } of this.members)
			for (const [code, count] of closeCodes)
				codes.set(code, (codes.get(code) ?? 0) + count);
		return {
			clients: this.members.length,
			messages: this.total,
			reconnects: this.sum('connections') - this.members.length,
			duplicates_acked: this.sum('duplicates'),
			name_retries: this.sum('nameRetries'),
			close_codes: [...codes].map(([code, count]) => `${code}:${count}`).join(',') || 'none',
		};
	}
}

/** Returns the seconds since start, for a summary. */
export function secondsSince(start) {
	return ((performance.now() - start) / 1000).toFixed(1);
}
