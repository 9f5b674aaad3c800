// Leads the reader to the first message of a day.
import { element, button } from '../base/elements.js';
import { placeBeside } from '../base/menu.js';
import { addStylesheet } from '../base/stylesheet.js';
import { toast } from '../base/toast.js';
import { laterTexts } from '../words/later-texts.js';
import { messageAt } from './moments.js';
import { dayOf } from './search-query.js';

await addStylesheet(new URL('dates.css', import.meta.url));

const texts = laterTexts.dates;

// Days ago.
const AGO = { yesterday: 1, week: 7, month: 30 };

function daysAgo(days) {
	const now = new Date();
	return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
}

// YYYY-MM-DD, as the reader's clock has it.
const written = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;

// opener is what was pressed. date is shown in the field, if there is one. onChoose(id) shows the message.
export function openDates(opener, { room, date, onChoose }) {
	const field = element('input');
	const form = element('form', element('label', element('span', texts.day), field), element('button', texts.go));
	const ways = Object.entries(AGO).map(([way, days]) => [way, daysAgo(days)]);
	const state = element('p.state');
	const panel = element('div.dates', ...[...ways, ['beginning', 0]].map(buildWay), form, state);
	// The way that was chosen last.
	let chosen = null;

	function buildWay([way, time]) {
		const made = button('', texts[way]);
		made.addEventListener('click', () => go(time));
		return made;
	}

	// Whoever closes the panel meanwhile stays where they are.
	async function go(time) {
		const mine = {};

		chosen = mine;
		state.textContent = laterTexts.searchBusy;
		const id = await messageAt(room, time).catch(() => null);
		if (mine !== chosen || !panel.matches(':popover-open'))
			return;
		panel.hidePopover();
		if (id)
			onChoose(id);
		else
			toast(id === null ? texts.failed : texts.none);
	}

	form.addEventListener('submit', (event) => {
		event.preventDefault();
		const day = dayOf(field.value);

		if (day)
			go(day.begin.getTime());
		else
			field.focus();
	});
	field.type = 'date';
	field.max = written(new Date());
	field.value = date ? written(date) : '';
	state.role = 'status';
	panel.popover = 'auto';
	panel.role = 'dialog';
	panel.ariaLabel = texts.title;
	panel.addEventListener('toggle', ({ newState }) => newState === 'closed' && panel.remove());
	panel.addEventListener('keydown', (event) => event.key === 'Escape' && event.stopPropagation());
	(opener.closest('dialog') ?? document.body).append(panel);
	panel.showPopover();
	placeBeside(panel, opener);
	panel.querySelector('button').focus();
}
