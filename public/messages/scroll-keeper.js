// The scroll position of a log: either it follows the bottom, or the visible rows stay in place.

const NEAR_BOTTOM_PX = 100;

// canFollow(): the bottom row is the newest message. onMove() is called after each change.
export function createScrollKeeper(log, { canFollow, onMove }) {
	let following = true;
	let lastTop = 0;
	let settling = 0;

	function distance() {
		return log.scrollHeight - log.clientHeight - log.scrollTop;
	}

	function toBottom() {
		log.scrollTop = log.scrollHeight;
		lastTop = log.scrollTop;
	}

	function settle() {
		settling = 0;
		if (following)
			toBottom();
		onMove();
	}

	function firstVisible() {
		const edge = log.getBoundingClientRect().top;
		for (const row of log.children) {
			const { top, bottom } = row.getBoundingClientRect();
			if (bottom > edge)
				return { row, top };
		}
		return null;
	}

	log.addEventListener('scroll', () => {
		// Only scrolling up stops following.
		if (distance() <= NEAR_BOTTOM_PX)
			following = canFollow();
		else if (log.scrollTop < lastTop)
			following = false;
		lastTop = log.scrollTop;
		onMove();
	});
	// Soft keyboard, rotation, growing composer.
	new ResizeObserver(settle).observe(log);

	return {
		distance,
		toBottom,
		get isFollowing() {
			return following;
		},
		get isInLowerHalf() {
			return following || log.scrollTop >= (log.scrollHeight - log.clientHeight) / 2;
		},
		shows(row) {
			const { top, bottom } = row.getBoundingClientRect();
			const view = log.getBoundingClientRect();
			return bottom > view.top && top < view.bottom;
		},
		follow() {
			following = true;
			toBottom();
			onMove();
		},
		leave() {
			following = false;
		},
		// Call after rows were added at the end; runs once per frame.
		grew() {
			settling ||= requestAnimationFrame(settle);
		},
		// Runs change() without moving the visible rows.
		keep(change) {
			const anchor = following ? null : firstVisible();

			change();
			if (following)
				toBottom();
			else if (anchor?.row.isConnected)
				log.scrollTop += anchor.row.getBoundingClientRect().top - anchor.top;
			lastTop = log.scrollTop;
		},
	};
}
