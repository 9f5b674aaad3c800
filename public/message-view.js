// One row of the conversation. Everything from outside goes in as text.
import { buildAvatar, hueOf } from './avatar.js';
import { isEmojiOnly } from './emoji.js';
import { clockTime, dayName, fullDate } from './format.js';
import { withLinks } from './links.js';
import { texts } from './texts.js';

const LONG_CHARACTERS = 3000;
const LONG_LINES = 40;

function element(tag, className, ...children) {
	const made = document.createElement(tag);
	made.className = className;
	made.append(...children);
	return made;
}

function buildTime(date) {
	const time = element('time', 'time', clockTime(date));
	time.dateTime = date.toISOString();
	time.title = fullDate(date);
	return time;
}

function buildText(text) {
	const body = element('div', 'text');

	if (!text.trim()) {
		body.classList.add('no-text');
		body.append(texts.noText);
		return body;
	}
	body.dir = 'auto';
	body.append(withLinks(text));
	body.classList.toggle('emoji-only', isEmojiOnly(text));
	if (text.length > LONG_CHARACTERS || text.split('\n', LONG_LINES + 1).length > LONG_LINES) {
		// It scrolls within itself, so that one message cannot push away all others.
		body.classList.add('long');
		body.tabIndex = 0;
	}
	return body;
}

// entry is { name, text, date, avatar, own }.
export function buildMessage(entry, { pictures }) {
	const row = element('article', 'message');
	const author = element('bdi', 'author', entry.name);

	row.classList.toggle('own', entry.own);
	row.style.setProperty('--hue', hueOf(entry.name));
	author.dir = 'auto';

	const head = element('header', 'head', author);
	if (entry.own)
		head.append(element('span', 'you', texts.you));
	head.append(buildTime(entry.date));

	row.append(buildAvatar(entry.name, pictures && entry.avatar), head, buildText(entry.text));
	return row;
}

// A row that continues its author's last one shows no header.
export function markContinued(row, isContinued) {
	row.classList.toggle('continued', isContinued);
}

function buildAction(action, words) {
	const button = element('button', '', words);
	button.type = 'button';
	button.dataset.action = action;
	return button;
}

function setFooter(row, footer) {
	row.querySelector(':scope > :is(.pending, .failed)')?.remove();
	if (footer)
		row.append(footer);
}

export function markPending(row) {
	setFooter(row, element('p', 'pending', texts.pending));
}

export function markFailed(row, { code, text }) {
	const reason = Object.hasOwn(texts.failure, code) ? texts.failure[code] : texts.failedBecause(text);

	setFooter(
		row,
		element(
			'div',
			'failed',
			element('p', '', reason),
			element('div', 'actions', buildAction('retry', texts.retry), buildAction('delete', texts.delete)),
		),
	);
}

export function markSent(row, { date }) {
	setFooter(row, null);
	row.querySelector('.head time').replaceWith(buildTime(date));
}

export function buildDay(date) {
	const time = element('time', '', dayName(date));
	const pad = (number) => String(number).padStart(2, '0');

	time.dateTime = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
	return element('p', 'day', time);
}

export function buildNote(text) {
	const line = element('p', 'system', text);
	line.dir = 'auto';
	return line;
}

export function buildGap(text) {
	const line = buildNote(text);
	line.classList.add('gap');
	return line;
}
