// The size of the torture tests, and reproducible randomness.
//
// LINNET_TORTURE=full runs the full size; otherwise the tests take seconds. Single sizes:
// LINNET_TORTURE_CLIENTS, _MESSAGES, _KILLS, _CUTS, _SESSIONS, _MEASURED, _SECONDS, _SEED.

const isFull = process.env.LINNET_TORTURE === 'full';

function numberFrom(variable) {
	const text = process.env[variable];
	if (text === undefined || text === '')
		return undefined;
	if (!/^\d+$/.test(text))
		throw new Error(`${variable} must be a whole number, not "${text}"`);
	return Number(text);
}

/** Returns LINNET_TORTURE_name, or the default for the size of this run. */
export function size(name, { small, full }) {
	return numberFrom(`LINNET_TORTURE_${name}`) ?? (isFull ? full : small);
}

export const seed = numberFrom('LINNET_TORTURE_SEED') ?? Math.floor(Math.random() * 2 ** 32);

/**
 * A reproducible random generator (mulberry32). The same seed gives the same plan, but not the same
 * timing of the kernel and the daemon.
 */
export class Chance {
	#state;

	constructor(start = seed) {
		this.#state = start >>> 0;
	}

	/** From 0 up to, but not including, 1. */
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

	/** Returns count random whole numbers below n, in ascending order. */
	moments(count, n) {
		return Array.from({ length: count }, () => this.below(n)).sort((a, b) => a - b);
	}
}

/** Resolves after ms milliseconds, where no event can be awaited. */
export function moment(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Prints the summary line of a test. */
export function summary(name, figures) {
	const pairs = Object.entries(figures).map(([key, value]) => `${key}=${value}`);
	console.log(`torture ${name}: ${pairs.join(' ')} seed=${seed}`);
}
