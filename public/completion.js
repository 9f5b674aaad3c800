// Completes @names while they are written: the arrows choose, Enter or Tab takes, Escape closes.
import { buildAvatar } from './avatar.js';
import { foldName } from './identity.js';
import { addSheet } from './sheet.js';

await addSheet(new URL('css/choices.css', import.meta.url));

const MOST = 8;
const LONGEST = 32;
const UNFINISHED = /(?:^|[^\w@])@([^@\n]*)$/;

// names() are those that may be meant; onChange() follows when the text has been completed.
export function createCompletion({ field, list }, { names, onChange }) {
	let start = 0;
	let chosen = 0;
	let offered = [];

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

	function take(name) {
		field.setRangeText(`@${name} `, start, field.selectionStart, 'end');
		close();
		field.focus();
		onChange();
	}

	function buildItem(name, index) {
		const item = document.createElement('li');
		const shown = document.createElement('bdi');

		shown.textContent = name;
		item.id = `completion-${index}`;
		item.role = 'option';
		item.append(buildAvatar(name), shown);
		// Before the field loses the focus.
		item.addEventListener('pointerdown', (event) => {
			event.preventDefault();
			take(name);
		});
		return item;
	}

	function offer() {
		const before = field.value.slice(0, field.selectionStart);
		const begun = UNFINISHED.exec(before.slice(-LONGEST))?.[1];
		const wanted = begun === undefined ? null : foldName(begun);

		offered = wanted === null ? [] : names().filter((name) => foldName(name).startsWith(wanted)).slice(0, MOST);
		if (!offered.length) {
			close();
			return;
		}
		start = before.length - begun.length - 1;
		chosen = 0;
		list.replaceChildren(...offered.map(buildItem));
		list.hidden = false;
		showChosen();
	}

	// Before the composer hears of it.
	field.addEventListener(
		'keydown',
		(event) => {
			if (!offered.length || event.isComposing)
				return;
			const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];

			if (step) {
				chosen = (chosen + step + offered.length) % offered.length;
				showChosen();
			} else if (event.key === 'Tab' || event.key === 'Enter') {
				take(offered[chosen]);
			} else if (event.key === 'Escape') {
				close();
			} else {
				return;
			}
			event.preventDefault();
		},
		{ capture: true },
	);
	field.addEventListener('input', ({ isComposing }) => isComposing || offer());
	field.addEventListener('blur', close);
	// The @ that has loaded this.
	offer();
}
