// The toolbar of the Logs view.
import { button, element } from '../base/elements.js';
import { icon } from '../base/icon.js';
import { setText } from '../base/set-text.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { MAX_FILTER_LENGTH } from './filter.js';

await addStylesheet(new URL('toolbar.css', import.meta.url));

const LEVELS = ['error', 'warning', 'info', 'debug'];
const DOTS = 'M3 8h.010M8 8h.010M13 8h.010';
// Wait for the end of a word.
const TYPING_MS = 150;

function toggle(classes, words) {
	const made = button(classes, words);
	made.ariaPressed = 'false';
	return made;
}

const labelled = (classes, words, control) => element(`label.logs-${classes}`, element('span', words), control);

// isWrapped is the default until the reader has chosen.
// onLevels(levels) gets a Set, empty for all.
export function createToolbar({ words, isWrapped, onRoom, onFilter, onLevels, onWrap, onPause, onCopy, onCopyLink, onOlder }) {
	const room = element('select.logs-room');
	const filter = element('input.logs-filter');
	const expression = toggle('logs-expression', '.*');
	const wrap = toggle('logs-wrap', words.wrap);
	const pause = button('logs-pause', words.pause);
	const copy = button('logs-copy', words.copy);
	// Only short windows show it, and what it folds.
	const unfold = button('logs-unfold', icon('logs-dots', DOTS));
	const fault = element('p.logs-fault');
	const count = element('p.logs-count');
	const paused = element('p.logs-paused');
	const voice = element('p.logs-voice');
	const levels = element('div.logs-levels', ...LEVELS.map(buildLevel));
	const older = button('logs-older', words.older);
	const copyLink = button('logs-copy-link', words.copyLink);
	const bar = element(
		'header.logs-tools',
		labelled('choice', words.choose, room),
		element('div.logs-search', labelled('looking', words.filter, filter), expression, unfold),
		element('div.logs-actions', wrap, pause, copy),
		fault,
		element('div.logs-facts', levels, count, older, paused, voice, copyLink),
	);
	let typing = 0;

	function buildLevel(level) {
		const made = toggle('logs-level-button', words.level[level]);

		made.dataset.level = level;
		made.addEventListener('click', () => {
			made.ariaPressed = String(made.ariaPressed !== 'true');
			onLevels(chosenLevels());
		});
		return made;
	}

	function chosenLevels() {
		return new Set(LEVELS.filter((level, index) => levels.children[index].ariaPressed === 'true'));
	}

	levels.role = 'group';
	levels.ariaLabel = words.levels;
	copyLink.hidden = older.hidden = true;
	filter.type = 'search';
	filter.maxLength = MAX_FILTER_LENGTH;
	filter.placeholder = words.filterHint;
	filter.autocomplete = 'off';
	filter.spellcheck = false;
	filter.setAttribute('autocapitalize', 'none');
	filter.ariaLabel = words.filter;
	expression.ariaLabel = words.expression;
	expression.title = words.expression;
	copy.title = words.copyHint;
	unfold.ariaLabel = unfold.title = words.more;
	unfold.ariaExpanded = 'false';
	fault.setAttribute('role', 'alert');
	voice.setAttribute('role', 'status');

	const isExpression = () => expression.ariaPressed === 'true';
	const tellFilter = () => onFilter(filter.value, isExpression());

	filter.addEventListener('input', () => {
		clearTimeout(typing);
		typing = setTimeout(tellFilter, TYPING_MS);
	});
	filter.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' || !filter.value)
			return;
		event.preventDefault();
		event.stopPropagation();
		filter.value = '';
		tellFilter();
	});
	expression.addEventListener('click', () => {
		expression.ariaPressed = String(!isExpression());
		tellFilter();
	});
	unfold.addEventListener('click', () => {
		unfold.ariaExpanded = String(unfold.ariaExpanded !== 'true');
	});
	function showWrap(wanted) {
		wrap.ariaPressed = String(wanted);
		onWrap(wanted);
	}

	wrap.addEventListener('click', () => {
		const wanted = wrap.ariaPressed !== 'true';

		remember('wrap', wanted ? 'yes' : 'no');
		showWrap(wanted);
	});
	pause.addEventListener('click', onPause);
	copy.addEventListener('click', onCopy);
	copyLink.addEventListener('click', onCopyLink);
	older.addEventListener('click', onOlder);
	room.addEventListener('change', () => onRoom(room.value));
	showWrap(recall('wrap') ? recall('wrap') === 'yes' : isWrapped);

	return {
		bar,
		tellFilter,
		showRooms(rooms, chosen) {
			room.replaceChildren(
				...rooms.map(({ room: name }) => {
					const option = element('option', name);
					option.value = name;
					return option;
				}),
			);
			bar.hidden = !rooms.length;
			if (chosen)
				room.value = chosen;
		},
		showChosen(name) {
			room.value = name;
		},
		showFault(text) {
			fault.textContent = text;
			filter.ariaInvalid = String(Boolean(text));
		},
		showPause(isPaused, waiting) {
			pause.classList.toggle('logs-on', isPaused);
			setText(pause, isPaused ? words.resume : words.pause);
			setText(paused, isPaused ? words.paused(waiting) : '');
		},
		showCount: (text) => setText(count, text),
		// Without older lines there is no button.
		showOlder({ hasOlder, isLoading }) {
			// A hidden button loses the focus.
			if (!hasOlder && document.activeElement === older)
				filter.focus();
			older.hidden = !hasOlder;
			setText(older, isLoading ? words.loadingOlder : words.older);
		},
		showLink(wanted) {
			copyLink.hidden = !wanted;
		},
		// So that every line is shown.
		clearFilter() {
			filter.value = '';
			for (const level of levels.children)
				level.ariaPressed = 'false';
			onLevels(chosenLevels());
			tellFilter();
		},
		say: (text) => setText(voice, text),
	};
}
