// The messages on the page: each once, ordered by id. Pages of history extend them, up to MAX_ROWS. Messages without an
// id are at the end.
import { createLazy } from '../base/lazy.js';
import { createSilencer } from '../base/silencer.js';
import { removePictures } from '../people/avatar.js';
import { texts } from '../words/texts.js';
import { createLoadedRange } from './history.js';
import { createIncidents } from './incidents.js';
import { buildGap, buildMessage, buildNote, buildUnread, markDeleted, markEdited, markFailed, markPending, markSent } from './message-view.js';
import { createRows } from './rows.js';
import { createScrollKeeper } from './scroll-keeper.js';

const MAX_ROWS = 500;
// In blocks: measuring the page for each row is slow.
const TRIM_ROWS = 50;
// Closer to an end, the next page is requested.
const NEAR_END_PX = 800;

const alarmView = createLazy(() => import('./alarm-view.js'));

// nameNow() is the reader's name. onWant(kind, from) requests a page, see history.js. onRetry(ref) and onDelete(ref)
// are about failed messages.
export function createLogView({ log, jump, loading }, { nameNow, onWant, onRetry, onDelete }) {
	const rows = createRows(log);
	const scroll = createScrollKeeper(log, { canFollow: () => range.hasNewest, onMove });
	// Rows of this epoch by id; unacknowledged ones by ref.
	const byId = new Map();
	const byRef = new Map();
	const range = createLoadedRange();
	const incidents = createIncidents();
	const silence = createSilencer(log);
	// The line at a gap. Older pages are inserted below it.
	let gapLine = null;
	let isLoading = false;
	// The reader wants the newest messages, which are being loaded.
	let isReturning = false;
	let unseen = 0;
	let pictures = false;
	let isShown = false;
	// The first unread id, and the line above its row.
	let unreadFrom = 0;
	let unreadLine = null;

	function showJump() {
		if (scroll.isFollowing)
			unseen = 0;
		jump.hidden = scroll.isFollowing || (!unseen && range.hasNewest && scroll.distance() <= log.clientHeight);
		jump.textContent = unseen ? texts.newMessages(unseen) : texts.newest;
	}

	function onMove() {
		showJump();
		load();
	}

	function showRow(row) {
		scroll.leave();
		row.scrollIntoView({ block: 'center' });
		row.classList.remove('found');
		// Reading it restarts the animation.
		void row.offsetWidth;
		row.classList.add('found');
		row.tabIndex = -1;
		row.focus({ preventScroll: true });
		showJump();
	}

	const firstUnsent = () => byRef.values().next().value ?? null;

	// The row before which a message with this id belongs.
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

	function buildAlarmRow(alarm) {
		const incident = incidents.record(alarm);

		incident.row = document.createElement('article');
		incident.row.className = 'alarm-line';
		fillAlarm(incident);
		return incident.row;
	}

	function fillAlarm({ row, latest }) {
		alarmView((view) => scroll.keep(() => view.fillAlarm(row, latest)), row);
	}

	function build(entry) {
		const row = entry.type === 'alarm' ? buildAlarmRow(entry) : buildMessage(entry, { pictures, me: nameNow() });
		if (entry.id)
			byId.set(entry.id, row);
		return row;
	}

	function insert(entry) {
		rows.insert(build(entry), entry, entry.id ? rowAfter(entry.id) : firstUnsent());
		if (unreadFrom && !unreadLine)
			placeUnread();
	}

	function placeUnread() {
		let first = null;

		if (range.first > unreadFrom)
			return;
		for (let at = rows.above(firstUnsent()); at; at = rows.above(at)) {
			const id = rows.entryOf(at)?.id;

			if (id && id < unreadFrom)
				break;
			if (id)
				first = at;
		}
		if (!first)
			return;
		unreadLine = buildUnread();
		rows.insert(unreadLine, null, first);
	}

	function removeUnread() {
		unreadFrom = 0;
		if (unreadLine?.isConnected)
			scroll.keep(() => rows.remove(unreadLine));
		unreadLine = null;
	}

	// False if the alarm needs a new row. A new event updates a visible row in place; otherwise the row moves to the
	// end. An event from history belongs at its own id.
	function updateAlarm(alarm, { isLive }) {
		const incident = incidents.record(alarm);
		const { row } = incident;

		if (!row?.isConnected)
			return false;
		const { id } = rows.entryOf(row);
		const isElsewhere = isLive ? range.hasNewest && !scroll.shows(row) : alarm.id > id;

		if (isElsewhere) {
			byId.delete(id);
			scroll.keep(() => rows.remove(row));
			return false;
		}
		fillAlarm(incident);
		return true;
	}

	function forgetCut() {
		for (const [id, row] of byId) {
			if (!row.isConnected)
				byId.delete(id);
		}
		if (unreadLine && !unreadLine.isConnected)
			unreadLine = null;
		if (gapLine && !gapLine.isConnected) {
			gapLine = null;
			range.forgetGap();
		}
	}

	function cutTop(count) {
		// A follower is scrolled to the bottom anyway.
		if (scroll.isFollowing)
			rows.cutTop(count);
		else
			scroll.keep(() => rows.cutTop(count));
		scroll.grew();
		forgetCut();
		range.cutTop(Math.min(...byId.keys(), range.last + 1), { isAboveGap: Boolean(gapLine) });
	}

	function cutBottom(count) {
		scroll.leave();
		rows.cutBottom(count, firstUnsent());
		forgetCut();
		range.cutBottom(Math.max(...byId.keys(), range.first - 1));
	}

	// Trims the end farther from the reader. Unsent rows stay. With a gap, only the top is trimmed.
	function bound() {
		const surplus = log.childElementCount - byRef.size - MAX_ROWS;

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
		const distance = range.hasOlder ? distanceToOlder() : Infinity;

		if (range.hasOlder && (range.isEmpty || (distance < NEAR_END_PX && distance > -log.clientHeight)))
			want('older', range.first);
		else if (!range.hasNewest && scroll.distance() < NEAR_END_PX)
			want('newer', range.last);
	}

	function addOlder(messages, more) {
		const first = messages[0]?.id ?? range.first;

		messages.filter(({ id }) => !range.isAboveGap(id)).forEach(addToPage);
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
		messages.forEach(addToPage);
		range.addNewer(messages.at(-1).id);
		arrive();
	}

	function addNewest(messages, more) {
		rows.clear(Array.from(byRef.values()));
		byId.clear();
		unreadLine = null;
		gapLine = null;
		range.replace(messages[0]?.id ?? 1, messages.at(-1)?.id ?? 0, more);
		messages.forEach(addToPage);
		scroll.toBottom();
		arrive();
	}

	function addAround(id, messages, more) {
		addNewest(messages, more);
		const row = byId.get(id) ?? byId.get(Math.min(...Array.from(byId.keys()).filter((other) => other > id)));
		if (row)
			showRow(row);
	}

	function addToPage(message) {
		if (message.type === 'other' || byId.has(message.id))
			return;
		if (message.type !== 'alarm' || !updateAlarm(message, { isLive: false }))
			insert(message);
	}

	function toNewest() {
		isReturning = !range.hasNewest;
		if (range.hasNewest)
			scroll.follow();
		else
			want('newest');
		// The button gets hidden; keep the focus in the log.
		if (document.activeElement === jump)
			log.focus({ preventScroll: true });
	}

	jump.addEventListener('click', () => {
		jump.focus();
		toNewest();
	});
	// The "not sent yet" mark appears late and adds height.
	log.addEventListener('animationstart', scroll.grew);
	log.addEventListener('keydown', (event) => {
		if (event.key !== 'End' || range.hasNewest)
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
		// Hidden rooms load nothing.
		show(wanted) {
			isShown = wanted;
			if (wanted)
				onMove();
		},
		// Messages from this id on are unread; 0 is none.
		markUnread(id) {
			removeUnread();
			unreadFrom = id;
			if (id)
				placeUnread();
		},
		jumpTo(id) {
			const row = byId.get(id);

			if (row)
				showRow(row);
			else
				want('around', id);
		},
		entryOf: rows.entryOf,
		lastOwn() {
			for (let at = rows.above(null); at; at = rows.above(at)) {
				const entry = rows.entryOf(at);

				if (entry?.own && !entry.deleted)
					return entry;
			}
			return null;
		},
		// Messages up to id are history, loaded on demand.
		begin(id) {
			range.begin(id);
			log.dataset.loaded = id === 0;
			load();
		},
		beginAfterGap(text, id, { isSameEpoch }) {
			silence();
			if (!isSameEpoch) {
				for (const row of byId.values())
					rows.entryOf(row).id = 0;
				byId.clear();
				incidents.clear();
			}
			gapLine = buildGap(text);
			rows.insert(gapLine, null, firstUnsent());
			range.beginAfterGap(id, isSameEpoch);
			scroll.grew();
			load();
		},
		disconnected() {
			isLoading = isReturning = false;
			loading.hidden = true;
		},
		reconnected: load,
		addPage({ kind, from, messages, more }) {
			isLoading = false;
			loading.hidden = true;
			// The server has trimmed its history.
			if (!messages.length && (kind === 'newer' || kind === 'around')) {
				want('newest');
				return;
			}
			silence();
			scroll.keep(() => {
				if (kind === 'older')
					addOlder(messages, more);
				else if (kind === 'newer')
					addNewer(messages);
				else if (kind === 'newest')
					addNewest(messages, more);
				if (unreadFrom && !unreadLine)
					placeUnread();
			});
			if (kind === 'around')
				addAround(from, messages, more);
			bound();
			log.dataset.loaded = true;
			onMove();
		},
		// isMissed: sent while the page was offline.
		addMessage(message, { isMissed = false } = {}) {
			if (message.id) {
				range.reach(message.id);
				if (byId.has(message.id))
					return;
			}
			if (message.type === 'alarm' && updateAlarm(message, { isLive: true }))
				return;
			if (!scroll.isFollowing && !message.own)
				unseen++;
			if (range.hasNewest) {
				if (isMissed)
					silence();
				insert(message);
				if (!isMissed && message.id)
					byId.get(message.id).classList.add('arriving');
				bound();
			}
			scroll.grew();
		},
		erase(ids) {
			for (const row of ids.map((id) => byId.get(id)).filter(Boolean)) {
				scroll.keep(() => markDeleted(row, rows.entryOf(row)));
				rows.refresh(row);
			}
		},
		edit(id, text) {
			const row = text && byId.get(id);

			if (!row)
				return;
			scroll.keep(() => markEdited(row, Object.assign(rows.entryOf(row), { text }), nameNow()));
			rows.refresh(row);
		},
		// The whole history was deleted.
		empty() {
			addNewest([], false);
			incidents.clear();
			log.dataset.loaded = true;
		},
		// For ids that are not displayed.
		skip: range.reach,
		addUnsent(entry, { isNew }) {
			const row = buildMessage(entry, { pictures, me: nameNow() });

			if (entry.failed)
				markFailed(row, entry.failed);
			else
				markPending(row);
			byRef.set(entry.ref, row);
			rows.insert(row, entry);
			if (isNew)
				row.classList.add('arriving');
			else
				silence();
			scroll.toBottom();
			toNewest();
		},
		// The server has stored it.
		confirm(ref, id, date) {
			const row = byRef.get(ref);

			if (!row)
				return;
			byRef.delete(ref);
			range.reach(id);
			// Already shown, or a page of history will bring it.
			if (byId.has(id) || !range.takes(id)) {
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
		// A line belongs after the newest messages.
		addLine(line) {
			if (!range.hasNewest)
				return;
			rows.insert(line, null, firstUnsent());
			bound();
			scroll.grew();
		},
		isLastLine: (line) => line.isConnected && rows.above(firstUnsent()) === line,
		removeLine(line) {
			scroll.keep(() => rows.remove(line));
		},
		// Without pictures nothing is requested from Gravatar.
		showPictures(wanted) {
			pictures = wanted;
			if (!wanted)
				removePictures(log);
		},
	};
}
