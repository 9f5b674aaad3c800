// The reader's own variety of the page's language: "zh" is zh-TW for who has that among the browser's languages.
export function localeOf(language) {
	return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}
