// An emoji picker over the page, for one choice.
import { element } from '../base/elements.js';
import { fillPanel } from './emoji-panel.js';

// place(panel) moves it. onPick(emoji) is called for the choice, then onClose().
export function openEmojiPopover({ place, onPick, onClose }) {
	const panel = element('div.picker.floating');
	const begin = fillPanel(panel, {
		onPick(emoji) {
			panel.hidePopover();
			onPick(emoji);
		},
		// The browser closes it.
		onLeave() {},
	});

	panel.popover = 'auto';
	panel.role = 'dialog';
	document.body.append(panel);
	// The focus returns to where it was.
	panel.addEventListener('toggle', ({ newState }) => {
		if (newState === 'open')
			return;
		panel.remove();
		onClose();
	});
	panel.showPopover();
	begin();
	place(panel);
}
