// A decorative icon: one path in a 16 by 16 box.
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
