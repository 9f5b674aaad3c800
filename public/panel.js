// A panel that its button opens and closes. It is a popover, which Escape and a click elsewhere close, too; where there is
// room it may be a part of the page instead.

// inPlace(): toggles the panel where it is no popover. onOpen() follows when it has come up.
export function createPanel({ panel, button, close }, { inPlace, onOpen, onClose }) {
	let wasOpen = false;

	function toggle() {
		if (panel.popover)
			panel.togglePopover();
		else
			inPlace?.();
	}

	// A press on the button has closed the popover already; its click must not open it again.
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
