// Touch zoom for a chart, which uPlot leaves to the page. One finger selects a range, two fingers pinch, a double tap
// shows everything.

const MIN_PX = 12;
const TAP_MS = 350;
const NEAR_PX = 30;
// The smallest range to zoom to.
const MIN_SPAN_MS = 1000;

// whole() returns the first and the last time without zoom; showAll() resets it. The listeners are removed with the chart's elements.
export function addTouchZoom(plot, { whole, showAll }) {
	const { over } = plot;
	// Pointer id -> x relative to the chart.
	const fingers = new Map();
	// The times below the two fingers when the pinch began.
	let held = null;
	let start = null;
	let lastTap = { time: -Infinity, x: 0 };

	const xOf = ({ clientX }) => Math.min(over.clientWidth, Math.max(0, clientX - over.getBoundingClientRect().left));
	const select = (left, width) => plot.setSelect({ left, width, top: 0, height: width && over.clientHeight }, false);
	const ordered = () => Array.from(fingers.values()).sort((one, other) => one - other);

	function show(min, max) {
		const [first, last] = whole();

		if (min <= first && max >= last)
			showAll();
		else if (max - min >= MIN_SPAN_MS)
			plot.setScale('x', { min: Math.max(min, first), max: Math.min(max, last) });
	}

	// The held times stay below the fingers.
	function pinch() {
		const [left, right] = ordered();

		if (right - left < MIN_PX)
			return;
		const perPixel = (held[1] - held[0]) / (right - left);
		const min = held[0] - left * perPixel;
		show(min, min + over.clientWidth * perPixel);
	}

	function down(event) {
		if (event.pointerType !== 'touch' || fingers.size === 2)
			return;
		over.setPointerCapture(event.pointerId);
		fingers.set(event.pointerId, xOf(event));
		start = fingers.size === 1 ? { x: xOf(event), y: event.clientY } : null;
		if (fingers.size === 2) {
			select(0, 0);
			held = ordered().map((x) => plot.posToVal(x, 'x'));
		}
	}

	function move(event) {
		if (!fingers.has(event.pointerId))
			return;
		const x = xOf(event);

		fingers.set(event.pointerId, x);
		if (held && fingers.size === 2)
			pinch();
		else if (start && Math.abs(x - start.x) >= MIN_PX)
			select(Math.min(x, start.x), Math.abs(x - start.x));
		// Shows the values below the finger, as for a mouse.
		if (start)
			plot.setCursor({ left: x, top: event.clientY - over.getBoundingClientRect().top });
	}

	function tap(time, x) {
		const isSecond = time - lastTap.time < TAP_MS && Math.abs(x - lastTap.x) < NEAR_PX;

		lastTap = { time: isSecond ? -Infinity : time, x };
		if (isSecond)
			showAll();
	}

	function up(event) {
		if (!fingers.delete(event.pointerId))
			return;
		const { left, width } = plot.select;
		const isDone = start && event.type === 'pointerup';

		select(0, 0);
		if (isDone && width >= MIN_PX)
			show(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
		else if (isDone && Math.abs(event.clientY - start.y) < NEAR_PX)
			tap(event.timeStamp, start.x);
		start = held = null;
	}

	over.addEventListener('pointerdown', down);
	over.addEventListener('pointermove', move);
	// pointercancel: the browser takes over a vertical movement to scroll.
	for (const type of ['pointerup', 'pointercancel'])
		over.addEventListener(type, up);
}
