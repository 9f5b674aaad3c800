// Zooming a chart by fingers, which uPlot leaves to the page: one chooses a part by drawing over it, two take hold of the
// times below them, a double tap shows all.

const LEAST_PX = 12;
const TAP_MS = 350;
const NEAR_PX = 30;
// Nearer than that nothing comes.
const LEAST_SPAN_MS = 1000;

// showAll() goes back to the whole. The listeners go with the chart's own elements.
export function addTouchZoom(plot, { showAll }) {
	const { over } = plot;
	// Of the fingers, by their ids, how far from the chart's edge.
	const fingers = new Map();
	// The times that two fingers hold.
	let held = null;
	let start = null;
	let lastTap = { time: -Infinity, x: 0 };

	const xOf = ({ clientX }) => Math.min(over.clientWidth, Math.max(0, clientX - over.getBoundingClientRect().left));
	const select = (left, width) => plot.setSelect({ left, width, top: 0, height: width && over.clientHeight }, false);
	const ordered = () => Array.from(fingers.values()).sort((one, other) => one - other);

	function show(min, max) {
		const [times] = plot.data;

		if (min <= times[0] && max >= times.at(-1))
			showAll();
		else if (max - min >= LEAST_SPAN_MS)
			plot.setScale('x', { min: Math.max(min, times[0]), max: Math.min(max, times.at(-1)) });
	}

	// What the fingers hold stays below them.
	function pinch() {
		const [left, right] = ordered();

		if (right - left < LEAST_PX)
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
		else if (start && Math.abs(x - start.x) >= LEAST_PX)
			select(Math.min(x, start.x), Math.abs(x - start.x));
		// What is below the finger is told like what is below a pointer.
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
		if (isDone && width >= LEAST_PX)
			show(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
		else if (isDone && Math.abs(event.clientY - start.y) < NEAR_PX)
			tap(event.timeStamp, start.x);
		start = held = null;
	}

	over.addEventListener('pointerdown', down);
	over.addEventListener('pointermove', move);
	// The browser takes a finger that moves up or down, to scroll.
	for (const type of ['pointerup', 'pointercancel'])
		over.addEventListener(type, up);
}
