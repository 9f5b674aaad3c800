// What came of the faults, as a table.

const OUTCOMES = ['unseen', 'retried', 'refused', 'aborted', 'library', 'not reached', 'failed'];

export class Table {
	#rows = new Map();

	/** One text for each case that went wrong. */
	failures = [];

	#row(name) {
		if (!this.#rows.has(name))
			this.#rows.set(name, { calls: 0, highest: 0, cpu: 0, counts: new Map() });
		return this.#rows.get(name);
	}

	/** What is visited makes that many calls. */
	expect(name, calls) {
		this.#row(name).calls = calls;
	}

	note(name, k, outcome, cpu = 0) {
		const row = this.#row(name);
		row.counts.set(outcome, (row.counts.get(outcome) ?? 0) + 1);
		row.cpu = Math.max(row.cpu, cpu);
		if (outcome !== 'not reached')
			row.highest = Math.max(row.highest, k);
	}

	fail(name, k, error) {
		this.note(name, k, 'failed');
		const failure = `${name}, k=${k}: ${error.message}`;
		this.failures.push(failure);
		console.log(`faults: failed: ${failure.slice(0, 200)}`);
	}

	print() {
		const head = ['fault', 'calls', 'tried', 'highest k', ...OUTCOMES, 'most CPU s'];
		console.log(`faults: | ${head.join(' | ')} |`);
		console.log(`faults: |${' --- |'.repeat(head.length)}`);
		for (const [name, { calls, highest, cpu, counts }] of this.#rows) {
			const tried = [...counts.values()].reduce((sum, count) => sum + count, 0);
			const numbers = OUTCOMES.map((outcome) => counts.get(outcome) ?? 0);
			console.log(`faults: | ${[name, calls, tried, highest, ...numbers, cpu.toFixed(2)].join(' | ')} |`);
		}
	}
}
