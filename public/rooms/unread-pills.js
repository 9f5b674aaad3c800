// What is new, above the log: "130 new since 17:20", "1 mention".
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts } from '../words/later-texts.js';
import { clockTime, locale, sameDay } from '../words/texts.js';

await addStylesheet(new URL('unread.css', import.meta.url));

const texts = laterTexts.unreadPills;
const dayTime = new Intl.DateTimeFormat(locale, {
	weekday: 'short',
	day: 'numeric',
	month: 'short',
	hour: '2-digit',
	minute: '2-digit',
});
const timeOf = (date) => (sameDay(date, new Date()) ? clockTime(date) : dayTime.format(date));

// The room has its log as a child.
export function createUnreadPills(room, { onFirst, onMention, onRead }) {
	const first = button('first');
	const mention = button('mention-pill');
	const read = button('read', '✕');
	const pills = element('div.unread-pills', first, read, mention);

	function put(made, words, hint) {
		made.hidden = !words;
		if (made.textContent !== words)
			made.textContent = words;
		made.title = hint;
		made.ariaLabel = `${words}, ${hint}`;
	}

	read.ariaLabel = read.title = texts.markRead;
	pills.hidden = true;
	first.addEventListener('click', onFirst);
	mention.addEventListener('click', onMention);
	read.addEventListener('click', onRead);
	// Before the log, for the Tab key.
	room.prepend(pills);

	return {
		// since is the date of the first message, if that is known.
		show({ count = 0, since, mentions = 0 }) {
			const held = pills.contains(document.activeElement) && document.activeElement;

			put(first, count ? texts.since(count, since && timeOf(since)) : '', texts.toFirst);
			put(mention, mentions ? laterTexts.mentionsYou(mentions) : '', texts.toMention);
			read.hidden = !count;
			pills.hidden = !count && !mentions;
			if (held && !held.checkVisibility())
				room.querySelector('.log').focus({ preventScroll: true });
		},
	};
}
