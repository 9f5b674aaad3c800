// Times and durations of alarms in words.
import { clockTimeSeconds, locale, sameDay } from '../words/texts.js';

const UNITS = [
	['day', 86400],
	['hour', 3600],
	['minute', 60],
	['second', 1],
];
const units = Object.fromEntries(
	UNITS.map(([unit]) => [unit, new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' })]),
);
const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

// In the largest unit that fits, at least a second.
export function spanOf(ms) {
	const seconds = Math.max(1, Math.round(ms / 1000));
	const [unit, size] = UNITS.find(([, least]) => seconds >= least);

	return units[unit].format(Math.floor(seconds / size));
}

// The date is only shown if it is another day.
export const momentOf = (date, clock = clockTimeSeconds) => (sameDay(date, new Date()) ? clock(date) : day.format(date));
