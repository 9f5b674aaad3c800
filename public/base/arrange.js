// Updates lists while the reader may have the focus in one of their items.

// Makes these the list's items, in this order. Only items that change place are moved. If the focused item is removed,
// the item that takes its place gets the focus, or the element otherwise if the list is empty.
export function arrange(list, items, otherwise) {
	const { activeElement } = document;
	const held = Array.from(list.children).findIndex((item) => item.contains(activeElement));
	const wanted = new Set(items);

	for (const item of Array.from(list.children)) {
		if (!wanted.has(item))
			item.remove();
	}
	for (const [index, item] of items.entries()) {
		const there = list.children[index];

		if (there && there.nextSibling === item)
			// Moved down: the others stay.
			list.append(there);
		else if (there !== item)
			list.insertBefore(item, there ?? null);
	}
	if (held < 0 || document.activeElement === activeElement)
		return;
	if (activeElement.isConnected)
		activeElement.focus({ preventScroll: true });
	else
		focusOn(items[Math.min(held, items.length - 1)] ?? otherwise);
}

// Also focuses elements that cannot be focused by default.
export function focusOn(element) {
	if (element.tabIndex < 0)
		element.tabIndex = -1;
	element.focus({ preventScroll: true });
}
