// Replaces shortcodes by emoji while the reader writes, at the second colon.
import { loadEmoji } from './emoji-set.js';
import { endsInCode, endsWithShortcode, hasUnknownShortcode, replaceShortcodes } from './emoji.js';

// onChange() is called after a replacement.
export function createShortcodes(field, onChange) {
	let isComposing = false;

	const beforeCaret = () => field.value.slice(0, field.selectionStart);

	function replaceBefore() {
		const before = beforeCaret();
		const replaced = replaceShortcodes(before);

		// It would interrupt an input method.
		if (isComposing || replaced === before || endsInCode(before))
			return;
		field.setRangeText(replaced, 0, before.length, 'end');
		onChange();
	}

	// Loads the library for codes that the built-in table lacks.
	async function learn(isClosed) {
		if (!hasUnknownShortcode(field.value))
			return;
		try {
			await loadEmoji();
		} catch {
			// The code stays as text.
			return;
		}
		if (isClosed)
			replaceBefore();
	}

	field.addEventListener('input', (event) => {
		({ isComposing } = event);
		const isClosed = event.inputType === 'insertText' && endsWithShortcode(beforeCaret());

		if (isClosed)
			replaceBefore();
		learn(isClosed);
	});
	// Text written before this module was loaded.
	replaceBefore();
	learn(true);
	return { replace: replaceShortcodes };
}
