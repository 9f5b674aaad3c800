// Removes rows of a long log at the end farther from the reader. With a gap, only the top is trimmed.

// In blocks: measuring the page for each row is slow.
const TRIM_ROWS = 50;

// hasGap(): there is a line at a gap. onCut() is called after rows were removed.
export function createTrim({ log, rows, scroll, range, unsent }, { hasGap, onCut }) {
	// Removes at least count elements, in whole rows. The row that is being edited stays, apart from all others.
	function drop(count, farthest, next) {
		const most = log.childElementCount - count;

		while (log.childElementCount > most) {
			const row = farthest();
			rows.drop(rows.isHeld(row) ? next(row) : row);
		}
		rows.refresh(farthest());
	}

	const ids = () => rows.ids().filter((id) => !rows.isHeld(rows.withId(id)));

	function cutTop(count) {
		const change = () => drop(count, () => rows.first, rows.below);

		// A follower is scrolled to the bottom anyway.
		if (scroll.isFollowing)
			change();
		else
			scroll.keep(change);
		scroll.grew();
		onCut();
		range.cutTop(Math.min(...ids(), range.last + 1), { isAboveGap: hasGap() });
	}

	function cutBottom(count) {
		scroll.leave();
		drop(count, () => rows.above(unsent.first), rows.above);
		onCut();
		range.cutBottom(Math.max(...ids(), range.first - 1));
	}

	return {
		cut(surplus) {
			if (surplus <= 0)
				return;
			if (hasGap() || scroll.isInLowerHalf)
				cutTop(surplus + TRIM_ROWS);
			else
				cutBottom(surplus + TRIM_ROWS);
		},
	};
}
