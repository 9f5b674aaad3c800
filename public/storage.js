// localStorage that may be forbidden (private windows, policies) or full: the page then only forgets.

export function remember(key, value) {
	try {
		if (value)
			localStorage.setItem(`linnet.${key}`, value);
		else
			localStorage.removeItem(`linnet.${key}`);
	} catch {
		// Nothing the reader could do about it, and the chat works without.
	}
}

export function recall(key) {
	try {
		return localStorage.getItem(`linnet.${key}`) ?? '';
	} catch {
		return '';
	}
}
