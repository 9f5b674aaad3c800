// Texts and dates in the reader's language: the chosen one, or the browser's.
import { recall } from '../base/storage.js';

// In their own language.
export const LANGUAGES = { en: 'English', zh: '简体中文' };

const languageOf = (tag) => tag.toLowerCase().split('-')[0];

function findLanguage() {
	const wanted = [recall('language'), ...navigator.languages.map(languageOf)];
	return wanted.find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';
}

const language = findLanguage();

// With the reader's region, for dates.
export const locale =
	navigator.languages.find((tag) => languageOf(tag) === language) ?? { en: 'en-GB', zh: 'zh-CN' }[language];

// Bidi isolate: a name must not reorder the text next to it.
const isolated = (name) => `\u2068${name}\u2069`;
const lists = new Intl.ListFormat(locale);

const rules = new Intl.PluralRules(language);
const number = (count) => count.toLocaleString(locale);

// Shared by all languages.
export const tools = {
	isolated,
	number,
	// forms has a text for each of the language's plural categories; # becomes the number.
	plural: (count, forms) => forms[rules.select(count)].replace('#', number(count)),
	listed: (names) => lists.format(names.map(isolated)),
};

export const texts = (await import(`./${language}.js`)).wordsFor(tools);

export function fillTexts(root) {
	document.documentElement.lang = { en: 'en', zh: 'zh-CN' }[language];
	for (const element of root.querySelectorAll('[data-text]'))
		element.textContent = texts[element.dataset.text];
	for (const element of root.querySelectorAll('[data-label]'))
		element.setAttribute('aria-label', texts[element.dataset.label]);
	for (const element of root.querySelectorAll('[data-placeholder]'))
		element.placeholder = texts[element.dataset.placeholder];
}

// 12 or 24 hours, as the browser has it.
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(locale, {
	weekday: 'long',
	day: 'numeric',
	month: 'long',
	year: 'numeric',
});

export const clockTime = (date) => clock.format(date);
export const clockTimeSeconds = (date) => clockSeconds.format(date);
export const fullDate = (date) => full.format(date);
export const dayName = (date) => day.format(date);

export function sameDay(one, other) {
	return one.toDateString() === other.toDateString();
}
