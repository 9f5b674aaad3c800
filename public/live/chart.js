// A chart of one metric. uPlot is loaded when the first chart is opened.
import { addStylesheet } from '../base/stylesheet.js';
import { addTouchZoom } from './touch-zoom.js';
import { isBytes } from './units.js';

const HEIGHT = 260;
const AXIS_FONT = '12px system-ui, sans-serif';
// Average width of a letter in AXIS_FONT.
const LETTER_PX = 7;
const GAP_PX = 14;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// Axis steps for bytes.
const POWERS = Array.from({ length: 60 }, (_, exponent) => 2 ** exponent);

async function loadLibrary() {
	const [{ default: Plot }] = await Promise.all([
		import('../lib/uplot/uPlot.esm.js'),
		addStylesheet(new URL('../lib/uplot/uPlot.min.css', import.meta.url)),
	]);
	return Plot;
}

// Labels of the time axis, with the precision of its steps.
function createClock(locale) {
	const seconds = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
	const minutes = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
	const days = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
	const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
	const isToday = (time) => new Date(time).toDateString() === new Date().toDateString();

	return {
		full: (time) => (isToday(time) ? seconds : full).format(time),
		label: (time, stepMs) => (stepMs < MINUTE_MS ? seconds : stepMs < DAY_MS ? minutes : days).format(time),
	};
}

// A canvas cannot use custom properties. live.css sets the colours as properties of the place that have no visible
// effect there.
function createColours(place) {
	const style = getComputedStyle(place);

	return {
		line: () => style.color,
		area: () => style.textDecorationColor,
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

function axis(colours, more) {
	return {
		font: AXIS_FONT,
		stroke: colours.words,
		grid: { stroke: colours.grid, width: 1 },
		ticks: { stroke: colours.grid, width: 1, size: 5 },
		...more,
	};
}

function optionsFor(place, { name, label, unit, words, locale, onScale }) {
	const colours = createColours(place);
	const clock = createClock(locale);
	const lengthOf = (values) => Math.max(0, ...(values ?? []).map((value) => value.length));
	// A long unit must leave room for the chart.
	const widthOf = (plot, values) => Math.min(18 + LETTER_PX * lengthOf(values), place.clientWidth / 3);
	const spaceFor = (label) => GAP_PX + LETTER_PX * label.length;

	// Labels show seconds if steps of half a minute have room for them. Otherwise the space forces steps of at least a
	// minute.
	function timeSpace(plot, axisIndex, min, max, width) {
		const minute = (width * MINUTE_MS) / (max - min);
		const exact = spaceFor(clock.label(min, 1));

		return minute / 2 >= exact ? exact : Math.max(spaceFor(clock.label(min, MINUTE_MS)), minute * 0.99);
	}

	return {
		width: place.clientWidth,
		height: HEIGHT,
		ms: 1,
		// Half of the last time label overhangs on the right.
		padding: [10, 24, 0, 0],
		cursor: { drag: { x: true, y: false }, points: { size: 8 } },
		hooks: { setScale: [(plot, key) => key === 'x' && onScale(plot)] },
		axes: [
			axis(colours, {
				space: timeSpace,
				size: 32,
				values: (plot, times, index, space, stepMs) => times.map((time) => clock.label(time, stepMs)),
			}),
			axis(colours, {
				space: 40,
				size: widthOf,
				...(isBytes(unit) && { incrs: POWERS }),
				values: (plot, values) => values.map(label),
			}),
		],
		series: [
			{ label: words.time, value: (plot, time) => clock.full(time ?? plot.data[0].at(-1) ?? 0) },
			{
				label: name,
				width: 2,
				stroke: colours.line,
				fill: colours.area,
				// Without a pointer, the last value.
				value: (plot, value) => label(value ?? plot.data[1].at(-1) ?? 0),
			},
		],
	};
}

// Rejects if the library cannot be loaded. label(value) formats a value; onZoom(isZoomed) is called when the zoom
// changes.
export async function createChart(place, { onZoom, ...more }) {
	const Plot = await loadLibrary();
	let isZoomed = false;

	function onScale({ scales, data }) {
		const [times] = data;

		isZoomed = scales.x.min > times[0] || scales.x.max < times.at(-1);
		onZoom(isZoomed);
	}

	const plot = new Plot(optionsFor(place, { ...more, onScale }), [[], []], place);
	const stopWatching = watchTheme(() => plot.redraw(false));
	const sizes = new ResizeObserver(() => {
		// The width is 0 while another view is shown.
		if (place.clientWidth)
			plot.setSize({ width: place.clientWidth, height: HEIGHT });
	});

	const showAll = () => plot.setData(plot.data, true);

	plot.over.classList.add('live-over');
	addTouchZoom(plot, { showAll });
	sizes.observe(place);

	return {
		// The chart follows new data unless the reader has zoomed in or is selecting.
		setPoints(points) {
			const { min, max } = plot.scales.x;
			const isHeld = isZoomed || plot.select.width > 0;

			plot.setData(points, !isHeld);
			if (isHeld)
				plot.setScale('x', { min, max });
		},
		showAll,
		destroy() {
			stopWatching();
			sizes.disconnect();
			plot.destroy();
		},
	};
}
