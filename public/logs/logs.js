// The Logs view: the lines of one log file, with a filter.
import { copyText } from '../base/clipboard.js';
import { button, createSilencer, element } from '../base/elements.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';
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

		times = [...times, ...Array(Math.min(count, SPOKEN_LINES + 1)).fill(now)].filter(
			(time) => now - time < SECOND_MS,
		);
		return times.length > SPOKEN_LINES;
	};
}

// Fills place, which must be empty. open(room) and close(room) join and leave a log's room;
// rooms() resolves with the list of logs. open() and rooms() reject with a displayable Error. The room's frames come
// through joined() and log(). onLog(name, { isChosen }) is called for each log that is shown; isChosen: by the reader.
export function createLogs(place, { open, close, rooms, onLog }) {
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

	const list = createWindow(viewport, {
		build: (entry) => buildRow(entry, { words, clock, fullClock, wanted: log.wanted }),
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
		onAppended(entries) {
			if (!list.isFollowing || isFast(entries.length))
				silence();
			if (!list.isFollowing)
				unseen += entries.filter(({ mark }) => !mark).length;
			list.append(entries);
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
		onWrap(isWrapped) {
			viewport.classList.toggle('logs-wrapped', isWrapped);
			list.remeasure();
		},
		onPause: () => log.pause(!log.isPaused),
		onCopy: copy,
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

	function onMove() {
		showJump();
		selection.mark();
	}

	function showFacts() {
		drawing = 0;
		const all = log.count;
		const shown = list.items.filter(({ mark }) => !mark).length;

		toolbar.showPause(log.isPaused, log.waiting);
		toolbar.showCount(room ? words.shown(shown, all) : '');
		if (room && !isFaulty)
			notice.showEmpty(all, list.items.length);
		showJump();
	}

	function showSelection() {
		const count = selection.items.length;
		toolbar.say(count ? words.selected(count) : '');
	}

	const textOf = (entry) => (entry.mark ? `… ${wordsOfMark(entry, { words, clock })}` : entry.text);

	async function copy() {
		const chosen = selection.items.length ? selection.items : list.items;
		const isDone = await copyText(chosen.map((entry) => `${textOf(entry)}\n`).join(''));

		toolbar.say(isDone ? words.copied(chosen.length) : words.notCopied);
	}

	async function choose(wanted) {
		if (room && room !== wanted)
			close(room);
		room = wanted;
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

	function openLog(name, { isChosen }) {
		if (name === room)
			return;
		remember('log', name);
		choose(name);
		toolbar.showChosen(name);
		onLog(name, { isChosen });
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
		openLog: (name) => openLog(name, { isChosen: false }),
		joined(frame) {
			if (frame.room !== room)
				return;
			log.joined(frame.epoch);
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
