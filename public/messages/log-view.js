// The messages on the page: each once, ordered by id. Pages of history extend them, up to MAX_ROWS. Messages without an
// id are at the end.
import { createLazy } from '../base/lazy.js';
import { createSilencer } from '../base/silencer.js';
import { removePictures } from '../people/avatar.js';
import { texts } from '../words/texts.js';
import { createAlarmRows } from './alarm-rows.js';
import { createLoadedRange } from './history.js';
import { buildGap, buildMessage, buildNote, markDeleted, markEdited, markSent } from './message-view.js';
import { createRows } from './rows.js';
import { createScrollKeeper } from './scroll-keeper.js';
import { createUnsentRows } from './unsent-rows.js';

const MAX_ROWS = 500;
// In blocks: measuring the page for each row is slow.
const TRIM_ROWS = 50;
// Closer to an end, the next page is requested.
const NEAR_END_PX = 800;

const gone = createLazy(() => import('./gone.js'));

// server as in changes.js. addressOf(id) is the address of a message. onWant(kind, from) requests a page, see history.js.
// onRetry(ref) and onDelete(ref) are about failed messages. onReply(entry, createReply): the reader wants to answer.
// onLeave(): the focus belongs into the message field. onMoved(): another part of the log is in view.
export function createLogView(
	{ log, jump, loading },
	{ server, addressOf, onWant, onRetry, onDelete, onReply, onLeave, onMoved },
) {
	const rows = createRows(log);
	const scroll = createScrollKeeper(log, { canFollow: () => range.hasNewest, onMove });
	const range = createLoadedRange();
	const alarms = createAlarmRows({ rows, scroll, range });
	const unsent = createUnsentRows(log, { onRetry, onDelete });
	const silence = createSilencer(log);
	const marks = createLazy(async () => (await import('./marks.js')).createMarks({ log, rows, scroll, server, onChoose: (id) => location.assign(addressOf(id)) }));
	const actions = createLazy(async () => (await import('./actions.js')).createActions({ log, rows, scroll, server, onReply, onLeave }));
	// The line at a gap. Older pages are inserted below it.
	let gapLine = null;
	let isLoading = false;
	// The reader wants the newest messages, which are being loaded.
	let isReturning = false;
	// The message that the reader wants to see, which is being loaded or waits for the connection.
	let target = 0;
	let unseen = 0;
	let pictures = false;
	let isShown = false;

	function showJump() {
		if (scroll.isFollowing)
			unseen = 0;
		jump.hidden = scroll.isFollowing || (!unseen && range.hasNewest && scroll.distance() <= log.clientHeight);
		jump.textContent = unseen ? texts.newMessages(unseen) : texts.newest;
	}

	function onMove() {
		showJump();
		load();
		onMoved();
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

	function build(entry) {
		if (entry.type === 'alarm')
			return alarms.build(entry);
		const row = buildMessage(entry, { pictures, me: server.nameNow(), addressOf });

		if (entry.replyTo || entry.editedAt || entry.reactions)
			marks((it) => it.show(row, entry), row);
		return row;
	}

	// Its text is another one, or gone.
	function changed(row) {
		const entry = rows.entryOf(row);

		rows.refresh(row);
		marks((it) => it.show(row, entry), row);
	}

	function insert(entry) {
		const row = build(entry);

		rows.insert(row, entry, entry.id ? rows.placeOf(entry.id, unsent.first) : unsent.first);
		return row;
	}

	function forgetCut() {
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
		range.cutTop(rows.firstId ?? range.last + 1, { isAboveGap: Boolean(gapLine) });
	}

	function cutBottom(count) {
		scroll.leave();
		rows.cutBottom(count, unsent.first);
		forgetCut();
		range.cutBottom(rows.lastId ?? range.first - 1);
	}

	// Trims the end farther from the reader. Unsent rows stay. With a gap, only the top is trimmed.
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
		rows.clear(unsent.list);
		gapLine = null;
		range.replace(messages[0]?.id ?? 1, messages.at(-1)?.id ?? 0, more);
		messages.forEach(addToPage);
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

	function addToPage(message) {
		if (message.type === 'other' || rows.withId(message.id))
			return;
		if (message.type !== 'alarm' || !alarms.update(message, { isLive: false }))
			insert(message);
	}

	function toNewest() {
		target = 0;
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
	for (const type of ['pointerover', 'focusin', 'keydown'])
		log.addEventListener(type, (event) => actions((it) => it[type](event), type));

	function jumpTo(id) {
		const row = rows.withId(id);

		target = row ? 0 : id;
		if (row) {
			showRow(row);
			return;
		}
		isLoading = false;
		load();
	}

	return {
		// See unread-line.js and sight.js.
		view: { log, rows, range, scroll },
		get isFollowing() {
			return scroll.isFollowing && !target;
		},
		// Hidden rooms load nothing.
		show(wanted) {
			isShown = wanted;
			if (wanted)
				onMove();
		},
		jumpTo,
		entryOf: rows.entryOf,
		toNewest,
		// False if there is nothing to edit.
		editLastOwn() {
			const row = rows.lastOf(({ id, own, deleted }) => id && own && !deleted);

			if (row)
				actions((it) => it.edit(row, onLeave), 'edit');
			return Boolean(row);
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
				rows.forgetIds();
				alarms.clear();
				marks.ifRequested((it) => it.forget());
				// The addresses belong to other messages now.
				log.querySelectorAll('a.time').forEach((link) => link.removeAttribute('href'));
			}
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
		reconnected: load,
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
			silence();
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
			onMove();
		},
		// isMissed: sent while the page was offline.
		addMessage(message, { isMissed = false } = {}) {
			if (message.id) {
				range.reach(message.id);
				if (rows.withId(message.id))
					return;
			}
			if (message.type === 'alarm' && alarms.update(message, { isLive: true }))
				return;
			if (!scroll.isFollowing && !message.own)
				unseen++;
			if (range.hasNewest) {
				if (isMissed)
					silence();
				const row = insert(message);
				if (!isMissed && message.id)
					row.classList.add('arriving');
				bound();
			}
			scroll.grew();
		},
		erase(ids) {
			for (const row of ids.map(rows.withId).filter(Boolean)) {
				scroll.keep(() => markDeleted(row, rows.entryOf(row)));
				changed(row);
				actions.ifRequested((it) => it.erased(row));
			}
			marks.ifRequested((it) => ids.forEach(it.changed));
		},
		edit({ of, text, editedAt }) {
			const row = text && rows.withId(of);

			if (row) {
				scroll.keep(() => markEdited(row, Object.assign(rows.entryOf(row), { text, editedAt }), server.nameNow()));
				changed(row);
			}
			marks.ifRequested((it) => it.changed(of));
		},
		// False if its message is not on the page.
		react(frame) {
			const row = rows.withId(frame.of);

			if (row)
				marks((it) => it.reacted(row, rows.entryOf(row), frame));
			return Boolean(row);
		},
		// The whole history was deleted.
		empty() {
			addNewest([], false);
			alarms.clear();
			log.dataset.loaded = true;
		},
		// For ids that are not displayed.
		skip: range.reach,
		addUnsent(entry, { isNew }) {
			const row = build(entry);

			unsent.add(row, entry);
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
			const row = unsent.take(ref);

			if (!row)
				return;
			range.reach(id);
			// Already shown, or a page of history will bring it.
			if (rows.withId(id) || !range.takes(id)) {
				scroll.keep(() => rows.remove(row));
				return;
			}
			const entry = rows.entryOf(row);
			entry.date = date ?? entry.date;
			rows.identify(row, id);
			markSent(row, entry, addressOf);
			const after = rows.placeOf(id, unsent.first);
			if (rows.below(row) === after)
				rows.refresh(row);
			else
				rows.move(row, after);
			bound();
			scroll.grew();
		},
		fail(ref, reason) {
			unsent.fail(ref, reason);
			scroll.grew();
		},
		retry: unsent.retry,
		remove(ref) {
			const row = unsent.take(ref);

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
			rows.insert(line, null, unsent.first);
			bound();
			scroll.grew();
		},
		isLastLine: (line) => line.isConnected && rows.above(unsent.first) === line,
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
