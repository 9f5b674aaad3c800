// The list of people: a column on wide windows, else a popover.
import { at, button as buildButton, element } from '../base/elements.js';
import { onceAFrame } from '../base/frame.js';
import { createList, setPart } from '../base/list.js';
import { createPanel } from '../base/panel.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';
import { buildAvatar } from './avatar.js';
import { foldName } from './identity.js';

await addStylesheet(new URL('people.css', import.meta.url));

const order = new Intl.Collator(locale, { numeric: true });

// show(room) shows the people in room.present, see room.js.
export function createPeopleView() {
	const panel = at('people');
	const button = at('people-button');
	const close = at('people-close');
	const wide = matchMedia('(width >= 60rem)');
	const list = createList(at('people-list'), {
		build: ({ name }) => element('li', buildButton('person', buildAvatar(name), element('bdi', name))),
		fill({ firstElementChild: person }, { name, via }) {
			setPart(person, 'span.you', isMe(name) && texts.you);
			setPart(person, 'span.via', via && texts.via[via]);
		},
		words: { filter: texts.filter, nothingFound: texts.nothingFound },
	});
	let me = '';
	let room = { present: { people: [], count: 0 } };
	// Sorted. What was sorted before is sorted again with few comparisons.
	let people = [];

	const isMe = (name) => foldName(name) === me;

	function sort(here) {
		const before = new Set(people);
		const now = new Set(here);

		people = [...people.filter((one) => now.has(one)), ...here.filter((one) => !before.has(one))];
		people.sort((one, other) => order.compare(one.name, other.name));
	}

	const show = onceAFrame(() => {
		const { people: here, count: total } = room.present;

		sort(here);
		const own = people.filter(({ name }) => isMe(name));
		const unlisted = total - people.length;

		list.show([...own, ...people.filter((one) => !own.includes(one))]);
		at('people-more').textContent = unlisted ? texts.peopleMore(unlisted) : '';
		at('people-heading').textContent = texts.peopleHere(total);
		at('people-count').textContent = total.toLocaleString(locale);
		button.ariaLabel = texts.peopleHere(total);
	});

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

	close.ariaLabel = texts.peopleClose;
	createPanel({ panel, button, close }, { inPlace: toggleColumn, onOpen: () => close.focus() });
	wide.addEventListener('change', adapt);
	adapt();

	return {
		show(newRoom) {
			room = newRoom;
			show();
		},
		showMe(name) {
			me = foldName(name);
			show();
		},
	};
}
