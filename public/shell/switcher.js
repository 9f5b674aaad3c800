// The dialog that finds rooms, people and views by a part of their name, and searches for what was typed.
import { element } from '../base/elements.js';
import { isComposing } from '../base/keys.js';
import { addStylesheet } from '../base/stylesheet.js';
import { buildAvatar } from '../people/avatar.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('switcher.css', import.meta.url));

const MAX_OFFERS = 50;

// 0 if the name begins so, 1 if one of its words does, 2 if it contains it, else -1.
function rankOf(name, wanted) {
	const index = name.toLowerCase().indexOf(wanted);
	return index < 0 ? -1 : index === 0 ? 0 : /[\p{L}\p{N}]/u.test(name[index - 1]) ? 2 : 1;
}

function findIn(offers, wanted) {
	return offers
		.map((offer) => ({ offer, rank: rankOf(offer.name, wanted) }))
		.filter(({ rank }) => rank >= 0)
		.sort((one, other) => one.rank - other.rank)
		.map(({ offer }) => offer);
}

// rooms() is [{ name, unread, mentions, isCurrent }], the joined ones first; people() are names; places is [{ name, open }].
// onRoom(name), onPerson(name), onSearch(words) and onShortcuts() are the reader's choice.
export function createSwitcher({ rooms, people, places, onRoom, onPerson, onSearch, onShortcuts }) {
	const field = element('input');
	const list = element('ul');
	const dialog = element('dialog.switcher', field, list);
	let offered = [];
	let chosen = 0;

	const roomOffers = () =>
		rooms().map(({ name, unread, mentions, isCurrent }) => ({
			name,
			isCurrent,
			weight: mentions ? 2 : unread ? 1 : 0,
			mark: '#',
			note: [mentions && texts.mentionsYou(mentions), unread && texts.unread(unread)].filter(Boolean).join(', '),
			take: () => onRoom(name),
		}));
	const personOffers = () => people().map((name) => ({ name, mark: buildAvatar(name), note: '', take: () => onPerson(name) }));
	const placeOffers = () => [
		...places.map(({ name, open }) => ({ name, mark: '→', note: '', take: open })),
		{ name: texts.shortcutsTitle, mark: '?', note: '', take: onShortcuts },
	];
	const searchOffer = (words) => ({ name: texts.searchFor(words), mark: '…', note: '', take: () => onSearch(words) });

	// Without words: the rooms with mentions first, then those with unread messages.
	function offersFor(typed) {
		const wanted = typed.toLowerCase();

		if (!wanted) {
			const others = roomOffers().filter(({ isCurrent }) => !isCurrent);
			return [...others.sort((one, other) => other.weight - one.weight), ...placeOffers()];
		}
		if (wanted.startsWith('@'))
			return findIn(personOffers(), wanted.slice(1));
		if (wanted.startsWith('#'))
			return findIn(roomOffers(), wanted.slice(1));
		return findIn([...roomOffers(), ...personOffers(), ...placeOffers()], wanted);
	}

	function showChosen() {
		Array.from(list.children).forEach((item, index) => {
			item.ariaSelected = String(index === chosen);
		});
		list.children[chosen]?.scrollIntoView({ block: 'nearest' });
		if (list.children[chosen])
			field.setAttribute('aria-activedescendant', list.children[chosen].id);
		else
			field.removeAttribute('aria-activedescendant');
	}

	function take(offer) {
		dialog.close();
		// A dialog gives the focus back to the message field with the caret at its beginning. Focusing it anew keeps the
		// caret.
		document.activeElement.blur();
		offer?.take();
	}

	function buildItem(offer, index) {
		const item = element('li', element('span.mark', offer.mark), element('bdi', offer.name), element('small', offer.note));

		item.id = `switch-${index}`;
		item.role = 'option';
		item.querySelector('.mark').ariaHidden = 'true';
		item.addEventListener('click', () => take(offer));
		return item;
	}

	function show() {
		const typed = field.value.trim();

		offered = offersFor(typed).slice(0, MAX_OFFERS);
		if (typed)
			offered.push(searchOffer(typed));
		chosen = 0;
		list.replaceChildren(...offered.map(buildItem));
		list.scrollTop = 0;
		showChosen();
	}

	field.addEventListener('input', show);
	field.addEventListener('keydown', (event) => {
		const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];

		if (isComposing(event) || (!step && event.key !== 'Enter'))
			return;
		event.preventDefault();
		if (step && offered.length) {
			chosen = (chosen + step + offered.length) % offered.length;
			showChosen();
		} else if (!step) {
			take(offered[chosen]);
		}
	});
	// A click beside the dialog.
	dialog.addEventListener('pointerdown', ({ target }) => target === dialog && dialog.close());

	Object.assign(field, { id: 'switcher-field', type: 'text', autocomplete: 'off', spellcheck: false, dir: 'auto', enterKeyHint: 'go' });
	field.role = 'combobox';
	field.ariaLabel = field.placeholder = texts.switchField;
	field.ariaExpanded = 'true';
	field.setAttribute('aria-autocomplete', 'list');
	field.setAttribute('aria-controls', 'switcher-list');
	field.setAttribute('autocapitalize', 'none');
	list.id = 'switcher-list';
	list.role = 'listbox';
	dialog.id = 'switcher';
	dialog.ariaLabel = list.ariaLabel = texts.switchTitle;
	document.body.append(dialog);

	return {
		open() {
			field.value = '';
			dialog.showModal();
			field.focus();
			show();
		},
	};
}
