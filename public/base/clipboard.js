// Copies a text to the clipboard.

// Pages over plain http have no navigator.clipboard.
function copyBySelection(text) {
	const field = document.createElement('textarea');
	const focused = document.activeElement;

	field.value = text;
	// Out of sight.
	Object.assign(field.style, { position: 'fixed', top: '-10rem' });
	document.body.append(field);
	field.select();
	const isDone = document.execCommand('copy');
	field.remove();
	focused?.focus({ preventScroll: true });
	return isDone;
}

export async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyBySelection(text);
	}
}
