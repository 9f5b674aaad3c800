// Skips unchanged text: no layout, and nothing is read aloud again.
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}
