// Signing out: this browser forgets the reader.
import { PREFIX, closeStorage } from '../base/storage.js';
import { keepToken, token } from '../connection/token.js';

// Settings of the browser, not of the person.
const SETTINGS = ['theme', 'density', 'language', 'view', 'wrap', 'notify', 'sound', 'quiet'];

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

// Each tab does it when the token is gone, because what it stores at that moment may escape another one.
export function leave() {
	closeStorage();
	// A tab that was suspended may learn it after somebody else has signed in.
	if (!token())
		forgetAllBut(SETTINGS);
	// The address names a room.
	location.replace(location.pathname + location.search);
}

export function signOut() {
	keepToken('');
	leave();
}
