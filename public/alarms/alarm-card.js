// One alarm, wherever it is shown: in a log, in the list of active alarms, and in the Live view. A severity is shown as
// a colour, a shape and a word.
import { addressOf, link } from '../base/address.js';
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { addStylesheet } from '../base/stylesheet.js';
import { withLinks } from '../messages/links.js';
import { laterTexts } from '../words/later-texts.js';
import { clockTime, fullDate } from '../words/texts.js';
import { momentOf, spanOf } from './alarm-times.js';

const texts = laterTexts.alarms;
const SVG = 'http://www.w3.org/2000/svg';
const SHAPES = {
	info: 'M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM10 9v5M10 6v.1',
	warning: 'M10 2.5 18.5 17h-17zM10 8v4M10 14.5v.1',
	error: 'M10 1.5 18.5 10 10 18.5 1.5 10zM10 6v4.500M10 13.500v.1',
	critical: 'M6.5 1.500h7l5 5v7l-5 5h-7l-5-5v-7zM6.8 6.800l6.4 6.400M13.2 6.800l-6.4 6.4',
	ok: 'M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.3 10.300l2.5 2.5 5-5.5',
};
const MAX_CHANGES = 20;
// A longer text scrolls in a list, so it must be reachable by keyboard.
const SHORT_CHARACTERS = 160;
const SHORT_LINES = 4;

await addStylesheet(new URL('alarms.css', import.meta.url));

function buildSign() {
	const svg = document.createElementNS(SVG, 'svg');

	svg.setAttribute('viewBox', '0 0 20 20');
	svg.setAttribute('class', 'sign');
	svg.ariaHidden = 'true';
	svg.append(document.createElementNS(SVG, 'path'));
	return svg;
}

export function buildTime(date, words) {
	const time = element('time.time', words);
	time.dateTime = date.toISOString();
	time.title = fullDate(date);
	return time;
}

// It leads to the alarm in its room, as the time of a message does.
function buildLink({ room, id, date }, words) {
	const time = buildTime(date, words);

	if (!id)
		return time;
	const made = element('a.time', time);
	time.removeAttribute('class');
	made.href = addressOf('room', room, id);
	return made;
}

export const titleOf = ({ title, key }) => title.trim() || key;

// A cleared alarm is shown as OK, whatever its severity was.
export const shownSeverity = ({ state, severity }) => (state === 'cleared' ? 'ok' : severity);

// How often the alarm of these changes was raised.
const timesRaised = (changes) => new Set(changes.map(({ since }) => since.getTime())).size;

// What happened last, and how often in how long.
function stateOf(changes) {
	const last = changes.at(-1);
	const state = texts.state[last.state](last);
	const times = timesRaised(changes);

	return times > 1 ? texts.repeated(state, times, spanOf(last.date - changes[0].since)) : state;
}

function buildChange(alarm) {
	const severity = shownSeverity(alarm);
	const item = element(
		'li',
		buildTime(alarm.date, momentOf(alarm.date)),
		' ',
		element('span.severity', texts.severity[severity]),
		' ',
		texts.state[alarm.state](alarm),
	);

	item.dataset.severity = severity;
	return item;
}

// A line with the state, which unfolds the changes if there are several.
function createStory() {
	const words = element('span');
	const toggle = button('alarm-state');
	const list = element('ol.alarm-changes');
	let changes = [];

	function fill() {
		const newest = changes.slice(-MAX_CHANGES).reverse();
		const left = changes.length - newest.length;

		list.replaceChildren(...newest.map(buildChange));
		if (left)
			list.append(element('li', texts.earlier(left)));
	}

	function open(wanted) {
		toggle.ariaExpanded = String(wanted);
		list.hidden = !wanted;
		if (wanted)
			fill();
	}

	words.className = 'alarm-state';
	toggle.addEventListener('click', () => open(list.hidden));
	open(false);
	return {
		parts: [words, toggle],
		list,
		get shown() {
			return words.hidden ? toggle : words;
		},
		show(newChanges) {
			const hadFocus = document.activeElement === toggle;

			changes = newChanges;
			words.hidden = changes.length > 1;
			toggle.hidden = !words.hidden;
			setText(words.hidden ? toggle : words, stateOf(changes));
			if (!list.hidden)
				open(changes.length > 1);
			if (hadFocus && toggle.hidden)
				toggle.closest('[tabindex]')?.focus();
		},
	};
}

