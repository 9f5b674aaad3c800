// The tile of one metric: its name, last value, sparkline and age.
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { SPARKLINE_POINTS, createSparkline } from './sparkline.js';

export function createTile(metric, { words, units, ageOf }) {
	const amount = element('span.live-amount');
	const unit = element('bdi.live-unit');
	const age = element('span.live-age');
	const sparkline = createSparkline();
	const button = element(
		'button.live-tile',
		element('span.live-name', bidiText(metric.name)),
		element('span.live-value', amount, ' ', unit),
		sparkline.svg,
		age,
	);
	const item = element('li.live-tile-place', button);

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
			button.classList.toggle('live-stale', isStale);
		},
		drawSparkline: () => sparkline.draw(metric.series.points(SPARKLINE_POINTS)),
	};
}
