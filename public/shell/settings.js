// The settings of this browser, a panel under the gear: how the page looks, notifications, and signing out.
import { buildClose } from '../base/close.js';
import { button as buildButton, element } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';
import { createPanel } from '../base/panel.js';
import { remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { chooseTheme, currentTheme, THEMES } from '../base/theme.js';
import { token } from '../connection/token.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { LANGUAGES } from '../words/texts.js';
import { chooseDensity, currentDensity, DENSITIES } from './density.js';
import { signOut } from './sign-out.js';

await addStylesheet(new URL('settings.css', import.meta.url));

const shortcuts = createLazy(() => import('./shortcuts.js'));

const named = (values, names) => Object.fromEntries(values.map((value) => [value, names[value]]));

function buildChoice(id, label, names, current, onChoose) {
	const select = element(
		'select',
		...Object.entries(names).map(([value, name]) => new Option(name, value, false, value === current)),
	);
	const caption = element('label', label);

	caption.htmlFor = select.id = id;
	select.addEventListener('change', () => onChoose(select.value));
	return [caption, select];
}

// The page reloads; drafts are kept.
function chooseLanguage(chosen) {
	remember('language', chosen);
	location.reload();
}

// Also tells what signing out forgets.
function buildSignOut() {
	const out = buildButton('sign-out', texts.signOut);
	const hint = element('p.hint', texts.signOutHint);

	hint.id = 'sign-out-hint';
	out.setAttribute('aria-describedby', hint.id);
	out.addEventListener('click', signOut);
	return element('div.signed', out, hint);
}

// button opens the panel. onName() is called when the reader wants to change the own name or email.
export function createSettings(button, { onName }) {
	const close = buildClose(texts.settingsClose);
	const heading = element('h2', texts.settings);
	const name = buildButton('', texts.nameAndEmail);
	const keys = buildButton('', texts.shortcutsTitle);
	const signed = buildSignOut();
	const choices = element(
		'div.choices',
		...buildChoice('theme', texts.theme, named(THEMES, texts.themes), currentTheme(), chooseTheme),
		...buildChoice('density', texts.density, named(DENSITIES, texts.densities), currentDensity(), chooseDensity),
		...buildChoice('language', texts.languageChoice, LANGUAGES, texts.language, chooseLanguage),
	);
	const panel = element('section.settings', element('header', heading, close), choices, element('div.account', name, keys, signed));

	panel.id = 'settings';
	heading.id = 'settings-heading';
	panel.setAttribute('aria-labelledby', heading.id);
	panel.popover = 'auto';
	// Beside its button in the order of the focus.
	button.after(panel);
	createPanel(
		{ panel, button, close },
		{
			onOpen() {
				signed.hidden = !token();
				close.focus();
			},
		},
	);
	for (const [choice, take] of [[name, onName], [keys, () => shortcuts((it) => it.openShortcuts(), 'open')]]) {
		choice.addEventListener('click', () => {
			panel.hidePopover();
			take();
		});
	}

	return {
		choices,
		open: () => panel.showPopover(),
	};
}
