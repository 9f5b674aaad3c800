// The messages on the page: each once, ordered by id. log-pages.js decides which part of the history that is. Messages
// without an id are at the end.
import { createSilencer } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';
import { recall } from '../base/storage.js';
import { removePictures } from '../people/avatar.js';
import { texts } from '../words/texts.js';
import { createAlarmRows } from './alarm-rows.js';
import { createLoadedRange } from './history.js';
import { createLogPages } from './log-pages.js';
import { buildMessage, buildNote, isLong, markSent } from './message-view.js';
import { createRows } from './rows.js';
import { createScrollKeeper } from './scroll-keeper.js';
import { createUnsentRows } from './unsent-rows.js';

// server as in changes.js, showAlarm as in alarm-rows.js, onRetry and onDelete as in unsent-rows.js. addressOf(id) is the
// address of a message. onWant(kind, from) requests a page, see history.js.
// onReply(message, createReply): the reader wants to answer, see reply.js. onLeave(): the focus belongs into the message field.
// onMoved(): another part of the log is in view.
export function createLogView(
	{ log, jump, loading },
	{ server, addressOf, showAlarm, onWant, onRetry, onDelete, onReply, onLeave, onMoved },
) {
	const rows = createRows(log);
	const scroll = createScrollKeeper(log, { canFollow: () => range.hasNewest, onMove });
	const range = createLoadedRange();
	const alarms = createAlarmRows({ rows, scroll, range, show: showAlarm });
	const unsent = createUnsentRows(log, { onRetry, onDelete, onGrown: scroll.grew });
	const silence = createSilencer(log);
	const pages = createLogPages(
		{ log, loading, rows, scroll, range, unsent },
		{ onWant, add: addToPage, showRow, onPage: silence, onAdded },
	);
	const marks = createLazy(async () => {
		const { createMarks } = await import('./marks.js');

		return createMarks({
			log,
			rows,
			scroll,
			server,
			onChoose: (id) => location.assign(addressOf(id)),
			onChanged: fold,
			onErased: (row) => actions.ifRequested((it) => it.erased(row)),
		});
	});
	const folding = createLazy(() => import('./fold.js'));
	const actions = createLazy(async () => (await import('./actions.js')).createActions({ log, rows, scroll, server, keptAs, onReply, onLeave }));
	const keptAs = () => `edit.${server.room()}`;
	let unseen = 0;
	let pictures = false;

	function showJump() {
		if (scroll.isFollowing)
			unseen = 0;
		jump.hidden = scroll.isFollowing || (!unseen && range.hasNewest && scroll.distance() <= log.clientHeight);
		if (!jump.hidden)
			jump.textContent = unseen ? texts.newMessages(unseen) : texts.newest;
	}

	function onMove() {
		showJump();
		pages.load();
		onMoved();
	}

	function onAdded() {
		onMove();
		if (recall(keptAs()))
			actions((it) => it.resume(), 'resume');
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

	const reader = () => ({ me: server.nameNow(), keep: scroll.keep });

	function build(entry) {
		if (entry.type === 'alarm')
			return alarms.build(entry);
		const row = buildMessage(entry, { pictures, addressOf, ...reader() });

		if (entry.replyTo || entry.editedAt || entry.reactions)
			marks((it) => it.show(row, entry), row);
		fold(row, entry);
		return row;
	}

	function fold(row, entry) {
		if (isLong(entry))
			folding((it) => it.fold(row, scroll), row);
	}

	function messageWithId(id) {
		const row = rows.withId(id);
		return rows.entryOf(row)?.type !== 'alarm' && row;
	}

	function insert(entry) {
		const row = build(entry);

		rows.insert(row, entry, entry.id ? rows.placeOf(entry.id, unsent.first) : unsent.first);
		return row;
	}

	function addToPage(message) {
		if (message.type === 'other' || rows.withId(message.id))
			return;
		if (message.type !== 'alarm' || !alarms.update(message, { isLive: false }))
			insert(message);
	}

	function toNewest() {
		pages.toNewest();
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
		if (event.key !== 'End')
			return;
		event.preventDefault();
		toNewest();
	});
	for (const type of ['pointerover', 'focusin', 'keydown'])
		log.addEventListener(type, (event) => actions((it) => it[type](event), type));

	return {
		// See unread-line.js and sight.js.
		view: { log, rows, range, scroll },
		get isFollowing() {
			return scroll.isFollowing && !pages.isSeeking;
		},
		show(wanted) {
			pages.show(wanted);
			if (wanted)
				onMove();
		},
		jumpTo: (id) => pages.jumpTo(alarms.idOf(id)),
		entryOf: rows.entryOf,
		toNewest,
		// False if there is nothing to edit.
		editLastOwn() {
			const last = () => rows.lastOf(({ id, own, deleted }) => id && own && !deleted);
			const isThere = Boolean(last());

			// The rows may be others when the module is loaded.
			if (isThere)
				actions((it) => last() && it.edit(last(), onLeave), 'edit');
			return isThere;
		},
		begin: pages.begin,
		beginAfterGap(text, id, { isSameEpoch }) {
			if (!isSameEpoch) {
				rows.forgetIds();
				alarms.clear();
				marks.ifRequested((it) => it.forget());
				// The addresses belong to other messages now.
				log.querySelectorAll('a.time').forEach((link) => link.removeAttribute('href'));
			}
			pages.beginAfterGap(text, id, { isSameEpoch });
		},
		disconnected: pages.disconnected,
		reconnected: pages.load,
		addPage: pages.addPage,
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
				pages.bound();
			}
			scroll.grew();
		},
		erase(ids) {
			const found = ids.map(messageWithId).filter(Boolean);
			(found.length ? marks : marks.ifRequested)((it) => it.erased(found, ids));
		},
		edit(frame) {
			const row = frame.text && messageWithId(frame.of);
			(row ? marks : marks.ifRequested)((it) => it.edited(row, frame, reader()));
		},
		// False if its message is not on the page.
		react(frame) {
			const row = messageWithId(frame.of);

			if (row)
				marks((it) => it.reacted(row, rows.entryOf(row), frame));
			return Boolean(row);
		},
		// The whole history was deleted.
		empty() {
			pages.empty();
			alarms.clear();
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
			pages.bound();
			scroll.grew();
		},
		fail: unsent.fail,
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
			pages.bound();
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
