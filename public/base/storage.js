// localStorage, which may be blocked or full. Values that cannot be stored are kept until the page closes.

export const PREFIX = 'linnet.';
const unkept = new Map();
let isClosed = false;

// Nothing is stored any more.
export function closeStorage() {
	isClosed = true;
}

// False if it could not be stored.
export function remember(key, value) {
	if (isClosed)
		return false;
	unkept.delete(key);
	try {
		if (value)
			localStorage.setItem(PREFIX + key, value);
		else
			localStorage.removeItem(PREFIX + key);
		return true;
	} catch {
		if (value)
			unkept.set(key, value);
		return false;
	}
}

export function recall(key) {
	try {
		return unkept.get(key) ?? localStorage.getItem(PREFIX + key) ?? '';
	} catch {
		return '';
	}
}

// What was stored as JSON, or null.
export function recallParsed(key) {
	try {
		return JSON.parse(recall(key));
	} catch {
		return null;
	}
}

// The values of all keys with this prefix.
export function recallAll(letters) {
	try {
		return Object.keys(localStorage)
			.filter((key) => key.startsWith(PREFIX + letters))
			.map((key) => localStorage.getItem(key));
	} catch {
		return [];
	}
}

// Another tab removed a key with this prefix; onForgotten gets the rest of the key.
export function watchForgotten(letters, onForgotten) {
	addEventListener('storage', ({ key, newValue }) => {
		if (newValue === null && key?.startsWith(PREFIX + letters))
			onForgotten(key.slice(PREFIX.length + letters.length));
	});
}
