// The list of people: a column on wide windows, else a popover.
import { at, button as buildButton, createPanel, element } from '../base/elements.js';
import { recall, remember } from '../base/storage.js';
import { locale, texts } from '../words/texts.js';
import { buildAvatar } from './avatar.js';
import { isSameName } from './identity.js';

const order = new Intl.Collator(locale, { numeric: true });

export function createPeopleView() {
	const panel = at('people');
	const button = at('people-button');
	const close = at('people-close');
	const wide = matchMedia('(width >= 60rem)');
	let me = '';
	let present = { people: [], count: 0 };

	function buildPerson({ name, via }) {
		const person = buildButton('person', buildAvatar(name), element('bdi', name));

		if (isSameName(name, me))
			person.append(element('span.you', texts.you));
		if (via)
			person.append(element('span.via', texts.via[via]));
		return element('li', person);
	}

	// The reader first, then by name.
	function show() {
		const { people, count: total } = present;
		const sorted = people.toSorted(
			(one, other) =>
				isSameName(other.name, me) - isSameName(one.name, me) || order.compare(one.name, other.name),
		);
		const unlisted = total - sorted.length;

		at('people-list').replaceChildren(...sorted.map(buildPerson));
		at('people-more').textContent = unlisted ? texts.peopleMore(unlisted) : '';
		at('people-heading').textContent = texts.peopleHere(total);
		at('people-count').textContent = total.toLocaleString(locale);
		button.ariaLabel = texts.peopleHere(total);
	}

	function adapt() {
		const isOpen = recall('people') !== 'closed';

		panel.popover = wide.matches ? null : 'auto';
		panel.hidden = wide.matches && !isOpen;
		button.ariaExpanded = String(wide.matches && isOpen);
	}

	function toggleColumn() {
		panel.hidden = !panel.hidden;
		button.ariaExpanded = String(!panel.hidden);
		remember('people', panel.hidden ? 'closed' : '');
	}

	createPanel({ panel, button, close }, { inPlace: toggleColumn, onOpen: () => close.focus() });
	wide.addEventListener('change', adapt);
	adapt();

	return {
		show(newPresent) {
			present = newPresent;
			show();
		},
		showMe(name) {
			me = name;
			show();
		},
	};
}
