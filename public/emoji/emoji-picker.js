// The emoji picker of the message field.
import { at, element } from '../base/elements.js';
import { fillPanel } from './emoji-panel.js';

// onPick(emoji) is called for each choice. onClose() returns the focus to the message field. The first click on the
// button loaded this module: the picker opens at once if isWanted.
export function openEmojiPicker(button, { onPick, onClose, isWanted }) {
	const panel = element('dialog.picker');
	const begin = fillPanel(panel, {
		onPick(emoji) {
			onPick(emoji);
			close();
		},
		onLeave(event) {
			// The room stays unread.
			event.preventDefault();
			close();
		},
	});

	// Not modal: the reader may go on beside it.
	function open() {
		panel.show();
		button.ariaExpanded = 'true';
		begin();
	}

	function close() {
		panel.close();
		onClose();
	}

	panel.id = 'picker';
	at('composer').prepend(panel);

	button.addEventListener('click', () => (panel.open ? close() : open()));
	// By the system's Back, too.
	panel.addEventListener('close', () => {
		button.ariaExpanded = 'false';
	});
	// A click elsewhere or Tab has moved the focus already, so onClose() is not called.
	document.addEventListener('pointerdown', (event) => {
		if (!panel.contains(event.target) && !button.contains(event.target))
			panel.close();
	});
	panel.addEventListener('focusout', (event) => {
		if (event.relatedTarget && event.relatedTarget !== button && !panel.contains(event.relatedTarget))
			panel.close();
	});
	if (isWanted)
		open();
}
