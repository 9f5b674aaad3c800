// The parts of a search that are no words: from whom, and after and before which day. They stand in the field, too.
import { element } from '../base/elements.js';
import { seen } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { seenAuthors } from './mentions.js';
import { partsOf, withPart } from './search-query.js';

const MAX_NAMES = 200;

function labelled(words, control) {
	return element('label', element('span', words), control);
}

// onChange() is called when a part was chosen here.
export function createFilters(field, { onChange }) {
	const names = element('datalist');
	const controls = { from: element('input'), after: element('input'), before: element('input') };
	const parts = Object.entries(controls).map(([kind, control]) => labelled(texts.searchParts[kind], control));

	names.id = 'search-names';
	controls.from.setAttribute('list', names.id);
	controls.from.autocomplete = 'off';
	controls.from.dir = 'auto';
	controls.after.type = controls.before.type = 'date';
	for (const [kind, control] of Object.entries(controls)) {
		control.addEventListener('change', () => {
			field.value = withPart(field.value, kind, control.value.trim());
			onChange();
		});
	}

	return {
		parts: [...parts, names],
		// The names that the page knows.
		offer() {
			const known = new Set([...Array.from(seen.present.values()), ...seenAuthors()]);
			names.replaceChildren(...Array.from(known).slice(0, MAX_NAMES).map((name) => Object.assign(element('option'), { value: name })));
		},
		// As the field has them.
		show() {
			for (const [kind, value] of Object.entries(partsOf(field.value))) {
				if (controls[kind] && controls[kind] !== document.activeElement)
					controls[kind].value = value;
			}
		},
	};
}
