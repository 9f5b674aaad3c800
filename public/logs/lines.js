// The lines of one log, each once and ordered by id. Marks are inserted where lines are missing, and where the file was
// rotated or truncated.
import { levelOf } from './levels.js';
import { stampOf } from './stamps.js';

const MAX_LINES = 5000;
// As many as the server keeps, for who reads back.
const MAX_OLD_LINES = 20_000;
// Trim in blocks: removing from the front of an array moves all other elements.
const TRIM_LINES = 100;
// Longer lines are cut.
const MAX_LINE_LENGTH = 8192;
// Such a line belongs to the one before, as those of a stack trace do.
const CONTINUES = /^(?:\s|Traceback |Caused by:|at )/;

function isValid({ id, ts, message }) {
	return Number.isInteger(id) && Number.isFinite(new Date(ts).getTime()) && typeof message === 'string';
}

const EVENTS = ['rotated', 'truncated'];

const cut = (text) => (text.length > MAX_LINE_LENGTH ? `${text.slice(0, MAX_LINE_LENGTH)}…` : text);

// How many lines are kept: more once the reader has loaded older ones.
export const mostOf = (count) => Math.min(MAX_OLD_LINES, Math.max(MAX_LINES, count));

// Drops the oldest entries above that number. Returns how many were dropped.
export function trim(entries, most = MAX_LINES) {
	const surplus = entries.length - most;

	if (surplus <= 0)
		return 0;
	const count = Math.min(entries.length, surplus + TRIM_LINES);
	entries.splice(0, count);
	return count;
}

// An entry has a number n, which grows with the place. Those of the server have an id and its epoch.
export function createLines() {
	// Numbers entries across epochs; ids restart in each epoch.
	let last = 0;
	let first = 0;
	let epoch = null;
	// Null if the next id is unknown.
	let lastId = null;
	let isBegunAnew = false;
	// Of the line before.
	let level = '';
	let isStamped = false;

	const mark = (kind, count, ts, id) => ({ n: ++last, mark: kind, count, ts, id, epoch });

	function marksBefore({ id, ts }) {
		const missing = lastId === null ? 0 : id - lastId - 1;

		if (isBegunAnew)
			return [mark('begunAnew', 0, ts)];
		return missing > 0 ? [mark('missed', missing, ts)] : [];
	}

	// within: the level of the line that this one belongs to.
	function entryOf({ id, ts, message, skipped, event }) {
		if (EVENTS.includes(event))
			return mark(event, 0, ts, id);
		if (Number.isFinite(skipped) && skipped > 0)
			return mark('skipped', skipped, ts, id);
		const text = cut(message);
		const stamp = stampOf(text);
		const own = levelOf(text);

		level = own || (CONTINUES.test(text) ? level : '');
		isStamped = Boolean(stamp) || (isStamped && CONTINUES.test(text));
		return { n: ++last, id, epoch, ts, text, level: own, within: level, stamp, isTimeless: isStamped && !stamp };
	}

	return {
		get epoch() {
			return epoch;
		},
		// The entries for a frame; none if it is invalid or a duplicate.
		take(frame) {
			if (!isValid(frame) || (lastId !== null && frame.id <= lastId))
				return [];
			const entries = [...marksBefore(frame), entryOf(frame)];

			isBegunAnew = false;
			lastId = frame.id;
			return entries;
		},
		// The entries for older frames, which end before this id.
		takeOlder(frames, end) {
			const kept = [last, level, isStamped];

			// What the first one belongs to is not known.
			[level, isStamped] = ['', false];
			const entries = frames.filter((frame) => isValid(frame ?? {}) && frame.id < end).map(entryOf);

			first -= entries.length;
			entries.forEach((entry, index) => {
				entry.n = first + index + 1;
			});
			[last, level, isStamped] = kept;
			return entries;
		},
		joined(newEpoch) {
			if (epoch !== null && newEpoch !== epoch) {
				isBegunAnew = lastId !== null || isBegunAnew;
				lastId = null;
			}
			epoch = newEpoch;
		},
	};
}
