// The line above an answer that shows which message it answers, and jumps there.
import { button, element } from '../base/elements.js';
import { encodeHistory } from '../connection/wire.js';
import { laterTexts } from '../words/later-texts.js';
import { texts } from '../words/texts.js';
import { plain } from './plain.js';

const MAX_CHARACTERS = 200;
const MAX_KEPT = 200;
const MAX_WAITING = 50;

// The beginning of a message, in one line.
export function excerptOf({ title, text, deleted }) {
	const whole = [title, plain(text, MAX_CHARACTERS)].filter(Boolean).join(' · ');
	return deleted ? texts.deletedMessage : whole.replace(/\s+/g, ' ').slice(0, MAX_CHARACTERS).toWellFormed();
}

// onChoose(id) is called when the reader wants to see the quoted message.
export function createQuotes({ log, rows, ask, room, onChoose }) {
	// Quoted messages that are not on the page; null if there is none with this id.
	const kept = new Map();
	// A new object for each time that a message is wanted.
	const waiting = new Map();
	let isAsking = false;

	function keep(id, entry) {
		kept.delete(id);
		kept.set(id, entry);
		if (kept.size > MAX_KEPT)
			kept.delete(kept.keys().next().value);
	}

	const entryOf = (id) => rows.entryOf(rows.withId(id)) ?? kept.get(id);

	function fill(quote, id) {
		const entry = entryOf(id);
		const isShown = entry && entry.type !== 'other';
		const words = element('span', isShown ? excerptOf(entry) : entry === undefined ? '…' : laterTexts.quoteGone);

		words.dir = 'auto';
		quote.replaceChildren(...(isShown ? [element('bdi', entry.name), ' '] : []), words);
		quote.ariaLabel = laterTexts.quoteLabel(quote.textContent);
	}

	function refresh(id) {
		for (const quote of log.querySelectorAll(`.quote[data-of="${id}"]`))
			fill(quote, id);
	}

	// One at a time.
	async function load() {
		if (isAsking || !waiting.size)
			return;
		const [[id, wanted]] = waiting;

		isAsking = true;
		try {
			const { messages } = await ask((ref) => encodeHistory({ ref, room: room(), before: id + 1, limit: 1 }));

			if (waiting.get(id) === wanted) {
				waiting.delete(id);
				keep(id, messages.find((message) => message.id === id) ?? null);
				refresh(id);
			}
		} catch {
			// Offline: the quotes only lead to the messages.
			waiting.clear();
		}
		isAsking = false;
		load();
	}

	function want(id) {
		waiting.set(id, {});
		if (waiting.size > MAX_WAITING)
			waiting.delete(waiting.keys().next().value);
		load();
	}

	return {
		build(id) {
			const quote = button('quote');

			quote.dataset.of = id;
			quote.tabIndex = -1;
			quote.addEventListener('click', () => onChoose(id));
			fill(quote, id);
			if (entryOf(id) === undefined)
				want(id);
			return quote;
		},
		// The messages were edited or deleted. An answer on its way may have the old text.
		changed(ids) {
			const quoted = new Set(Array.from(log.querySelectorAll('.quote'), ({ dataset }) => Number(dataset.of)));

			ids.forEach((id) => kept.delete(id));
			for (const id of ids.filter((one) => quoted.has(one))) {
				if (!rows.withId(id))
					want(id);
				refresh(id);
			}
		},
		// The ids belong to another history.
		forget() {
			kept.clear();
			waiting.clear();
			for (const quote of log.querySelectorAll('.quote'))
				quote.disabled = true;
		},
	};
}
