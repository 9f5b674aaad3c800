// One call of the daemon fails at a time, while clients go through all doors, while it starts and
// while it stops; kinds.mjs says what may come of it. The size is small unless LINNET_FAULTS=full: then
// k goes from 1 to 50, and 50 more are drawn. LINNET_FAULTS_SEED repeats a run; LINNET_FAULTS_ONLY="send
// EPIPE" runs one kind, and LINNET_FAULTS_K=7 one call of it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isSlowRun } from '../lib/daemon.mjs';
import { makeCertificate } from '../lib/tls.mjs';
import { Chance } from '../torture/options.mjs';
import { kinds } from './kinds.mjs';
import { Lane } from './lane.mjs';
import { Life } from './life.mjs';
import { Table } from './table.mjs';

const isFull = process.env.LINNET_FAULTS === 'full';
const seed = Number(process.env.LINNET_FAULTS_SEED ?? Math.floor(Math.random() * 2 ** 32));
const only = process.env.LINNET_FAULTS_ONLY;
const onlyK = process.env.LINNET_FAULTS_K;

/** Each of the first calls fails once, then as many of the later ones as are drawn. */
const [FIRST, DRAWN] = isFull ? [50, 50] : [0, 2];

/** Histories under test at once. Those that try again later wait most of the time. */
const AT_ONCE = isFull ? 8 : 2;

/** Cases in a row with one history. */
const IN_A_ROW = 20;

const chance = new Chance(seed);
const certificate = makeCertificate();
const table = new Table();
const nameOf = ({ call, error }) => `${call} ${error}`;
const wanted = kinds.filter((kind) => (only ? nameOf(kind) === only : isFull || !kind.isSlow));

/** Returns which of that many calls fail. */
function callsToTry(count) {
	if (onlyK)
		return [Number(onlyK)];
	const first = Math.min(FIRST, count);
	const later = new Set();
	while (later.size < Math.min(DRAWN, count - first))
		later.add(first + 1 + chance.below(count - first));
	return [...Array.from({ length: first }, (_, n) => n + 1), ...later];
}

/** Runs the jobs, some at once. */
async function runAll(jobs) {
	const left = [...jobs];
	const work = async () => {
		for (let job; (job = left.shift());)
			await job();
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}

const inRows = (cases) =>
	Array.from({ length: Math.ceil(cases.length / IN_A_ROW) }, (_, n) => cases.slice(n * IN_A_ROW, (n + 1) * IN_A_ROW));

/** Returns { kind, k, name } for each call that fails; countOf(kind) is how many there are. */
async function plan(some, suffix, countOf) {
	const cases = [];
	for (const kind of some) {
		const name = nameOf(kind) + suffix;
		const count = await countOf(kind);
		table.expect(name, count);
		cases.push(...callsToTry(count).map((k) => ({ kind, k, name })));
	}
	return cases;
}

/** Goes through the cases with one history, and with a new one after a failure. */
async function runRow(cases, open, run) {
	let history;
	for (const { kind, k, name } of cases) {
		try {
			history ??= await open();
			const { outcome, cpu } = await run(history, kind, k);
			table.note(name, k, outcome, cpu);
		} catch (error) {
			table.fail(name, k, error);
			await history?.abandon();
			history = undefined;
		}
	}
	try {
		await history?.close();
	} catch (error) {
		table.fail(cases[0].name, 0, error);
		await history.abandon();
	}
}

function assertNoFailures() {
	assert.equal(table.failures.length, 0, table.failures.splice(0).join('\n'));
}

const options = { skip: isSlowRun, timeout: 1_800_000 };

for (const tls of [undefined, certificate])
	test(`a call that fails ${tls ? 'over TLS ' : ''}costs at most the requests that need it`, options, async () => {
		const open = () => Lane.open({ tls });
		const first = await open();
		const cases = await plan(wanted.filter((kind) => !tls || kind.tls), tls ? ', TLS' : '', (kind) => first.countOf(kind));
		await first.close();
		await runAll(inRows(cases).map((row) => () => runRow(row, open, (lane, kind, k) => lane.endure(kind, k))));
		assertNoFailures();
	});

for (const phase of ['start', 'stop'])
	test(`a call that fails at the ${phase} does not hurt the history, and the status is right`, options, async () => {
		const open = () => Life.open({ tls: certificate });
		const first = await open();
		const cases = await plan(kinds.filter((kind) => kind[phase] && wanted.includes(kind)), `, ${phase}`, (kind) => first.countOf(kind, phase));
		await first.close();
		await runAll(inRows(cases).map((row) => () => runRow(row, open, (life, kind, k) => life[phase](kind, k))));
		assertNoFailures();
	});

after(() => {
	console.log(`faults: seed=${seed}`);
	table.print();
});
