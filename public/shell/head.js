// In a short window the bar goes when the reader scrolls on, and comes back when the reader scrolls back.
import { at } from '../base/elements.js';

// Scrolling that follows no action of the reader within this time is the page's own.
const ACTION_MS = 300;
const MOVED_PX = 3;

const app = at('app');
const places = new WeakMap();
let actedAt = -ACTION_MS;

for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown'])
	app.addEventListener(type, ({ timeStamp, target }) => target.id !== 'text' && (actedAt = timeStamp), { capture: true, passive: true });

app.addEventListener(
	'scroll',
	({ target, timeStamp }) => {
		const { scrollTop, clientHeight } = target;
		const last = places.get(target);

		places.set(target, { scrollTop, clientHeight });
		// The bar itself changes the height.
		if (last?.clientHeight !== clientHeight || timeStamp - actedAt > ACTION_MS)
			return;
		if (Math.abs(scrollTop - last.scrollTop) >= MOVED_PX)
			app.classList.toggle('scrolled', scrollTop > last.scrollTop);
	},
	{ capture: true, passive: true },
);
