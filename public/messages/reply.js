// The answer to a message: the line above the message field that shows which message it answers.
import { buildClose } from '../base/close.js';
import { at, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { excerptOf } from './quotes.js';

await addStylesheet(new URL('reply.css', import.meta.url));

// onAnswer(): the reader wants to write.
export function createReply({ onAnswer }) {
	// Answered messages by room.
	const answered = new WeakMap();
	const words = element('span');
	const close = buildClose(texts.replyCancel);
	const line = element('div.reply', words, close);
	let room = null;

	function show(newRoom) {
		const entry = answered.get(newRoom);

		room = newRoom;
		line.hidden = !entry;
		if (!entry)
			return;
		const excerpt = element('span.excerpt', excerptOf(entry));

		excerpt.dir = 'auto';
		words.replaceChildren(texts.replyingTo, ' ', element('bdi', entry.name), ' ', excerpt);
	}

	function drop() {
		answered.delete(room);
		show(room);
	}

	words.role = 'status';
	close.addEventListener('click', () => {
		drop();
		onAnswer();
	});
	at('text').addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' || event.defaultPrevented || line.hidden)
			return;
		event.preventDefault();
		event.stopPropagation();
		drop();
	});
	line.hidden = true;
	at('composer').querySelector('.field').before(line);

	return {
		show,
		answer(newRoom, entry) {
			answered.set(newRoom, entry);
			show(newRoom);
			onAnswer();
		},
		// Of the answered message, or 0.
		get id() {
			return answered.get(room)?.id ?? 0;
		},
		drop,
	};
}
