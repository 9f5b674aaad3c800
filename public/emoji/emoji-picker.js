// The emoji picker of the message field.
import { at } from '../base/elements.js';
import { buildPanel } from './emoji-panel.js';

// onPick(emoji) is called for each choice. onClose() returns the focus to the message field. The first click on the
// button loaded this module: the picker opens at once if isWanted.
export function openEmojiPicker(button, { onPick, onClose, isWanted }) {
	const { panel, begin } = buildPanel({
		onPick(emoji) {
			onPick(emoji);
			close();
		},
		onLeave: close,
	});

	function open() {
		panel.hidden = false;
		button.ariaExpanded = 'true';
		begin();
	}

	function hide() {
		panel.hidden = true;
		button.ariaExpanded = 'false';
	}

	function close() {
		hide();
		onClose();
	}

	panel.hidden = true;
	panel.id = 'picker';
	at('composer').prepend(panel);

	button.addEventListener('click', () => (panel.hidden ? open() : close()));
	// A click elsewhere or Tab has moved the focus already, so onClose() is not called.
	document.addEventListener('pointerdown', (event) => {
		if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target))
			hide();
	});
	panel.addEventListener('focusout', (event) => {
		if (event.relatedTarget && event.relatedTarget !== button && !panel.contains(event.relatedTarget))
			hide();
	});
	if (isWanted)
		open();
}
