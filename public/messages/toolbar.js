// The buttons that act on one message. There is one toolbar for a log, in the row that the reader points at.
import { button, element } from '../base/elements.js';
import { icon } from '../base/icon.js';
import { openMenu } from '../base/menu.js';
import { laterTexts as texts } from '../words/later-texts.js';

const ICONS = {
	picker: 'M8 1.800a6.200 6.200 0 1 0 6.200 6.200M5.500 9.500c1.200 1.700 3.800 1.700 5 0M6 6.200v.1M10 6.200v.1M12.800 1v5M10.300 3.500h5',
	reply: 'M6.500 3 2 7.500 6.500 12M2 7.500h7c3 0 5 1.800 5 5.500',
	edit: 'M2 14l.8-3.200L11 2.600l2.400 2.400-8.200 8.200zM9.500 4.100l2.400 2.400',
	more: 'M3 8v.1M8 8v.1M13 8v.1',
};
export const QUICK = '👍';

// actions(name): what a click on the button of this name does. menuItems() are those of the menu.
export function createToolbar({ actions, menuItems, onMenuClosed }) {
	const build = (name, ...shown) => {
		const made = button('', ...shown);

		made.dataset.act = name;
		made.title = made.ariaLabel = texts.actions[name];
		made.addEventListener('click', () => actions[name](made));
		return made;
	};
	const draw = (name) => build(name, icon('act-icon', ICONS[name]));
	const quick = build('quick', element('span', QUICK));
	const edit = draw('edit');
	const more = draw('more');
	const bar = element('div.act', quick, draw('picker'), draw('reply'), edit, more);

	const buttons = () => Array.from(bar.querySelectorAll(':scope > button:not([hidden])'));

	// Only the buttons: the menu is in the toolbar, too.
	bar.addEventListener('keydown', (event) => {
		const all = buttons();
		const index = all.indexOf(event.target);
		const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];

		if (!step || index < 0)
			return;
		event.preventDefault();
		event.stopPropagation();
		all[(index + step + all.length) % all.length].focus();
	});
	// With a mouse, the focus stays where the reader writes.
	bar.addEventListener('pointerdown', (event) => {
		if (event.target.closest('.act > button'))
			event.preventDefault();
	});
	actions.more = () => openMenu(more, menuItems(), { label: texts.actions.more, onClose: onMenuClosed });
	more.ariaHasPopup = 'menu';
	more.ariaExpanded = 'false';
	bar.role = 'toolbar';
	bar.ariaLabel = texts.actionsLabel;
	// It comes and goes in a region that is read aloud.
	bar.ariaLive = 'off';

	// The row may begin above what is shown of the log.
	function keepInView(log) {
		bar.style.marginTop = '';
		const cut = log.getBoundingClientRect().top - bar.getBoundingClientRect().top;
		if (cut > 0)
			bar.style.marginTop = `${cut}px`;
	}

	return {
		get row() {
			return bar.parentElement;
		},
		// row is null for none.
		show(row, { canEdit, isFocusable }) {
			edit.hidden = !canEdit;
			buttons().forEach((one, index) => {
				one.tabIndex = isFocusable && index === 0 ? 0 : -1;
			});
			if (!row)
				bar.remove();
			else if (row !== bar.parentElement) {
				row.append(bar);
				keepInView(row.closest('.log'));
			}
		},
		reveal: () => bar.scrollIntoView({ block: 'nearest' }),
		focus: () => buttons()[0].focus(),
		has: (target) => bar.contains(target),
	};
}
