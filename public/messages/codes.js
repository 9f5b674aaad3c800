// Shortcodes that others wrote, such as programs, are shown as emoji. What the built-in table lacks is loaded.
import { loadEmoji } from '../emoji/emoji-set.js';
import { hasUnknownShortcode, replaceShortcodes } from '../emoji/emoji.js';

// Code and addresses stay as written.
function textsOf(element) {
	const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
	const found = [];

	while (walker.nextNode()) {
		if (!walker.currentNode.parentElement.closest('code, a, bdi'))
			found.push(walker.currentNode);
	}
	return found;
}

// keep(change) changes the log without moving what is read.
export async function showEmoji(element, keep) {
	const texts = textsOf(element).filter(({ data }) => data.includes(':'));

	function replace() {
		const change = () => texts.forEach((text) => {
			text.data = replaceShortcodes(text.data);
		});

		if (element.isConnected)
			keep(change);
		else
			change();
	}

	replace();
	if (!texts.some(({ data }) => hasUnknownShortcode(data)))
		return;
	try {
		await loadEmoji();
		replace();
	} catch {
		// The codes stay as text.
	}
}

// A tag that is the code of an emoji is shown as the emoji.
export async function showTag(element, tag) {
	const code = `:${tag}:`;
	const show = () => {
		element.textContent = replaceShortcodes(code).replace(code, tag);
	};

	show();
	if (!hasUnknownShortcode(code))
		return;
	try {
		await loadEmoji();
		show();
	} catch {
		// The tag stays as text.
	}
}
