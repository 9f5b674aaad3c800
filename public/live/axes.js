// The axes of a chart: what their labels say and how much space they need.
import { stepsOf } from './units.js';

const FONT = '12px system-ui, sans-serif';
// Average width of a letter in FONT.
const LETTER_PX = 7;
const GAP_PX = 14;
const MINUTE_MS = 60_000;

function axis(colours, more) {
	return {
		font: FONT,
		stroke: colours.words,
		grid: { stroke: colours.grid, width: 1 },
		ticks: { stroke: colours.grid, width: 1, size: 5 },
		...more,
	};
}

export function timeAxis(colours, clock) {
	const spaceFor = (label) => GAP_PX + LETTER_PX * label.length;

	return axis(colours, {
		// Labels show seconds if steps of half a minute have room for them. Otherwise the space forces steps of at least a
		// minute.
		space(plot, axisIndex, min, max, width) {
			const minute = (width * MINUTE_MS) / (max - min);
			const exact = spaceFor(clock.label(min, 1));

			return minute / 2 >= exact ? exact : Math.max(spaceFor(clock.label(min, MINUTE_MS)), minute * 0.99);
		},
		size: 32,
		values: (plot, times, index, space, stepMs) => clock.labels(times, stepMs),
	});
}

// The axis of a scale whose values have this unit. A second one is at the right.
export function valueAxis(colours, { place, scale, unit, units, isSecond }) {
	const steps = stepsOf(unit);
	const lengthOf = (values) => Math.max(0, ...(values ?? []).map((value) => value.length));

	return axis(colours, {
		scale,
		side: isSecond ? 1 : 3,
		...(isSecond && { grid: { show: false } }),
		space: 40,
		// A long unit must leave room for the chart.
		size: (plot, values) => Math.min(18 + LETTER_PX * lengthOf(values), place.clientWidth / 3),
		...(steps && { incrs: steps }),
		values: (plot, values, index, space, step) => units.labels(values, step, unit),
	});
}
