// Lists that change often. A row stays on the page as long as its item has the same name, and is only filled again. So
// it keeps the focus and is not replaced while it is pressed.
import { arrange } from './arrange.js';
import { element } from './elements.js';
import { createLazy } from './lazy.js';
import { setText } from './set-text.js';

// Of a longer list only the rows in view are on the page, see long-list.js.
const MANY = 100;

// Shows a text in the row's part with this class. Without a text there is no such part.
export function setPart(row, tagAndClass, text) {
	const part = row.querySelector(`:scope > .${tagAndClass.split('.')[1]}`);

	if (!text) {
		part?.remove();
		return null;
	}
	if (!part)
		return row.appendChild(element(tagAndClass, text));
	setText(part, text);
	return part;
}

// One row is the tab stop of the list; the arrow keys walk the others, see keyboard.js.
function setTabStop(list) {
	const stop = list.querySelector('[aria-current]') ?? list.querySelector('button');

	for (const choice of list.querySelectorAll('button'))
		choice.tabIndex = choice === stop ? 0 : -1;
}

// Items have a name, each another one. build(item) builds a row for this name, fill(row, item) shows the rest of the
// item. words are those of the filter that a long list gets, if any.
export function createList(list, { build, fill, words }) {
	let rows = new Map();
	let items = [];
	let long = null;

	function draw(shown) {
		const before = rows;

		rows = new Map();
		for (const item of shown) {
			const row = before.get(item.name) ?? build(item);

			fill(row, item);
			rows.set(item.name, row);
		}
		arrange(list, Array.from(rows.values()));
		setTabStop(list);
		return rows;
	}

	const lengthen = createLazy(async () => {
		const { createLongList } = await import('./long-list.js');
		return createLongList(list, { draw, most: MANY, words });
	});

	return {
		show(newItems) {
			items = newItems;
			if (!long)
				draw(items.slice(0, MANY));
			if (!long && items.length > MANY)
				lengthen((it) => {
					long = it;
					it.show(items);
				}, list);
			long?.show(items);
		},
		// Brings the item into view and returns its row. null if it is not in the list.
		reveal(name) {
			long?.reveal(name);
			return rows.get(name) ?? null;
		},
	};
}
