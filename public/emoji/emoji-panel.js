// The panel of an emoji picker: a search field over groups of emoji.
import { button, element } from '../base/elements.js';
import { isComposing } from '../base/keys.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { createGrid } from './emoji-grid.js';
import { allEmoji, findEmoji, hasAllEmoji, loadEmoji, noteEmoji, recentEmoji } from './emoji-set.js';

await addStylesheet(new URL('../base/choices.css', import.meta.url));

const words = texts.emoji;
// A longer list of results helps nobody.
const MAX_FOUND = 120;
const TONES = ['', '🏻', '🏼', '🏽', '🏾', '🏿'];
const TONE = 'emoji.tone';
const RECENT_ICON = '🕘';

const toneChosen = () => TONES[recall(TONE)] ?? '';

function toned({ emoji, toned: lightest }) {
	const tone = toneChosen();
	return tone && lightest ? lightest.replaceAll(TONES[1], tone) : emoji;
}

function buildTones(onChange) {
	const select = element('select.picker-tone', ...TONES.map((tone, index) => new Option(`✋${tone}`, index)));

	select.ariaLabel = words.tone;
	select.title = words.tone;
	select.value = TONES.indexOf(toneChosen());
	select.addEventListener('change', () => {
		remember(TONE, select.value);
		onChange();
	});
	return select;
}

// [{ title, entries }]: the recent emoji, then the groups. The built-in table has no groups.
function sections() {
	const all = allEmoji();
	const groups = Object.entries(words.groups).map(([group, title]) => ({
		title,
		entries: all.filter((entry) => entry.group === Number(group)),
	}));
	const rest = hasAllEmoji() ? groups : [{ title: texts.pickerLabel, entries: all }];

	return [{ title: words.recent, entries: recentEmoji() }, ...rest].filter(({ entries }) => entries.length);
}

// A button that scrolls to a section, labelled with the section's first emoji.
function buildJump({ title, entries: [first] }, index, onJump) {
	const jump = button('picker-jump', title === words.recent ? RECENT_ICON : first.emoji);

	jump.title = title;
	jump.ariaLabel = title;
	jump.addEventListener('click', () => onJump(index));
	return jump;
}

function buildSearch() {
	const search = Object.assign(element('input'), { id: 'picker-search', type: 'search', autocomplete: 'off' });

	search.ariaLabel = search.placeholder = words.search;
	return search;
}

// Fills the panel, which is empty. onPick(emoji) is called for the choice, onLeave(event) when the reader has left the panel
// by Escape. Returns begin(), which shows it anew.
export function fillPanel(panel, { onPick, onLeave }) {
	const search = buildSearch();
	const tones = buildTones(show);
	const place = element('div.picker-grid');
	const jumps = element('nav.picker-jumps');
	const grid = createGrid(place, {
		toned,
		onPick(entry) {
			noteEmoji(entry);
			onPick(toned(entry));
		},
		onLeave: () => search.focus(),
	});

	function show() {
		const isSearch = Boolean(search.value.trim());
		const all = sections();
		const found = isSearch && findEmoji(search.value).slice(0, MAX_FOUND);

		tones.hidden = !hasAllEmoji();
		jumps.hidden = isSearch || !hasAllEmoji();
		jumps.replaceChildren(...all.map((section, index) => buildJump(section, index, grid.jumpTo)));
		grid.show(isSearch ? (found.length ? [{ entries: found }] : []) : all, words.none);
	}

	async function complete() {
		if (hasAllEmoji())
			return;
		try {
			await loadEmoji();
			show();
		} catch {
			// The built-in table is shown instead.
		}
	}

	panel.append(element('div.picker-head', search, tones), place, jumps);
	panel.ariaLabel = jumps.ariaLabel = texts.pickerLabel;
	search.addEventListener('input', show);
	search.addEventListener('keydown', (event) => {
		if (event.key === 'ArrowDown') {
			event.preventDefault();
			grid.enter();
		} else if (event.key === 'Enter') {
			// Enter picks the first result. It must not submit the surrounding form.
			event.preventDefault();
			if (!isComposing(event))
				grid.pickFirst();
		}
	});
	panel.addEventListener('keydown', (event) => {
		if (event.key === 'Escape')
			onLeave(event);
	});

	return function begin() {
		search.value = '';
		show();
		search.focus();
		complete();
	};
}
