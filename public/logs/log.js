// The lines that are kept of the log that is read, those of them that the filter lets through, and those that wait while
// the reader has stopped it all.
import { createFilter } from './filter.js';
import { createLines, trim } from './lines.js';

// onCleared(), onAppended(entries) and onDropped(n), up to which number, tell what is to be shown; onFault(fault), what is
// wrong with the filter; onChange(), that a number has changed.
export function createLog({ onCleared, onAppended, onDropped, onFault, onChange }) {
	let lines = createLines();
	let entries = [];
	// While it is paused.
	let waiting = [];
	let isPaused = false;

	const filter = createFilter({
		onFits(fitting) {
			// What was dropped meanwhile stays away, and marks stand among the lines.
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
		// What is to be made to stand out in the lines.
		get wanted() {
			return filter.text;
		},
	};
}
