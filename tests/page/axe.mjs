// The faults that axe finds in a page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function assertNoFaults(person, what) {
	await person.page.evaluate((source) => window.axe ?? (0, eval)(source), AXE).catch(() => person.page.evaluate(AXE));
	const { violations } = await person.page.evaluate(() => window.axe.run());
	const faults = violations
		.filter(({ impact }) => ['serious', 'critical'].includes(impact))
		.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 120)} (${any[0]?.message ?? ''})`).join(' | ')}`);
	assert.deepEqual(faults, [], what);
}
