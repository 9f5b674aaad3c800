// What the reader sees of a log.

// A message is in view if that much of it is.
const LEAST_PX = 16;

// The ids { first, last } in view, with those between that have no row of their own; null if there is none. Messages
// on the other side of a gap do not count.
export function inView({ log, rows, range }) {
	const view = log.getBoundingClientRect();
	let end = range.last;
	let below = 0;
	let first = 0;
	let last = 0;

	for (let row = log.lastElementChild; row; row = row.previousElementSibling) {
		const id = rows.entryOf(row)?.id;
		const isGap = row.classList.contains('gap');

		if (isGap && first)
			return { first, last };
		if (isGap)
			end = below = 0;
		if (!id || rows.isHeld(row))
			continue;
		const { top, bottom, height } = row.getBoundingClientRect();

		if (!height || top + LEAST_PX > view.bottom) {
			below = id;
		} else if (bottom - LEAST_PX < view.top) {
			return first ? { first: id + 1, last } : null;
		} else {
			last ||= below ? below - 1 : Math.max(id, end);
			first = id;
		}
	}
	return first ? { first: Math.min(first, range.first), last } : null;
}
