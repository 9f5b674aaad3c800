// The addresses of places in the page: #/room/NAME, #/room/NAME/ID, #/live, #/logs/NAME,
// #/logs/NAME/EPOCH.ID. Links to them and elsewhere.
import { element } from './elements.js';

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

// A place of this very page.
const isPlace = ({ href, hash }) => href === new URL(hash, location.href).href && placeOf(hash).length > 0;

export function link(address, ...words) {
	const whole = address.replace(/^www/i, 'https://$&');

	if (!URL.canParse(whole))
		return address;
	const made = element('a', ...(words.length ? words : [address]));
	// Shows the real address: the host in ASCII, after any user info.
	made.title = made.href = new URL(whole).href;
	made.dir = words.length ? 'auto' : 'ltr';
	if (!isPlace(made)) {
		made.rel = 'noopener noreferrer';
		made.target = '_blank';
	}
	// The log is one tab stop, see walk.js.
	made.tabIndex = -1;
	return made;
}
