// Counts in the title what came while nobody was looking.
import { texts } from './texts.js';

export function createUnread() {
	let count = 0;

	function show() {
		document.title = count ? texts.titleUnread(count) : texts.title;
	}

	document.addEventListener('visibilitychange', () => {
		if (document.hidden)
			return;
		count = 0;
		show();
	});

	return function add() {
		if (!document.hidden)
			return;
		count++;
		show();
	};
}
