// The filter: lines that contain a text, or that match a regular expression.
import { mostOf, trim } from './lines.js';

export const MAX_FILTER_LENGTH = 200;
// Lines per batch, and the worker's time limit for one batch.
const SLICE_LINES = 100;
const SLICE_MS = 1000;

// The browser's error message for an invalid expression, or "".
function faultOf(source) {
	try {
		RegExp(source, 'iu');
		return '';
	} catch (error) {
		// The message repeats the expression, which the reader sees in the field.
		return error.message.replace(/^Invalid regular expression: (\/.*\/[a-z]*: )?/s, '');
	}
}

// Runs one expression in a worker, in batches.
function createSearcher(source, { onFits, onSlow, onUnavailable }) {
	const worker = new Worker(new URL('filter-worker.js', import.meta.url), { type: 'module' });
	let waiting = [];
	let slice = [];
	// Busy until the worker has compiled the expression.
	let isBusy = true;
	let timer = 0;

	function stop() {
		clearTimeout(timer);
		worker.terminate();
		waiting = [];
		isBusy = true;
	}

	function next() {
		isBusy = waiting.length > 0;
		if (!isBusy)
			return;
		slice = waiting.splice(0, SLICE_LINES);
		worker.postMessage({ texts: slice.map(({ text = '' }) => text) });
		timer = setTimeout(() => {
			stop();
			onSlow();
		}, SLICE_MS);
	}

	worker.addEventListener('message', ({ data }) => {
		clearTimeout(timer);
		if (data.length)
			onFits(slice.filter(({ mark }, index) => mark || data[index]));
		next();
	});
	worker.addEventListener('error', () => {
		stop();
		onUnavailable();
	});
	worker.postMessage({ source });

	return {
		add(entries) {
			waiting.push(...entries);
			// The log keeps no more lines either.
			trim(waiting, mostOf(Infinity));
			if (!isBusy)
				next();
		},
		stop,
	};
}

// onFits(entries) gets the matching entries in the order in which they were added, at once or later. Marks always match. onFault(fault) reports {
// slow: true } or { unavailable: true } when the expression was stopped, or { wrong: message } when it is invalid.
export function createFilter({ onFits, onFault }) {
	let wanted = '';
	let source = '';
	let searcher = null;
	let isFaulty = false;
	// All if there are none.
	let levels = new Set();

	function fail(fault) {
		isFaulty = true;
		searcher = null;
		onFault(fault);
	}

	const isOfLevel = ({ mark, within }) => mark || !levels.size || levels.has(within);
	const holds = ({ text, mark }) => mark || text.toLowerCase().includes(wanted);

	// Restarts the filter; pending batches are dropped.
	function begin() {
		searcher?.stop();
		searcher = null;
		isFaulty = false;
		if (source)
			searcher = createSearcher(source, {
				onFits,
				onSlow: () => fail({ slow: true }),
				onUnavailable: () => fail({ unavailable: true }),
			});
	}

	return {
		// Applies to entries added later. Returns false and keeps the old filter if the expression is invalid.
		set(text, isExpression) {
			const wrong = isExpression && faultOf(text);

			if (wrong) {
				onFault({ wrong });
				return false;
			}
			wanted = isExpression ? '' : text.toLowerCase();
			source = isExpression ? text : '';
			begin();
			return true;
		},
		setLevels(wantedLevels) {
			levels = wantedLevels;
			begin();
		},
		// Called before other lines are added.
		begin,
		add(entries) {
			if (isFaulty)
				return;
			const ofLevel = entries.filter(isOfLevel);

			if (searcher)
				searcher.add(ofLevel);
			else
				onFits(ofLevel.filter(holds));
		},
		get isActive() {
			return Boolean(wanted || source || levels.size);
		},
		// The text to highlight, in lower case.
		get text() {
			return wanted;
		},
	};
}
