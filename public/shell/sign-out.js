// Signing out: this browser forgets the reader.
import { PREFIX } from '../base/storage.js';
import { keepToken } from '../connection/token.js';

// Settings of the browser, not of the person.
const SETTINGS = ['theme', 'density', 'language', 'view', 'wrap', 'notify', 'sound', 'quiet'];

// Includes what other tabs have stored.
function forgetAllBut(keys) {
	const kept = keys.map((key) => PREFIX + key);

	try {
		Object.keys(localStorage)
			.filter((key) => key.startsWith(PREFIX) && !kept.includes(key))
			.forEach((key) => localStorage.removeItem(key));
	} catch {
		// Storage is blocked, so nothing was stored.
	}
}

export function signOut() {
	keepToken('');
	forgetAllBut(SETTINGS);
	location.reload();
}
