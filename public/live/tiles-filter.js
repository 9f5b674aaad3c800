// The field above the tiles that shows only some of them.
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';

// Fewer are seen at once.
const MIN_TILES = 9;

// onFilter(wanted) shows the tiles for which wanted(tile) is true, or all if it is null, and returns how many.
export function createTilesFilter({ onFilter }) {
	const words = laterTexts.live;
	const field = element('input');
	const count = element('span.live-found');
	const place = element('search.live-filter', field, count);
	let all = 0;

	function filter() {
		const parts = field.value.toLowerCase().split(/\s+/).filter(Boolean);
		const isFound = ({ metric }) => parts.every((part) => `${metric.room} ${metric.name}`.toLowerCase().includes(part));
		const found = onFilter(parts.length ? isFound : null);

		setText(count, parts.length ? words.valuesFound(found, all) : '');
		place.hidden = all < MIN_TILES && !field.value;
	}

	field.type = 'search';
	field.placeholder = field.ariaLabel = words.filterValues;
	count.role = 'status';
	field.addEventListener('input', filter);
	field.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' || !field.value)
			return;
		// It must not close a chart.
		event.stopPropagation();
		event.preventDefault();
		field.value = '';
		filter();
	});

	return {
		place,
		// How many tiles there are, or which one is open, has changed.
		update(newAll) {
			all = newAll;
			filter();
		},
	};
}
