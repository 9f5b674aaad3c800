// Minimum, average and maximum of the metrics in a chart, in the part that is shown.
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';

const words = laterTexts.live;

export function createFacts({ units }) {
	const body = element('tbody');
	const head = element('tr', element('td'), ...['least', 'average', 'most'].map((name) => element('th', words[name])));
	const place = element('table.live-facts', element('thead', head), body);
	let metrics = [];

	head.querySelectorAll('th').forEach((cell) => cell.setAttribute('scope', 'col'));

	function build(shown) {
		metrics = shown;
		body.replaceChildren(
			...shown.map(({ name }) => {
				const label = element('th', bidiText(name));

				label.scope = 'row';
				return element('tr', label, ...Array.from({ length: 3 }, () => element('td')));
			}),
		);
	}

	// tables: see timeline.js.
	function factsOf([times, means, lows, highs], [begin, end]) {
		const inView = times.flatMap((time, index) => (time >= begin && time <= end && means[index] !== null ? [index] : []));
		const of = (column) => inView.map((index) => column[index]);
		const all = of(means);

		if (!inView.length)
			return null;
		return [
			of(lows).reduce((one, other) => Math.min(one, other)),
			// A sum could overflow.
			all.reduce((sum, value) => sum + value / all.length, 0),
			of(highs).reduce((one, other) => Math.max(one, other)),
		];
	}

	return {
		place,
		show(shown, tables, view) {
			if (shown !== metrics)
				build(shown);
			for (const [row, table] of tables.entries()) {
				const facts = factsOf(table, view);

				for (const at of [0, 1, 2])
					setText(body.rows[row].cells[at + 1], facts ? units.label(facts[at], shown[row].unit) : '–');
			}
		},
	};
}
