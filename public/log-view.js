// The list of rows: follows the newest while the reader is there, stays put while he reads above, forgets the oldest.
import { removePictures } from './avatar.js';
import { sameDay } from './format.js';
import { buildDay, buildMessage, buildSystem, markFirst, markSent } from './message-view.js';
import { texts } from './texts.js';

const MOST_ROWS = 500;
// Several at once, because measuring the page for each one would make a flood slow.
const TRIM_ROWS = 50;
const NEAR_BOTTOM_PX = 100;
const GROUP_MS = 5 * 60 * 1000;

export function createLogView(log, jumpButton) {
	// Own rows that wait to be sent, by message id.
	const pending = new Map();
	let last = null;
	let following = true;
	let lastTop = 0;
	let unseen = 0;
	let pictures = false;
	let settling = 0;

	function distance() {
		return log.scrollHeight - log.clientHeight - log.scrollTop;
	}

	function showUnseen() {
		jumpButton.hidden = !unseen;
		jumpButton.textContent = texts.newMessages(unseen);
	}

	function follow() {
		following = true;
		unseen = 0;
		showUnseen();
		log.scrollTop = log.scrollHeight;
		lastTop = log.scrollTop;
	}

	function settle() {
		settling = 0;
		if (following)
			follow();
		else
			showUnseen();
	}

	function trim() {
		if (log.childElementCount <= MOST_ROWS)
			return;
		const before = following ? 0 : log.scrollHeight;
		const oldest = new Set(Array.from(log.children).slice(0, log.childElementCount - MOST_ROWS + TRIM_ROWS));

		for (const row of oldest)
			row.remove();
		for (const [id, row] of pending) {
			if (oldest.has(row))
				pending.delete(id);
		}
		markFirst(log.firstElementChild);
		if (!following) {
			log.scrollTop -= before - log.scrollHeight;
			lastTop = log.scrollTop;
		}
	}

	function append(row) {
		log.append(row);
		trim();
		settling ||= requestAnimationFrame(settle);
	}

	function continues(entry) {
		return (
			last?.own === entry.own &&
			last.name === entry.name &&
			last.avatar === entry.avatar &&
			Math.abs(entry.date - last.date) <= GROUP_MS
		);
	}

	log.addEventListener('scroll', () => {
		// Rows that grow below also make the distance grow; only who moves up leaves the bottom.
		if (distance() <= NEAR_BOTTOM_PX) {
			following = true;
			unseen = 0;
			showUnseen();
		} else if (log.scrollTop < lastTop) {
			following = false;
		}
		lastTop = log.scrollTop;
	});
	jumpButton.addEventListener('click', () => {
		follow();
		// The button goes away, and the focus must not go with it.
		log.focus({ preventScroll: true });
	});
	// A soft keyboard, a turned phone, a growing composer.
	new ResizeObserver(settle).observe(log);

	return {
		addMessage(entry) {
			if (!last || !sameDay(last.day, entry.date)) {
				append(buildDay(entry.date));
				last = null;
			}
			const row = buildMessage(entry, { continued: continues(entry), pictures });
			last = { ...entry, day: entry.date };
			if (entry.pending)
				pending.set(entry.id, row);
			if (entry.own)
				following = true;
			else if (!following)
				unseen++;
			append(row);
		},
		addSystem(text) {
			// The next message shows its author again; the day goes on.
			if (last)
				last = { day: last.day };
			append(buildSystem(text));
		},
		markSent(id) {
			const row = pending.get(id);
			if (row)
				markSent(row);
			pending.delete(id);
		},
		// The reader opts in to Gravatar or out of it; out means that nothing more is asked for.
		showPictures(wanted) {
			pictures = wanted;
			if (!wanted)
				removePictures(log);
		},
	};
}
