// Long texts: a log shows their beginning, and the whole on demand.
import { button } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts } from '../words/later-texts.js';

await addStylesheet(new URL('fold.css', import.meta.url));

const buttonOf = (row) => row.querySelector(':scope > .fold');
const isOpen = (row) => row.classList.contains('open');

// A text of many characters may be a few lines of code.
const observer = new ResizeObserver((changes) => {
	for (const { target: row } of changes) {
		const { scrollHeight, clientHeight } = row.querySelector('.text');

		buttonOf(row).hidden = !isOpen(row) && scrollHeight <= clientHeight;
	}
});

// scroll is the log's scroll keeper.
function turn(row, wanted, scroll) {
	// The browser has scrolled a folded text to what it found or what has the focus.
	const hidden = row.querySelector('.text').scrollTop;

	// The reader goes on where they are, not at the end of the log.
	scroll.leave();
	scroll.keep(() => {
		row.classList.toggle('open', wanted);
		buttonOf(row).textContent = wanted ? laterTexts.showLess : laterTexts.showAll;
	});
	if (wanted)
		row.parentElement.scrollTop += hidden;
	else
		row.scrollIntoView({ block: 'nearest' });
}

// Call once the text of a row is long, and again when it is another one.
export function fold(row, scroll) {
	if (buttonOf(row))
		return;
	const made = button('fold', laterTexts.showAll);

	made.tabIndex = -1;
	made.addEventListener('click', () => turn(row, !isOpen(row), scroll));
	row.append(made);
	// Scrolling does not bubble.
	row.addEventListener('scroll', ({ target }) => target.matches('.text') && !isOpen(row) && turn(row, true, scroll), true);
	observer.observe(row);
}
