// What is around the text of a message: which one it answers, reactions, and whether it was edited.
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { toast } from '../base/toast.js';
import { isSameName } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { fullDate } from '../words/texts.js';
import { createChanges } from './changes.js';
import { createQuotes } from './quotes.js';

await addStylesheet(new URL('marks.css', import.meta.url));

// As the server limits them.
const MAX_REACTIONS = 20;
const MAX_NAMES = 50;

// Applying it twice changes nothing, unless there are more people than names. Without an id it had been done before.
function apply(reactions, { id, emoji, name, on }) {
	const { names, count } = reactions.get(emoji) ?? { names: [], count: 0 };
	const others = names.filter((other) => !isSameName(other, name));
	const wasOn = others.length < names.length;
	const isAllListed = names.length === count;

	if (isAllListed ? wasOn === on : (wasOn && on) || !id)
		return;
	const now = on && others.length < MAX_NAMES ? [...others, name] : others;

	if (on || count > 1)
		reactions.set(emoji, { names: now, count: count + (on ? 1 : -1) });
	else
		reactions.delete(emoji);
}

// server as in changes.js. onChoose(id) shows a message.
export function createMarks({ log, rows, scroll, server, onChoose }) {
	const changes = createChanges(server);
	const quotes = createQuotes({ log, rows, ask: server.ask, room: server.room, onChoose });
	const isMine = ({ names }) => names.some((name) => isSameName(name, server.nameNow()));

	function buildReaction(emoji, reaction, entry) {
		const isOn = isMine(reaction);
		const { names, count } = reaction;
		const made = button('reaction', element('span', emoji), ` ${count}`);

		made.ariaPressed = String(isOn);
		made.title = texts.namesAndMore(names, count - names.length);
		made.ariaLabel = `${emoji} ${made.title}`;
		made.dataset.emoji = emoji;
		made.tabIndex = -1;
		made.addEventListener('click', () => changes.react(entry.id, emoji, !isOn).catch(({ message }) => toast(message)));
		return made;
	}

	function buildFooter(entry) {
		const { reactions, editedAt } = entry;
		const made = Array.from(reactions ?? [], ([emoji, reaction]) => buildReaction(emoji, reaction, entry));
		const footer = element('div.marks', ...made);

		if (editedAt) {
			const edited = element('small', texts.edited);

			edited.title = fullDate(new Date(editedAt));
			footer.append(edited);
		}
		// A change is not read aloud.
		footer.ariaLive = 'off';
		return footer;
	}

	function draw(row, entry) {
		const focused = row.querySelector('.reaction:focus')?.dataset.emoji;

		row.querySelectorAll(':scope > :is(.quote, .marks)').forEach((old) => old.remove());
		if (entry.replyTo)
			row.querySelector('.text').before(quotes.build(entry.replyTo));
		if (entry.editedAt || entry.reactions?.size)
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

	return {
		show,
		// Its text is another one, or gone.
		changed: quotes.changed,
		forget: quotes.forget,
		reacted(row, entry, frame) {
			entry.reactions ??= new Map();
			if (frame.on && entry.reactions.size >= MAX_REACTIONS && !entry.reactions.has(frame.emoji))
				return;
			apply(entry.reactions, frame);
			show(row, entry);
		},
	};
}
