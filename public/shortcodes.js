// Shortcodes become emoji while a message is written, each at its second colon.
import { endsWithShortcode, hasUnknownShortcode, replaceShortcodes } from './emoji.js';
import { loadEmoji } from './emoji-set.js';

// onChange() follows when shortcodes in the field have become emoji.
export function createShortcodes(field, onChange) {
	let isComposing = false;

	const beforeCaret = () => field.value.slice(0, field.selectionStart);

	function replaceBefore() {
		const before = beforeCaret();
		const replaced = replaceShortcodes(before);

		// An input method would lose its place.
		if (isComposing || replaced === before)
			return;
		field.setRangeText(replaced, 0, before.length, 'end');
		onChange();
	}

	// What the small table does not know is looked up in the library, and changed if it is wanted then.
	async function learn(isClosed) {
		if (!hasUnknownShortcode(field.value))
			return;
		try {
			await loadEmoji();
		} catch {
			// It stays as it is written.
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
	// What was written before this was here.
	replaceBefore();
	learn(true);
	return { replace: replaceShortcodes };
}
