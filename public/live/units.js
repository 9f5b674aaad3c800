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
const MAX_DIGITS = 20;
const SIGNS = new Map([
	['percent', '%'],
	['%', '%'],
	['celsius', '°C'],
	['count', ''],
	['none', ''],
]);

// Steps that an axis of durations may have, in seconds.
const DURATION_STEPS = [
	...[-6, -5, -4, -3, -2, -1].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)),
	...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200],
	...Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power * 86400)).flat(),
];

// Axis steps for bytes.
const POWERS = Array.from({ length: 60 }, (_, exponent) => 2 ** exponent);

const isBytes = (unit) => /^(b|by|bytes?)(\/s)?$/i.test(unit);

// The steps that an axis may have, or null for any.
export function stepsOf(unit) {
	if (isBytes(unit))
		return POWERS;
	return DURATIONS.has(unit) ? DURATION_STEPS.map((seconds) => seconds / DURATIONS.get(unit)) : null;
}

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

	// Fraction digits for numbers that are multiples of step.
	function digitsOf(step) {
		const least = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
		const isExact = (digits) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6;

		return Math.min(MAX_DIGITS, isExact(least) || !isExact(least + 1) ? least : least + 1);
	}

	// Numbers beside each other, with the digits by which they differ.
	function amountsOf(values, step) {
		const size = Math.max(...values.map(Math.abs));
		// Two more than the step's first digit needs; zeros at the end are left out.
		const significant = Math.min(MAX_DIGITS, Math.max(1, Math.floor(Math.log10(size)) - Math.floor(Math.log10(step)) + 3));
		const digits = digitsOf(step);

		if (size >= 1e15 || (size > 0 && size < 1e-4))
			return values.map((value) => format({ notation: 'scientific', maximumSignificantDigits: significant }).format(value));
		if (size >= 1e8)
			return values.map((value) => format({ notation: 'compact', maximumSignificantDigits: significant }).format(value));
		return values.map((value) => format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value));
	}

	function durationUnit(seconds) {
		const [, one, name] = seconds ? STEPS.find(([least]) => seconds >= least) : STEPS[3];
		const parts = format({
			style: 'unit',
			unit: name,
			unitDisplay: name === 'minute' ? 'short' : 'narrow',
		}).formatToParts(0);

		return { one, unit: parts.filter(({ type }) => type === 'unit').map(({ value }) => value).join('') };
	}

	// What a value of this size is shown in: { one: its size in the metric's own unit, unit }.
	function fitting(size, unit) {
		if (unit === 'ratio')
			return { one: 0.01, unit: '%' };
		if (isBytes(unit)) {
			const step = size < 1024 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(size) / 10));
			return { one: 1024 ** step, unit: BINARY[step] + (unit.includes('/') ? '/s' : '') };
		}
		if (DURATIONS.has(unit)) {
			const { one, unit: name } = durationUnit(size * DURATIONS.get(unit));
			return { one: one / DURATIONS.get(unit), unit: name };
		}
		return { one: 1, unit: SIGNS.get(unit) ?? unit };
	}

	// Returns { amount, unit } as texts.
	function split(value, unit) {
		const { one, unit: shown } = fitting(Math.abs(value), unit);

		return { amount: amountOf(value / one), unit: shown };
	}

	const joined = (amount, unit) => (unit ? `${amount}\u00a0${unit}` : amount);

	return {
		split,
		label(value, unit) {
			const shown = split(value, unit);
			return joined(shown.amount, shown.unit);
		},
		// For an axis: all in the unit of the largest one, and none twice.
		labels(values, step, unit) {
			if (!values.length)
				return [];
			const { one, unit: shown } = fitting(Math.max(...values.map(Math.abs)), unit);
			const all = amountsOf(values.map((value) => value / one || 0), step / one).map((amount) => joined(amount, shown));

			return all.map((label, index) => (label === all[index - 1] ? '' : label));
		},
	};
}
