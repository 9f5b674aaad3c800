// Where the reader is in the log: at the bottom, which is followed, or above it, where nothing moves.

const NEAR_BOTTOM_PX = 100;

// canFollow() tells whether the bottom is the newest; onMove() is called when the reader or the log has moved.
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
		// Only who moves up leaves the bottom.
		if (distance() <= NEAR_BOTTOM_PX)
			following = canFollow();
		else if (log.scrollTop < lastTop)
			following = false;
		lastTop = log.scrollTop;
		onMove();
	});
	// A soft keyboard, a turned phone, a growing composer.
	new ResizeObserver(settle).observe(log);

	return {
		distance,
		toBottom,
		get isFollowing() {
			return following;
		},
		// In which half of the log the reader is.
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
		// After rows were added at the end: cheap, however many come at once.
		grew() {
			settling ||= requestAnimationFrame(settle);
		},
		// Changes rows anywhere without moving what is read.
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
