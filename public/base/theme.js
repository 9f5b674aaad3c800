// The theme: the system's, or the reader's choice.
import { recall, remember } from './storage.js';

export const THEMES = ['system', 'light', 'dark'];

function apply(theme) {
	const root = document.documentElement;

	if (theme === 'system')
		delete root.dataset.theme;
	else
		root.dataset.theme = theme;
	// The colour of the browser's own bars.
	for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
		meta.dataset.system ??= meta.media;
		meta.media = theme === 'system' ? meta.dataset.system : meta.dataset.system.includes(theme) ? 'all' : 'not all';
	}
}

export function currentTheme() {
	const theme = recall('theme');
	return THEMES.includes(theme) ? theme : 'system';
}

export function chooseTheme(theme) {
	remember('theme', theme === 'system' ? '' : theme);
	apply(theme);
}

apply(currentTheme());
