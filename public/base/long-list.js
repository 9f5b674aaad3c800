// A list of which only the rows in or near the view are on the page. The list is a child of the element that scrolls. Its rows have the same height and are placed by their number.
import { element } from './elements.js';
import { onceAFrame } from './frame.js';
import { setText } from './set-text.js';
import { addStylesheet } from './stylesheet.js';

await addStylesheet(new URL('long-list.css', import.meta.url));

const OVERSCAN_ROWS = 10;

function buildFilter(label) {
	const field = element('input.filter');

	field.type = 'search';
	field.placeholder = field.ariaLabel = label;
	field.autocomplete = 'off';
	field.spellcheck = false;
	field.dir = 'auto';
	return field;
}

// draw(items) puts the rows of these items on the page, and no others, and returns them by name. A list of at most this
// many items needs no filter. words are { filter, nothingFound }; without them there is none.
export function createLongList(list, { draw, most, words }) {
	const scroller = list.parentElement;
	const field = buildFilter(words?.filter ?? '');
	const nothing = element('p.nothing-found');
	let items = [];
	let found = [];
	let rows = new Map();

	nothing.role = 'status';
	list.classList.add('long-list');
	if (words)
		list.before(field, nothing);

	const heightOfRow = () => list.offsetHeight / found.length;

	// The focused row stays wherever it is: the keyboard goes on from there.
	function focusedName() {
		return Array.from(rows.keys()).find((name) => rows.get(name).contains(document.activeElement));
	}

	function drawRows() {
		list.style.setProperty('--rows', found.length);
		// The panel is closed.
		if (found.length && !list.offsetHeight)
			return;
		const top = scroller.getBoundingClientRect().top - list.getBoundingClientRect().top;
		const count = Math.ceil(scroller.clientHeight / heightOfRow()) + 2 * OVERSCAN_ROWS;
		// A list that is out of sight has rows, too: the keyboard and screen readers find them.
		const first = Math.max(0, Math.min(found.length - count, Math.floor(top / heightOfRow()) - OVERSCAN_ROWS));
		const focused = focusedName();
		const isWanted = ({ name }, index) => (index >= first && index < first + count) || name === focused;

		rows = draw(found.filter(isWanted));
		for (const [index, { name }] of found.entries()) {
			const row = rows.get(name);

			row?.style.setProperty('--at', index);
			row?.setAttribute('aria-setsize', found.length);
			row?.setAttribute('aria-posinset', index + 1);
		}
	}

	function show() {
		const wanted = field.value.trim().toLocaleLowerCase();

		field.hidden = items.length <= most && !wanted && document.activeElement !== field;
		found = items.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
		setText(nothing, found.length || !wanted ? '' : words.nothingFound);
		drawRows();
	}

	field.addEventListener('input', show);
	field.addEventListener('blur', show);
	scroller.addEventListener('scroll', onceAFrame(drawRows));
	// Also runs when the panel opens.
	new ResizeObserver(onceAFrame(drawRows)).observe(scroller);

	return {
		show(newItems) {
			items = newItems;
			show();
		},
		reveal(name) {
			let index = found.findIndex((item) => item.name === name);

			if (index < 0) {
				field.value = '';
				show();
				index = found.findIndex((item) => item.name === name);
			}
			if (index < 0 || rows.has(name))
				return;
			scroller.scrollTop += list.getBoundingClientRect().top - scroller.getBoundingClientRect().top + (index + .5) * heightOfRow() - scroller.clientHeight / 2;
			drawRows();
		},
	};
}
