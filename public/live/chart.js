// A chart of one metric or two. uPlot is loaded when the first chart is opened.
import { addStylesheet } from '../base/stylesheet.js';
import { timeAxis, valueAxis } from './axes.js';
import { createClock } from './chart-clock.js';
import { addTouchZoom } from './touch-zoom.js';

const HEIGHT = 260;
// Columns of data for each metric: mean, low, high.
const COLUMNS = 3;
// The second line is not told apart by its colour alone.
const DASH = [7, 4];

async function loadLibrary() {
	const [{ default: Plot }] = await Promise.all([
		import('../lib/uplot/uPlot.esm.js'),
		addStylesheet(new URL('../lib/uplot/uPlot.min.css', import.meta.url)),
	]);
	return Plot;
}

// A canvas cannot use custom properties. chart.css sets the colours as properties of the place that have no visible
// effect there.
function createColours(place) {
	const style = getComputedStyle(place);

	return {
		lines: [() => style.color, () => style.stroke],
		areas: [() => style.textDecorationColor, () => style.fill],
		grid: () => style.columnRuleColor,
		words: () => style.caretColor,
	};
}

// The reader may change the theme while a chart is open.
function watchTheme(onChange) {
	const dark = matchMedia('(prefers-color-scheme: dark)');
	const observer = new MutationObserver(onChange);

	dark.addEventListener('change', onChange);
	observer.observe(document.documentElement, { attributes: true });
	return () => {
		dark.removeEventListener('change', onChange);
		observer.disconnect();
	};
}

// The place of the nearest value of this series: two metrics have values at different times.
function nearestValue(plot, series, index) {
	const values = plot.data[series];

	for (let distance = 0; distance < values.length; distance++) {
		for (const at of [index - distance, index + distance]) {
			if (Number.isFinite(values[at]))
				return at;
		}
	}
	return index;
}

function seriesFor({ name, unit }, number, { scale, units, colours, hasArea }) {
	const edge = { label: '', class: 'live-edge', scale, points: { show: false } };
	const first = 1 + number * COLUMNS;

	return [
		{
			label: name,
			class: number ? 'live-other' : 'live-one',
			scale,
			width: 2,
			stroke: colours.lines[number],
			...(number && { dash: DASH }),
			...(hasArea && { fill: colours.areas[number] }),
			// Without a pointer, the last value.
			value: (plot, value) => units.label(value ?? plot.data[first].findLast(Number.isFinite) ?? 0, unit),
		},
		edge,
		edge,
	].map((one) => ({ ...one }));
}

function optionsFor(place, { lines, units, words, locale, onDraw, onScale, showAll }) {
	const colours = createColours(place);
	const clock = createClock(locale);
	// Metrics with one unit share an axis.
	const scales = Array.from(new Set(lines.map(({ unit }) => unit)));
	const scaleOf = ({ unit }) => (scales.indexOf(unit) ? 'other' : 'y');
	const hasArea = lines.length === 1;

	return {
		width: place.clientWidth,
		height: HEIGHT,
		ms: 1,
		// Half of the last time label overhangs on the right.
		padding: [10, 24, 0, 0],
		cursor: {
			drag: { x: true, y: false },
			points: {
				size: 8,
				show: (plot, index) => ((index - 1) % COLUMNS === 0 ? document.createElement('div') : null),
			},
			dataIdx: (plot, series, index) => (series ? nearestValue(plot, series, index) : index),
			bind: { dblclick: () => showAll },
		},
		legend: { markers: { dash: (plot, index) => (index > COLUMNS ? 'dashed' : 'solid') } },
		hooks: { draw: [onDraw], setScale: [(plot, key) => key === 'x' && onScale(plot)] },
		axes: [
			timeAxis(colours, clock),
			...scales.map((unit, index) => valueAxis(colours, { place, scale: index ? 'other' : 'y', unit, units, isSecond: index > 0 })),
		],
		series: [
			{ label: words.time, value: (plot, time) => clock.full(time ?? plot.data[0].at(-1) ?? 0) },
			...lines.flatMap((line, index) => seriesFor(line, index, { scale: scaleOf(line), units, colours, hasArea })),
		],
		bands: lines.map((line, index) => ({ series: [3 + index * COLUMNS, 2 + index * COLUMNS], fill: colours.areas[index] })),
	};
}

// lines are [{ name, unit }]. Rejects if the library cannot be loaded. onZoom(isZoomed) is called when the zoom changes,
// onDraw(plot) when the chart was drawn.
export async function createChart(place, { onZoom, onDraw, ...more }) {
	const Plot = await loadLibrary();
	// What is shown without zoom.
	let whole = [0, 0];
	let zoomed = null;

	function onScale({ scales: { x } }) {
		zoomed = x.min > whole[0] || x.max < whole[1] ? [x.min, x.max] : null;
		onZoom(Boolean(zoomed));
	}

	// The library calls onScale later.
	function zoom(newZoomed) {
		const [min, max] = newZoomed ?? whole;

		zoomed = newZoomed;
		plot.setScale('x', { min, max });
	}

	const showAll = () => zoom(null);
	const columns = Array.from({ length: 1 + COLUMNS * more.lines.length }, () => []);
	const plot = new Plot(optionsFor(place, { ...more, onDraw, onScale, showAll }), columns, place);
	const stopWatching = watchTheme(() => plot.redraw(false));
	const sizes = new ResizeObserver(() => {
		// The width is 0 while another view is shown.
		if (place.clientWidth)
			plot.setSize({ width: place.clientWidth, height: HEIGHT });
	});

	plot.over.classList.add('live-over');
	addTouchZoom(plot, { whole: () => whole, showAll });
	sizes.observe(place);

	return {
		// Only what is within the whole.
		zoom(begin, end) {
			const min = Math.max(begin, whole[0]);
			const max = Math.min(end, whole[1]);

			zoom(min < max ? [min, max] : null);
		},
		showAll,
		// The chart follows new data unless the reader has zoomed in, and waits while they are selecting. tables has columns for
		// each line: times, means, lows, highs.
		show(tables, newWhole) {
			if (plot.select.width > 0)
				return;
			whole = newWhole;
			plot.setData(Plot.join(tables), false);
			// Without a pointer the library does not.
			plot.setLegend();
			zoom(zoomed);
		},
		// The first and the last time that are shown.
		get view() {
			return zoomed ?? whole;
		},
		destroy() {
			stopWatching();
			sizes.disconnect();
			plot.destroy();
		},
	};
}
