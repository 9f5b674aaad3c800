// A line of the last values. Its box of 100 by 30 is stretched to the tile's width.

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 100;
const HEIGHT = 30;
// Room for half the line's width.
const EDGE = 2;
export const SPARKLINE_POINTS = 90;

const rounded = (number) => Math.round(number * 100) / 100;

function path(className) {
	const shape = document.createElementNS(SVG, 'path');
	shape.classList.add(className);
	return shape;
}

export function createSparkline() {
	const svg = document.createElementNS(SVG, 'svg');
	const area = path('live-area');
	const line = path('live-line');

	svg.classList.add('live-sparkline');
	svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
	svg.setAttribute('preserveAspectRatio', 'none');
	svg.setAttribute('aria-hidden', 'true');
	svg.append(area, line);

	return {
		svg,
		draw([times, values]) {
			const [begin, end] = [times[0], times.at(-1)];
			const [low, high] = [Math.min(...values), Math.max(...values)];
			const x = (time) => (end > begin ? ((time - begin) / (end - begin)) * WIDTH : WIDTH);
			// high - low could overflow to Infinity, so both are halved first.
			const span = high / 2 - low / 2;
			const y = (value) => EDGE + (HEIGHT - 2 * EDGE) * (span ? (high / 2 - value / 2) / span : 0.5);
			const points = times.map((time, index) => `${rounded(x(time))},${rounded(y(values[index]))}`);

			// A single value is drawn as a horizontal line.
			if (points.length === 1)
				points.unshift(`0,${HEIGHT / 2}`);
			line.setAttribute('d', `M${points.join('L')}`);
			area.setAttribute('d', `M${points.join('L')}L${WIDTH},${HEIGHT}L${points[0].split(',')[0]},${HEIGHT}Z`);
		},
	};
}
