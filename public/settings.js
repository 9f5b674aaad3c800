// How the page is to be: its theme, its language, whether it may call.
import { LANGUAGE_NAMES, chooseLanguage, texts } from './texts.js';
import { THEMES, chooseTheme, currentTheme } from './theme.js';

function fill(select, names, current) {
	select.replaceChildren(
		...Object.entries(names).map(([value, words]) => new Option(words, value, false, value === current)),
	);
}

// notifications as in notifications.js.
export function createSettings({ theme, language, notify, notifyFault }, { notifications }) {
	fill(theme, Object.fromEntries(THEMES.map((name) => [name, texts.themes[name]])), currentTheme());
	fill(language, LANGUAGE_NAMES, texts.language);
	notify.checked = notifications.isWanted;
	theme.addEventListener('change', () => chooseTheme(theme.value));
	language.addEventListener('change', () => chooseLanguage(language.value));
	notify.addEventListener('change', async () => {
		notify.checked = await notifications.want(notify.checked);
		notifyFault.textContent = notifications.isDenied ? texts.notifyDenied : '';
	});
}
