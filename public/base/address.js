// The addresses of places in the page: #/room/NAME, #/room/NAME/ID, #/live, #/logs/NAME,
// #/logs/NAME/EPOCH.ID.

const KNOWN = /^#\/(room|live|logs)(\/|$)/;

export const addressOf = (...parts) => `#/${parts.filter(Boolean).map(encodeURIComponent).join('/')}`;

// [kind, name, id], or [] for any other address.
export function placeOf(address) {
	try {
		return KNOWN.test(address) ? address.slice(2).split('/').map(decodeURIComponent) : [];
	} catch {
		return [];
	}
}
