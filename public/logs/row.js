// The row of one log line or mark. Text from outside is never used as markup.
import { element } from '../base/elements.js';

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

export function buildRow(entry, context) {
	const { words, clock, fullClock, wanted } = context;

	if (entry.mark)
		return buildMark(entry, context);
	const date = new Date(entry.ts);
	const time = element('time.logs-gutter', clock.format(date));
	const level = element('span.logs-level', entry.level ? words.mark[entry.level] : '');
	const text = element('span.logs-words', withHits(entry.text, wanted));
	const row = element('div.logs-row', time, level, text);

	time.dateTime = date.toISOString();
	time.title = `${fullClock.format(date)}\n${words.selectHint}`;
	if (entry.level) {
		row.dataset.level = entry.level;
		level.title = words.level[entry.level];
	}
	text.dir = 'auto';
	return row;
}
