// Rows of the log. Text from outside is never used as markup.
import { link } from '../base/address.js';
import { element } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';
import { buildAvatar, hueOf } from '../people/avatar.js';
import { clockTime, dayName, fullDate, texts } from '../words/texts.js';

const FEW_EMOJI = /^\s*(?:[\p{RGI_Emoji}\p{Extended_Pictographic}]\s*){1,6}$/v;
// No six emoji are longer.
const FEW_EMOJI_CHARACTERS = 120;

const codes = createLazy(() => import('./codes.js'));
const formatting = createLazy(async () => Object.assign({}, ...(await Promise.all([import('./markup.js'), import('./mentions.js')]))));
// Texts without any of these are as written, see patterns.js.
const FORMATTED = /[`*_~[>#@]|:\/\/|www\.|^ {0,3}(?:[-+]|\d{1,3}\.) /im;
// Rows that wait for the modules, and what they show. Older ones stay as written if the server is away for long.
const MAX_UNFORMATTED = 1000;
const unformatted = new Map();

function isEmojiOnly(text) {
	return text.length <= FEW_EMOJI_CHARACTERS && FEW_EMOJI.test(text);
}

const SHORTCODE = /:[a-z0-9_+-]+:/;
const LONG_CHARACTERS = 3000;
const LONG_LINES = 40;

// Its end is folded, see fold.js.
export const isLong = ({ text }) => text.length > LONG_CHARACTERS || text.split('\n', LONG_LINES + 1).length > LONG_LINES;

// The time is the link to the message, which has an address once it is stored.
function buildTime({ id, date }, addressOf) {
	const time = element('time', clockTime(date));
	const link = element('a.time', time);

	time.dateTime = date.toISOString();
	time.title = fullDate(date);
	if (id)
		link.href = addressOf(id);
	// The log is one tab stop, see walk.js.
	link.tabIndex = -1;
	return link;
}

function buildTag(tag) {
	const shown = element('span.tag', tag);

	if (/^[a-z0-9_+-]+$/.test(tag))
		codes((it) => it.showTag(shown, tag));
	return shown;
}

function buildOpener(address) {
	const opener = link(address, texts.openLink(new URL(address).host));
	opener.className = 'opener';
	return opener;
}

// Tags and link of a push.
function buildExtras({ tags, click }) {
	const extras = element('p.extras', ...tags.map(buildTag));

	if (click)
		extras.append(buildOpener(click));
	return extras;
}

function buildTitle({ title, priority }) {
	const line = element('p.headline');

	line.dir = 'auto';
	if (priority >= 4)
		line.append(element('span.priority', texts.priority[Math.min(priority, 5)]), ' ');
	if (title)
		line.append(element('strong', title));
	return line;
}

function buildAction({ name, text }, format) {
	const body = element('div.text');
	const author = element('bdi', name);

	body.dir = 'auto';
	body.append('* ', author, ' ', ...format(text));
	return body;
}

const buildNoText = (words) => element('div.text.no-text', words);

const plain = (text) => [text];

function buildText(entry, format = plain) {
	const { text, title, priority, tags, click } = entry;
	const body = element('div.text');
	const isBare = !title && !click && !tags?.length && !(priority >= 4);

	if (entry.deleted)
		return buildNoText(texts.deletedMessage);
	if (entry.action)
		return buildAction(entry, format);
	if (title || priority >= 4)
		body.append(buildTitle(entry));
	if (!text.trim() && isBare)
		return buildNoText(texts.noText);
	body.dir = 'auto';
	body.append(...format(text));
	if (tags?.length || click)
		body.append(buildExtras(entry));
	body.classList.toggle('emoji-only', isBare && isEmojiOnly(text));
	body.classList.toggle('long', isLong(entry));
	return body;
}

// What a screen reader says of a row that gets the focus.
function nameRow(row) {
	row.ariaLabelledByElements = ['.author', '.text', '.time'].map((part) => row.querySelector(part));
}

function showText(row, entry, keep, format) {
	const text = buildText(entry, format);

	row.querySelector('.text').replaceWith(text);
	nameRow(row);
	if (SHORTCODE.test(entry.text))
		codes((it) => it.showEmoji(text, keep), row);
}

function formatText(row, { entry, me, keep }, { format, createMarker, mentions }) {
	showText(row, entry, keep, (text) => format(text, createMarker(me)));
	row.classList.toggle('for-me', !entry.own && mentions(entry.text, me));
}

// Moves what is in view once for each log.
function formatWaiting(modules) {
	for (const [keep, rows] of Map.groupBy(unformatted, ([row, { keep }]) => row.isConnected && keep)) {
		const change = () => rows.forEach(([row, shown]) => formatText(row, shown, modules));

		if (keep)
			keep(change);
		else
			change();
	}
	unformatted.clear();
}

// Its formats are shown once their modules are loaded. keep(change) changes rows without moving others.
export function fillText(row, entry, { me, keep }) {
	const isFormatted = FORMATTED.test(entry.text);

	row.classList.remove('for-me');
	unformatted.delete(row);
	if (isFormatted) {
		unformatted.set(row, { entry, me, keep });
		if (unformatted.size > MAX_UNFORMATTED)
			unformatted.delete(unformatted.keys().next().value);
		formatting(formatWaiting);
	}
	if (!isFormatted || unformatted.has(row))
		showText(row, entry, keep);
}

// entry is { name, text, date, avatar, own }, and for pushes { via, title, priority, tags, click }. me is the reader's
// name. addressOf(id) is the address of a message. keep as above.
export function buildMessage(entry, { pictures, addressOf, ...reader }) {
	const row = element('article.message');
	const author = element('bdi.author', entry.name);

	row.classList.toggle('own', entry.own);
	row.classList.toggle('action', Boolean(entry.action));
	row.dataset.priority = entry.priority ?? '';
	row.style.setProperty('--hue', hueOf(entry.name));
	author.dir = 'auto';

	const head = element('header.head', author);
	if (entry.own)
		head.append(element('span.you', texts.you));
	if (entry.via === 'push')
		head.append(element('span.pushed', texts.pushed));
	head.append(buildTime(entry, addressOf));

	row.append(buildAvatar(entry.name, pictures && entry.avatar), head, element('div.text'));
	fillText(row, entry, reader);
	return row;
}

// A row directly after one by the same author has no header.
export function markContinued(row, isContinued) {
	row.classList.toggle('continued', isContinued);
}

export function setFooter(row, footer) {
	row.querySelector(':scope > :is(.pending, .failed)')?.remove();
	if (footer)
		row.append(footer);
}

export function markPending(row) {
	setFooter(row, element('p.pending', texts.pending));
}

export function markSent(row, entry, addressOf) {
	setFooter(row, null);
	row.querySelector('.head .time').replaceWith(buildTime(entry, addressOf));
	nameRow(row);
}

export function buildDay(date) {
	const time = element('time', dayName(date));
	const pad = (number) => String(number).padStart(2, '0');

	time.dateTime = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
	return element('p.day', time);
}

export function buildNote(text) {
	const line = element('p.system', text);
	line.dir = 'auto';
	return line;
}

export function buildGap(text) {
	const line = buildNote(text);
	line.classList.add('gap');
	return line;
}
