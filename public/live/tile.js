// One metric: its name, its last value, how old that is, and where it comes from.
import { element, foreign, setText } from '../elements.js';
import { SPARKLINE_POINTS, createSparkline } from './sparkline.js';

export function createTile(metric, { words, units, ageOf }) {
	const amount = element('span.amount');
	const unit = element('bdi.unit');
	const age = element('span.age');
	const sparkline = createSparkline();
	const button = element(
		'button.tile',
		element('span.name', foreign(metric.name)),
		element('span.value', amount, ' ', unit),
		sparkline.svg,
		age,
	);
	const item = element('li.tile-place', button);

	button.type = 'button';
	button.title = metric.name;
	button.ariaExpanded = 'false';

	return {
		metric,
		item,
		button,
		showValue() {
			const shown = units.split(metric.series.lastValue, metric.unit);

			setText(amount, shown.amount);
			setText(unit, shown.unit);
		},
		showAge(ms, isStale) {
			setText(age, isStale ? words.stale(ageOf(ms)) : ageOf(ms));
			button.classList.toggle('stale', isStale);
		},
		drawSparkline: () => sparkline.draw(metric.series.points(SPARKLINE_POINTS)),
	};
}
