// Which part of the history is in a log: pages are loaded near its ends, and what is far from the reader is removed.
import { createLazy, noteFirstMessages } from '../base/lazy.js';
import { buildGap } from './message-view.js';

const MAX_ROWS = 500;
// Removed in blocks: measuring the page for each row is slow.
const TRIM_ROWS = 50;
// Closer to an end, the next page is requested.
const NEAR_END_PX = 800;

const gone = createLazy(() => import('./gone.js'));

// onWant(kind, from) requests a page, see history.js. add(message) adds one of a page. showRow(row) leads the reader
// there. onPage() is called before a page is added, onAdded() after it.
export function createLogPages({ log, loading, rows, scroll, range, unsent }, { onWant, add, showRow, onPage, onAdded }) {
	// The line at a gap. Older pages are inserted below it.
	let gapLine = null;
	let isLoading = false;
	// The reader wants the newest messages, which are being loaded.
	let isReturning = false;
	// The message that the reader wants to see, which is being loaded or waits for the connection.
	let target = 0;
	let isShown = false;

	function forgetCut() {
		if (gapLine && !gapLine.isConnected) {
			gapLine = null;
			range.forgetGap();
		}
	}

	// Removes at least count elements, in whole rows. The row that is being edited stays, apart from all others.
	function drop(count, farthest, next) {
		const most = log.childElementCount - count;

		while (log.childElementCount > most) {
			const row = farthest();
			rows.drop(rows.isHeld(row) ? next(row) : row);
		}
		rows.refresh(farthest());
		forgetCut();
	}

	const ids = () => rows.ids().filter((id) => !rows.isHeld(rows.withId(id)));

	function cutTop(count) {
		scroll.keep(() => drop(count, () => rows.first, rows.below));
		range.cutTop(Math.min(...ids(), range.last + 1), { isAboveGap: Boolean(gapLine) });
	}

	function cutBottom(count) {
		scroll.leave();
		drop(count, () => rows.above(unsent.first), rows.above);
		range.cutBottom(Math.max(...ids(), range.first - 1));
	}

	// Removes rows at the end farther from the reader, with a gap at the top. Unsent rows stay. This is not loaded late: a
	// page that cannot keep up loads nothing for minutes, and each row slows it down.
	function bound() {
		const surplus = log.childElementCount - unsent.list.length - MAX_ROWS;

		if (surplus <= 0)
			return;
		if (gapLine || scroll.isInLowerHalf)
			cutTop(surplus + TRIM_ROWS);
		else
			cutBottom(surplus + TRIM_ROWS);
	}

	// How far the reader is below the place of older pages.
	function distanceToOlder() {
		const edge = log.getBoundingClientRect().top;
		return gapLine ? edge - gapLine.getBoundingClientRect().bottom : log.scrollTop;
	}

	function want(kind, from) {
		isLoading = onWant(kind, from);
		loading.hidden = !isLoading;
	}

	function load() {
		if (!isShown || !range.isBegun || isLoading)
			return;
		if (target) {
			want('around', target);
			return;
		}
		const distance = range.hasOlder ? distanceToOlder() : Infinity;

		if (range.hasOlder && (range.isEmpty || (distance < NEAR_END_PX && distance > -log.clientHeight)))
			want('older', range.first);
		else if (!range.hasNewest && scroll.distance() < NEAR_END_PX)
			want('newer', range.last);
	}

	function addOlder(messages, more) {
		const first = messages[0]?.id ?? range.first;

		messages.filter(({ id }) => !range.isAboveGap(id)).forEach(add);
		range.addOlder(first, more);
		// The room was deleted.
		if (!messages.length && range.hasAbove) {
			while (rows.above(gapLine))
				rows.remove(rows.above(gapLine));
			forgetCut();
			range.forgetGap();
		}
		if (range.closesGap(first)) {
			range.closeGap();
			rows.remove(gapLine);
			gapLine = null;
		}
	}

	// hasNewest is still false if messages arrived meanwhile.
	function arrive() {
		if (range.hasNewest && isReturning)
			scroll.follow();
		isReturning = isReturning && !range.hasNewest;
	}

	function addNewer(messages) {
		messages.forEach(add);
		range.addNewer(messages.at(-1).id);
		arrive();
	}

	function addNewest(messages, more) {
		rows.clear(unsent.list);
		gapLine = null;
		range.replace(messages[0]?.id ?? 1, messages.at(-1)?.id ?? 0, more);
		messages.forEach(add);
		scroll.toBottom();
		arrive();
	}

	function addAround(id, messages, more) {
		addNewest(messages, more);
		const row = rows.firstFrom(id);

		if (row)
			showRow(row);
		else
			tellGone();
	}

	// There is no message with the id of an address, nor a later one.
	const tellGone = () => gone((it) => it.tellGone());

	function toNewest() {
		target = 0;
		isReturning = !range.hasNewest;
		if (range.hasNewest)
			scroll.follow();
		else
			want('newest');
	}

	return {
		// The reader is about to see another part.
		get isSeeking() {
			return target > 0;
		},
		load,
		bound,
		toNewest,
		// Hidden rooms load nothing.
		show(wanted) {
			isShown = wanted;
		},
		jumpTo(id) {
			const row = rows.withId(id);

			target = row ? 0 : id;
			if (row) {
				showRow(row);
				return;
			}
			isLoading = false;
			load();
		},
		// Messages up to id are history, loaded on demand.
		begin(id) {
			range.begin(id);
			log.dataset.loaded = id === 0;
			if (id === 0)
				noteFirstMessages();
			load();
		},
		beginAfterGap(text, id, { isSameEpoch }) {
			onPage();
			gapLine = buildGap(text);
			rows.insert(gapLine, null, unsent.first);
			range.beginAfterGap(id, isSameEpoch);
			scroll.grew();
			load();
		},
		disconnected() {
			isLoading = isReturning = false;
			loading.hidden = true;
		},
		addPage({ kind, from, messages, more }) {
			isLoading = false;
			target = 0;
			loading.hidden = true;
			// The server has trimmed its history.
			if (!messages.length && (kind === 'newer' || kind === 'around')) {
				want('newest');
				if (kind === 'around')
					tellGone();
				return;
			}
			onPage();
			scroll.keep(() => {
				if (kind === 'older')
					addOlder(messages, more);
				else if (kind === 'newer')
					addNewer(messages);
				else if (kind === 'newest')
					addNewest(messages, more);
			});
			if (kind === 'around')
				addAround(from, messages, more);
			bound();
			log.dataset.loaded = true;
			noteFirstMessages();
			onAdded();
		},
		// The whole history was deleted.
		empty() {
			rows.hold(null);
			addNewest([], false);
			log.dataset.loaded = true;
		},
	};
}
