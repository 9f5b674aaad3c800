// Ages in words: "5 min ago".

const STEPS = [
	[86400, 'day'],
	[3600, 'hour'],
	[60, 'minute'],
	[1, 'second'],
];

export function createAges(locale) {
	const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
	const strict = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'narrow' });

	return function ageOf(ms) {
		const seconds = Math.max(0, Math.round(ms / 1000));
		const [size, name] = STEPS.find(([least]) => seconds >= least) ?? STEPS[3];

		return seconds ? strict.format(-Math.floor(seconds / size), name) : words.format(0, 'second');
	};
}
