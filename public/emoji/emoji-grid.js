// The sections of the emoji picker. The arrow keys move across all of them.
import { button, element } from '../base/elements.js';

let sectionsBuilt = 0;

// onPick(entry) is called for each choice, onLeave() for a step up from the first row. toned(entry) is the emoji with
// the chosen skin tone.
export function createGrid(place, { toned, onPick, onLeave }) {
	// [{ section, choices }]
	let shown = [];
	// button -> { entry, at, index }: at is the index of its section, index its place there.
	let places = new Map();

	function build(entry) {
		const choice = button('choice', toned(entry));

		choice.title = entry.codes.length ? `${entry.label} :${entry.codes[0]}:` : entry.label;
		choice.ariaLabel = entry.label;
		// Roving tabindex: Tab stops once, the arrow keys do the rest.
		choice.tabIndex = -1;
		return choice;
	}

	function buildSection({ title, entries }, at) {
		const choices = entries.map(build);
		const section = element('section', element('div.picker-rows', ...choices));

		choices.forEach((choice, index) => places.set(choice, { entry: entries[index], at, index }));
		// The style sheet computes a section's height from it.
		section.style.setProperty('--count', choices.length);
		if (title) {
			const heading = element('h3', title);
			heading.id = `picker-heading-${sectionsBuilt++}`;
			section.setAttribute('aria-labelledby', heading.id);
			section.prepend(heading);
		}
		return { section, choices };
	}

	const first = () => shown[0]?.choices[0];

	// sections are [{ title, entries }], none of them empty. note is shown if there are no sections.
	function show(sections, note) {
		const held = places.get(document.activeElement)?.entry.emoji;

		places = new Map();
		shown = sections.map(buildSection);
		place.replaceChildren(...(shown.length ? shown.map(({ section }) => section) : [element('p', note)]));
		place.scrollTop = 0;
		if (first())
			first().tabIndex = 0;
		if (held) {
			const again = [...places].find(([, { entry }]) => entry.emoji === held);
			moveTo(again ? again[0] : first());
		}
	}

	function moveTo(choice) {
		place.querySelector('[tabindex="0"]').tabIndex = -1;
		choice.tabIndex = 0;
		choice.focus();
	}

	function besideOf({ at, index }, step) {
		const { choices } = shown[at];
		return choices[index + step] ?? (step < 0 ? shown[at - 1]?.choices.at(-1) : shown[at + 1]?.choices[0]);
	}

	function belowOf({ at, index }, columns) {
		const { choices } = shown[at];
		const column = index % columns;
		const isLastRow = index - column + columns >= choices.length;
		const under = isLastRow ? shown[at + 1]?.choices : choices;

		return under?.[Math.min(isLastRow ? column : index + columns, under.length - 1)];
	}

	function aboveOf({ at, index }, columns) {
		const { choices } = shown[at];
		const over = shown[at - 1]?.choices;

		if (index >= columns)
			return choices[index - columns];
		const lastRow = over && Math.floor((over.length - 1) / columns) * columns;
		return over?.[Math.min(lastRow + index, over.length - 1)];
	}

	place.addEventListener('keydown', (event) => {
		const from = places.get(document.activeElement);
		const columns = Number(getComputedStyle(place).getPropertyValue('--columns'));
		const steps = {
			ArrowLeft: () => besideOf(from, -1),
			ArrowRight: () => besideOf(from, 1),
			ArrowUp: () => aboveOf(from, columns),
			ArrowDown: () => belowOf(from, columns),
		};

		if (!from || !Object.hasOwn(steps, event.key))
			return;
		event.preventDefault();
		const to = steps[event.key]();
		if (to)
			moveTo(to);
		else if (event.key === 'ArrowUp')
			onLeave();
	});
	place.addEventListener('click', ({ target }) => {
		const chosen = places.get(target);

		if (chosen)
			onPick(chosen.entry);
	});

	return {
		show,
		pickFirst: () => first()?.click(),
		enter() {
			if (first())
				moveTo(first());
		},
		jumpTo(at) {
			const { section, choices } = shown[at];
			place.scrollTop = section.offsetTop;
			moveTo(choices[0]);
		},
	};
}
