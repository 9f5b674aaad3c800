// The arrow keys walk the messages. The log is one tab stop: the controls of a row can be reached by Tab while the focus
// is in that row.

// The toolbar has a tab stop of its own.
const CONTROLS = ':is(a[href], button, pre):not(.act *)';

function setTabStops(row, tabIndex) {
	for (const control of row.querySelectorAll(CONTROLS))
		control.tabIndex = tabIndex;
}

// shows(row): it is in sight. onLeave() is called below the last row.
export function createWalk(log, { shows, onLeave }) {
	let current = null;

	const articles = () => Array.from(log.children).filter((row) => row.localName === 'article');

	function start(all) {
		return current?.isConnected && shows(current) ? null : all.findLast(shows);
	}

	function focus(row) {
		row.tabIndex = -1;
		row.focus({ preventScroll: true });
		row.scrollIntoView({ block: 'nearest' });
	}

	// A row that is higher than the log is scrolled before it is left.
	function isCut(row, step) {
		const { top, bottom } = row.getBoundingClientRect();
		const view = log.getBoundingClientRect();
		return bottom - top > view.height && (step < 0 ? top < view.top : bottom > view.bottom);
	}

	return {
		// The row that has the focus, or a part of which has it.
		get row() {
			return current;
		},
		moved(target) {
			const row = target.closest('.log > article');

			if (row === current)
				return;
			if (current)
				setTabStops(current, -1);
			// A click must not give the focus to a row.
			current?.removeAttribute('tabindex');
			current?.classList.remove('found');
			current = row;
			if (row)
				setTabStops(row, 0);
		},
		left() {
			this.moved(document.body);
		},
		// True if the key was used.
		key({ key, target }) {
			const step = { ArrowUp: -1, ArrowDown: 1 }[key];

			if (!step || (target !== log && target !== current))
				return false;
			const all = articles();
			const first = start(all);
			const next = first ?? all[all.indexOf(current) + step];

			if (!first && isCut(current, step))
				return false;
			if (next)
				focus(next);
			else if (step > 0)
				onLeave();
			return true;
		},
	};
}
