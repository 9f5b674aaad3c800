// The alarms of a room in a chart: a mark from the time when each was raised until it was cleared, and a list of them
// below the chart, which says when they began.
import { activeAlarms } from '../alarms/active-alarms.js';
import { shownSeverity, titleOf } from '../alarms/alarm-card.js';
import { momentOf, spanOf } from '../alarms/alarm-times.js';
import { arrange } from '../base/arrange.js';
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts as texts } from '../words/later-texts.js';

const MAX_MARKS = 60;
const MAX_ROWS = 12;

const words = texts.live;

// One raise of an alarm: { begin, end, isActive, severity } from its changes, the oldest first.
function spanFrom(changes, active) {
	const last = changes.at(-1);
	const raised = changes.findLast(({ state }) => state !== 'cleared') ?? last;
	const isActive = active.some(({ room, key, since }) => room === last.room && key === last.key && since - last.since === 0);

	return { begin: last.since.getTime(), end: last.date.getTime(), isActive, severity: shownSeverity(raised) };
}

// Incidents as { title, room, spans, begin, end, isActive, severity }, the newest first. groups: see alarm-past.js.
function incidentsIn(groups, rooms, [begin, end]) {
	const active = activeAlarms.list().filter(({ room }) => rooms.has(room));
	const known = new Set(groups.flatMap(({ changes }) => changes.map(({ room, key, since }) => JSON.stringify([room, key, since]))));
	const without = active.filter(({ room, key, since }) => !known.has(JSON.stringify([room, key, since])));

	return [...groups.map(({ changes }) => changes), ...without.map((alarm) => [alarm])]
		.filter(([{ room }]) => rooms.has(room))
		.map((changes) => {
			const bySince = Map.groupBy(changes, ({ since }) => since.getTime());
			const spans = Array.from(bySince.values(), (some) => spanFrom(some, active));
			const newest = spans.at(-1);

			return { key: changes[0], title: titleOf(changes.at(-1)), spans, ...newest, begin: spans[0].begin };
		})
		.filter((one) => one.begin <= end && (one.isActive || one.end >= begin))
		.sort((one, other) => other.begin - one.begin);
}

// onChoose(incident) shows it in the chart.
export function createChartAlarms({ onChoose }) {
	const marks = element('div.live-marks');
	const heading = element('h4');
	const list = element('ol.live-mark-list');
	const note = element('p.live-note');
	const place = element('section.live-chart-alarms', heading, list, note);
	const rows = new Map();
	let incidents = [];

	function createRow() {
		const time = element('time');
		const severity = element('span.severity');
		const title = bidiText('');
		const span = element('span.live-mark-span');
		const choose = button('live-mark-choice', time, ' ', severity, ' ', title, ' ', span);
		const item = element('li', choose);
		let shown = null;

		choose.title = words.markHint;
		choose.addEventListener('click', () => onChoose(shown));
		return {
			item,
			show(incident) {
				const { begin, end, isActive, spans } = incident;

				shown = incident;
				item.dataset.severity = incident.severity;
				time.dateTime = new Date(begin).toISOString();
				setText(time, momentOf(new Date(begin)));
				setText(severity, texts.alarms.severity[incident.severity]);
				setText(title, incident.title);
				setText(span, words.lasted(spanOf((isActive ? Date.now() : end) - begin), isActive, spans.length));
			},
		};
	}

	function showList() {
		const shown = incidents.slice(0, MAX_ROWS);
		const keyOf = ({ key }) => JSON.stringify([key.room, key.key, key.since]);
		const keys = new Set(shown.map(keyOf));

		for (const key of rows.keys()) {
			if (!keys.has(key))
				rows.delete(key);
		}
		for (const incident of shown) {
			if (!rows.has(keyOf(incident)))
				rows.set(keyOf(incident), createRow());
			rows.get(keyOf(incident)).show(incident);
		}
		arrange(list, shown.map((incident) => rows.get(keyOf(incident)).item), heading);
		setText(heading, incidents.length ? words.alarmsInChart : '');
	}

	return {
		place,
		// note says what is not known.
		show(groups, rooms, view, noteText) {
			incidents = incidentsIn(groups, rooms, view);
			showList();
			setText(note, incidents.length > MAX_ROWS ? words.moreAlarms(incidents.length - MAX_ROWS) : noteText);
		},
		// After the chart was drawn.
		draw(plot) {
			const { min, max } = plot.scales.x;
			const xOf = (time) => plot.valToPos(Math.min(max, Math.max(min, time)), 'x');
			const spans = incidents.flatMap(({ spans: all }) => all).filter((span) => span.begin <= max && (span.isActive || span.end >= min));
			const shown = spans.sort((one, other) => other.begin - one.begin).slice(0, MAX_MARKS);

			if (marks.parentNode !== plot.over)
				plot.over.prepend(marks);
			while (marks.childElementCount > shown.length)
				marks.lastChild.remove();
			while (marks.childElementCount < shown.length)
				marks.append(element('div'));
			for (const [index, { begin, end, isActive, severity }] of shown.entries()) {
				const mark = marks.children[index];
				const left = xOf(begin);

				mark.dataset.severity = severity;
				mark.classList.toggle('live-begins', begin >= min);
				mark.classList.toggle('live-ends', !isActive && end <= max);
				mark.style.left = `${left}px`;
				mark.style.width = `${xOf(isActive ? max : end) - left}px`;
			}
		},
	};
}
