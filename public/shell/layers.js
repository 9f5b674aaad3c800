// What is open over a place of the page: dialogs and popovers. The system's Back closes it instead of leaving the place.
// For that each has an entry in the browser's history. When it is closed otherwise, its entry stays, and Back skips it:
// taking it away takes time, and the reader may be going elsewhere meanwhile.

const OPEN = 'dialog[open], :popover-open';

// Returns closeLayers(isSamePlace, state), to be called with each popstate: it closes what is above the entry of that
// state. isSamePlace: the address has not changed. True if nothing else is to be done.
export function watchLayers() {
	// The last one is above the others.
	let open = [];

	const depth = () => history.state?.layers ?? 0;

	// A hint is no layer, and closedby="none" must not be closed.
	function isLayer(element) {
		return element.matches('dialog:not([closedby="none"]), [popover=""], [popover="auto"]');
	}

	function opened(layer) {
		open = [...open.filter((other) => other !== layer), layer];
		if (open.length > depth())
			history.pushState({ layers: open.length }, '');
	}

	function close(layer) {
		if (layer.popover)
			layer.hidePopover();
		else
			layer.close();
	}

	function closeLayers(isSamePlace, state) {
		const surplus = open.slice(depth());

		open = open.slice(0, depth());
		surplus.reverse().forEach(close);
		// A link to the same place has no state.
		if (!isSamePlace || !state)
			return false;
		if (!surplus.length && !depth())
			history.back();
		return true;
	}

	document.addEventListener(
		'toggle',
		({ target, newState }) => {
			if (newState === 'closed')
				open = open.filter((layer) => layer !== target);
			else if (isLayer(target))
				opened(target);
		},
		{ capture: true },
	);
	// This module was loaded when the first one was opened.
	Array.from(document.querySelectorAll(OPEN)).filter(isLayer).forEach(opened);
	return closeLayers;
}
