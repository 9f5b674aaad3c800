// In a short window the bar goes when the reader scrolls on, and comes back when the reader scrolls back.
import { at } from '../base/elements.js';

// Scrolling that follows no action of the reader within this time is the page's own.
const ACTION_MS = 300;
// The bar moves what is below it, which is scrolled in its turn.
const SETTLE_MS = 100;
const MOVED_PX = 3;

const app = at('app');
const positions = new WeakMap();
let actedAt = -ACTION_MS;
let settledAt = 0;

function onAction({ timeStamp, target }) {
	if (target.id !== 'text')
		actedAt = timeStamp;
}

function onScroll({ target, timeStamp }) {
	// A form or a panel that scrolls does not use the room of the bar.
	if (target.closest('dialog, [popover]'))
		return;
	const { scrollTop } = target;
	const moved = scrollTop - (positions.get(target) ?? scrollTop);
	const isGone = moved > 0;

	positions.set(target, scrollTop);
	if (Math.abs(moved) < MOVED_PX || timeStamp < settledAt || timeStamp - actedAt > ACTION_MS)
		return;
	if (app.classList.contains('scrolled') !== isGone)
		settledAt = timeStamp + SETTLE_MS;
	app.classList.toggle('scrolled', isGone);
}

for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown'])
	app.addEventListener(type, onAction, { capture: true, passive: true });
app.addEventListener('scroll', onScroll, { capture: true, passive: true });
