// The style sheets of what is not on the page from the start.

// Resolves when the sheet applies, also if it could not be loaded: words without looks are better than none.
export function addSheet(url) {
	const known = Array.from(document.styleSheets).some(({ href }) => href === url.href);

	if (known)
		return Promise.resolve();
	return new Promise((resolve) => {
		const link = document.createElement('link');

		link.rel = 'stylesheet';
		link.href = url;
		link.addEventListener('load', resolve);
		link.addEventListener('error', resolve);
		document.head.append(link);
	});
}
