// The panel below an opened tile: the chart, with minimum, average and maximum.
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { createChart } from './chart.js';

export function createChartPanel(metric, { words, units, locale, onClose }) {
	const title = element('h3', bidiText(metric.name));
	const whole = button('live-whole', words.chartWhole);
	const close = button('live-close', element('span', '✕'));
	const state = element('p.live-state-of-chart', words.chartLoading);
	const plot = element('div.live-plot');
	const facts = element('dl.live-facts');
	const panel = element('div.live-chart', element('header', title, whole, close), state, plot, facts);
	const item = element('li.live-chart-place', panel);
	let chart = null;
	let isClosed = false;

	panel.setAttribute('role', 'group');
	panel.ariaLabel = words.chartOf(metric.name);
	close.ariaLabel = words.chartClose;
	state.setAttribute('role', 'status');
	whole.hidden = true;
	whole.addEventListener('click', () => {
		chart.showAll();
		close.focus();
	});
	close.addEventListener('click', onClose);

	const numbers = ['least', 'average', 'most'].map((name) => {
		const value = element('dd');
		facts.append(element('div', element('dt', words[name]), value));
		return value;
	});

	function showFacts() {
		const [, values] = metric.series.points();
		const average = values.reduce((sum, value) => sum + value / values.length, 0);

		[Math.min(...values), average, Math.max(...values)].forEach((value, index) =>
			setText(numbers[index], units.label(value, metric.unit)),
		);
	}

	function update() {
		chart?.setPoints(metric.series.points());
		showFacts();
	}

	async function load() {
		try {
			const loaded = await createChart(plot, {
				name: metric.name,
				label: (value) => units.label(value, metric.unit),
				unit: metric.unit,
				words,
				locale,
				onZoom: (isZoomed) => {
					whole.hidden = !isZoomed;
				},
			});

			if (isClosed) {
				loaded.destroy();
				return;
			}
			chart = loaded;
			state.textContent = matchMedia('(any-pointer: coarse)').matches ? words.chartTouchHint : words.chartHint;
			update();
		} catch {
			state.textContent = words.chartMissing;
			state.classList.add('live-missing');
			plot.remove();
		}
	}

	showFacts();
	load();

	return {
		item,
		update,
		close() {
			isClosed = true;
			chart?.destroy();
			item.remove();
		},
	};
}
