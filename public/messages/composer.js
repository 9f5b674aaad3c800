// The message field.
import { at } from '../base/elements.js';
import { isComposing } from '../base/keys.js';
import { ifReachable } from '../base/lazy.js';
import { recall, remember } from '../base/storage.js';
import { limits } from '../people/identity.js';
import { texts } from '../words/texts.js';

const COUNTER_FROM_BYTES_LEFT = 2000;
// How long sending waits for the shortcode module.
const PATIENCE_MS = 2000;
export const DRAFT = 'draft.';

const ANY_SHORTCODE = /:[a-z0-9_+-]+:/;
// No draft.
const LOGIN = /^\s*[/／]login\s/i;

// Loaded on demand.
let shortcodes = null;

// The text to send: without blank lines around it, shortcodes replaced, well-formed for UTF-8.
function finished(text) {
	const trimmed = text.replaceAll('\0', '').replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
	const whole = trimmed.toWellFormed?.() ?? trimmed;
	return shortcodes ? shortcodes.replace(whole) : whole;
}

// sizeOf(text): bytes of the encoded message. onWrite() is called on each input. editLast() is false if there is nothing
// to edit.
export function createComposer({ sizeOf, onSend, onWrite, editLast }) {
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
		// Shrink it first, or scrollHeight never gets smaller.
		field.style.height = 'auto';
		field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
	}

	function fitWidth() {
		if (form.clientWidth === fittedWidth)
			return;
		fittedWidth = form.clientWidth;
		fit();
	}

	function keepDraft(of = room, text = field.value) {
		remember(DRAFT + of, LOGIN.test(text) ? '' : text);
	}

	function changed() {
		keepDraft();
		fit();
		showCounter();
	}

	async function loadShortcodes() {
		try {
			const { createShortcodes } = await ifReachable(() => import('../emoji/shortcodes.js'));
			shortcodes ??= createShortcodes(field, changed);
		} catch {
			// Shortcodes are sent as text.
		}
	}

	async function submit() {
		const mine = opened;

		if (!shortcodes && ANY_SHORTCODE.test(field.value))
			await Promise.race([loadShortcodes(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
		// The reader changed rooms meanwhile: keep the draft.
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

	field.addEventListener('input', () => {
		if (!shortcodes && field.value.includes(':'))
			loadShortcodes();
		changed();
		if (field.value.trim())
			onWrite();
	});
	field.addEventListener('keydown', (event) => {
		// The completion list has handled it.
		if (event.defaultPrevented)
			return;
		if (event.key === 'ArrowUp' && !event.shiftKey && !event.altKey && !field.value && editLast())
			event.preventDefault();
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
	new ResizeObserver(fitWidth).observe(form);

	return {
		// The field must be visible: it is measured.
		open(newRoom) {
			opened++;
			room = newRoom;
			field.value = recall(DRAFT + room);
			refusal.textContent = '';
			fit();
			showCounter();
		},
		// The server told the room's real name.
		renamed(was, name) {
			if (was !== room)
				return;
			remember(DRAFT + was, '');
			room = name;
			keepDraft();
		},
		// Nothing was done with this text: it comes back, unless the reader writes another one.
		refuse(text, fault, of) {
			if (of !== room) {
				keepDraft(of, recall(DRAFT + of) || text);
				return;
			}
			field.value ||= text;
			changed();
			refusal.textContent = fault;
		},
		insert(text) {
			field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
			changed();
		},
		// Addresses somebody in what the reader writes.
		mention(name) {
			const isInWord = /\S$/.test(field.value.slice(0, field.selectionStart));

			this.focus();
			this.insert(`${isInWord ? ' ' : ''}@${name} `);
		},
		changed,
		focus() {
			field.focus();
		},
	};
}
