// Dates in words. The clock follows the reader's habits (24 or 12 hours), the names of days the page's language.
import { locale } from './texts.js';

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

const UNITS = [
	['day', 86400],
	['hour', 3600],
	['minute', 60],
];
const units = Object.fromEntries(
	UNITS.map(([unit]) => [unit, new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' })]),
);

// How long ago, in the largest unit that fits; '' within the first minute.
export function ageOf(date) {
	const seconds = (Date.now() - date) / 1000;
	const [unit, size] = UNITS.find(([, most]) => seconds >= most) ?? [];

	return unit ? units[unit].format(Math.floor(seconds / size)) : '';
}

export function sameDay(one, other) {
	return one.toDateString() === other.toDateString();
}
