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

// What came from outside: of any writing direction, and apart from what stands beside it.
export function foreign(text) {
	const made = element('bdi', text);
	made.dir = 'auto';
	return made;
}
