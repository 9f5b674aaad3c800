// Elements in one expression. Children are elements or text, never markup.

export const at = (id) => document.getElementById(id);

// element('p.note', 'text', element('b', 'more'))
export function element(tagAndClasses, ...children) {
	const [tag, ...classes] = tagAndClasses.split('.');
	const made = document.createElement(tag);

	if (classes.length)
		made.className = classes.join(' ');
	made.append(...children);
	return made;
}

export function button(classes, ...children) {
	const made = element(`button.${classes}`, ...children);
	made.type = 'button';
	return made;
}

// The cross that closes a panel.
export function buildClose(words) {
	const made = button('round', '✕');
	made.ariaLabel = words;
	return made;
}

// What came from outside: of any writing direction, and apart from what stands beside it.
export function foreign(text) {
	const made = element('bdi', text);
	made.dir = 'auto';
	return made;
}

// An icon of one path in a box of 16, for eyes only.
export function icon(className, path) {
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');

	svg.setAttribute('viewBox', '0 0 16 16');
	svg.setAttribute('aria-hidden', 'true');
	svg.classList.add(className);
	shape.setAttribute('d', path);
	svg.append(shape);
	return svg;
}

// Touches the page only where something is different, so that nothing is laid out or read aloud for no reason.
export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}
