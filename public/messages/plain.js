// A text without its formats, for quotes and notifications.
import { element } from '../base/elements.js';
import { format } from './markup.js';

// No part of a line.
const BLOCKS = 'blockquote, li, pre';

// The beginning, in lines.
export function plain(text, most) {
	// No formats take more characters than the text itself.
	const whole = element('div', ...format(text.slice(0, 5 * most)));

	whole.querySelectorAll('.fence-language').forEach((language) => language.remove());
	for (const block of whole.querySelectorAll(BLOCKS)) {
		block.before('\n');
		block.after('\n');
	}
	return Array.from(whole.textContent.replace(/\s*\n\s*/g, '\n').trim()).slice(0, most).join('');
}
