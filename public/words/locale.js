// The reader's regional variant of the language: zh-TW for "zh" if it is in the browser's languages.
export function localeOf(language) {
	return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}
