// The panel below an opened tile: the chart of its metric and of another one to compare with, how far back it goes, the
// alarms of that time, and minimum, average and maximum.
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { recall, remember } from '../base/storage.js';
import { laterTexts } from '../words/later-texts.js';
import { clockTime } from '../words/texts.js';
import { createChart } from './chart.js';
import { createChartAlarms } from './chart-alarms.js';
import { createChoices } from './chart-choices.js';
import { createFacts } from './chart-facts.js';
import { RANGES, createRecordings } from './recordings.js';
import { timelineOf } from './timeline.js';

const MIN_SPAN_MS = 60_000;
// Without new values time goes on, too.
const TICK_MS = 1000;
// An alarm that was chosen has this part of the width before and behind it, and at least this time.
const AROUND_PART = 0.5;
const AROUND_MS = 60_000;

const words = laterTexts.live;
const rangeOf = (name) => (Object.hasOwn(RANGES, name) ? name : '15m');

// services: fetchRecorded (see recordings.js), past (see alarm-past.js), now() and others(), the metrics to compare with.
export function createChartPanel(metric, { units, locale, services, onClose }) {
	const { past, now, others } = services;
	const title = element('h3', bidiText(metric.name));
	const whole = button('live-whole', words.chartWhole);
	const close = button('live-close', element('span', '✕'));
	const state = element('p.live-state-of-chart', words.chartLoading);
	const trouble = element('p.live-note');
	const plot = element('div.live-plot');
	const facts = createFacts({ units });
	const alarms = createChartAlarms({ onChoose: showIncident });
	const choices = createChoices({ metric, others, range: rangeOf(recall('range')), onRange, onOther });
	const panel = element('div.live-chart', element('header', title, whole, close), choices.place, state, plot, facts.place, trouble, alarms.place);
	const item = element('li.live-chart-place', panel);
	const recordings = createRecordings({ fetchRecorded: services.fetchRecorded, onChange: update });
	let range = rangeOf(recall('range'));
	let shown = [metric];
	let chart = null;
	// Is another one, or has been closed, when an earlier chart has been loaded.
	let wanted = null;
	let timer = 0;
	let isPastKnown = true;
	let chosen = Infinity;

	panel.setAttribute('role', 'group');
	panel.ariaLabel = words.chartOf(metric.name);
	close.ariaLabel = words.chartClose;
	state.setAttribute('role', 'status');
	trouble.setAttribute('role', 'status');
	whole.hidden = true;
	whole.addEventListener('click', () => {
		chart.showAll();
		update();
		close.focus();
	});
	close.addEventListener('click', onClose);

	const rooms = () => new Set(shown.map(({ room }) => room));

	function timelines(begin, end) {
		return shown.map((one) =>
			timelineOf({ received: one.series.points(), recorded: recordings.of(one), begin, end, isExact: range === '15m' }),
		);
	}

	// All of the time, but nothing from before the first value, or before the alarm that was chosen.
	function spanOf(tables, begin, end) {
		const first = Math.min(...tables.map(([times]) => times[0] ?? Infinity));

		return [Math.max(begin, Math.min(first, end - MIN_SPAN_MS, chosen)), end];
	}

	function showTrouble([begin]) {
		const isCut = Array.from(rooms()).some((room) => past.reached(room) > begin);
		const missing = !isPastKnown ? words.changesFailed : isCut ? words.alarmsCut : '';

		setText(trouble, recordings.hasFailed ? words.recordedFailed : '');
		return missing;
	}

	function update() {
		const end = Math.max(now(), ...shown.map(({ series }) => series.lastTime));
		const begin = end - RANGES[range];
		const tables = timelines(begin, end);
		const all = spanOf(tables, begin, end);

		chart?.show(tables, all);
		const view = chart?.view ?? all;
		alarms.show(past.groups(), rooms(), view, showTrouble(view));
		facts.show(shown, tables, view);
		clearTimeout(timer);
		timer = setTimeout(update, TICK_MS);
	}

	async function loadAlarms() {
		const loaded = await Promise.allSettled(Array.from(rooms(), (room) => past.load(room, now() - RANGES[range])));

		isPastKnown = loaded.every(({ status }) => status === 'fulfilled');
		if (wanted)
			update();
	}

	// The library draws a fixed number of lines.
	async function build() {
		const token = {};

		wanted = token;
		chart?.destroy();
		chart = null;
		try {
			const loaded = await createChart(plot, {
				lines: shown.map(({ name, unit }) => ({ name, unit })),
				units,
				words,
				locale,
				onDraw: alarms.draw,
				onZoom(isZoomed) {
					whole.hidden = !isZoomed;
				},
			});

			if (wanted !== token) {
				loaded.destroy();
				return;
			}
			chart = loaded;
			setText(state, matchMedia('(any-pointer: coarse)').matches ? words.chartTouchHint : words.chartHint);
			update();
		} catch {
			setText(state, words.chartMissing);
			state.classList.add('live-missing');
			plot.hidden = true;
		}
	}

	function ask() {
		recordings.show(shown, range);
		loadAlarms();
	}

	function onRange(name) {
		range = name;
		chosen = Infinity;
		remember('range', name);
		chart?.showAll();
		ask();
		update();
	}

	function onOther(other) {
		shown = other ? [metric, other] : [metric];
		ask();
		build();
	}

	// The shortest range that reaches back to its begin.
	function showIncident({ begin, end, isActive }) {
		const last = isActive ? now() : end;
		const around = Math.max(AROUND_MS, (last - begin) * AROUND_PART);
		const fitting = Object.keys(RANGES).find((name) => now() - RANGES[name] <= begin - AROUND_MS) ?? '24h';

		if (RANGES[fitting] > RANGES[range]) {
			choices.chooseRange(fitting);
			onRange(fitting);
		}
		// The whole is more than what is zoomed to, also before the past has been loaded.
		chosen = begin - 2 * around;
		update();
		chart?.zoom(begin - around, last + around);
		update();
	}

	const stopListening = past.onChange(() => wanted && update());

	ask();
	update();
	build();

	return {
		item,
		update,
		shows: (one) => shown.includes(one),
		// A metric that is gone is not compared with any longer.
		gone(one) {
			if (shown[1] !== one)
				return;
			choices.chooseNone();
			onOther(null);
		},
		close() {
			wanted = null;
			clearTimeout(timer);
			stopListening();
			recordings.close();
			chart?.destroy();
			item.remove();
		},
	};
}
