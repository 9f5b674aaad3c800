// localStorage that may be forbidden (private windows, policies) or full: the page then forgets, but not before it is left.

export const PREFIX = 'linnet.';
const unkept = new Map();

// False when it was not kept.
export function remember(key, value) {
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

// Every value whose key begins with these letters.
export function recallAll(letters) {
	try {
		return Object.keys(localStorage)
			.filter((key) => key.startsWith(PREFIX + letters))
			.map((key) => localStorage.getItem(key));
	} catch {
		return [];
	}
}

// onForgotten(rest of the key): another tab has let go of a value whose key begins with these letters.
export function watchForgotten(letters, onForgotten) {
	addEventListener('storage', ({ key, newValue }) => {
		if (newValue === null && key?.startsWith(PREFIX + letters))
			onForgotten(key.slice(PREFIX.length + letters.length));
	});
}
