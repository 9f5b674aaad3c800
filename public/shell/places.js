// Where the reader is in the page, as the address and the browser's history have it. Places are those of address.js.
import { addressOf, placeOf } from '../base/address.js';
import { onFirst } from '../base/lazy.js';

// placeNow() is [kind, name], or nothing before the reader is in a room. show(kind, name, id) shows a place. isAtNewest():
// no earlier message of the room is in view. toNewest() leads there.
export function createPlaces({ placeNow, show, isAtNewest, toNewest }) {
	// The address of the place that is shown.
	let shownAt = '';
	let isOpening = false;
	// The address below is the one before.
	let isInstead = false;
	// See layers.js.
	let closeLayers = () => false;

	// The place changed otherwise than by go(), so Back must not lead to the old one. The address of a message stays until
	// the reader is at the newest one.
	function changed() {
		const { hash } = location;

		// The address must not follow what is shown on the way. start.js takes a token.
		if (isOpening || !placeNow() || hash.startsWith('#token='))
			return;
		const address = addressOf(...placeNow());

		// Browsers limit how often.
		if (hash !== address && (!hash.startsWith(`${address}/`) || isAtNewest())) {
			history.replaceState(history.state ?? {}, '', address);
			isInstead = Boolean(history.state.layers);
		}
		shownAt = location.hash;
	}

	function open(place) {
		// So layers.js knows which entries are not new.
		history.replaceState(history.state ?? {}, '');
		isOpening = true;
		show(...place);
		isOpening = false;
		changed();
	}

	// Back, forward, a link in the page, or an address that the reader typed.
	addEventListener('popstate', ({ state }) => {
		const place = placeOf(location.hash);
		const isBackFromMessage = place.length === 2 && shownAt.startsWith(`${location.hash}/`);
		const isSame = location.hash === shownAt || (isInstead && !state?.layers);

		isInstead = false;
		if (!placeNow() || closeLayers(isSame, state) || !place.length)
			return;
		open(place);
		if (isBackFromMessage)
			toNewest();
	});
	onFirst(document, 'toggle', async () => {
		const { watchLayers } = await import('./layers.js');
		closeLayers = watchLayers();
	});

	return {
		changed,
		// Another part of a log is in view.
		moved: () => placeOf(shownAt)[2] && changed(),
		open,
		// The place that the page was opened for, [] for none.
		wanted: () => placeOf(location.hash),
		// As the reader's own step, which Back undoes.
		go(...place) {
			const address = addressOf(...place);

			isInstead = false;
			if (address !== location.hash)
				history.pushState({}, '', address);
			open(place);
		},
	};
}
