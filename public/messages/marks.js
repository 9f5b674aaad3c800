// What is around the text of a message: which one it answers, reactions, and whether it was edited.
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { toast } from '../base/toast.js';
import { readReaction } from '../connection/wire-changes.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { fullDate } from '../words/texts.js';
import { createChanges } from './changes.js';
import { fillText } from './message-view.js';
import { createQuotes } from './quotes.js';
import { applyReaction, isAmong, reactionsOf } from './reactions.js';

await addStylesheet(new URL('marks.css', import.meta.url));

// The text is gone, for everybody.
function markDeleted(row, entry) {
	Object.assign(entry, { deleted: true, action: false, text: '', title: '', priority: undefined, tags: [], click: '' });
	row.classList.remove('action');
	row.dataset.priority = '';
	fillText(row, entry, {});
}

// server as in changes.js. onChoose(id) shows a message. onChanged(row, entry): its text is another one.
// onErased(row): its text is gone.
export function createMarks({ log, rows, scroll, server, onChoose, onChanged, onErased }) {
	const changes = createChanges(server);
	const quotes = createQuotes({ log, rows, ask: server.ask, room: server.room, onChoose });

	function buildReaction(emoji, { names, count }, entry) {
		const isOn = isAmong(server.nameNow(), names);
		const made = button('reaction', element('span', emoji), ` ${count}`);

		made.ariaPressed = String(isOn);
		made.title = texts.namesAndMore(names, count - names.length);
		made.ariaLabel = `${made.textContent}: ${made.title}`;
		made.dataset.emoji = emoji;
		made.tabIndex = -1;
		made.addEventListener('click', () => changes.react(entry.id, emoji, !isOn).catch(({ message }) => toast(message)));
		return made;
	}

	function buildFooter(entry) {
		const made = Array.from(reactionsOf(entry), ([emoji, reaction]) => buildReaction(emoji, reaction, entry));
		const footer = element('div.marks', ...made);

		if (entry.editedAt) {
			const edited = element('small', texts.edited);

			edited.title = fullDate(new Date(entry.editedAt));
			footer.append(edited);
		}
		// A change is not read aloud.
		footer.ariaLive = 'off';
		return footer;
	}

	function draw(row, entry) {
		const focused = row.querySelector('.reaction:focus')?.dataset.emoji;

		row.querySelectorAll(':scope > :is(.quote, .marks)').forEach((old) => old.remove());
		if (entry.deleted)
			return;
		if (entry.replyTo)
			row.querySelector('.text').before(quotes.build(entry.replyTo));
		if (entry.editedAt || reactionsOf(entry).size)
			row.append(buildFooter(entry));
		if (focused)
			(Array.from(row.querySelectorAll('.reaction')).find(({ dataset }) => dataset.emoji === focused) ?? row).focus();
	}

	function show(row, entry) {
		// Rows that are being built cannot move others.
		if (row.isConnected)
			scroll.keep(() => draw(row, entry));
		else
			draw(row, entry);
	}

	// Its text is another one, or gone. The row may have been removed meanwhile.
	function change(row, mark) {
		const entry = rows.entryOf(row);

		if (!entry)
			return;
		scroll.keep(() => mark(entry));
		rows.refresh(row);
		show(row, entry);
		onChanged(row, entry);
	}

	return {
		show,
		// found are the rows of those that are on the page.
		erased(found, ids) {
			for (const row of found) {
				change(row, (entry) => markDeleted(row, entry));
				onErased(row);
			}
			quotes.changed(ids);
		},
		edited(row, { of, text, editedAt }, reader) {
			change(row, (entry) => fillText(row, Object.assign(entry, { text, editedAt }), reader));
			quotes.changed([of]);
		},
		forget: quotes.forget,
		reacted(row, entry, { id, raw }) {
			const reaction = readReaction(raw);

			if (!reaction)
				return;
			applyReaction(entry, { ...reaction, id });
			show(row, entry);
		},
	};
}
