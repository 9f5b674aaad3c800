// One active alarm: its severity, title, text, age, and who acknowledged it.
import { focusOn } from '../base/arrange.js';
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { icon } from '../base/icon.js';
import { setText } from '../base/set-text.js';

// The shapes: a circle, a triangle, an octagon, and a filled octagon with a flash.
const SHAPES = {
	info: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm-.8 6v5h1.6V7zm0-3v1.7h1.6V4z',
	warning: 'M8 1.2l7.3 13.3H.7zM7.2 6v4.6h1.6V6zm0 5.7v1.6h1.6v-1.6z',
	error: 'M5 1h6l4 4v6l-4 4H5l-4-4V5zM7.2 4v5h1.6V4zm0 6.3V12h1.6v-1.7z',
	critical: 'M5 .5h6L15.5 5v6L11 15.5H5L.5 11V5zM8.9 2.5l-4.4 6.2h3l-.8 4.8 4.8-6.6H8.3z',
	ok: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM4.3 8.2l2.8 2.7 4.7-5-1.1-1-3.6 3.9-1.7-1.7z',
};
const MAX_CHARACTERS = 2000;
// A longer text may scroll, so it must be reachable by keyboard.
const SHORT_LINES = 4;
const SHORT_CHARACTERS = 160;

export function severityMark(severity, words) {
	const mark = element('span.live-severity', icon('live-icon', SHAPES[severity]), words.severity[severity]);
	mark.dataset.severity = severity;
	return mark;
}

// The value as a text, cut to a length that fits a list.
export function textOf(value, most = MAX_CHARACTERS) {
	const text = typeof value === 'string' ? value : '';
	return text.length > most ? `${text.slice(0, most)}…` : text;
}

const isLong = (text) => text.length > SHORT_CHARACTERS || text.split('\n').length > SHORT_LINES;

export const titleOf = ({ title, key }) => textOf(title, 256).trim() || key;

export function linkTo(address, words) {
	const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : null;

	if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
		return '';
	const link = element('a', words.open);
	link.href = url.href;
	link.title = url.href;
	link.rel = 'noopener noreferrer';
	link.target = '_blank';
	return link;
}

function timeOf(ms, words, format) {
	const date = new Date(ms);
	const time = element('time', words);

	if (!Number.isNaN(date.getTime())) {
		time.dateTime = date.toISOString();
		time.title = format.fullDate(date);
	}
	return time;
}

export function createAlarmRow({ words, format, ageOf, onAcknowledge }) {
	const severity = element('div.live-mark');
	const title = bidiText('');
	const text = element('p.live-words');
	const facts = element('p.live-facts');
	const fault = element('p.live-fault');
	const acknowledge = button('live-acknowledge', words.acknowledge);
	const item = element(
		'li.live-alarm',
		severity,
		element('div.live-what', element('h3', title), text, facts, fault),
		acknowledge,
	);
	let alarm = null;
	let since = null;
	let seen = null;
	let isAsked = false;

	text.dir = 'auto';
	fault.setAttribute('role', 'alert');

	// Not the disabled property: a disabled button loses the focus.
	function showAction(isUnderWay) {
		isAsked = isUnderWay;
		acknowledge.ariaDisabled = String(isUnderWay);
		acknowledge.textContent = isUnderWay ? words.acknowledging : words.acknowledge;
	}

	acknowledge.addEventListener('click', async () => {
		if (isAsked)
			return;
		showAction(true);
		fault.textContent = '';
		try {
			await onAcknowledge(alarm);
		} catch (error) {
			showAction(false);
			fault.textContent = words.notAcknowledged(textOf(error?.message, 200));
		}
	});

	function showAges(now) {
		if (since)
			setText(since, words.began(ageOf(now - alarm.since)));
		if (seen) {
			const name = textOf(alarm.acknowledged_by, 64) || words.somebody;
			setText(seen, words.acknowledged(name, ageOf(now - alarm.acknowledged_ms)));
		}
	}

	function showFacts() {
		since = Number.isFinite(alarm.since) ? timeOf(alarm.since, '', format) : null;
		seen = alarm.acknowledged_by ? timeOf(alarm.acknowledged_ms, '', format) : null;
		seen?.classList.add('live-seen');
		const parts = [since, bidiText(alarm.room), linkTo(alarm.click, words), seen];
		facts.replaceChildren(...parts.filter(Boolean));
	}

	return {
		item,
		showAges,
		show(shown, now) {
			if (shown === alarm)
				return;
			const hadFocus = document.activeElement === acknowledge;

			alarm = shown;
			item.dataset.severity = alarm.severity;
			severity.replaceChildren(severityMark(alarm.severity, words));
			setText(title, titleOf(alarm));
			setText(text, textOf(alarm.message));
			if (isLong(text.textContent))
				text.tabIndex = 0;
			else
				text.removeAttribute('tabindex');
			item.classList.toggle('live-acknowledged', Boolean(alarm.acknowledged_by));
			acknowledge.hidden = Boolean(alarm.acknowledged_by);
			showAction(false);
			acknowledge.ariaLabel = words.acknowledgeThis(titleOf(alarm));
			fault.textContent = '';
			showFacts();
			showAges(now);
			// The focused button is about to be hidden, so the focus moves to the row.
			if (hadFocus && acknowledge.hidden)
				focusOn(item);
		},
	};
}
