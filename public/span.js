// Which ids stand in the log without a gap, and what is known of those that do not.

export function createSpan() {
	let first = 1;
	let last = 0;
	let hasOlder = false;
	let newest = 0;
	let isBegun = false;
	// False while the newest are left out, because the reader is far above them.
	let isAttached = true;
	// What stands above a gap: only while it is of the same epoch.
	let above = null;

	return {
		get isBegun() {
			return isBegun;
		},
		get isAttached() {
			return isAttached;
		},
		get isEmpty() {
			return first > last;
		},
		get hasOlder() {
			return hasOlder;
		},
		get first() {
			return first;
		},
		get last() {
			return last;
		},
		// All up to id is history, none of it is here.
		begin(id) {
			isBegun = isAttached = true;
			hasOlder = id > 0;
			first = id + 1;
			last = newest = id;
		},
		beginAfterGap(id, isSameEpoch) {
			above = isSameEpoch && first <= last ? { first, last, hasOlder } : null;
			this.begin(id);
		},
		// It has been said; where the newest stand in the log it is among them.
		reach(id) {
			newest = Math.max(newest, id);
			if (isAttached)
				last = Math.max(last, id);
		},
		// True if it belongs into the log as it is.
		takes: (id) => isAttached && id >= first,
		isAboveGap: (id) => above !== null && id <= above.last,
		// True if a page that begins so fills the gap.
		closesGap: (id) => above !== null && id <= above.last + 1,
		closeGap() {
			({ first, hasOlder } = above);
			above = null;
		},
		// The gap is out of sight: there is but what stands below it.
		forgetGap() {
			above = null;
		},
		addOlder(id, more) {
			first = Math.min(first, id);
			hasOlder = more;
		},
		addNewer(id) {
			last = Math.max(last, id);
			newest = Math.max(newest, last);
			isAttached = last === newest;
		},
		// Nothing but this page.
		replace(firstId, lastId, more) {
			above = null;
			first = firstId;
			last = 0;
			hasOlder = more;
			this.addNewer(lastId);
		},
		// The first row is that of this id now; above a gap there are rows of another span.
		cutTop(id, { isAboveGap }) {
			if (!isAboveGap) {
				first = id;
				hasOlder = true;
			} else if (above) {
				above = { ...above, first: Math.min(id, above.last + 1), hasOlder: true };
			}
		},
		cutBottom(id) {
			isAttached = false;
			last = id;
		},
	};
}
