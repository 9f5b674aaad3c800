// The model of the Logs view: the kept lines, the filter, and the lines that wait during a pause.
import { createFilter } from './filter.js';
import { createLines, trim } from './lines.js';

// onCleared(), onAppended(entries) and onDropped(n) update the display; onDropped: entries below number n are gone.
// onFault(fault) reports a filter error. onChange() is called when a count has changed.
export function createLog({ onCleared, onAppended, onDropped, onFault, onChange }) {
	let lines = createLines();
	let entries = [];
	// Entries that arrived during a pause.
	let waiting = [];
	let isPaused = false;

	const filter = createFilter({
		onFits(fitting) {
			// The filter may return entries that were dropped meanwhile.
			const first = entries[0]?.n ?? Infinity;
			const ready = fitting.filter(({ n }) => n >= first);

			if (ready.length)
				onAppended(ready);
			onChange();
		},
		onFault,
	});

	function add(more) {
		entries.push(...more);
		if (trim(entries))
			onDropped(entries[0].n);
		filter.add(more);
	}

	function showAll() {
		onCleared();
		filter.add(entries);
		onChange();
	}

	const isLine = ({ mark }) => !mark;

	return {
		begin() {
			lines = createLines();
			entries = [];
			waiting = [];
			isPaused = false;
			filter.begin();
			showAll();
		},
		joined: (epoch) => lines.joined(epoch),
		take(frame) {
			const more = lines.take(frame);

			if (!more.length)
				return;
			if (isPaused) {
				waiting.push(...more);
				trim(waiting);
			} else {
				add(more);
			}
			onChange();
		},
		pause(wanted) {
			isPaused = wanted;
			if (!isPaused)
				add(waiting.splice(0));
			onChange();
		},
		filter(text, isExpression) {
			if (filter.set(text, isExpression))
				showAll();
		},
		get isPaused() {
			return isPaused;
		},
		get waiting() {
			return waiting.filter(isLine).length;
		},
		get count() {
			return entries.filter(isLine).length;
		},
		// The text to highlight.
		get wanted() {
			return filter.text;
		},
	};
}
