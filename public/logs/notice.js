// The notice in place of the lines while there are none.
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';

export function createNotice({ words }) {
	const text = element('p');
	const again = button('logs-again', words.again);
	const example = element('code', 'tails = ( { room = "syslog"; path = "/var/log/syslog"; } );');
	const place = element('div.logs-notice', text, example, again);
	// Takes precedence over "no lines".
	let important = words.loading;
	let onAgain = null;

	function show(said, action) {
		setText(text, said);
		place.hidden = !said;
		example.hidden = true;
		again.hidden = !action;
		onAgain = action;
	}

	text.setAttribute('role', 'status');
	again.addEventListener('click', () => onAgain());
	show(important, null);

	function showImportant(said, action = null) {
		important = said;
		show(said, action);
	}

	return {
		place,
		opening: () => showImportant(words.loading),
		opened: () => showImportant(''),
		none() {
			showImportant(words.noLogs);
			example.hidden = false;
		},
		refused: showImportant,
		// all: number of lines; shown: how many match the filter.
		showEmpty(all, shown) {
			if (all && important === words.loading)
				important = '';
			if (!important)
				show(shown ? '' : all ? words.noMatch : words.nothing, null);
		},
	};
}
