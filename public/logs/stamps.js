// The time that a line begins with, as most logs write it, or that it tells in a member such as ts= or in the brackets of an
// access log. It is shown instead of the time when the line was read.
const CLOCK = String.raw`\d{2}:\d{2}:\d{2}`;
const PART = String.raw`(?:[.,]\d{1,9})?`;
const ZONE = String.raw`(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?`;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?:${MONTHS.join('|')})`;
const ISO = String.raw`\d{4}[-/]\d{2}[-/]\d{2}[T ]${CLOCK}${PART}${ZONE}`;
const FORMS = [
	ISO,
	String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?${MONTH} [ \d]\d ${CLOCK}${PART}(?: \d{4})?`,
	CLOCK + PART,
];
const TIME = new RegExp(CLOCK);
const STAMP = new RegExp(String.raw`^\[?(${FORMS.join('|')})\]?(?: ?[-|:])?\s+(?=\S)`);
const INSIDE = [
	new RegExp(String.raw`(?:^|[\s{,"@])(?:ts|time|timestamp|datetime)"?[=:] ?"?(${ISO})`, 'i'),
	new RegExp(String.raw`\[(\d{2}/${MONTH}/\d{4}:${CLOCK}${ZONE})\]`),
];
const ZONED = new RegExp(`^(\\d{4}).(\\d{2}).(\\d{2}).(${CLOCK}).*?(Z|UTC|GMT|[+-]\\d{2}:?\\d{2})$`);

// Only with a zone it is known which moment that is.
function dateOf(time) {
	const [, year, month, day, clock, zone] = ZONED.exec(time) ?? [];
	const date = new Date(`${year}-${month}-${day}T${clock}${/^[+-]/.test(zone) ? zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2') : 'Z'}`);

	return Number.isNaN(date.getTime()) ? null : date;
}

const inOrder = (time) =>
	time.replace(/^(\d{2})\/(\w{3})\/(\d{4}):/, (_, day, month, year) => `${year}/${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}/${day} `);

// { length, written, clock, date }: length is that of a time which the line begins with, else 0; date is null if its zone is
// not known. null if there is none.
export function stampOf(text) {
	const [begin = '', first] = STAMP.exec(text.slice(0, 60)) ?? [];
	const head = text.slice(0, 200);
	const written = first ?? INSIDE.map((form) => form.exec(head)?.[1]).find(Boolean);

	if (!written)
		return null;
	const time = inOrder(written);
	return { length: begin.length, written, clock: TIME.exec(time)[0], date: dateOf(time) };
}
