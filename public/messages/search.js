// The search panel: in the room that is shown, or in all rooms.
import { arrange } from '../base/arrange.js';
import { buildClose } from '../base/close.js';
import { at, button, element } from '../base/elements.js';
import { isComposing } from '../base/keys.js';
import { setText } from '../base/set-text.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { createFilters } from './search-filters.js';
import { buildHit, findWords } from './search-hits.js';
import { queryOf } from './search-query.js';
import { createSearching } from './searching.js';

await addStylesheet(new URL('search.css', import.meta.url));

// Wait until the reader stops typing. Looking into many rooms costs more.
const PAUSE_MS = 250;
const LONG_PAUSE_MS = 600;

function buildField() {
	const field = element('input');

	Object.assign(field, { id: 'search-field', type: 'search', autocomplete: 'off', dir: 'auto', enterKeyHint: 'search', maxLength: 256 });
	field.ariaLabel = field.placeholder = texts.searchField;
	return field;
}

// roomNow() is the room that is shown. allRooms() resolves with the rooms of GET /rooms. onChoose(room, id) shows a message,
// onDay(opener) asks for a day to show.
export function createSearch({ roomNow, allRooms, isJoined, onChoose, onDay }) {
	const opener = at('search-button');
	const field = buildField();
	const close = buildClose(texts.searchClose);
	const all = button('search-all', texts.searchAll);
	const toDay = button('search-day', texts.toDay);
	const filters = createFilters(field, { onChange: search });
	const form = element('form', field, close, element('div.search-filters', all, ...filters.parts));
	const state = element('p.search-state');
	const list = element('ol.search-list');
	const failure = element('p.search-failure');
	const more = button('search-more', texts.searchMore);
	const panel = element('dialog.search', form, element('div.search-facts', state, toDay), list, failure, more);
	let timer = 0;
	// What is shown was found by this; a later search replaces it.
	let searching = null;
	// Resolves when a search has come to its end.
	let done = Promise.resolve();
	let rows = new Map();

	const isForAll = () => all.ariaPressed === 'true';

	function choose({ room, id }) {
		panel.close();
		onChoose(room, id);
	}

	// Rows that stay are not moved: the reader may be in one of them.
	function showHits(pattern) {
		const before = rows;

		rows = new Map();
		for (const message of searching.hits) {
			const key = `${message.id}/${message.room}`;
			rows.set(key, before.get(key) ?? buildHit(message, { pattern, hasRoom: isForAll(), onChoose: choose }));
		}
		arrange(list, Array.from(rows.values()), field);
	}

	function say(words) {
		setText(state, words);
		setText(failure, '');
		more.hidden = true;
	}

	function clear(words) {
		clearTimeout(timer);
		timer = 0;
		searching?.stop();
		searching = null;
		rows = new Map();
		list.replaceChildren();
		list.ariaBusy = 'false';
		say(words);
	}

	// The room that is shown first, then the joined ones, and of those the busiest.
	async function roomNames() {
		const now = roomNow().name;

		if (!isForAll())
			return [now];
		const weightOf = ({ room }) => (room === now ? 2 : isJoined(room) ? 1 : 0);
		const rooms = (await allRooms()).filter(({ last_id: lastId }) => lastId > 0);
		return rooms.sort((one, other) => weightOf(other) - weightOf(one) || other.last_ts - one.last_ts).map(({ room }) => room);
	}

	function tellEnd({ hits, failed, isInVain, isCut, hasMore }) {
		const count = hits.length;
		const found = count ? texts.searchFound(count, hasMore && !isCut) : texts.searchNone(hasMore);
		const cut = count ? texts.searchFoundSoFar(count) : texts.searchStopped;

		say(isInVain ? texts.searchFailed : isCut ? cut : found);
		if (failed.length && !isInVain)
			setText(failure, texts.searchFailedIn(failed.map((room) => `#${room}`)));
		more.hidden = !hasMore;
	}

	async function goOn(mine) {
		list.ariaBusy = 'true';
		await mine.step();
		if (mine !== searching)
			return;
		list.ariaBusy = 'false';
		tellEnd(mine);
	}

	async function begin(query) {
		const pattern = findWords(query.words);
		const mine = { stop() {} };

		searching = mine;
		const names = await roomNames().catch(() => null);
		if (mine !== searching)
			return;
		if (!names) {
			say(texts.searchFailed);
			return;
		}
		searching = createSearching(query, names, { onHits: () => showHits(pattern) });
		await goOn(searching);
	}

	function search() {
		const query = queryOf(field.value);

		clear(query?.fault ?? '');
		filters.show();
		if (!query || query.fault)
			return;
		say(texts.searchBusy);
		done = begin(query);
	}

	// Not modal: the room goes on beside it. What was looked for last is there again.
	function open(words) {
		panel.show();
		opener.ariaExpanded = 'true';
		field.value = words ?? field.value;
		filters.offer();
		field.focus();
		field.select();
		search();
	}

	function dismiss() {
		panel.close();
		opener.focus();
	}

	async function openFirst() {
		if (timer)
			search();
		const wanted = field.value;
		// Slow rooms do not hold back what is already there.
		if (!rows.size)
			await done;
		if (panel.open && field.value === wanted)
			list.querySelector('button')?.click();
	}

	function walk(event) {
		const steps = Array.from(panel.querySelectorAll('#search-field, .search-list button, .search-more:not([hidden])'));
		const index = steps.indexOf(document.activeElement);
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

		if (!step || index < 0)
			return;
		event.preventDefault();
		steps[Math.max(0, index + step)]?.focus();
	}

	close.addEventListener('click', dismiss);
	field.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(search, isForAll() ? LONG_PAUSE_MS : PAUSE_MS);
	});
	form.addEventListener('submit', (event) => event.preventDefault());
	field.addEventListener('keydown', (event) => event.key === 'Enter' && !isComposing(event) && openFirst());
	all.addEventListener('click', () => {
		all.ariaPressed = String(!isForAll());
		remember('search', isForAll() ? 'all' : '');
		search();
	});
	more.addEventListener('click', () => {
		say(texts.searchBusy);
		field.focus();
		done = goOn(searching);
	});
	toDay.addEventListener('click', () => onDay(toDay));
	panel.addEventListener('keydown', (event) => {
		if (event.key === 'Escape') {
			// The room stays unread.
			event.preventDefault();
			dismiss();
		}
		walk(event);
	});
	// Closed by the page or by the system's Back.
	panel.addEventListener('close', () => {
		opener.ariaExpanded = 'false';
		clear('');
	});
	panel.id = 'search';
	panel.ariaLabel = texts.searchTitle;
	form.role = 'search';
	state.role = failure.role = 'status';
	all.ariaPressed = String(recall('search') === 'all');
	at('reading').prepend(panel);

	return {
		open,
		close: () => panel.close(),
		// typed is what the reader has written before the panel was there.
		toggle(typed) {
			if (panel.open) {
				dismiss();
				return;
			}
			open(typed || undefined);
			if (typed)
				field.setSelectionRange(typed.length, typed.length);
		},
	};
}
