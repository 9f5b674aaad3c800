// Editing a message in its row.
import { button, element } from '../base/elements.js';
import { isComposing } from '../base/keys.js';
import { ifReachable } from '../base/lazy.js';
import { limits, utf8Bytes } from '../people/identity.js';
import { laterTexts } from '../words/later-texts.js';
import { texts } from '../words/texts.js';

// Members of the frame beside the text.
const OTHER_BYTES = 256;

async function withEmoji(text) {
	if (!text.includes(':'))
		return text;
	try {
		const { replaceShortcodes } = await ifReachable(() => import('../emoji/emoji.js'));
		return replaceShortcodes(text);
	} catch {
		return text;
	}
}

// kept is what the reader has written before, if anything. onWrite(text) is called on each input. save(text) resolves when
// the server has stored it. onEmpty() is called instead if nothing is left. onDone() is called at the end.
export function openEditor(row, text, { kept, onWrite, save, onEmpty, onDone }) {
	const field = element('textarea');
	const fault = element('p.fault');
	const keep = button('primary', laterTexts.save);
	const cancel = button('', laterTexts.cancel);
	const editor = element('div.editor', field, fault, element('div.actions', cancel, keep));

	function fit() {
		field.style.height = 'auto';
		field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
	}

	function close() {
		row.classList.remove('editing');
		editor.remove();
		onDone();
	}

	async function trySave() {
		const wanted = await withEmoji(field.value.trim().replaceAll('\0', ''));

		if (!wanted) {
			onEmpty();
		} else if (wanted === text) {
			close();
		} else if (utf8Bytes(JSON.stringify(wanted)) + OTHER_BYTES > limits.messageBytes) {
			fault.textContent = texts.refusedTooLong;
		} else {
			await save(wanted);
			close();
		}
	}

	async function submit() {
		if (keep.disabled)
			return;
		keep.disabled = true;
		try {
			await trySave();
		} catch ({ message }) {
			fault.textContent = message;
		}
		keep.disabled = false;
	}

	field.value = kept ?? text;
	field.rows = 1;
	field.dir = 'auto';
	field.ariaLabel = laterTexts.editLabel;
	fault.role = 'alert';
	// Typing is not read aloud as news.
	editor.ariaLive = 'off';
	field.addEventListener('input', () => {
		fault.textContent = '';
		fit();
		onWrite(field.value);
	});
	editor.addEventListener('keydown', (event) => {
		// Not for the log.
		event.stopPropagation();
		if (event.key === 'Escape' && !isComposing(event)) {
			close();
		} else if (event.key === 'Enter' && event.target === field && !event.shiftKey && !isComposing(event)) {
			event.preventDefault();
			submit();
		}
	});
	keep.addEventListener('click', submit);
	cancel.addEventListener('click', close);
	row.classList.add('editing');
	row.querySelector('.text').after(editor);
	fit();
	if (kept === undefined) {
		field.focus({ preventScroll: true });
		editor.scrollIntoView({ block: 'nearest' });
	}
	return {
		close,
		focus: () => field.focus(),
		get isChanged() {
			return field.value.trim() !== text.trim();
		},
	};
}
