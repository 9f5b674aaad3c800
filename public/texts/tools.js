// What the words of every language are made with.

// A name of another writing direction must not turn round what stands beside it.
export const isolated = (name) => `\u2068${name}\u2069`;

export function createTools(locale) {
	const lists = new Intl.ListFormat(locale);

	return {
		number: (count) => count.toLocaleString(locale),
		listed: (names) => lists.format(names.map(isolated)),
	};
}
