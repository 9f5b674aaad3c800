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
