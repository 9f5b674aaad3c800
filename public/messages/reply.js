// The answer to a message: the line above the message field that shows which message it answers. It is stored, as a draft
// is.
import { buildClose } from '../base/close.js';
import { at, element } from '../base/elements.js';
import { recallParsed, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('reply.css', import.meta.url));

// keyOf(room) is where it is stored. onAnswer(): the reader wants to write.
export function createReply({ keyOf, onAnswer }) {
	const words = element('span');
	const close = buildClose(texts.replyCancel);
	const line = element('div.reply', words, close);
	let room = null;
	let shown = '';
	// { id, epoch, name, excerpt } of the answered message, or null.
	let answered = null;

	function show(newRoom) {
		room = newRoom;
		answered = recallParsed(keyOf(room));
		// In another history its id belongs to another message.
		if (answered && room.epoch && room.epoch !== answered.epoch)
			drop();
		line.hidden = !answered;
		const now = JSON.stringify(answered);

		// It is read aloud once.
		if (now === shown)
			return;
		shown = now;
		if (!answered)
			return;
		const excerpt = element('span.excerpt', answered.excerpt);

		excerpt.dir = 'auto';
		words.replaceChildren(texts.replyingTo, ' ', element('bdi', answered.name), ' ', excerpt);
	}

	function drop() {
		remember(keyOf(room), '');
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
		// message is { id, name, excerpt }.
		answer(newRoom, message) {
			remember(keyOf(newRoom), JSON.stringify({ ...message, epoch: newRoom.epoch }));
			show(newRoom);
			onAnswer();
		},
		// Of the answered message, or 0.
		get id() {
			return answered?.id ?? 0;
		},
	};
}
