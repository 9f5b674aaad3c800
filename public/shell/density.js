// How much room a message takes. The comfortable density is the style sheets' own.
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';

export const DENSITIES = ['comfortable', 'compact'];

export const currentDensity = () => (recall('density') === 'compact' ? 'compact' : 'comfortable');

function apply(density) {
	document.documentElement.dataset.density = density;
	if (density === 'compact')
		addStylesheet(new URL('compact.css', import.meta.url));
}

export function chooseDensity(density) {
	remember('density', density === 'compact' ? density : '');
	apply(density);
}

addEventListener('storage', () => apply(currentDensity()));
apply(currentDensity());
