// Lists whose items come, go and change places while the reader is in one of them.

// Makes these the list's items, in this order. Only what has to move is moved; the focus stays with its item, and where
// that goes it is in the item that took its place, not on a button there, or at last on the element otherwise.
export function arrange(list, items, otherwise) {
	const { activeElement } = document;
	const held = Array.from(list.children).findIndex((item) => item.contains(activeElement));
	const wanted = new Set(items);

	for (const item of Array.from(list.children)) {
		if (!wanted.has(item))
			item.remove();
	}
	for (const [index, item] of items.entries()) {
		if (list.children[index] !== item)
			list.insertBefore(item, list.children[index] ?? null);
	}
	if (held < 0 || document.activeElement === activeElement)
		return;
	if (activeElement.isConnected)
		activeElement.focus({ preventScroll: true });
	else
		focusOn(items[Math.min(held, items.length - 1)] ?? otherwise);
}

// Also on what takes no focus by itself.
export function focusOn(element) {
	if (element.tabIndex < 0)
		element.tabIndex = -1;
	element.focus({ preventScroll: true });
}
