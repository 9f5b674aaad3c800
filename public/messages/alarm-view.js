// Rendering of alarms, in the log and in the list of active alarms. A severity is shown as a colour, a shape and a
// word.
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { clockTime, fullDate, locale } from '../words/texts.js';
import { withLinks } from './markup.js';

const SVG = 'http://www.w3.org/2000/svg';
const SHAPES = {
	info: 'M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM10 9v5M10 6v.1',
	warning: 'M10 2.5 18.5 17h-17zM10 8v4M10 14.5v.1',
	error: 'M10 1.5 18.5 10 10 18.5 1.5 10zM10 6v4.500M10 13.500v.1',
	critical: 'M6.5 1.500h7l5 5v7l-5 5h-7l-5-5v-7zM6.8 6.800l6.4 6.400M13.2 6.800l-6.4 6.4',
	ok: 'M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.3 10.300l2.5 2.5 5-5.5',
};

await addStylesheet(new URL('alarms.css', import.meta.url));

const UNITS = [
	['day', 86400],
	['hour', 3600],
	['minute', 60],
];
const units = Object.fromEntries(
	UNITS.map(([unit]) => [unit, new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' })]),
);

// The age in the largest fitting unit; '' in the first minute.
function ageOf(date) {
	const seconds = (Date.now() - date) / 1000;
	const [unit, size] = UNITS.find(([, most]) => seconds >= most) ?? [];

	return unit ? units[unit].format(Math.floor(seconds / size)) : '';
}

function buildSign(severity) {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');

	svg.setAttribute('viewBox', '0 0 20 20');
	svg.setAttribute('class', 'sign');
	svg.ariaHidden = 'true';
	path.setAttribute('d', SHAPES[severity]);
	svg.append(path);
	return svg;
}

function buildTime(date, words) {
	const time = element('time.time', words);
	time.dateTime = date.toISOString();
	time.title = fullDate(date);
	return time;
}

function buildTitle({ title, key }) {
	const shown = bidiText(title || key);
	shown.className = 'title';
	return shown;
}

function buildBody({ text, click }) {
	const body = element('p.alarm-text');

	body.dir = 'auto';
	body.append(withLinks(text));
	if (click)
		body.append(text ? ' ' : '', withLinks(click));
	return text || click ? body : '';
}

// A cleared alarm is shown as OK, whatever its severity was.
const shownSeverity = ({ state, severity }) => (state === 'cleared' ? 'ok' : severity);

// row is the alarm's row in the log.
export function fillAlarm(row, alarm) {
	const severity = shownSeverity(alarm);
	const state = element('span.alarm-state', texts.alarmState[alarm.state](alarm));

	row.dataset.severity = severity;
	row.dataset.state = alarm.state;
	row.replaceChildren(
		buildSign(severity),
		element(
			'header.alarm-head',
			element('span.severity', texts.severity[severity]),
			buildTitle(alarm),
			state,
			buildTime(alarm.date, clockTime(alarm.date)),
		),
		buildBody(alarm),
	);
}

// Fills a row of the list of active alarms.
export function fillActive(item, alarm) {
	const head = element(
		'header.alarm-head',
		element('span.severity', texts.severity[alarm.severity]),
		buildTitle(alarm),
		buildTime(alarm.since, texts.alarmAge(ageOf(alarm.since))),
		element('span.alarm-room', bidiText(alarm.room)),
	);

	item.dataset.severity = alarm.severity;
	item.replaceChildren(buildSign(alarm.severity), head, buildBody(alarm));
	if (alarm.acknowledgedBy) {
		item.append(element('p.alarm-by', texts.alarmState.acknowledged(alarm)));
	} else {
		const button = element('button', texts.acknowledge);
		button.type = 'button';
		button.ariaLabel = texts.acknowledgeTitle(alarm.title || alarm.key);
		item.append(button);
	}
}

export function showAge(item, { since }) {
	setText(item.querySelector('time'), texts.alarmAge(ageOf(since)));
}
