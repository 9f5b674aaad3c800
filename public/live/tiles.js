// The tiles of all metrics, and the chart of the opened tile.
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { createChartPanel } from './chart-panel.js';
import { createGroups } from './groups.js';
import { createMetrics, MAX_METRICS } from './metrics.js';
import { createTile } from './tile.js';
import { createTilesFilter } from './tiles-filter.js';

// The server sends a metric at most this often.
const DRAW_MS = 250;
const AGE_MS = 1000;

function isValid({ room, name, ts, value }) {
	return typeof room === 'string' && typeof name === 'string' && Number.isFinite(ts) && Number.isFinite(value);
}

function buildNone(words) {
	const example = `curl -H 'Content-Type: application/json' -d '{"type":"metric","name":"load","value":0.41}' ${new URL('push/lobby', document.baseURI)}`;

	return element('div.live-none', element('p', words.none), element('p', words.noneHint), element('code', example));
}

export function createTiles(place, { words, units, ageOf, locale, past, fetchRecorded }) {
	const metrics = createMetrics();
	const tiles = new Map();
	const groupsPlace = element('div.live-groups');
	const groups = createGroups(groupsPlace, { order: new Intl.Collator(locale, { numeric: true }) });
	// The tile of an open chart stays.
	const filter = createTilesFilter({
		onFilter: (wanted) => groups.filter(wanted && ((tile) => tile === chart?.tile || wanted(tile))),
	});
	const none = buildNone(words);
	const leftOut = element('p.live-left-out');
	// Tiles with values that are not drawn yet, and tiles in view.
	const changed = new Set();
	const inView = new Set();
	const itemTiles = new WeakMap();
	let isVisible = false;
	let timer = 0;
	let ageTimer = 0;
	let filterTimer = 0;
	let chart = null;

	const watcher = new IntersectionObserver((entries) => {
		for (const { target, isIntersecting } of entries) {
			const tile = itemTiles.get(target);

			if (isIntersecting && tiles.has(tile.metric.key)) {
				inView.add(tile);
				tile.drawSparkline();
			} else {
				inView.delete(tile);
			}
		}
	});

	place.append(filter.place, none, groupsPlace, leftOut);

	function showAges() {
		for (const tile of tiles.values())
			tile.showAge(metrics.ageOf(tile.metric), metrics.isStale(tile.metric));
	}

	function draw() {
		timer = 0;
		for (const tile of changed) {
			tile.showValue();
			tile.showAge(metrics.ageOf(tile.metric), metrics.isStale(tile.metric));
			// The others are drawn when they come into view.
			if (inView.has(tile))
				tile.drawSparkline();
			if (chart?.shows(tile.metric))
				chart.update();
		}
		changed.clear();
	}

	// A new tile is drawn at once.
	function scheduleDraw(isNew) {
		if (!isVisible)
			return;
		if (isNew) {
			clearTimeout(timer);
			timer = setTimeout(draw);
		} else {
			timer ||= setTimeout(draw, DRAW_MS);
		}
	}

	// Many tiles may come at once.
	function scheduleFilter() {
		filterTimer ||= setTimeout(() => {
			filterTimer = 0;
			filter.update(tiles.size);
		});
	}

	function closeChart() {
		chart.close();
		chart.tile.button.ariaExpanded = 'false';
		chart = null;
		scheduleFilter();
	}

	function toggleChart(tile) {
		const wasOpen = chart?.tile === tile;

		if (chart)
			closeChart();
		if (wasOpen)
			return;
		tile.button.ariaExpanded = 'true';
		chart = createChartPanel(tile.metric, {
			units,
			locale,
			services: { fetchRecorded, past, now: metrics.now, others: () => Array.from(tiles.values(), (one) => one.metric) },
			onClose() {
				closeChart();
				tile.button.focus();
			},
		});
		chart.tile = tile;
		tile.item.after(chart.item);
		chart.item.scrollIntoView({ block: 'nearest' });
	}

	function addTile(metric) {
		const tile = createTile(metric, { words, units, ageOf });

		tiles.set(metric.key, tile);
		itemTiles.set(tile.item, tile);
		tile.button.addEventListener('click', () => toggleChart(tile));
		groups.add(tile);
		// The tile of the chart may have moved.
		if (chart && chart.tile.item.nextSibling !== chart.item)
			chart.tile.item.after(chart.item);
		scheduleFilter();
		watcher.observe(tile.item);
		none.hidden = true;
	}

	function removeTile(metric) {
		const tile = tiles.get(metric.key);

		if (chart?.tile === tile)
			closeChart();
		chart?.gone(metric);
		watcher.unobserve(tile.item);
		tiles.delete(metric.key);
		inView.delete(tile);
		changed.delete(tile);
		groups.remove(tile);
		scheduleFilter();
		none.hidden = tiles.size > 0;
	}

	place.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' || !chart)
			return;
		// Escape must close the chart only.
		event.stopPropagation();
		const { button } = chart.tile;
		closeChart();
		button.focus();
	});

	// Returns false if the frame is not valid. update() is one of the functions of metrics.
	function takeBy(take, frame, ...points) {
		if (!isValid(frame))
			return false;
		const unit = typeof frame.unit === 'string' ? frame.unit : '';
		const { metric, gone } = take({ ...frame, unit }, ...points);

		if (gone)
			removeTile(gone);
		setText(leftOut, metrics.leftOut ? words.tooMany(metrics.leftOut, MAX_METRICS) : '');
		if (!metric)
			return true;
		const isNew = !tiles.has(metric.key);

		if (isNew)
			addTile(metric);
		changed.add(tiles.get(metric.key));
		scheduleDraw(isNew);
		return true;
	}

	return {
		take: (frame) => takeBy(metrics.take, frame),
		// times and values are those up to this frame.
		takePast: (frame, times, values) => takeBy(metrics.takePast, frame, times, values),
		// The reader has left the room, or it was deleted.
		forget(room) {
			metrics.forget(room).forEach(removeTile);
		},
		reopened: metrics.reopened,
		now: metrics.now,
		show(wanted) {
			isVisible = wanted;
			clearInterval(ageTimer);
			if (!wanted)
				return;
			ageTimer = setInterval(showAges, AGE_MS);
			showAges();
			draw();
		},
	};
}
