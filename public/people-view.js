// The list of who is here: a column where there is room for one, else a sheet over the messages.
import { buildAvatar } from './avatar.js';
import { isSameName } from './names.js';
import { recall, remember } from './storage.js';
import { locale, texts } from './texts.js';

const order = new Intl.Collator(locale, { numeric: true });

export function createPeopleView({ panel, list, more, heading, button, count, close }) {
	const wide = matchMedia('(width >= 60rem)');
	let me = '';
	let present = { people: [], count: 0 };

	function buildPerson({ name, via }) {
		const item = document.createElement('li');
		const shown = document.createElement('bdi');

		shown.textContent = name;
		item.append(buildAvatar(name), shown);
		if (isSameName(name, me)) {
			const you = document.createElement('span');
			you.className = 'you';
			you.textContent = texts.you;
			item.append(you);
		}
		if (via) {
			const door = document.createElement('span');
			door.className = 'via';
			door.textContent = texts.via[via];
			item.append(door);
		}
		return item;
	}

	// The reader first, then by the alphabet.
	function show() {
		const { people, count: total } = present;
		const sorted = people.toSorted(
			(one, other) =>
				isSameName(other.name, me) - isSameName(one.name, me) || order.compare(one.name, other.name),
		);
		const unlisted = total - sorted.length;

		list.replaceChildren(...sorted.map(buildPerson));
		more.textContent = unlisted ? texts.peopleMore(unlisted) : '';
		heading.textContent = texts.peopleHere(total);
		count.textContent = total.toLocaleString(locale);
		button.ariaLabel = texts.peopleHere(total);
	}

	function expanded(isOpen) {
		button.ariaExpanded = String(isOpen);
	}

	function openColumn(isOpen) {
		panel.hidden = !isOpen;
		expanded(isOpen);
	}

	// As a sheet the panel is a popover: Escape and a click elsewhere close it, and the focus goes back.
	function adapt() {
		panel.popover = wide.matches ? null : 'auto';
		panel.hidden = false;
		if (wide.matches)
			openColumn(recall('people') !== 'closed');
		else
			expanded(false);
	}

	function toggle() {
		if (!wide.matches) {
			panel.togglePopover();
			return;
		}
		openColumn(panel.hidden);
		remember('people', panel.hidden ? 'closed' : '');
	}

	// A click on the button closes the sheet before the button hears of it.
	let wasOpen = false;
	button.addEventListener('pointerdown', () => {
		wasOpen = !wide.matches && panel.matches(':popover-open');
	});
	button.addEventListener('click', () => {
		if (!wasOpen)
			toggle();
		wasOpen = false;
	});
	close.addEventListener('click', () => {
		toggle();
		button.focus();
	});
	panel.addEventListener('toggle', ({ newState }) => {
		expanded(newState === 'open');
		if (newState === 'open')
			close.focus();
	});
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
