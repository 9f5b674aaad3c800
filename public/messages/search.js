// The search in a room.
import { buildClose } from '../base/close.js';
import { at, button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { clockTime, fullDate, locale } from '../words/texts.js';

await addStylesheet(new URL('search.css', import.meta.url));

// Wait until the reader stops typing.
const PAUSE_MS = 250;
// Length of an excerpt, and how much of it is before the match.
const BEFORE_CHARACTERS = 60;
const MAX_CHARACTERS = 300;

// Medium: it must fit beside the name on a phone.
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });

function excerptOf({ title = '', text }, words) {
	const whole = [title, text].filter(Boolean).join(' · ').replace(/\s+/g, ' ');
	const [first] = words.toLowerCase().split(/\s+/);
	const index = whole.toLowerCase().indexOf(first);
	const from = Math.max(0, index - BEFORE_CHARACTERS);

	return `${from ? '…' : ''}${whole.slice(from, from + MAX_CHARACTERS)}`;
}

function buildHit(message, words, onChoose) {
	const author = element('bdi.author', message.name);
	const time = element('time', `${day.format(message.date)} ${clockTime(message.date)}`);
	const excerpt = element('span.words', excerptOf(message, words));
	const hit = button('', author, time, excerpt);

	time.dateTime = message.date.toISOString();
	time.title = fullDate(message.date);
	excerpt.dir = 'auto';
	hit.addEventListener('click', () => onChoose(message.id));
	return element('li', hit);
}

function buildField() {
	const field = element('input');

	Object.assign(field, { id: 'search-field', type: 'search', autocomplete: 'off', dir: 'auto', enterKeyHint: 'search' });
	field.ariaLabel = field.placeholder = texts.searchField;
	return field;
}

// find(words) resolves with the server's answer. onChoose(id) shows a message.
export function createSearch({ find, onChoose }) {
	const opener = at('search-button');
	const field = buildField();
	const close = buildClose(texts.searchClose);
	const form = element('form', field, close);
	const state = element('p.search-state');
	const list = element('ol.search-list');
	const panel = element('dialog.search', form, state, list);
	let timer = 0;
	// Answers to earlier searches are ignored.
	let asked = 0;

	function show(words, hits) {
		state.textContent = words;
		list.replaceChildren(...hits);
	}

	function choose(id) {
		panel.close();
		onChoose(id);
	}

	async function search() {
		clearTimeout(timer);
		const words = field.value.trim();
		const mine = ++asked;

		if (!words) {
			show('', []);
			return;
		}
		const frame = await find(words).catch(() => null);
		if (mine !== asked)
			return;
		const hits = frame?.messages.filter(({ type }) => type !== 'other') ?? [];
		const found = hits.length ? texts.searchFound(hits.length, frame.more) : texts.searchNone;
		const stopped = hits.length ? texts.searchFoundSoFar(hits.length) : texts.searchStopped;
		const done = frame?.stopped ? stopped : found;
		show(
			frame ? done : texts.searchFailed,
			hits.map((message) => buildHit(message, words, choose)),
		);
	}

	// Not modal: the room goes on beside it.
	function open(words = '') {
		panel.show();
		opener.ariaExpanded = 'true';
		field.value = words;
		field.focus();
		search();
	}

	function dismiss() {
		panel.close();
		opener.focus();
	}

	close.addEventListener('click', dismiss);
	field.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(search, PAUSE_MS);
	});
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		search();
	});
	panel.addEventListener('keydown', (event) => {
		const hits = Array.from(list.querySelectorAll('button'));
		const index = hits.indexOf(document.activeElement);
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

		if (event.key === 'Escape') {
			// The room stays unread.
			event.preventDefault();
			dismiss();
		}
		if (!step)
			return;
		event.preventDefault();
		(hits[index + step] ?? (step < 0 ? field : hits.at(-1)))?.focus();
	});
	// Closed by the page or by the system's Back.
	panel.addEventListener('close', () => {
		clearTimeout(timer);
		asked++;
		opener.ariaExpanded = 'false';
		show('', []);
	});
	panel.id = 'search';
	panel.ariaLabel = texts.searchField;
	form.role = 'search';
	state.role = 'status';
	at('reading').prepend(panel);

	return {
		open,
		close: () => panel.close(),
		toggle: () => (panel.open ? dismiss() : open()),
	};
}
