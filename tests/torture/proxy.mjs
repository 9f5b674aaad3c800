// A TCP proxy that damages connections as networks do. It cuts them within a frame or on one side
// only, with a FIN or a reset, or delays one direction for a while.

import { once } from 'node:events';
import net from 'node:net';

// How long one side may stay open after the other one has ended, and how long a direction may
// stall.
const ONE_SIDED_MS = 400;
const STALL_MS = 300;

/** One direction of a connection. */
class Flow {
	#from;
	#to;
	#isStalled = false;
	#onNext; // takes the next bytes instead

	constructor(from, to) {
		this.#from = from;
		this.#to = to;
		from.on('data', (bytes) => this.#pass(bytes));
		from.on('end', () => this.#onNext || to.end());
		to.on('drain', () => this.#isStalled || from.resume());
	}

	#pass(bytes) {
		if (this.#onNext)
			return this.#onNext(bytes);
		if (!this.#to.write(bytes))
			this.#from.pause();
	}

	/** Passes on part of the next bytes, then calls done(). */
	breakNext(chance, done) {
		this.#onNext = (bytes) => {
			this.#onNext = () => {};
			this.#to.write(bytes.subarray(0, chance.below(bytes.length)), done);
		};
	}

	/** Drops everything from now on. */
	discard() {
		this.#onNext = () => {};
	}

	/** Holds everything from now on. The returned function passes it on. */
	keep() {
		const kept = [];
		this.#onNext = (bytes) => kept.push(bytes);
		return () => this.#to.write(Buffer.concat(kept));
	}

	stall() {
		this.#isStalled = true;
		this.#from.pause();
	}

	flow() {
		this.#isStalled = false;
		this.#from.resume();
	}
}

class Link {
	constructor(client, server, chance) {
		this.client = client;
		this.server = server;
		this.chance = chance;
		this.isWhole = true; // not damaged yet
		this.up = new Flow(client, server);
		this.down = new Flow(server, client);
		for (const socket of [client, server]) {
			socket.setNoDelay(true);
			socket.on('error', () => {}); // "close" follows
		}
		client.once('close', () => this.#lost(server));
		server.once('close', () => this.#lost(client));
	}

	#lost(other) {
		if (this.isWhole)
			other.destroy();
	}

	end(isReset) {
		for (const socket of [this.client, this.server])
			drop(socket, isReset);
	}

	/** Ends one side; the other side notices later. */
	endOneSide(isReset) {
		const [side, other] = this.chance.isLucky(0.5)
			? [this.client, this.server]
			: [this.server, this.client];
		this.up.discard();
		this.down.discard();
		drop(side, isReset);
		setTimeout(() => drop(other, isReset), this.chance.below(ONE_SIDED_MS));
	}

	endMidFrame(isReset) {
		const flow = this.chance.pick([this.up, this.down]);
		flow.breakNext(this.chance, () => this.end(isReset));
	}

	/**
	 * Cuts the connection but delivers the client's last bytes after it has reconnected and resent
	 * them.
	 */
	deliverLate(isReset) {
		const passOn = this.up.keep();
		this.down.discard();
		setTimeout(() => {
			drop(this.client, isReset);
			setTimeout(() => {
				passOn();
				this.server.end();
			}, this.chance.below(ONE_SIDED_MS));
		}, this.chance.below(STALL_MS));
	}

	/** Stalls one direction, then cuts the connection or lets it continue. */
	stall(isReset) {
		const flow = this.chance.pick([this.up, this.down]);
		const isCut = this.chance.isLucky(0.5);
		flow.stall();
		setTimeout(() => {
			if (isCut)
				return this.end(isReset);
			this.isWhole = true;
			flow.flow();
			for (const socket of [this.client, this.server])
				if (socket.destroyed)
					this.end(false);
		}, this.chance.below(STALL_MS));
	}
}

const troubles = ['end', 'endOneSide', 'endMidFrame', 'deliverLate', 'stall'];

function drop(socket, isReset) {
	if (isReset)
		socket.resetAndDestroy();
	else
		socket.destroy();
}

export class Proxy {
	#links = new Set();
	#chance;
	#target;

	constructor(target, chance) {
		this.#target = target;
		this.#chance = chance;
		this.counts = Object.fromEntries(troubles.map((trouble) => [trouble, 0]));
		this.resets = 0;
		this.server = net.createServer({ allowHalfOpen: true }, (client) => this.#link(client));
	}

	async open() {
		this.server.listen(0, '127.0.0.1');
		await once(this.server, 'listening');
		this.port = this.server.address().port;
	}

	#link(client) {
		const server = net.connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
		const link = new Link(client, server, this.#chance);
		this.#links.add(link);
		client.once('close', () => this.#links.delete(link));
	}

	/** Damages an intact connection. Half of the ends are resets. */
	trouble() {
		const whole = [...this.#links].filter((link) => link.isWhole);
		if (whole.length === 0)
			return;
		const link = this.#chance.pick(whole);
		const trouble = this.#chance.pick(troubles);
		const isReset = this.#chance.isLucky(0.5);
		this.counts[trouble]++;
		this.resets += isReset ? 1 : 0;
		link.isWhole = false;
		link[trouble](isReset);
	}

	close() {
		this.server.close();
		this.#links.forEach((link) => link.end(false));
	}
}
