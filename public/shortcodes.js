// Shortcodes become emoji while a message is written, each at its second colon.
import { emojiMeant, hasUnknownShortcode, replaceShortcodes, shortcodeBefore } from './emoji.js';
import { loadEmoji } from './emoji-set.js';

// onChange() follows when a shortcode in the field has become an emoji.
export function createShortcodes(field, onChange) {
	function put({ start, code }) {
		const written = `:${code}:`;
		const emoji = emojiMeant(code);

		// It may have been changed or sent in the meantime.
		if (!emoji || !field.value.startsWith(written, start))
			return;
		const end = start + written.length;
		// A caret just behind would be put before it.
		field.setRangeText(emoji, start, end, field.selectionEnd === end ? 'end' : 'preserve');
		onChange();
	}

	field.addEventListener('input', async ({ isComposing, inputType }) => {
		const found = !isComposing && inputType === 'insertText' && shortcodeBefore(field.value.slice(0, field.selectionStart));

		if (found)
			put(found);
		if (!hasUnknownShortcode(field.value))
			return;
		try {
			await loadEmoji();
		} catch {
			// It stays as it is written.
			return;
		}
		if (found)
			put(found);
	});
	return { replace: replaceShortcodes };
}
