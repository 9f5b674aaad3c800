// Helpers that build elements. Children are elements or text, never markup.

export const at = (id) => document.getElementById(id);

// element('p.note', 'text', element('b', 'more'))
export function element(tagAndClasses, ...children) {
	const [tag, ...classes] = tagAndClasses.split('.');
	const made = document.createElement(tag);

	if (classes.length)
		made.className = classes.join(' ');
	made.append(...children);
	return made;
}

export function button(classes, ...children) {
	const made = element(`button.${classes}`, ...children);
	made.type = 'button';
	return made;
}

// A panel and the button that toggles it. It is a popover, or a part of the page that inPlace() toggles.
export function createPanel({ panel, button, close }, { inPlace, onOpen, onClose }) {
	let wasOpen = false;

	function toggle() {
		if (panel.popover)
			panel.togglePopover();
		else
			inPlace?.();
	}

	// pointerdown already closes an open popover; the click must not reopen it.
	button.addEventListener('pointerdown', () => {
		wasOpen = panel.matches(':popover-open');
	});
	button.addEventListener('click', () => {
		if (!wasOpen)
			toggle();
		wasOpen = false;
	});
	close.addEventListener('click', () => {
		toggle();
		button.focus();
	});
	panel.addEventListener('toggle', ({ newState }) => {
		button.ariaExpanded = String(newState === 'open');
		if (newState === 'open')
			onOpen();
		else
			onClose?.();
	});
}
