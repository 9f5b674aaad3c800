// A menu that a button opens.
import { button, element } from './elements.js';
import { addStylesheet } from './stylesheet.js';

await addStylesheet(new URL('menu.css', import.meta.url));

const MARGIN_PX = 8;

// Beside the anchor, within the window.
export function placeBeside(panel, anchor) {
	const { top, bottom, left } = anchor.getBoundingClientRect();
	const { offsetWidth, offsetHeight } = panel;
	const below = bottom + MARGIN_PX / 2;
	const isBelow = below + offsetHeight <= innerHeight - MARGIN_PX;
	const above = Math.max(MARGIN_PX, top - offsetHeight - MARGIN_PX / 2);

	panel.style.top = `${isBelow ? below : above}px`;
	panel.style.left = `${Math.max(MARGIN_PX, Math.min(left, innerWidth - offsetWidth - MARGIN_PX))}px`;
}

function buildItem({ words, run }, menu) {
	const item = button('', words);

	item.role = 'menuitem';
	item.tabIndex = -1;
	item.addEventListener('click', () => {
		menu.hidePopover();
		run();
	});
	return item;
}

// items are [{ words, run }].
export function openMenu(opener, items, { label, onClose }) {
	const menu = element('div.menu');
	const list = items.map((item) => buildItem(item, menu));

	menu.popover = 'auto';
	menu.role = 'menu';
	menu.ariaLabel = label;
	menu.append(...list);
	opener.after(menu);
	menu.addEventListener('keydown', (event) => {
		const index = list.indexOf(document.activeElement);
		const next = {
			ArrowDown: (index + 1) % list.length,
			ArrowUp: (index - 1 + list.length) % list.length,
			Home: 0,
			End: list.length - 1,
		}[event.key];

		event.stopPropagation();
		if (event.key === 'Tab')
			menu.hidePopover();
		if (next === undefined)
			return;
		event.preventDefault();
		list[next].focus();
	});
	menu.addEventListener('toggle', ({ newState }) => {
		opener.ariaExpanded = String(newState === 'open');
		if (newState === 'open')
			return;
		menu.remove();
		onClose();
	});
	menu.showPopover();
	placeBeside(menu, opener);
	list[0].focus();
}
