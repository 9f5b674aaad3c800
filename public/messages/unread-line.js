// The line above the first unread message.
import { element } from '../base/elements.js';
import { laterTexts } from '../words/later-texts.js';

export function createUnreadLine({ rows, scroll, range }) {
	// The first unread id, and the line above its row. The row may not be loaded yet.
	let from = 0;
	let line = null;

	function place() {
		const first = from && !line?.isConnected && range.first <= from && rows.firstFrom(from);

		if (!first)
			return;
		line = element('p.unread-line', element('span', laterTexts.unreadLine));
		scroll.keep(() => rows.insert(line, null, first));
	}

	return {
		// Call after rows were added.
		place,
		// Messages from this id on are unread; 0 is none.
		mark(id) {
			if (line?.isConnected)
				scroll.keep(() => rows.remove(line));
			line = null;
			from = id;
			place();
		},
	};
}
