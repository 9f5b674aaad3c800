// The messages on the page: each once, in the order of their ids, a bounded window of the history that older and newer
// pages are loaded into. What has no id yet stands at the end.
import { removePictures } from './avatar.js';
import { buildGap, buildMessage, buildNote, markFailed, markPending, markSent } from './message-view.js';
import { createRows } from './rows.js';
import { createScrollKeeper } from './scroll-keeper.js';
import { texts } from './texts.js';

const MOST_ROWS = 500;
// Several at once, because measuring the page for each one would make a flood slow.
const TRIM_ROWS = 50;
// So far from an end of the window its next page is asked for.
const NEAR_END_PX = 800;
// Screen readers look at a change a moment after it was made.
const HUSH_MS = 1000;

// onWant(kind, from) asks for a page of history, see history.js. onRetry(ref) and onDelete(ref) are what the reader
// chooses for a message that has failed.
export function createLogView({ log, jump, loading }, { onWant, onRetry, onDelete }) {
	const rows = createRows(log);
	const scroll = createScrollKeeper(log, { canFollow: () => isAttached, onMove });
	// Rows of this epoch by id; those without an id, in their order, by ref.
	const byId = new Map();
	const byRef = new Map();
	// The ids that stand in the log without a gap, and whether there are older ones.
	let span = null;
	let newest = 0;
	// False while the newest have been cut off, because the reader is far above them.
	let isAttached = true;
	// The line below which older pages come, and the span above it, if it is of the same epoch.
	let floor = null;
	let above = null;
	let isLoading = false;
	// The reader has asked for the newest, and they are not here yet.
	let isReturning = false;
	let unseen = 0;
	let pictures = false;
	let hushed = 0;

	// What screen readers should not read out line by line.
	function hush() {
		log.ariaLive = 'off';
		clearTimeout(hushed);
		hushed = setTimeout(() => {
			log.ariaLive = 'polite';
		}, HUSH_MS);
	}

	function showJump() {
		if (scroll.isFollowing)
			unseen = 0;
		jump.hidden = scroll.isFollowing || (!unseen && isAttached && scroll.distance() <= log.clientHeight);
		jump.textContent = unseen ? texts.newMessages(unseen) : texts.newest;
	}

	function onMove() {
		showJump();
		load();
	}

	const firstUnsent = () => byRef.values().next().value ?? null;

	// The row that a message with this id stands before.
	function rowAfter(id) {
		let after = firstUnsent();

		for (let at = rows.above(after); at; at = rows.above(at)) {
			const other = rows.entryOf(at)?.id;

			if (other && other < id)
				break;
			if (other && other !== id)
				after = at;
		}
		return after;
	}

	function build(entry) {
		const row = buildMessage(entry, { pictures });
		if (entry.id)
			byId.set(entry.id, row);
		return row;
	}

	function insert(entry) {
		rows.insert(build(entry), entry, entry.id ? rowAfter(entry.id) : firstUnsent());
	}

	const firstId = () => Math.min(...byId.keys());
	const lastId = () => Math.max(...byId.keys());

	function forgetCut() {
		for (const [id, row] of byId) {
			if (!row.isConnected)
				byId.delete(id);
		}
		if (floor && !floor.isConnected)
			floor = above = null;
	}

	function cutTop(count) {
		scroll.keep(() => rows.cutTop(count));
		forgetCut();
		if (!floor)
			span = { ...span, first: firstId(), more: true };
		else if (above)
			above = { ...above, first: Math.min(firstId(), above.last + 1), more: true };
	}

	function cutBottom(count) {
		isAttached = false;
		scroll.leave();
		rows.cutBottom(count, firstUnsent());
		forgetCut();
		span = { ...span, last: lastId() };
	}

	// Cuts the end that is farther from what is read; there is no cutting through a gap from below.
	function bound() {
		const surplus = log.childElementCount - MOST_ROWS;

		if (surplus <= 0)
			return;
		if (floor || scroll.isInLowerHalf)
			cutTop(surplus + TRIM_ROWS);
		else
			cutBottom(surplus + TRIM_ROWS);
	}

	// How far the place where older pages come is above the reader's first line; negative: below it.
	function distanceToOlder() {
		const edge = log.getBoundingClientRect().top;
		return floor ? edge - floor.getBoundingClientRect().bottom : log.scrollTop;
	}

	function want(kind, from) {
		isLoading = true;
		loading.hidden = false;
		onWant(kind, from);
	}

	function load() {
		if (!span || isLoading)
			return;
		const isEmpty = span.first > span.last;
		const distance = span.more ? distanceToOlder() : Infinity;

		if (span.more && (isEmpty || (distance < NEAR_END_PX && distance > -log.clientHeight)))
			want('older', span.first);
		else if (!isAttached && scroll.distance() < NEAR_END_PX)
			want('newer', span.last);
	}

	// The page reaches what stands above the line: nothing is missing after all.
	function closeGap() {
		rows.remove(floor);
		span = { ...above, last: span.last };
		floor = above = null;
	}

	function addOlder(messages, more) {
		const isReached = above && messages.length > 0 && messages[0].id <= above.last + 1;

		for (const message of messages) {
			if (!above || message.id > above.last)
				addToPage(message);
		}
		span = { ...span, first: Math.min(span.first, messages[0]?.id ?? span.first), more };
		if (isReached)
			closeGap();
	}

	// The window reaches to the newest again, unless more has been said meanwhile.
	function attach() {
		newest = Math.max(newest, span.last);
		isAttached = span.last === newest;
		if (isAttached && isReturning)
			scroll.follow();
		isReturning = isReturning && !isAttached;
	}

	function addNewer(messages) {
		for (const message of messages)
			addToPage(message);
		span.last = Math.max(span.last, messages.at(-1)?.id ?? newest);
		attach();
	}

	function addNewest(messages, more) {
		rows.clear(Array.from(byRef.values()));
		byId.clear();
		floor = above = null;
		span = { first: messages[0]?.id ?? newest + 1, last: messages.at(-1)?.id ?? newest, more };
		for (const message of messages)
			addToPage(message);
		scroll.toBottom();
		attach();
	}

	function addToPage(message) {
		if (message.type === 'message' && !byId.has(message.id))
			insert(message);
	}

	// A message has come, with this id: the span reaches so far.
	function reach(id) {
		newest = Math.max(newest, id);
		if (isAttached && span)
			span.last = Math.max(span.last, id);
	}

	function toNewest() {
		isReturning = !isAttached;
		if (isAttached)
			scroll.follow();
		else
			want('newest');
		// The button goes away, and the focus must not go with it.
		if (document.activeElement === jump)
			log.focus({ preventScroll: true });
	}

	jump.addEventListener('click', () => {
		jump.focus();
		toNewest();
	});
	// The mark of a message that is not sent yet comes late, and makes its row grow.
	log.addEventListener('animationstart', scroll.grew);
	log.addEventListener('keydown', (event) => {
		if (event.key !== 'End' || isAttached)
			return;
		event.preventDefault();
		toNewest();
	});
	log.addEventListener('click', ({ target }) => {
		const action = target.closest?.('button[data-action]');

		if (!action)
			return;
		const ref = Array.from(byRef.keys()).find((key) => byRef.get(key).contains(action));
		(action.dataset.action === 'retry' ? onRetry : onDelete)(ref);
	});

	return {
		// The history begins here, or begins anew: pages are asked for as they are needed.
		begin(id) {
			span = { first: id + 1, last: id, more: id > 0 };
			newest = id;
			log.dataset.loaded = id === 0;
			load();
		},
		// Something is missing after what is shown.
		beginAfterGap(text, id, { isSameEpoch }) {
			hush();
			above = isSameEpoch && byId.size ? span : null;
			if (!isSameEpoch) {
				for (const row of byId.values())
					rows.entryOf(row).id = 0;
				byId.clear();
			}
			floor = buildGap(text);
			rows.insert(floor, null, firstUnsent());
			isAttached = true;
			this.begin(id);
			scroll.grew();
		},
		disconnected() {
			isLoading = false;
			loading.hidden = true;
		},
		reconnected: load,
		addPage({ kind, messages, more }) {
			isLoading = false;
			loading.hidden = true;
			hush();
			scroll.keep(() => {
				if (kind === 'older')
					addOlder(messages, more);
				else if (kind === 'newer')
					addNewer(messages);
				else
					addNewest(messages, more);
			});
			bound();
			log.dataset.loaded = true;
			onMove();
		},
		// isMissed: one of many that were said while the reader was away.
		addMessage(message, { isMissed = false } = {}) {
			if (message.id) {
				reach(message.id);
				if (byId.has(message.id))
					return;
			}
			if (!scroll.isFollowing && !message.own)
				unseen++;
			if (isAttached) {
				if (isMissed)
					hush();
				insert(message);
				if (!isMissed && message.id)
					byId.get(message.id).classList.add('arriving');
				bound();
			}
			scroll.grew();
		},
		// Something that this page does not show has taken an id.
		skip: reach,
		addUnsent(entry, { isNew }) {
			const row = buildMessage(entry, { pictures });

			if (entry.failed)
				markFailed(row, entry.failed);
			else
				markPending(row);
			byRef.set(entry.ref, row);
			rows.insert(row, entry);
			if (isNew)
				row.classList.add('arriving');
			else
				hush();
			scroll.toBottom();
			toNewest();
		},
		// The server has kept it under this id.
		confirm(ref, id, date) {
			const row = byRef.get(ref);

			if (!row)
				return;
			byRef.delete(ref);
			reach(id);
			// It is here already, or where a page of history will bring it.
			if (byId.has(id) || id < span.first || !isAttached) {
				scroll.keep(() => rows.remove(row));
				return;
			}
			const entry = rows.entryOf(row);
			Object.assign(entry, { id, date: date ?? entry.date });
			byId.set(id, row);
			markSent(row, entry);
			const after = rowAfter(id);
			if (rows.below(row) === after)
				rows.refresh(row);
			else
				rows.move(row, after);
			bound();
			scroll.grew();
		},
		fail(ref, reason) {
			markFailed(byRef.get(ref), reason);
			scroll.grew();
		},
		retry(ref) {
			markPending(byRef.get(ref));
		},
		remove(ref) {
			const row = byRef.get(ref);

			byRef.delete(ref);
			if (row)
				scroll.keep(() => rows.remove(row));
		},
		addNote(text) {
			this.addLine(buildNote(text));
		},
		// A line of its own kind; where the newest are not shown it would stand in the wrong place.
		addLine(line) {
			if (!isAttached)
				return;
			rows.insert(line, null, firstUnsent());
			bound();
			scroll.grew();
		},
		isLastLine: (line) => line.isConnected && rows.above(firstUnsent()) === line,
		removeLine(line) {
			scroll.keep(() => rows.remove(line));
		},
		// The reader opts in to Gravatar or out of it; out means that nothing more is asked for.
		showPictures(wanted) {
			pictures = wanted;
			if (!wanted)
				removePictures(log);
		},
	};
}
