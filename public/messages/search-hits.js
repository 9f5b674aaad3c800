// The rows of what a search has found, with the words marked. Text from outside is never used as markup.
import { button, element } from '../base/elements.js';
import { clockTime, fullDate, locale } from '../words/texts.js';

// Length of an excerpt, and how much of it is before the first word.
const BEFORE_CHARACTERS = 60;
const MAX_CHARACTERS = 300;
const MAX_MARKS = 30;

// Scripts without spaces: any part of a text is found.
const DENSE = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]/u;
// Medium: it must fit beside the name on a phone.
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });

// Letters and their accents apart.
const apart = (text) => text.normalize('NFD');

function patternOf(word) {
	const letters = Array.from(apart(word).replace(/\p{M}/gu, ''));
	// Between the words of "disk-full" may be anything that is no letter. Neither part takes what the other one takes, and
	// both are bounded, or a hostile text would take forever.
	const written = letters.map((letter) => (/[\p{L}\p{N}]/u.test(letter) ? `${letter}\\p{M}{0,4}` : '[^\\p{L}\\p{N}\\p{M}]{1,4}')).join('');

	return DENSE.test(word) ? written : `(?<![\\p{L}\\p{N}\\p{M}])${written}(?![\\p{L}\\p{N}])`;
}

// As the server finds words: whole ones, regardless of case and accents. null if there are none.
export function findWords(words) {
	const found = words.split(/\s+/).map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')).filter(Boolean);
	return found.length ? new RegExp(found.map(patternOf).join('|'), 'giu') : null;
}

function excerptOf({ title = '', text }, pattern) {
	const whole = apart([title, text].filter(Boolean).join(' · ').replace(/\s+/g, ' '));
	const first = pattern ? Math.max(0, whole.search(pattern)) : 0;
	const from = Math.max(0, first - BEFORE_CHARACTERS);
	const shown = whole.slice(from, from + MAX_CHARACTERS);
	const parts = [from ? '…' : ''];
	let end = 0;

	for (const { 0: word, index } of pattern ? Array.from(shown.matchAll(pattern)).slice(0, MAX_MARKS) : []) {
		parts.push(shown.slice(end, index).normalize(), element('mark', word.normalize()));
		end = index + word.length;
	}
	return element('span.words', ...parts, shown.slice(end).normalize());
}

// hasRoom: the hits are of several rooms.
export function buildHit(message, { pattern, hasRoom, onChoose }) {
	const author = element('bdi.author', message.name);
	const room = element('bdi.room-name', `#${message.room}`);
	const time = element('time', `${day.format(message.date)} ${clockTime(message.date)}`);
	const excerpt = excerptOf(message, pattern);
	const hit = button('', author, ...(hasRoom ? [room] : []), time, excerpt);

	time.dateTime = message.date.toISOString();
	time.title = fullDate(message.date);
	excerpt.dir = 'auto';
	hit.addEventListener('click', () => onChoose(message));
	return element('li', hit);
}
