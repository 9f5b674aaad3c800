// A short notice over the page: something was done, or could not be done.
import { element } from './elements.js';
import { addStylesheet } from './stylesheet.js';

await addStylesheet(new URL('toast.css', import.meta.url));

const SHOWN_MS = 4000;

const place = element('p.toast');
let timer = 0;

place.role = 'status';
document.body.append(place);

export function toast(words) {
	clearTimeout(timer);
	place.textContent = words;
	timer = setTimeout(() => {
		place.textContent = '';
	}, SHOWN_MS);
}
