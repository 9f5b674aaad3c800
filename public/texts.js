// Every word that the page says, in the reader's language: the one chosen here, or that of the browser.
import { recall, remember } from './storage.js';

const LANGUAGES = { en: () => import('./texts/en.js'), zh: () => import('./texts/zh.js') };
// In their own words, because who looks for one may read no other.
export const LANGUAGE_NAMES = { en: 'English', zh: '简体中文' };

const languageOf = (tag) => tag.toLowerCase().split('-')[0];

function findLanguage() {
	const wanted = [recall('language'), ...navigator.languages.map(languageOf)];
	return wanted.find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';
}

const language = findLanguage();

// Dates are written in the language of the words around them, in the reader's own variety of it.
export const locale =
	navigator.languages.find((tag) => languageOf(tag) === language) ?? { en: 'en-GB', zh: 'zh-CN' }[language];

export const texts = (await LANGUAGES[language]()).wordsFor(locale);

// The page begins anew; what is being written is kept.
export function chooseLanguage(chosen) {
	remember('language', chosen);
	location.reload();
}

// Fills what index.html leaves empty, so that the words have one home only.
export function fillTexts(root) {
	document.documentElement.lang = { en: 'en', zh: 'zh-CN' }[language];
	for (const element of root.querySelectorAll('[data-text]'))
		element.textContent = texts[element.dataset.text];
	for (const element of root.querySelectorAll('[data-label]'))
		element.setAttribute('aria-label', texts[element.dataset.label]);
	for (const element of root.querySelectorAll('[data-placeholder]'))
		element.placeholder = texts[element.dataset.placeholder];
}