// Fills item, an element of any kind. hasRoom: it names the room. hasStory: the state is shown, and the earlier changes
// can be unfolded. Otherwise how long the alarm has been active is shown.
export function createCard(item, { hasRoom, hasStory }) {
	const sign = buildSign();
	const severity = element('span.severity');
	const title = bidiText('');
	const room = element('span.alarm-room');
	const text = element('p.alarm-text');
	const by = element('p.alarm-by');
	const story = hasStory ? createStory() : null;
	const head = element('header.alarm-head', severity, title, ...(story?.parts ?? []));
	let time = null;
	let alarm = null;

	title.className = 'title';
	text.dir = 'auto';
	item.classList.add('alarm-line');
	item.append(sign, head, text, by);
	if (story)
		item.append(story.list);

	function showTime() {
		const shown = story ? buildLink(alarm, hasRoom ? momentOf(alarm.date) : clockTime(alarm.date)) : buildTime(alarm.since, '');

		time?.remove();
		time = shown;
		head.append(time);
		if (hasRoom)
			head.append(room);
	}

	function showText() {
		const isLong = hasRoom && (alarm.text.length > SHORT_CHARACTERS || alarm.text.split('\n').length > SHORT_LINES);

		text.replaceChildren(withLinks(alarm.text));
		if (alarm.click)
			text.append(alarm.text ? ' ' : '', link(alarm.click, laterTexts.openLink(new URL(alarm.click).host)));
		text.hidden = !alarm.text && !alarm.click;
		if (isLong)
			text.tabIndex = 0;
		else
			text.removeAttribute('tabindex');
	}

	function showBy() {
		by.hidden = Boolean(story) || !alarm.acknowledgedBy;
		if (!by.hidden)
			by.replaceChildren(texts.state.acknowledged(alarm), ' ', buildTime(alarm.acknowledgedDate, momentOf(alarm.acknowledgedDate)));
	}

	// A log is one tab stop: see messages/walk.js.
	function showTabStops() {
		const isReachable = hasRoom || item.contains(document.activeElement);

		for (const control of item.querySelectorAll(':is(.alarm-text a, a.time, button.alarm-state)'))
			control.tabIndex = isReachable ? 0 : -1;
	}

	return {
		// changes of one alarm, oldest first.
		show(changes) {
			alarm = changes.at(-1);
			const shown = shownSeverity(alarm);

			item.dataset.severity = shown;
			item.dataset.state = alarm.state;
			item.classList.toggle('acknowledged', alarm.state !== 'cleared' && Boolean(alarm.acknowledgedBy));
			sign.firstElementChild.setAttribute('d', SHAPES[shown]);
			setText(severity, texts.severity[shown]);
			setText(title, titleOf(alarm));
			room.replaceChildren(bidiText(alarm.room));
			showTime();
			showText();
			showBy();
			story?.show(changes);
			// What a screen reader says of a row that gets the focus.
			if (!hasRoom)
				item.ariaLabelledByElements = [severity, title, story.shown, text, time];
			showTabStops();
			this.showAge();
		},
		// An age has a resolution of one minute.
		showAge() {
			const age = Date.now() - alarm.since;

			if (!story)
				setText(time, texts.age(age >= 60_000 ? spanOf(age) : '', momentOf(alarm.since, clockTime)));
		},
	};
}

const cards = new WeakMap();

// row is the alarm's row in a log.
export function showInRow(row, changes) {
	if (!cards.has(row))
		cards.set(row, createCard(row, { hasRoom: false, hasStory: true }));
	cards.get(row).show(changes);
}
