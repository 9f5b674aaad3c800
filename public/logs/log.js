// The model of the Logs view: the kept lines, the filter, and the lines that wait during a pause.
import { createFilter } from './filter.js';
import { createLines, mostOf, trim } from './lines.js';

// Room for new lines, so that they do not push out older ones at once that the reader has loaded.
const TAIL_LINES = 2000;

// onCleared(), onFound(entries) and onDropped(n) update the display; onDropped: entries below number n are gone.
// onFault(fault) reports a filter error. onChange() is called when a count has changed.
export function createLog({ onCleared, onFound, onDropped, onFault, onChange }) {
	let lines = createLines();
	let entries = [];
	// Entries that arrived during a pause.
	let waiting = [];
	let isPaused = false;
	let most = mostOf(0);
	// The server has older lines than the first one.
	let hasOlder = true;
	// The last line that the server had when the log was joined.
	let promised = 0;

	const filter = createFilter({
		onFits(fitting) {
			// The filter may return entries that were dropped meanwhile.
			const first = entries[0]?.n ?? Infinity;
			const ready = fitting.filter(({ n }) => n >= first);

			if (ready.length)
				onFound(ready);
			onChange();
		},
		onFault,
	});

	function add(more) {
		entries.push(...more);
		if (trim(entries, most)) {
			hasOlder = true;
			onDropped(entries[0].n);
		}
		filter.add(more);
	}

	function showAll() {
		onCleared();
		filter.add(entries);
		onChange();
	}

	const isLine = ({ mark }) => !mark;
	// Null if it is of a history that the server has no more.
	const firstKnown = () => (entries[0]?.epoch === lines.epoch ? entries.find(({ id }) => id) : null);

	return {
		begin() {
			lines = createLines();
			entries = [];
			waiting = [];
			isPaused = false;
			hasOlder = true;
			promised = 0;
			most = mostOf(0);
			filter.begin();
			showAll();
		},
		joined(epoch, lastId) {
			lines.joined(epoch);
			promised = Number(lastId) || 0;
		},
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
		showLevels(levels) {
			filter.setLevels(levels);
			showAll();
		},
		get epoch() {
			return lines.epoch;
		},
		// More lines are on their way.
		get isComing() {
			return !entries.some(({ id, epoch }) => id >= promised && epoch === lines.epoch) && promised > 0;
		},
		// The id before which older lines end, 0 if there are none, or no more are kept.
		get olderThan() {
			return (hasOlder && entries.length < mostOf(Infinity) && firstKnown()?.id) || 0;
		},
		takeOlder(frames, more) {
			const older = lines.takeOlder(frames, firstKnown()?.id ?? 0);

			hasOlder = more && older.length > 0;
			entries = [...older, ...entries];
			most = mostOf(entries.length + TAIL_LINES);
			filter.add(older);
			onChange();
		},
		find: (epoch, id) => entries.find((entry) => entry.id === id && entry.epoch === epoch),
		get isPaused() {
			return isPaused;
		},
		get waiting() {
			return waiting.filter(isLine).length;
		},
		get count() {
			return entries.filter(isLine).length;
		},
		get isFiltered() {
			return filter.isActive;
		},
		// The text to highlight.
		get wanted() {
			return filter.text;
		},
	};
}
