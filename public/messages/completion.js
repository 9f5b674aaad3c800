// Completion of @names, :shortcodes and /commands. The arrow keys choose, Enter or Tab inserts, Escape closes.
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { isComposing } from '../base/keys.js';
import { addStylesheet } from '../base/stylesheet.js';
import { offerEmoji } from '../emoji/emoji-completion.js';
import { buildAvatar } from '../people/avatar.js';
import { foldName } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { EVERYBODY, seenAuthors } from './mentions.js';

await addStylesheet(new URL('../base/choices.css', import.meta.url));

const MAX_OFFERS = 8;
const MAX_LENGTH = 32;
const UNFINISHED = /(?:^|[^\w@])@([^@\n]*)$/;

// Names whose first word or another one begins so, the best first. Those of people present come first, then authors.
function findNames(begun, names) {
	const wanted = foldName(begun);
	const rank = (name) => (name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.split(/[\s._-]+/).some((word) => word.startsWith(wanted)) ? 2 : 3);

	return names
		.map((name) => ({ name, rank: rank(foldName(name)) }))
		.filter((one) => one.rank < 3)
		.sort((one, other) => one.rank - other.rank)
		.slice(0, MAX_OFFERS);
}

function describe({ name }) {
	const isEverybody = name === EVERYBODY;

	return {
		text: `@${name}`,
		parts: () => (isEverybody ? [element('span.sample', '@'), name, element('small', texts.everybody)] : [buildAvatar(name), bidiText(name)]),
	};
}

// Completions of the @name before the caret: { start, label, offers }, or null. start is the position of the @.
function offerNames(before, names) {
	const begun = UNFINISHED.exec(before.slice(-MAX_LENGTH))?.[1];

	// The name was finished.
	if (begun === undefined || /\s$/.test(begun))
		return null;
	return { start: before.length - begun.length - 1, label: texts.completionLabel, offers: findNames(begun, names).map(describe) };
}

// offerFirst(before) offers something else than names and shortcodes. present() are the names of people here, isMe(name)
// is the reader. onChange() is called after a completion was inserted.
export function createCompletion({ field, list }, { offerFirst, present, isMe, onChange }) {
	let start = 0;
	let chosen = 0;
	let offered = [];
	// After Escape, emoji that finish loading must not open the list again.
	let isWanted = true;

	function names() {
		const all = new Map();

		for (const name of [...present(), ...seenAuthors(), EVERYBODY]) {
			if (!isMe(name) && !all.has(foldName(name)))
				all.set(foldName(name), name);
		}
		return Array.from(all.values());
	}

	function close() {
		list.hidden = true;
		offered = [];
		field.removeAttribute('aria-activedescendant');
	}

	function showChosen() {
		Array.from(list.children).forEach((item, index) => {
			item.ariaSelected = String(index === chosen);
		});
		list.children[chosen].scrollIntoView({ block: 'nearest' });
		field.setAttribute('aria-activedescendant', list.children[chosen].id);
	}

	const isWhole = ({ text }) => foldName(field.value.slice(start, field.selectionStart)) === foldName(text);

	function take({ text, onTake }) {
		field.setRangeText(`${text} `, start, field.selectionStart, 'end');
		close();
		field.focus();
		onTake?.();
		onChange();
	}

	function buildItem(choice, index) {
		const item = document.createElement('li');

		item.id = `completion-${index}`;
		item.role = 'option';
		item.append(...choice.parts());
		// pointerdown comes before the field loses the focus; click comes after.
		item.addEventListener('pointerdown', (event) => {
			event.preventDefault();
			take(choice);
		});
		return item;
	}

	function offer() {
		const before = field.value.slice(0, field.selectionStart);
		const all = [offerFirst(before), offerNames(before, names()), offerEmoji(before, MAX_OFFERS, offerMore)];
		const known = all.find((one) => one?.offers.length);

		if (!known) {
			close();
			return;
		}
		({ start, offers: offered } = known);
		chosen = 0;
		list.ariaLabel = known.label;
		list.replaceChildren(...offered.map(buildItem));
		list.hidden = false;
		showChosen();
	}

	// Called when all emoji have been loaded, and once at the start.
	function offerMore() {
		if (isWanted && document.activeElement === field)
			offer();
	}

	// Capture: runs before the composer's own handler.
	field.addEventListener(
		'keydown',
		(event) => {
			if (!offered.length || isComposing(event))
				return;
			const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];

			if (step) {
				chosen = (chosen + step + offered.length) % offered.length;
				showChosen();
			} else if (event.key === 'Enter' && isWhole(offered[chosen])) {
				// Sends the message.
				close();
				return;
			} else if (event.key === 'Tab' || event.key === 'Enter') {
				take(offered[chosen]);
			} else if (event.key === 'Escape') {
				isWanted = false;
				close();
			} else {
				return;
			}
			event.preventDefault();
		},
		{ capture: true },
	);
	field.addEventListener('input', (event) => {
		isWanted = true;
		if (!event.isComposing)
			offer();
	});
	// In Chromium the last input event of a composition still has isComposing set.
	field.addEventListener('compositionend', offer);
	field.addEventListener('blur', close);
	// The input that triggered loading this module.
	offerMore();
}
