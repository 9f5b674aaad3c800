import { clockTime, locale, sameDay } from '../words/texts.js';

const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });

// The time alone if it is today.
export const shortDate = (date) => (sameDay(date, new Date()) ? clockTime(date) : `${day.format(date)}, ${clockTime(date)}`);
