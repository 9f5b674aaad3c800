// A virtual list: only rows in or near the view are on the page. Rows may have any height. The list follows its end
// until the reader scrolls up.

const OVERSCAN_PX = 400;
const NEAR_END_PX = 24;
const NEAR_BEGIN_PX = 800;
const LEAD_ROWS = 4;
// Rows are measured on the page, and measuring may bring other rows into view: repeat at most this often.
const MAX_PASSES = 4;

// build(item) builds a row. item.n identifies an item and grows. onMove() is called after scrolling and after changes.
// onScroll() is called before older rows are put on the page.
export function createWindow(viewport, { build, onMove, onScroll }) {
	const inner = document.createElement('div');
	// The rows on the page by number: { item, row }.
	const rows = new Map();
	let items = [];
	let heights = [];
	let tops = [0];
	let rowHeight = 20;
	let isFollowing = true;
	let lastTop = 0;
	let frame = 0;

	inner.className = 'logs-inner';
	viewport.append(inner);

	const distance = () => viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop;

	// Setting the same position would interrupt a touch scroll.
	function moveTo(top) {
		if (Math.abs(viewport.scrollTop - top) > 0.5)
			viewport.scrollTop = top;
		lastTop = viewport.scrollTop;
	}

	function sumUp() {
		tops = [0];
		for (let index = 0; index < items.length; index++)
			tops.push(tops[index] + (heights[index] || rowHeight));
	}

	// The last item that starts at or above this position.
	function indexAt(top) {
		let [low, high] = [0, items.length - 1];

		while (low < high) {
			const middle = (low + high + 1) >> 1;

			if (tops[middle] <= top)
				low = middle;
			else
				high = middle - 1;
		}
		return Math.max(0, low);
	}

	// Puts the rows of these items on the page. Rows already there are not touched.
	function put(first, end) {
		const wanted = items.slice(first, end);
		const kept = new Set(wanted.map(({ n }) => n));
		let before = inner.firstElementChild;

		for (const [n, { row }] of rows) {
			if (kept.has(n))
				continue;
			if (row === before)
				before = row.nextElementSibling;
			row.remove();
			rows.delete(n);
		}
		for (const item of wanted) {
			const row = rows.get(item.n)?.row ?? build(item);

			rows.set(item.n, { item, row });
			if (row === before)
				before = row.nextElementSibling;
			else
				inner.insertBefore(row, before);
		}
		inner.style.paddingTop = `${tops[first]}px`;
		inner.style.height = `${tops[items.length]}px`;
	}

	// True if a height differs from the one assumed.
	function measure(first, end) {
		const isFirst = !heights.length;
		let isNew = false;

		for (let index = first; index < end; index++) {
			const { height } = rows.get(items[index].n).row.getBoundingClientRect();

			if (Math.abs((heights[index] || rowHeight) - height) > 0.1)
				isNew = true;
			heights[index] = height;
		}
		// The mean is the estimate for rows not measured yet.
		if (isFirst && end > first)
			rowHeight = heights.reduce((sum, height) => sum + height, 0) / (end - first);
		return isNew || isFirst;
	}

	// Keeps the first visible row in place, or the end when following.
	function draw() {
		frame = 0;
		sumUp();
		const anchor = indexAt(viewport.scrollTop);
		const offset = viewport.scrollTop - tops[anchor];

		for (let pass = 0; pass < MAX_PASSES; pass++) {
			const top = isFollowing ? tops[items.length] - viewport.clientHeight : tops[anchor] + offset;
			const first = indexAt(top - OVERSCAN_PX);
			const end = items.length && indexAt(top + viewport.clientHeight + OVERSCAN_PX) + 1;

			put(first, end);
			const isNew = measure(first, end);

			if (isNew)
				sumUp();
			inner.style.height = `${tops[items.length]}px`;
			moveTo(isFollowing ? viewport.scrollHeight : tops[anchor] + offset);
			if (!isNew)
				break;
		}
		onMove();
	}

	function scheduleDraw() {
		if (viewport.clientHeight)
			frame ||= requestAnimationFrame(draw);
	}

	function insertAt(at, more) {
		sumUp();
		const isAbove = at <= indexAt(viewport.scrollTop);

		items.splice(at, 0, ...more);
		if (at < heights.length)
			heights.splice(at, 0, ...Array(more.length));
		if (isAbove && !isFollowing) {
			inner.style.height = `${tops.at(-1) + more.length * rowHeight}px`;
			moveTo(viewport.scrollTop + more.length * rowHeight);
		}
	}

	viewport.addEventListener('scroll', () => {
		if (distance() <= NEAR_END_PX)
			isFollowing = true;
		else if (viewport.scrollTop < lastTop)
			isFollowing = false;
		lastTop = viewport.scrollTop;
		if (!isFollowing)
			onScroll();
		scheduleDraw();
	});
	// Also runs when the view becomes visible.
	new ResizeObserver(() => {
		heights = [];
		scheduleDraw();
	}).observe(viewport);

	return {
		get items() {
			return items;
		},
		get isFollowing() {
			return isFollowing;
		},
		// The rows on the page.
		rows: () => Array.from(rows.values()),
		clear() {
			rows.clear();
			inner.replaceChildren();
			items = [];
			heights = [];
			isFollowing = true;
			scheduleDraw();
		},
		append(more) {
			items.push(...more);
			scheduleDraw();
		},
		// Puts items at their places above the last one, without moving what the reader sees.
		insert(more) {
			const left = [...more];

			while (left.length) {
				const at = items.findIndex(({ n }) => n > left[0].n);
				const end = left.findIndex(({ n }) => n > items[at].n);

				insertAt(at, left.splice(0, end < 0 ? left.length : end));
			}
			scheduleDraw();
		},
		// Drops items with smaller numbers without moving what the reader sees.
		dropBefore(n) {
			const found = items.findIndex((item) => item.n >= n);
			const count = found < 0 ? items.length : found;

			sumUp();
			const gone = tops[count];

			items.splice(0, count);
			heights.splice(0, count);
			if (!isFollowing)
				moveTo(Math.max(0, viewport.scrollTop - gone));
			scheduleDraw();
		},
		// Called when row heights have changed.
		remeasure() {
			heights = [];
			scheduleDraw();
		},
		// Indexes of the first and last visible item.
		seen() {
			return [indexAt(viewport.scrollTop), indexAt(viewport.scrollTop + viewport.clientHeight - 1)];
		},
		follow() {
			isFollowing = true;
			scheduleDraw();
		},
		// Leads the reader there, with a little of what is above.
		show(index) {
			sumUp();
			isFollowing = false;
			inner.style.height = `${tops.at(-1)}px`;
			moveTo(tops[Math.max(0, index - LEAD_ROWS)]);
			scheduleDraw();
		},
		get isNearBegin() {
			return viewport.scrollTop < NEAR_BEGIN_PX;
		},
		scrollTo(index) {
			const [top, bottom] = [tops[index], tops[index + 1]];

			if (top < viewport.scrollTop)
				moveTo(top);
			else if (bottom > viewport.scrollTop + viewport.clientHeight)
				moveTo(bottom - viewport.clientHeight);
			isFollowing = distance() <= NEAR_END_PX;
			scheduleDraw();
		},
	};
}
