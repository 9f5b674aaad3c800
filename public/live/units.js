// Formats values with their units: ratios as percent, bytes as KiB and so on, durations in a fitting unit.

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
// Unit -> seconds.
const DURATIONS = new Map([
	['s', 1],
	['sec', 1],
	['second', 1],
	['seconds', 1],
	['ms', 1e-3],
	['milliseconds', 1e-3],
	['us', 1e-6],
	['µs', 1e-6],
	['ns', 1e-9],
	['min', 60],
	['minutes', 60],
	['h', 3600],
	['hours', 3600],
]);
// Largest first: [from which size, seconds, Intl's unit].
const STEPS = [
	[172800, 86400, 'day'],
	[7200, 3600, 'hour'],
	[120, 60, 'minute'],
	[1, 1, 'second'],
	[1e-3, 1e-3, 'millisecond'],
	[0, 1e-6, 'microsecond'],
];
const SIGNS = new Map([
	['percent', '%'],
	['%', '%'],
	['celsius', '°C'],
	['count', ''],
	['none', ''],
]);

export const isBytes = (unit) => /^(b|by|bytes?)(\/s)?$/i.test(unit);

export function createUnits(locale) {
	const formats = new Map();

	function format(options) {
		const key = JSON.stringify(options);

		if (!formats.has(key))
			formats.set(key, new Intl.NumberFormat(locale, options));
		return formats.get(key);
	}

	// About four significant digits.
	function amountOf(value) {
		const size = Math.abs(value);

		if (size >= 1e15 || (size > 0 && size < 1e-4))
			return format({ notation: 'scientific', maximumSignificantDigits: 3 }).format(value);
		if (size >= 1e8)
			return format({ notation: 'compact', maximumSignificantDigits: 4 }).format(value);
		if (size < 1)
			return format({ maximumSignificantDigits: 3 }).format(value);
		return format({ maximumFractionDigits: size >= 1000 ? 0 : size >= 100 ? 1 : 2 }).format(value);
	}

	function bytesOf(value, rest) {
		const size = Math.abs(value);
		const step = size < 1024 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(size) / 10));

		return { amount: amountOf(value / 1024 ** step), unit: BINARY[step] + rest };
	}

	function durationOf(seconds) {
		const size = Math.abs(seconds);
		const [, one, name] = size ? STEPS.find(([least]) => size >= least) : STEPS[3];
		const parts = format({
			style: 'unit',
			unit: name,
			unitDisplay: name === 'minute' ? 'short' : 'narrow',
		}).formatToParts(seconds / one);

		return {
			amount: amountOf(seconds / one),
			unit: parts
				.filter(({ type }) => type === 'unit')
				.map(({ value }) => value)
				.join(''),
		};
	}

	// Returns { amount, unit } as texts.
	function split(value, unit) {
		if (unit === 'ratio')
			return { amount: amountOf(value * 100), unit: '%' };
		if (isBytes(unit))
			return bytesOf(value, unit.includes('/') ? '/s' : '');
		if (DURATIONS.has(unit))
			return durationOf(value * DURATIONS.get(unit));
		return { amount: amountOf(value), unit: SIGNS.get(unit) ?? unit };
	}

	return {
		split,
		label(value, unit) {
			const shown = split(value, unit);
			return shown.unit ? `${shown.amount}\u00a0${shown.unit}` : shown.amount;
		},
	};
}
