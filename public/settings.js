// How the page is to be.
import { chooseLanguage, LANGUAGES, texts } from './texts.js';
import { chooseTheme, currentTheme, THEMES } from './theme.js';

function fill(select, names, current) {
	select.replaceChildren(
		...Object.entries(names).map(([value, words]) => new Option(words, value, false, value === current)),
	);
}

export function createSettings({ theme, language }) {
	fill(theme, Object.fromEntries(THEMES.map((name) => [name, texts.themes[name]])), currentTheme());
	fill(language, LANGUAGES, texts.language);
	theme.addEventListener('change', () => chooseTheme(theme.value));
	language.addEventListener('change', () => chooseLanguage(language.value));
}
