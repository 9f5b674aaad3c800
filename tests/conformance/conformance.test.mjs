// Tests the daemon's echo service against the requirements of RFC 6455, case by case.
//
// A case has an id, a sentence (says), the section of the RFC, what is sent (send) and what must
// come back: one outcome (expect), one of several (anyOf), or, where the RFC leaves a choice, one
// of several with names (choices). Known deviations are listed in known.mjs; any other deviation
// fails.
//
// Cases of the handshake have their own request with its key. isClosing means that the sent bytes
// close the connection. isPatient means that the daemon must close TCP without help.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { startDaemon } from '../lib/daemon.mjs';
import closing from './cases/closing.mjs';
import control from './cases/control.mjs';
import fragments from './cases/fragments.mjs';
import framing from './cases/framing.mjs';
import handshake from './cases/handshake.mjs';
import limits from './cases/limits.mjs';
import utf8 from './cases/utf8.mjs';
import { play } from './exchange.mjs';
import { known } from './known.mjs';

const cases = [handshake, framing, control, fragments, utf8, closing, limits].flat();

// Cases run in parallel, so those that wait for the heartbeat do not delay the others.
const concurrency = 16;

// A short interval, so the tests can tell whether the daemon still sends pings.
const settings = ['heartbeat.ping_s=5'];

const knownOf = new Map(
	known.flatMap((group) =>
		Object.entries(group.observed).map(([id, outcome]) => [id, { group, outcome }]),
	),
);

const conformantOutcomes = ({ expect, anyOf, choices }) =>
	anyOf ?? (choices ? Object.values(choices) : [expect]);

const choiceOf = ({ choices = {} }, outcome) =>
	Object.keys(choices).find((name) => isDeepStrictEqual(choices[name], outcome));

/** Returns an outcome in one line. A long one is cut in the middle. */
function inOneLine(outcome) {
	const events = outcome.length > 8 ? [...outcome.slice(0, 5), '…', ...outcome.slice(-2)] : outcome;
	return events.join(', ');
}

/** Returns how often each of these names occurred, in their order, without those that did not. */
function listed(names, counts) {
	return [...new Set(names)]
		.filter((name) => counts.has(name))
		.map((name) => `${name}: ${counts.get(name)}`)
		.join('; ');
}

class Score {
	#conformant = 0;
	#different = 0;
	#counts = new Map();

	#count(name) {
		this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
	}

	/** Counts the outcome of a case, and fails unless it is conformant or known. */
	judge(example, outcome) {
		const allowed = conformantOutcomes(example);
		const difference = knownOf.get(example.id);
		if (allowed.some((one) => isDeepStrictEqual(one, outcome))) {
			this.#conformant++;
			this.#count(choiceOf(example, outcome));
			assert.equal(difference, undefined, 'the case is conformant now: remove it from known.mjs');
			return;
		}
		const got = `got: ${inOneLine(outcome)}; conformant: ${allowed.slice(0, 4).map(inOneLine).join(' | ')}`;
		assert.ok(difference, got);
		assert.deepEqual(outcome, difference.outcome, `${got}; known: ${inOneLine(difference.outcome)}`);
		this.#different++;
		this.#count(difference.group.name);
	}

	print() {
		const groups = listed(known.map(({ name }) => name), this.#counts);
		const choices = listed(cases.flatMap((example) => Object.keys(example.choices ?? {})), this.#counts);
		const right = `${cases.length} cases, ${this.#conformant} conformant`;
		console.log(`conformance: ${right}, ${this.#different} known to differ (${groups})`);
		console.log(`conformance, left open by the RFC: ${choices}`);
	}
}

test('every case has a unique id, and known.mjs lists only existing cases', () => {
	const ids = cases.map(({ id }) => id);
	assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
	const knownIds = known.flatMap(({ observed }) => Object.keys(observed));
	assert.deepEqual(knownIds.filter((id, at) => knownIds.indexOf(id) !== at || !ids.includes(id)), []);
});

describe('RFC 6455', { concurrency }, () => {
	const score = new Score();
	let daemon;

	before(async () => {
		daemon = await startDaemon({ settings });
	});
	after(async () => {
		score.print();
		await daemon.stop();
	});

	for (const example of cases) {
		test(`${example.id}: ${example.says} (section ${example.rfc})`, async () => {
			score.judge(example, await play(daemon, example));
		});
	}
});
