// Finds what was said in the room, and leads to it.
import { addSheet } from './sheet.js';
import { clockTime, dayName, fullDate, texts } from './texts.js';

await addSheet(new URL('css/search.css', import.meta.url));

// Who types on is not asked about every letter.
const PAUSE_MS = 250;
// Around the first word that was found.
const BEFORE_CHARACTERS = 60;
const MOST_CHARACTERS = 300;

function excerptOf({ title = '', text }, words) {
	const whole = [title, text].filter(Boolean).join(' · ').replace(/\s+/g, ' ');
	const [first] = words.toLowerCase().split(/\s+/);
	const at = whole.toLowerCase().indexOf(first);
	const from = Math.max(0, at - BEFORE_CHARACTERS);

	return `${from ? '…' : ''}${whole.slice(from, from + MOST_CHARACTERS)}`;
}

function buildHit(message, words, onChoose) {
	const item = document.createElement('li');
	const button = document.createElement('button');
	const author = document.createElement('bdi');
	const time = document.createElement('time');
	const excerpt = document.createElement('span');

	button.type = 'button';
	author.className = 'author';
	author.textContent = message.name;
	time.dateTime = message.date.toISOString();
	time.title = fullDate(message.date);
	time.textContent = `${dayName(message.date)} ${clockTime(message.date)}`;
	excerpt.className = 'words';
	excerpt.dir = 'auto';
	excerpt.textContent = excerptOf(message, words);
	button.append(author, time, excerpt);
	button.addEventListener('click', () => onChoose(message.id));
	item.append(button);
	return item;
}

// find(words) resolves with what the server has found; onChoose(id) is to show a message. The first press of the button
// has loaded this; it opens at once. Returns close().
export function openSearch({ panel, form, field, state, list, button, close }, { find, onChoose }) {
	let timer = 0;
	// What is on its way may be about other words than those that stand there by now.
	let asked = 0;

	function show(words, hits) {
		state.textContent = words;
		list.replaceChildren(...hits);
	}

	function hide() {
		clearTimeout(timer);
		asked++;
		panel.hidden = true;
		button.ariaExpanded = 'false';
		show('', []);
	}

	function choose(id) {
		hide();
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
		show(
			frame ? found : texts.searchFailed,
			hits.map((message) => buildHit(message, words, choose)),
		);
	}

	function open() {
		panel.hidden = false;
		button.ariaExpanded = 'true';
		field.value = '';
		field.focus();
	}

	function dismiss() {
		hide();
		button.focus();
	}

	button.addEventListener('click', open);
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
		const at = hits.indexOf(document.activeElement);
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

		if (event.key === 'Escape')
			dismiss();
		if (!step)
			return;
		event.preventDefault();
		(hits[at + step] ?? (step < 0 ? field : hits.at(-1)))?.focus();
	});
	open();
	return () => panel.hidden || hide();
}
