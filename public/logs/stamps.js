// The time that a line begins with, as most logs write it. It is shown instead of the time when the line was read.
const CLOCK = String.raw`\d{2}:\d{2}:\d{2}`;
const PART = String.raw`(?:[.,]\d{1,9})?`;
const ZONE = String.raw`(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`;
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const FORMS = [
	String.raw`\d{4}[-/]\d{2}[-/]\d{2}[T ]${CLOCK}${PART}${ZONE}`,
	String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?${MONTH} [ \d]\d ${CLOCK}${PART}(?: \d{4})?`,
	CLOCK + PART,
];
const TIME = new RegExp(CLOCK);
const STAMP = new RegExp(String.raw`^\[?(${FORMS.join('|')})\]?(?: ?[-|:])?\s+(?=\S)`);
const ZONED = new RegExp(`^(\\d{4}).(\\d{2}).(\\d{2}).(${CLOCK}).*?(Z|UTC|GMT|[+-]\\d{2}:?\\d{2})$`);

// Only with a zone it is known which moment that is.
function dateOf(written) {
	const [, year, month, day, clock, zone] = ZONED.exec(written) ?? [];
	const date = new Date(`${year}-${month}-${day}T${clock}${/^[+-]/.test(zone) ? zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2') : 'Z'}`);

	return Number.isNaN(date.getTime()) ? null : date;
}

// { length, written, clock, date } of the beginning of the line; date is null if its zone is not known. null if there is none.
export function stampOf(text) {
	const [all, written] = STAMP.exec(text.slice(0, 60)) ?? [];

	return written ? { length: all.length, written, clock: TIME.exec(written)[0], date: dateOf(written) } : null;
}
