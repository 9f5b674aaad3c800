// Where messages are written.
import { at } from './elements.js';
import { limits } from './identity.js';
import { reached } from './lazily.js';
import { recall, remember } from './storage.js';
import { texts } from './texts.js';

const COUNTER_FROM_BYTES_LEFT = 2000;
const PROCESSING_KEY = 229;
// For what turns shortcodes into emoji, at most.
const PATIENCE_MS = 2000;
const DRAFT = 'draft.';

// Safari ends a composition before its Enter, which is known by its code.
export const isComposing = (event) => event.isComposing || event.keyCode === PROCESSING_KEY;

const ANY_SHORTCODE = /:[a-z0-9_+-]+:/;

// Not needed at once, and not at any price.
let shortcodes = null;

// What is sent: no blank lines around it, emoji for shortcodes, nothing that UTF-8 cannot carry.
function finished(text) {
	const trimmed = text.replaceAll('\0', '').replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
	const whole = trimmed.toWellFormed?.() ?? trimmed;
	return shortcodes ? shortcodes.replace(whole) : whole;
}

// sizeOf(text) is the size of a message on the wire in bytes; onWrite() is called while one is written.
export function createComposer({ sizeOf, onSend, onWrite, lastSaid }) {
	const form = at('composer');
	const field = at('text');
	const refusal = at('refusal');
	let fittedWidth = 0;
	let room = '';
	let opened = 0;

	function bytesLeft() {
		return limits.messageBytes - sizeOf(finished(field.value));
	}

	function showCounter() {
		const left = bytesLeft();
		const near = left < COUNTER_FROM_BYTES_LEFT;

		at('counter').textContent = near ? (left < 0 ? texts.bytesOver(-left) : texts.bytesLeft(left)) : '';
		form.classList.toggle('over', left < 0);
		field.ariaInvalid = String(left < 0);
		if (left >= 0)
			refusal.textContent = '';
	}

	function fit() {
		// It must shrink before it can be measured.
		field.style.height = 'auto';
		field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
	}

	function fitWidth() {
		if (form.clientWidth === fittedWidth)
			return;
		fittedWidth = form.clientWidth;
		fit();
	}

	function changed() {
		remember(DRAFT + room, field.value);
		fit();
		showCounter();
	}

	async function loadShortcodes() {
		try {
			const { createShortcodes } = await reached(() => import('./shortcodes.js'));
			shortcodes ??= createShortcodes(field, changed);
		} catch {
			// They stay as they are written.
		}
	}

	async function submit() {
		const mine = opened;

		if (!shortcodes && ANY_SHORTCODE.test(field.value))
			await Promise.race([loadShortcodes(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
		// It stays a draft of the room that was left meanwhile.
		if (mine !== opened)
			return;
		const text = finished(field.value);

		if (!text)
			return;
		if (bytesLeft() < 0) {
			refusal.textContent = texts.refusedTooLong;
			return;
		}
		field.value = '';
		changed();
		onSend(text);
	}

	function recallLast(event) {
		const last = field.value ? '' : lastSaid();

		if (!last)
			return;
		event.preventDefault();
		field.setRangeText(last, 0, 0, 'end');
		changed();
	}

	field.addEventListener('input', () => {
		if (!shortcodes && field.value.includes(':'))
			loadShortcodes();
		changed();
		if (field.value.trim())
			onWrite();
	});
	field.addEventListener('keydown', (event) => {
		// A list of choices is open above it.
		if (event.defaultPrevented)
			return;
		if (event.key === 'ArrowUp' && !event.shiftKey && !event.altKey)
			recallLast(event);
		if (event.key !== 'Enter' || event.shiftKey || isComposing(event))
			return;
		event.preventDefault();
		submit();
	});
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		submit();
		field.focus();
	});
	// The window, or the list of people beside it.
	new ResizeObserver(fitWidth).observe(form);

	return {
		// To be called when the field can be seen and measured.
		open(newRoom) {
			opened++;
			room = newRoom;
			field.value = recall(DRAFT + room);
			refusal.textContent = '';
			fit();
			showCounter();
		},
		// The server has told what the room is called.
		renamed(was, name) {
			if (was !== room)
				return;
			remember(DRAFT + was, '');
			room = name;
			remember(DRAFT + room, field.value);
		},
		insert(text) {
			field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
			changed();
		},
		changed,
		focus() {
			field.focus();
		},
	};
}
