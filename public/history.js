// Asks for pages of history, one at a time, and asks again where the server was busy.
import { delayAfter } from './requests.js';
import { encodeHistory, randomId } from './wire.js';

const PAGE = 50;

// onPage({ kind, from, messages, more }) gets what was asked for.
export function createHistory({ send, room, onPage }) {
	let asked = null;
	let timer = 0;
	let setbacks = 0;

	function ask() {
		asked.ref = randomId();
		return send(encodeHistory({ ref: asked.ref, room: room(), before: asked.before, limit: PAGE }));
	}

	return {
		// kind is 'older', 'newer' or 'around', which are about the id from, or 'newest'. False where nobody can be asked.
		want(kind, from) {
			clearTimeout(timer);
			setbacks = 0;
			asked = { kind, from, messages: [] };
			if (kind === 'older')
				asked.before = from;
			else if (kind === 'newer')
				asked.before = from + 1 + PAGE;
			else if (kind === 'around')
				asked.before = from + 1 + PAGE / 2;
			return ask();
		},
		came({ ref, messages, more }) {
			if (ref !== asked?.ref)
				return;
			const page = [...messages, ...asked.messages];
			const first = messages[0]?.id;

			// Long messages make short pages.
			if (asked.kind === 'newer' && first > asked.from + 1) {
				asked.messages = page;
				asked.before = first;
				ask();
				return;
			}
			const { kind, from } = asked;
			asked = null;
			onPage({ kind, from, messages: kind === 'newer' ? page.filter(({ id }) => id > from) : page, more });
		},
		// False if the error is about something else.
		refused({ ref, retryAfter }) {
			if (!ref || ref !== asked?.ref)
				return false;
			timer = setTimeout(ask, retryAfter || delayAfter(setbacks++));
			return true;
		},
		closed() {
			clearTimeout(timer);
			asked = null;
		},
	};
}

// Which ids stand in the log without a gap, and what is known of those that do not.

export function createSpan() {
	let first = 1;
	let last = 0;
	let hasOlder = false;
	let newest = 0;
	let isBegun = false;
	// False while the newest are left out.
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
		// There is but what stands below it.
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
		// Nothing but this page, if there is any.
		replace(firstId, lastId, more) {
			above = null;
			first = firstId;
			last = 0;
			newest = lastId && newest;
			hasOlder = more;
			this.addNewer(lastId);
		},
		// The first row is that of this id now.
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
