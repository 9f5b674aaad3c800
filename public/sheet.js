// The style sheets of what is not on the page from the start.
import { delayAfter } from './requests.js';

// Resolves when the sheet applies, also if it could not be loaded: words whose looks come later are better than none.
export function addSheet(url, failures = 0) {
	const known = Array.from(document.styleSheets).some(({ href }) => href === url.href);

	if (known)
		return Promise.resolve();
	return new Promise((resolve) => {
		const link = document.createElement('link');

		link.rel = 'stylesheet';
		link.href = url;
		link.addEventListener('load', resolve);
		link.addEventListener('error', () => {
			link.remove();
			setTimeout(addSheet, delayAfter(failures), url, failures + 1);
			resolve();
		});
		document.head.append(link);
	});
}
