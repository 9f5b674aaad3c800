// What RFC 6455 demands of a server, case by case, asked of the daemon's echo service.
//
// A case has an id, a sentence (says), the section of the RFC, what is sent (send) and what must
// come back: one outcome (expect), one of several (anyOf), or one of several that have a name,
// where the RFC leaves a choice (choices). What differs stands in known.mjs, or fails.
//
// Cases of the handshake have another request, and the key in it; isClosing says that what is
// sent closes the connection, isPatient that the daemon must close TCP without being helped.

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

// Many at once: those that wait for the heartbeat keep no others waiting.
const concurrency = 16;

// Soon enough for a test to see who goes on talking.
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

/** An outcome in a line; of a long one its beginning and its end. */
function told(outcome) {
	const events = outcome.length > 8 ? [...outcome.slice(0, 5), '…', ...outcome.slice(-2)] : outcome;
	return events.join(', ');
}

/** How often each of these names came up, in their order; those that did not are left out. */
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

	/** Counts the outcome of a case, and fails unless it is right or known. */
	judge(example, outcome) {
		const allowed = conformantOutcomes(example);
		const difference = knownOf.get(example.id);
		if (allowed.some((one) => isDeepStrictEqual(one, outcome))) {
			this.#conformant++;
			this.#count(choiceOf(example, outcome));
			assert.equal(difference, undefined, 'it is conformant now: take it out of known.mjs');
			return;
		}
		const got = `got: ${told(outcome)}; conformant: ${allowed.slice(0, 4).map(told).join(' | ')}`;
		assert.ok(difference, got);
		assert.deepEqual(outcome, difference.outcome, `${got}; known: ${told(difference.outcome)}`);
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

test('every case has an id of its own, and only cases that there are differ', () => {
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
