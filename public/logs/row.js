// The row of one log line or mark. Text from outside is never used as markup.
import { element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';

await addStylesheet(new URL('rows.css', import.meta.url));

// Limits the elements per line.
const MAX_HITS = 50;

// Highlights the filter text.
function withHits(text, wanted) {
	const fragment = document.createDocumentFragment();
	const lower = text.toLowerCase();
	let end = 0;

	// Some letters change their length in lower case, which shifts the indexes.
	if (wanted && lower.length === text.length) {
		for (let hits = 0; hits < MAX_HITS; hits++) {
			const at = lower.indexOf(wanted, end);

			if (at < 0)
				break;
			fragment.append(text.slice(end, at), element('mark', text.slice(at, at + wanted.length)));
			end = at + wanted.length;
		}
	}
	fragment.append(text.slice(end));
	return fragment;
}

export function wordsOfMark({ mark, count, ts }, { words, clock }) {
	if (mark === 'begunAnew')
		return words.begunAnew;
	return words[mark](count || clock.format(ts));
}

function buildMark(entry, context) {
	// At a rotation or truncation no lines are missing.
	const kind = entry.count || entry.mark === 'begunAnew' ? 'missing' : 'turn';
	const row = element(`div.logs-row.logs-${kind}`, element('span', wordsOfMark(entry, context)));

	row.title = context.fullClock.format(entry.ts);
	return row;
}

// The line's own time if it has one, or when it was read. It is the link to the line.
function buildTime({ ts, stamp, isTimeless, ...entry }, { words, clock, fullClock, addressOf }) {
	const read = new Date(ts);
	const date = stamp ? stamp.date : read;
	const own = stamp?.date ? clock.format(stamp.date) : stamp?.clock;
	const time = element('time', isTimeless ? '·' : own ?? clock.format(read));
	const link = element('a.logs-gutter', time);
	const address = addressOf(entry);

	if (date)
		time.dateTime = date.toISOString();
	link.title = [stamp?.written, words.readAt(fullClock.format(read)), words.selectHint].filter(Boolean).join('\n');
	if (address)
		link.href = address;
	// The log is one tab stop.
	link.tabIndex = -1;
	return link;
}

export function buildRow(entry, context) {
	const { words, clock, fullClock, wanted, addressOf } = context;

	if (entry.mark)
		return buildMark(entry, context);
	const time = buildTime(entry, { words, clock, fullClock, addressOf });
	const level = element('span.logs-level', entry.level ? words.mark[entry.level] : '');
	const text = element('span.logs-words', withHits(entry.text.slice(entry.stamp?.length ?? 0), wanted));
	const row = element('div.logs-row', time, level, text);

	if (entry.level) {
		row.dataset.level = entry.level;
		level.title = words.level[entry.level];
	}
	text.dir = 'auto';
	return row;
}
