// The Logs view: the lines of one log file, with a filter.
import { addressOf } from '../base/address.js';
import { copyText } from '../base/clipboard.js';
import { button, createSilencer, element } from '../base/elements.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';
import { createBackwards } from './backwards.js';
import { createLog } from './log.js';
import { createNotice } from './notice.js';
import { buildRow, wordsOfMark } from './row.js';
import { createSelection } from './selection.js';
import { createToolbar } from './toolbar.js';
import { createWindow } from './window.js';

await addStylesheet(new URL('logs.css', import.meta.url));

// More lines per second are not read aloud.
const SPOKEN_LINES = 3;
const SECOND_MS = 1000;
// Narrow windows wrap lines by default.
const NARROW = '(width < 48rem)';

// Tells whether lines arrive too fast for a screen reader.
function createPace() {
	let times = [];

	return function isFast(count) {
		const now = Date.now();

		// No more of them tell anything: thousands come at once.
		times = [...times, ...Array(Math.min(count, SPOKEN_LINES + 1)).fill(now)].slice(-SPOKEN_LINES - 1);
		return times.length > SPOKEN_LINES && now - times[0] < SECOND_MS;
	};
}

// Fills place, which must be empty. open(room) and close(room) join and leave a log's room;
// rooms() resolves with the list of logs. open() and rooms() reject with a displayable Error. For older see backwards.js. The
// room's frames come through joined() and log(). onLog(name, { isChosen }) is called for each log that is shown; isChosen: by
// the reader. onLine(address): a line was selected, or none.
export function createLogs(place, { open, close, rooms, older, onLog, onLine }) {
	const words = texts.logs;
	const clock = new Intl.DateTimeFormat(locale, {
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
		hourCycle: 'h23',
	});
	const fullClock = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
	const viewport = element('div.logs-lines');
	const jump = button('logs-jump');
	const notice = createNotice({ words });
	const silence = createSilencer(viewport);
	const isFast = createPace();
	let room = '';
	let unseen = 0;
	let isFaulty = false;
	let isVisible = false;
	let drawing = 0;
	let line = '';
	let isLoading = false;

	const list = createWindow(viewport, {
		build: (entry) => buildRow(entry, { words, clock, fullClock, wanted: log.wanted, addressOf: addressOfLine }),
		onMove,
		onScroll: () => silence(),
	});
	const selection = createSelection(viewport, list, { onChange: showSelection });
	const log = createLog({
		onCleared() {
			silence();
			unseen = 0;
			list.clear();
			selection.clear();
		},
		onFound(entries) {
			if (!list.isFollowing || isFast(entries.length))
				silence();
			// Pages of older ones and new ones may be found at once.
			const last = list.items.at(-1)?.n ?? -Infinity;
			const ordered = entries.toSorted((one, other) => one.n - other.n);
			const fresh = ordered.filter(({ n }) => n > last);

			list.insert(ordered.slice(0, ordered.length - fresh.length));
			if (!list.isFollowing)
				unseen += fresh.filter(({ mark }) => !mark).length;
			list.append(fresh);
		},
		onDropped: list.dropBefore,
		onFault(fault) {
			isFaulty = true;
			toolbar.showFault(fault.wrong ? words.wrong(fault.wrong) : fault.slow ? words.slow : words.unavailable);
		},
		onChange() {
			drawing ||= requestAnimationFrame(showFacts);
		},
	});
	const toolbar = createToolbar({
		words,
		onRoom: (chosen) => openLog(chosen, { isChosen: true }),
		isWrapped: matchMedia(NARROW).matches,
		onFilter(text, isExpression) {
			isFaulty = false;
			toolbar.showFault('');
			log.filter(text, isExpression);
		},
		onLevels: (levels) => log.showLevels(levels),
		onWrap(isWrapped) {
			viewport.classList.toggle('logs-wrapped', isWrapped);
			list.remeasure();
		},
		onPause: () => log.pause(!log.isPaused),
		onCopy: copy,
		onCopyLink: copyLink,
		onOlder: () => backwards.more(),
	});
	const backwards = createBackwards({
		log,
		list,
		older,
		roomNow: () => room,
		onFound(entry) {
			if (!list.items.includes(entry))
				toolbar.clearFilter();
			list.show(list.items.indexOf(entry));
			selection.select(entry);
		},
		onGone: () => toolbar.say(words.lineGone),
		onState(wanted) {
			isLoading = wanted;
			showFacts();
		},
		onFailed: () => toolbar.say(words.olderFailed),
	});

	viewport.setAttribute('role', 'log');
	viewport.ariaLive = 'polite';
	viewport.ariaLabel = words.lines;
	viewport.tabIndex = 0;
	jump.hidden = true;
	place.classList.add('logs');
	place.append(toolbar.bar, element('div.logs-reading', viewport, notice.place, jump));

	function showJump() {
		if (list.isFollowing)
			unseen = 0;
		jump.hidden = list.isFollowing;
		jump.textContent = unseen ? words.newLines(unseen) : words.newest;
	}

	// Only those of the history that the server has.
	function addressOfLine({ id, epoch }) {
		return id && epoch === log.epoch ? addressOf('logs', room, `${epoch}.${id}`) : '';
	}

	function onMove() {
		showJump();
		selection.mark();
		// Under a filter the reader asks for them: all might be hidden.
		if (!list.isFollowing && list.isNearBegin && !log.isFiltered)
			backwards.more();
	}

	function showFacts() {
		drawing = 0;
		const all = log.count;
		const shown = list.items.filter(({ mark }) => !mark).length;

		toolbar.showPause(log.isPaused, log.waiting);
		toolbar.showCount(room ? words.shown(shown, all) : '');
		if (room && !isFaulty)
			notice.showEmpty(all, list.items.length);
		toolbar.showOlder({ hasOlder: log.olderThan > 1, isLoading });
		showJump();
		backwards.seek();
	}

	function showSelection() {
		const count = selection.items.length;
		const before = line;

		line = (count && addressOfLine(selection.anchor)) || '';
		toolbar.say(count ? words.selected(count) : '');
		toolbar.showLink(line);
		if (line !== before)
			onLine(line || addressOf('logs', room));
	}

	const textOf = (entry) => (entry.mark ? `… ${wordsOfMark(entry, { words, clock })}` : entry.text);

	async function copy() {
		const chosen = selection.items.length ? selection.items : list.items;
		const isDone = await copyText(chosen.map((entry) => `${textOf(entry)}\n`).join(''));

		toolbar.say(isDone ? words.copied(chosen.length) : words.notCopied);
	}

	async function copyLink() {
		toolbar.say((await copyText(new URL(line, location.href).href)) ? words.linkCopied : words.notCopied);
	}

	async function choose(wanted) {
		if (room && room !== wanted)
			close(room);
		room = wanted;
		backwards.begin();
		log.begin();
		toolbar.tellFilter();
		notice.opening();
		try {
			await open(wanted);
			if (room === wanted)
				notice.opened();
		} catch (error) {
			if (room === wanted)
				notice.refused(words.denied(error.message), () => choose(wanted));
		}
		showFacts();
	}

	// wanted is the line of an address, EPOCH.ID.
	function openLog(name, { isChosen, wanted = '' }) {
		if (name !== room) {
			remember('log', name);
			choose(name);
			toolbar.showChosen(name);
			onLog(name, { isChosen });
		}
		if (wanted)
			backwards.find(wanted);
	}

	async function loadRooms() {
		let known;

		try {
			known = await rooms();
		} catch (error) {
			if (!room)
				notice.refused(words.deniedAll(error.message), loadRooms);
			return;
		}
		if (!room && !known.length)
			notice.none();
		toolbar.showRooms(known, room);
		if (!room && known.length)
			openLog((known.find(({ room: name }) => name === recall('log')) ?? known[0]).room, { isChosen: false });
	}

	viewport.addEventListener('keydown', (event) => {
		if (event.key === 'End' && !event.shiftKey)
			list.follow();
		// With a text selection, the browser copies it.
		if (
			(event.ctrlKey || event.metaKey) &&
			event.key.toLowerCase() === 'c' &&
			selection.items.length &&
			getSelection().isCollapsed
		)
			copy();
	});
	jump.addEventListener('click', () => {
		// The button gets hidden; keep the focus in the view.
		viewport.focus({ preventScroll: true });
		list.follow();
	});

	return {
		log(frame) {
			if (frame.room === room)
				log.take(frame);
		},
		openLog: (name, wanted) => openLog(name, { isChosen: false, wanted }),
		joined(frame) {
			if (frame.room !== room)
				return;
			log.joined(frame.epoch, frame.last_id);
			notice.opened();
			showFacts();
		},
		visible(wanted) {
			if (wanted && !isVisible)
				loadRooms();
			isVisible = wanted;
		},
	};
}
