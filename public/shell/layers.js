// What is open over a place of the page: dialogs and popovers. The system's Back closes it instead of leaving the place.
// For that each has an entry in the browser's history. When it is closed otherwise, its entry stays, and Back skips it:
// taking it away takes time, and the reader may be going elsewhere meanwhile.

const OPEN = ':is(dialog[open], :popover-open)';
// A hint is no layer, and closedby="none" must not be closed.
const LAYER = ':is(dialog:not([closedby="none"]), [popover=""], [popover="auto"])';

// Returns closeLayers(isSamePlace, state), to be called with each popstate: it closes what is above the entry of that
// state. isSamePlace: the address has not changed. True if nothing else is to be done.
export function watchLayers() {
	// The last one is above the others.
	let layers = [];

	const depth = () => history.state?.layers ?? 0;
	const stillOpen = () => layers.filter((layer) => layer.matches(OPEN));

	function opened(layer) {
		layers = [...stillOpen().filter((other) => other !== layer), layer];
		if (layers.length > depth())
			history.pushState({ layers: layers.length }, '');
	}

	function close(layer) {
		if (layer.popover)
			layer.hidePopover();
		else
			layer.close();
	}

	function closeLayers(isSamePlace, state) {
		const surplus = stillOpen().slice(depth());

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
		({ target, newState }) => newState === 'open' && target.matches(LAYER + OPEN) && opened(target),
		{ capture: true },
	);
	// This module was loaded when the first one was opened.
	Array.from(document.querySelectorAll(LAYER + OPEN)).forEach(opened);
	return closeLayers;
}
