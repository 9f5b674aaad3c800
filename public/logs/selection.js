// Selection of a range of lines: click a time, Shift-click, or Shift with an arrow key. A finger taps anywhere in a line: a
// time is too small for it.

// list is a window (window.js). onChange() is called when the selection changes.
export function createSelection(viewport, list, { onChange }) {
	// Numbers of the first selected line and of the current end.
	let anchor = null;
	let end = null;

	const holds = ({ n }) => anchor !== null && n >= Math.min(anchor, end) && n <= Math.max(anchor, end);

	function mark() {
		for (const { item, row } of list.rows())
			row.classList.toggle('logs-selected', holds(item));
	}

	function choose(from, to) {
		anchor = from;
		end = to;
		mark();
		onChange();
	}

	function itemAt(element) {
		return list.rows().find(({ row }) => row.contains(element))?.item;
	}

	function onClick(event) {
		const { target, pointerType, shiftKey, ctrlKey, metaKey } = event;
		const item = (pointerType === 'touch' || target.closest?.('.logs-gutter')) && itemAt(target);

		// It is a link, too: into another tab.
		if (!item || ctrlKey || metaKey)
			return;
		event.preventDefault();
		// Shift-click also selects text.
		getSelection().removeAllRanges();
		if (shiftKey && anchor !== null)
			choose(anchor, item.n);
		else if (anchor === item.n && end === item.n)
			choose(null, null);
		else
			choose(item.n, item.n);
	}

	function extend(step) {
		const { items } = list;
		const at = items.findIndex(({ n }) => n === end);
		const [first, last] = list.seen();
		const next = at < 0 ? (step > 0 ? first : last) : Math.min(items.length - 1, Math.max(0, at + step));

		if (!items.length)
			return;
		list.scrollTo(next);
		choose(at < 0 ? items[next].n : anchor, items[next].n);
	}

	function onKey(event) {
		const { key, shiftKey, ctrlKey, metaKey } = event;

		if (shiftKey && (key === 'ArrowUp' || key === 'ArrowDown'))
			extend(key === 'ArrowUp' ? -1 : 1);
		else if ((ctrlKey || metaKey) && key.toLowerCase() === 'a' && list.items.length)
			choose(list.items[0].n, list.items.at(-1).n);
		else if (key === 'Escape' && anchor !== null)
			choose(null, null);
		else
			return;
		event.preventDefault();
		event.stopPropagation();
	}

	viewport.addEventListener('click', onClick);
	viewport.addEventListener('keydown', onKey);

	return {
		get items() {
			return anchor === null ? [] : list.items.filter(holds);
		},
		// Where the selection began.
		get anchor() {
			return list.items.find(({ n }) => n === anchor);
		},
		mark,
		select: ({ n }) => choose(n, n),
		clear: () => choose(null, null),
	};
}
