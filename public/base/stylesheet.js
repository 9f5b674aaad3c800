// Style sheets of modules that are loaded later.
import { delayAfter } from './backoff.js';

// Resolves when the sheet is applied, or failed: unstyled content is better than none. A failed sheet is retried.
export function addStylesheet(url, failures = 0) {
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
			setTimeout(addStylesheet, delayAfter(failures), url, failures + 1);
			resolve();
		});
		document.head.append(link);
	});
}
