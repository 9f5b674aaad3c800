// How much is asked of the daemon, and chance that can be had again.
//
// LINNET_TORTURE=full asks for the full size, otherwise it is a matter of seconds. Single
// numbers: LINNET_TORTURE_CLIENTS, _MESSAGES, _KILLS, _CUTS, _SESSIONS, _MEASURED, _SECONDS,
// _SEED.

const isFull = process.env.LINNET_TORTURE === 'full';

function numberFrom(variable) {
	const text = process.env[variable];
	if (text === undefined || text === '')
		return undefined;
	if (!/^\d+$/.test(text))
		throw new Error(`${variable} must be a whole number, not "${text}"`);
	return Number(text);
}

/** LINNET_TORTURE_name, or what is usual at the size of this run. */
export function size(name, { small, full }) {
	return numberFrom(`LINNET_TORTURE_${name}`) ?? (isFull ? full : small);
}

export const seed = numberFrom('LINNET_TORTURE_SEED') ?? Math.floor(Math.random() * 2 ** 32);

/**
 * A repeatable source of chance (mulberry32). The same seed draws the same plan; when the
 * kernel and the daemon get their turns is not in it.
 */
export class Chance {
	#state;

	constructor(start = seed) {
		this.#state = start >>> 0;
	}

	/** From 0 to 1, without 1. */
	fraction() {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number from 0 to n - 1. */
	below(n) {
		return Math.floor(this.fraction() * n);
	}

	isLucky(probability) {
		return this.fraction() < probability;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	/** So many whole numbers below n, in order. */
	moments(count, n) {
		return Array.from({ length: count }, () => this.below(n)).sort((a, b) => a - b);
	}
}

/** Resolves after so many ms, for a moment that no event names. */
export function moment(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The one line that a test says about its run. */
export function summary(name, figures) {
	const pairs = Object.entries(figures).map(([key, value]) => `${key}=${value}`);
	console.log(`torture ${name}: ${pairs.join(' ')} seed=${seed}`);
}
