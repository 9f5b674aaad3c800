// Acting on messages: by a mouse over a row, by the keyboard in a row, by a long press.
import { copyText } from '../base/clipboard.js';
import { placeBeside } from '../base/menu.js';
import { ask } from '../base/question.js';
import { recallParsed, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { toast } from '../base/toast.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { createChanges } from './changes.js';
import { openEditor } from './editor.js';
import { excerptOf } from './quotes.js';
import { isAmong, reactionsOf } from './reactions.js';
import { createReply } from './reply.js';
import { createToolbar, QUICK } from './toolbar.js';
import { createWalk } from './walk.js';

await addStylesheet(new URL('actions.css', import.meta.url));

const HOLD_MS = 500;
const MOVED_PX = 10;

const say = ({ message }) => toast(message);

async function copy(text) {
	toast((await copyText(text)) ? texts.copiedText : texts.notCopiedText);
}

// server as in changes.js, and epoch(). keptAs() is where an edit is stored. onReply(message, createReply), see reply.js;
// onLeave(): the focus belongs into the message field.
export function createActions({ log, rows, scroll, server, keptAs, onReply, onLeave }) {
	const changes = createChanges(server);
	// The toolbar is in the first of these rows that is there: where a menu or the toolbar has the focus, after a long
	// press, under the mouse, with the focus.
	let held = null;
	let pressed = null;
	let hovered = null;
	// See editor.js.
	let editor = null;
	let editedRow = null;

	const walk = createWalk(log, { shows: scroll.shows, onLeave });
	const rowOf = (target) => target.closest?.('.log > .message');
	const entryOf = (row) => rows.entryOf(row);
	const isUsable = (row) => row?.isConnected && entryOf(row)?.id && !entryOf(row).deleted && row !== editedRow;
	const current = () => entryOf(toolbar.row);

	function update() {
		const row = [held, pressed, hovered, walk.row].find(isUsable) ?? null;

		toolbar.show(row, { canEdit: row && entryOf(row).own, isFocusable: row === walk.row });
	}

	function release() {
		held = null;
		update();
	}

	function react(entry, emoji) {
		const { names = [] } = reactionsOf(entry).get(emoji) ?? {};
		changes.react(entry.id, emoji, !isAmong(server.nameNow(), names)).catch(say);
	}

	async function erase(row, entry) {
		const isSure = await ask(texts.eraseQuestion, { about: excerptOf(entry), confirm: texts.erase, cancel: texts.cancel });

		// With the toolbar gone, the reader is in the row again.
		if (document.activeElement === document.body)
			refocus(row);
		if (isSure)
			await changes.erase(entry.id).catch(say);
	}

	// kept is what was written before a reload: it does not take the focus.
	function edit(row, onDone, kept) {
		const entry = entryOf(row);
		const { id } = entry;

		if (row === editedRow) {
			editor.focus();
			return;
		}
		// What was written there would be lost.
		if (editor?.isChanged) {
			editor.focus();
			toast(texts.editFirst);
			return;
		}
		editor?.close();
		editedRow = row;
		rows.hold(row);
		held = pressed = null;
		update();
		scroll.keep(() => {
			editor = openEditor(row, entry.text, {
				kept,
				onWrite: (text) => remember(keptAs(), JSON.stringify({ epoch: server.epoch(), id, text })),
				save: (text) => changes.edit(id, text),
				onEmpty: () => erase(row, entry),
				onDone() {
					editedRow = editor = null;
					rows.hold(null);
					remember(keptAs(), '');
					onDone();
				},
			});
		});
	}

	function resume() {
		const kept = recallParsed(keptAs());
		const row = rows.withId(kept?.id);

		if (kept?.epoch !== server.epoch())
			remember(keptAs(), '');
		else if (isUsable(row) && entryOf(row).own && !editedRow)
			edit(row, onLeave, kept.text);
	}

	// The reader was in the row, by keyboard or by touch.
	function refocus(row) {
		row.tabIndex = -1;
		row.focus({ preventScroll: true });
	}

	async function pick(opener) {
		const row = toolbar.row;
		const entry = entryOf(row);
		const { openEmojiPopover } = await import('../emoji/emoji-popover.js');

		held = row;
		openEmojiPopover({
			place: (panel) => placeBeside(panel, opener),
			onPick: (emoji) => react(entry, emoji),
			onClose: release,
		});
	}

	function menuItems() {
		const row = toolbar.row;
		const entry = entryOf(row);
		const codes = Array.from(row.querySelectorAll('.text pre'), (code) => code.textContent);
		const link = row.querySelector('.head a.time');

		held = row;
		return [
			{ words: texts.copyText, run: () => copy(entry.text) },
			link && { words: texts.copyLink, run: () => copy(link.href) },
			codes.length && { words: texts.copyCode, run: () => copy(codes.join('\n\n')) },
			// The click is answered by shell/cards.js.
			{ words: texts.aboutPerson(entry.name), run: () => row.querySelector('.author').click() },
			// A question follows.
			entry.own && { words: `${texts.erase}…`, run: () => erase(row, entry) },
		].filter(Boolean);
	}

	const toolbar = createToolbar({
		actions: {
			quick: () => react(current(), QUICK),
			picker: (opener) => pick(opener).catch(() => toast(texts.changeOffline)),
			reply() {
				const entry = current();

				held = pressed = hovered = null;
				update();
				onReply({ id: entry.id, name: entry.name, excerpt: excerptOf(entry) }, createReply);
			},
			edit() {
				const row = toolbar.row;
				const wasIn = row !== hovered || row === walk.row;

				// With a mouse, the reader goes on writing.
				edit(row, () => (wasIn ? refocus(row) : onLeave()));
			},
		},
		menuItems,
		onMenuClosed: release,
	});

	// A link has a menu of the browser's own.
	const isPress = ({ target, pointerType }) => pointerType === 'touch' && rowOf(target) && !target.closest('a, button, textarea');

	function pressElsewhere({ target }) {
		if (rowOf(target) !== pressed && !toolbar.has(target))
			press(null);
	}

	// Rooms come and go: the document is only listened to while a row is pressed.
	function press(row) {
		pressed = row;
		update();
		if (row) {
			toolbar.reveal();
			document.addEventListener('pointerdown', pressElsewhere);
		} else {
			document.removeEventListener('pointerdown', pressElsewhere);
		}
	}

	function holdByTouch(event) {
		const row = rowOf(event.target);
		const { clientX: x, clientY: y } = event;
		const ends = ['pointerup', 'pointercancel', 'pointermove'];

		if (!isPress(event))
			return;
		const timer = setTimeout(() => {
			end();
			press(row);
		}, HOLD_MS - (performance.now() - event.timeStamp));

		function end(later) {
			if (later?.type === 'pointermove' && Math.hypot(later.clientX - x, later.clientY - y) < MOVED_PX)
				return;
			clearTimeout(timer);
			ends.forEach((type) => removeEventListener(type, end));
		}

		ends.forEach((type) => addEventListener(type, end));
	}

	log.addEventListener('pointerdown', holdByTouch);
	// The browser's own answer to a long press would be a selection. This module may have missed the beginning of it.
	log.addEventListener('contextmenu', (event) => {
		if (!isPress(event))
			return;
		event.preventDefault();
		press(rowOf(event.target));
	});
	log.addEventListener('pointerleave', () => {
		hovered = null;
		update();
	});
	log.addEventListener('focusout', ({ relatedTarget }) => {
		if (log.contains(relatedTarget))
			return;
		walk.left();
		update();
	});

	return {
		pointerover(event) {
			const { target, pointerType, pointerId } = event;

			if (pointerType !== 'touch') {
				hovered = rowOf(target);
				update();
			} else if (event.eventPhase === Event.NONE && target.hasPointerCapture(pointerId)) {
				// The press that loaded this module goes on.
				holdByTouch(event);
			}
		},
		focusin({ target }) {
			walk.moved(target);
			held = toolbar.has(target) ? toolbar.row : null;
			update();
		},
		keydown(event) {
			const { key, target } = event;

			if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey)
				return;
			if (walk.key(event)) {
				event.preventDefault();
			} else if ((key === 'Enter' || key === 'ArrowRight') && target === toolbar.row) {
				event.preventDefault();
				toolbar.focus();
			} else if ((key === 'Escape' || key === 'ArrowLeft') && target !== walk.row && walk.row?.contains(target)) {
				// Back from a control to its row.
				event.stopPropagation();
				refocus(walk.row);
			}
		},
		edit,
		resume,
		// The text of a row is gone.
		erased(row) {
			if (row === editedRow)
				editor.close();
			update();
		},
	};
}
