// Requests pages of history, one at a time, and retries when the server is busy.
import { delayAfter } from '../base/backoff.js';
import { encodeHistory, randomId } from '../connection/wire.js';

const PAGE = 50;

// onPage({ kind, from, messages, more }) gets each page.
export function createHistory({ send, room, onPage }) {
	let asked = null;
	let timer = 0;
	let failures = 0;

	function ask() {
		asked.ref = randomId();
		return send(encodeHistory({ ref: asked.ref, room: room(), before: asked.before, limit: PAGE }));
	}

	return {
		// kind is 'older', 'newer' or 'around', relative to the id from, or 'newest'. False if not sent.
		want(kind, from) {
			clearTimeout(timer);
			failures = 0;
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

			// Pages are limited in bytes, too: ask for the rest.
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
		// False if the error belongs to something else.
		refused({ ref, retryAfter }) {
			if (!ref || ref !== asked?.ref)
				return false;
			timer = setTimeout(ask, retryAfter || delayAfter(failures++));
			return true;
		},
		// A message was deleted: the page on its way may have its text.
		renew() {
			if (asked)
				this.want(asked.kind, asked.from);
		},
		closed() {
			clearTimeout(timer);
			asked = null;
		},
	};
}

// The contiguous range of message ids in the log.

export function createLoadedRange() {
	let first = 1;
	let last = 0;
	let hasOlder = false;
	let newest = 0;
	let isBegun = false;
	// False while newer messages than last are not in the log.
	let hasNewest = true;
	// The range above a gap, if of the same epoch.
	let above = null;

	return {
		get isBegun() {
			return isBegun;
		},
		get hasNewest() {
			return hasNewest;
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
		// Messages up to id exist, none is loaded.
		begin(id) {
			isBegun = hasNewest = true;
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
			if (hasNewest)
				last = Math.max(last, id);
		},
		get hasAbove() {
			return above !== null;
		},
		// True if the message continues the range.
		takes: (id) => hasNewest && id >= first,
		isAboveGap: (id) => above !== null && id <= above.last,
		// True if a page that starts here closes the gap.
		closesGap: (id) => above !== null && id <= above.last + 1,
		closeGap() {
			({ first, hasOlder } = above);
			above = null;
		},
		// The rows above the gap were removed.
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
			hasNewest = last === newest;
		},
		// The range is now this page, perhaps empty.
		replace(firstId, lastId, more) {
			above = null;
			first = firstId;
			last = 0;
			newest = lastId && newest;
			hasOlder = more;
			this.addNewer(lastId);
		},
		// id is now the first one on the page.
		cutTop(id, { isAboveGap }) {
			if (!isAboveGap) {
				first = id;
				hasOlder = true;
			} else if (above) {
				above = { ...above, first: Math.min(id, above.last + 1), hasOlder: true };
			}
		},
		cutBottom(id) {
			hasNewest = false;
			last = id;
		},
	};
}
