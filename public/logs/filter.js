// Which lines the reader wants to see: those that hold a text, or those that fit a regular expression.
import { trim } from './lines.js';

export const LONGEST_FILTER = 200;
// Lines for the worker at a time, and how long it may take for them.
const SLICE_LINES = 100;
const SLICE_MS = 1000;

// What is wrong with an expression, in the browser's words, or "".
function faultOf(source) {
	try {
		RegExp(source, 'iu');
		return '';
	} catch (error) {
		// What was typed stands above it.
		return error.message.replace(/^Invalid regular expression: (\/.*\/[a-z]*: )?/s, '');
	}
}

// One expression on as many lines as come, in slices.
function createSearcher(source, { onFits, onSlow, onUnavailable }) {
	const worker = new Worker(new URL('filter-worker.js', import.meta.url), { type: 'module' });
	let waiting = [];
	let slice = [];
	// Until the worker is there.
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
			// No more is kept of the log either.
			trim(waiting);
			if (!isBusy)
				next();
		},
		stop,
	};
}

// onFits(entries) is told which of those that were added fit, in their order, at once or after a while; marks always do.
// onFault(fault) is told that an expression was given up: { slow: true } or { unavailable: true }; nothing more fits
// then. Or that it is none: { wrong: '…' }.
export function createFilter({ onFits, onFault }) {
	let wanted = '';
	let source = '';
	let searcher = null;
	let isFaulty = false;

	function fail(fault) {
		isFaulty = true;
		searcher = null;
		onFault(fault);
	}

	const holds = ({ text, mark }) => mark || text.toLowerCase().includes(wanted);

	// What is still being searched is of no interest any more.
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
		// What is added later is measured by this. False, and all is as it was, if it is no expression.
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
		// Other lines are to be measured by the same.
		begin,
		add(entries) {
			if (isFaulty)
				return;
			if (searcher)
				searcher.add(entries);
			else
				onFits(entries.filter(holds));
		},
		// What is to be shown within the lines, in lower case.
		get text() {
			return wanted;
		},
	};
}
