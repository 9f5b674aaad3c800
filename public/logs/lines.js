// The lines of one log, each once and ordered by id. Marks are inserted where lines are missing, and where the file was
// rotated or truncated.
import { levelOf } from './levels.js';

const MAX_LINES = 5000;
// Trim in blocks: removing from the front of an array moves all other elements.
const TRIM_LINES = 100;
// Longer lines are cut.
const MAX_LINE_LENGTH = 8192;

function isValid({ id, ts, message }) {
	return Number.isInteger(id) && Number.isFinite(new Date(ts).getTime()) && typeof message === 'string';
}

const EVENTS = ['rotated', 'truncated'];

const cut = (text) => (text.length > MAX_LINE_LENGTH ? `${text.slice(0, MAX_LINE_LENGTH)}…` : text);

// Drops the oldest entries above MAX_LINES. Returns how many were dropped.
export function trim(entries) {
	const surplus = entries.length - MAX_LINES;

	if (surplus <= 0)
		return 0;
	const count = Math.min(entries.length, surplus + TRIM_LINES);
	entries.splice(0, count);
	return count;
}

export function createLines() {
	// Numbers entries across epochs; ids restart in each epoch.
	let last = 0;
	let epoch = null;
	// Null if the next id is unknown.
	let lastId = null;
	let isBegunAnew = false;

	const mark = (kind, count, ts) => ({ n: ++last, mark: kind, count, ts });

	function marksBefore({ id, ts }) {
		const missing = lastId === null ? 0 : id - lastId - 1;

		if (isBegunAnew)
			return [mark('begunAnew', 0, ts)];
		return missing > 0 ? [mark('missed', missing, ts)] : [];
	}

	function entryOf({ ts, message, skipped, event }) {
		if (EVENTS.includes(event))
			return mark(event, 0, ts);
		if (Number.isFinite(skipped) && skipped > 0)
			return mark('skipped', skipped, ts);
		const text = cut(message);
		return { n: ++last, ts, text, level: levelOf(text) };
	}

	return {
		// The entries for a frame; none if it is invalid or a duplicate.
		take(frame) {
			if (!isValid(frame) || (lastId !== null && frame.id <= lastId))
				return [];
			const entries = [...marksBefore(frame), entryOf(frame)];

			isBegunAnew = false;
			lastId = frame.id;
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
