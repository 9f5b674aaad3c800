// Touches the page only where something is different, so that nothing is laid out or read aloud for no reason.
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}
