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

// [the rest of the key, the value] of all keys with this prefix.
export function recallAll(letters) {
	const start = PREFIX + letters;

	try {
		return Object.entries(localStorage)
			.filter(([key]) => key.startsWith(start))
			.map(([key, value]) => [key.slice(start.length), value]);
	} catch {
		return [];
	}
}

// By other tabs. onChange(the rest of the key, value, value before), null for none.
export function watchStorage(letters, onChange, options) {
	const start = PREFIX + letters;

	addEventListener('storage', ({ key, newValue, oldValue }) => {
		if (key?.startsWith(start))
			onChange(key.slice(start.length), newValue, oldValue);
	}, options);
}
