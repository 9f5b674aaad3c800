// The panel of emoji: a search field and a grid that the arrow keys walk; Escape closes it.
import { listEmoji } from './emoji.js';
import { addSheet } from './sheet.js';
import { texts } from './texts.js';

await addSheet(new URL('css/choices.css', import.meta.url));

// onPick(emoji) is called for each choice; onClose() gives the focus back to where the reader was writing.
// The first press of the button has loaded this; it opens at once.
export function openEmojiPicker({ panel, search, grid, button }, { onPick, onClose }) {
	const choices = listEmoji().map(({ emoji, names }) => {
		const choice = document.createElement('button');
		choice.type = 'button';
		choice.textContent = emoji;
		choice.title = names[0];
		choice.ariaLabel = names[0];
		// One stop for the Tab key; the arrows do the rest.
		choice.tabIndex = -1;
		choice.addEventListener('click', () => {
			onPick(emoji);
			close();
		});
		return { choice, names };
	});
	const none = document.createElement('p');
	none.textContent = texts.pickerNone;

	const shown = () => Array.from(grid.querySelectorAll('button'));

	function filter() {
		const wanted = search.value.trim().toLowerCase().replaceAll(/[_:]/g, ' ').trim();
		const found = choices.filter(({ names }) => names.some((name) => name.includes(wanted)));

		grid.replaceChildren(...(found.length ? found.map(({ choice }) => choice) : [none]));
		for (const { choice } of choices)
			choice.tabIndex = -1;
		if (found.length)
			found[0].choice.tabIndex = 0;
	}

	function open() {
		panel.hidden = false;
		button.ariaExpanded = 'true';
		search.value = '';
		filter();
		search.focus();
	}

	function hide() {
		panel.hidden = true;
		button.ariaExpanded = 'false';
	}

	function close() {
		hide();
		onClose();
	}

	function moveTo(choice) {
		for (const other of shown())
			other.tabIndex = -1;
		choice.tabIndex = 0;
		choice.focus();
	}

	function onGridKey(event) {
		const list = shown();
		const at = list.indexOf(document.activeElement);
		const columns = list.findIndex((choice) => choice.offsetTop > list[0].offsetTop);
		const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];

		if (at < 0 || !step)
			return;
		event.preventDefault();
		if (list[at + step])
			moveTo(list[at + step]);
		else if (event.key === 'ArrowUp')
			search.focus();
	}

	button.addEventListener('click', () => (panel.hidden ? open() : close()));
	search.addEventListener('input', filter);
	search.addEventListener('keydown', (event) => {
		const [first] = shown();

		if (event.key === 'ArrowDown' && first) {
			event.preventDefault();
			moveTo(first);
		} else if (event.key === 'Enter') {
			// Enter here chooses; it must not send the message below.
			event.preventDefault();
			if (!event.isComposing)
				first?.click();
		}
	});
	grid.addEventListener('keydown', onGridKey);
	panel.addEventListener('keydown', (event) => {
		if (event.key === 'Escape')
			close();
	});
	// A click elsewhere or tabbing away: the focus has its new place already.
	document.addEventListener('pointerdown', (event) => {
		if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target))
			hide();
	});
	panel.addEventListener('focusout', (event) => {
		if (event.relatedTarget && event.relatedTarget !== button && !panel.contains(event.relatedTarget))
			hide();
	});
	open();
}
