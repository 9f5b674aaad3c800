// Headings that fold what is below them. What is folded stays so at the next visit.
import { button, element } from '../base/elements.js';
import { recall, remember } from '../base/storage.js';

const KEY = 'folded';
// Those folded first are forgotten.
const MAX_FOLDED = 200;

function readFolded() {
	try {
		return JSON.parse(recall(KEY)).filter((key) => typeof key === 'string');
	} catch {
		return [];
	}
}

// level is h2 or h3; key names the part. body is what is folded. onFold() is called after each change.
export function createFold(level, { key, label, body, onFold = () => {} }) {
	const toggle = button('live-fold', label);
	const count = element('span.live-count');
	const heading = element(level, toggle, count);
	let isFolded = readFolded().includes(key);
	let isForced = false;

	function show() {
		toggle.ariaExpanded = String(!isFolded || isForced);
		body.hidden = isFolded && !isForced;
	}

	toggle.addEventListener('click', () => {
		const others = readFolded().filter((one) => one !== key);

		isFolded = !isFolded;
		remember(KEY, JSON.stringify(isFolded ? [...others, key].slice(-MAX_FOLDED) : others));
		show();
		onFold();
	});
	show();

	return {
		heading,
		toggle,
		count,
		// Shows what is folded, too, while the reader filters.
		force(wanted) {
			isForced = wanted;
			show();
		},
	};
}
