// What is unread in a room. A message is read when the reader has passed it and all before it, or by Escape.
import { isComposing } from '../base/keys.js';
import { watchStorage } from '../base/storage.js';
import { isOwnChange } from '../messages/levels.js';
import { mentions } from '../messages/mentions.js';
import { inView } from '../messages/sight.js';
import { createUnreadLine } from '../messages/unread-line.js';
import { lookBack } from './look-back.js';
import { KEY, readPosition } from './positions.js';
import { createUnreadCount } from './unread-count.js';
import { createUnreadPills } from './unread-pills.js';

// Escape closes what is open first, and belongs to the fields of forms and lists.
function isFree(event) {
	const { key, defaultPrevented, target } = event;

	return (
		key === 'Escape' &&
		!defaultPrevented &&
		!isComposing(event) &&
		!document.querySelector(':popover-open, dialog[open]') &&
		(target === document.body || Boolean(target.closest('#reading, #composer')))
	);
}

// withOwner(message) adds whether it is the reader's own. position(): { epoch, last } of what was received, or else read.
// onRead(id): everything up to this id was read. onState({ unread, mentions, isBehind }) is called after each change.
export function createUnread(room, { element, log, nameNow, withOwner, isOnScreen, position, onRead, onState }) {
	const unread = createUnreadCount();
	const line = createUnreadLine(log.view);
	const end = new AbortController();
	let readId = 0;
	// What the reader has seen without a pause, the part that is in view included.
	let seen = null;
	// Answers that are waited for, and a number that makes those to earlier questions void.
	let looks = 0;
	let era = 0;
	// What the list of rooms has told.
	let listedTo = 0;
	let told = '';
	let frame = 0;

	const pills = createUnreadPills(element, {
		onFirst: () => log.jumpTo(unread.first),
		onMention: () => log.jumpTo(unread.firstMention),
		onRead: clear,
	});

	function tell() {
		const state = { unread: unread.count, mentions: unread.mentions, isBehind: looks > 0 || unread.count > 0 };
		const now = JSON.stringify(state);

		if (now !== told || !state.isBehind)
			onState(state);
		told = now;
	}

	function pass(view) {
		const isNext = seen && view.first <= seen.last + 1 && view.last >= seen.first - 1;

		seen = isNext ? { first: Math.min(seen.first, view.first), last: Math.max(seen.last, view.last) } : view;
		unread.see(view);
		if (seen.first > readId + 1 || seen.last <= readId)
			return;
		readId = seen.last;
		unread.readTo(readId);
		onRead(readId);
	}

	function moved() {
		line.place();
		const view = isOnScreen() ? inView(log.view) : null;
		const { first } = unread;

		if (view && !looks) {
			pass(view);
			pills.show({
				count: first < view.first ? unread.count : 0,
				since: unread.dateOf(first),
				mentions: unread.mentions,
			});
		}
		tell();
	}

	function later() {
		if (!isOnScreen())
			tell();
		else
			frame ||= requestAnimationFrame(() => {
				frame = 0;
				moved();
			});
	}

	function add(message) {
		const { id, date, text, own, deleted } = withOwner(message);
		const isFirst = !unread.count;

		if (isFirst && !looks)
			readId = id - 1;
		if (id <= readId || own || deleted || isOwnChange(message, nameNow()))
			return;
		unread.add(id, date, mentions(text, nameNow()));
		if (isFirst) {
			onRead(readId);
			line.mark(id);
		}
	}

	function clear() {
		era++;
		looks = readId = 0;
		seen = null;
		unread.readTo(Infinity);
		line.mark(0);
		pills.show({});
		tell();
	}

	// Another tab has read up to there.
	function readElsewhere(since) {
		const { epoch, last } = readPosition(since);

		if (epoch !== position().epoch || last <= readId || (!unread.count && !looks))
			return;
		readId = last;
		unread.readTo(last);
		if (!unread.count && !looks)
			clear();
		else if (!isOnScreen())
			line.mark(unread.first);
		later();
	}

	watchStorage(KEY, (name, since) => since && name === room.name && readElsewhere(since), { signal: end.signal });
	document.addEventListener('keydown', (event) => isOnScreen() && isFree(event) && clear(), { signal: end.signal });

	// Counts what was said after one id, up to another.
	async function look(epoch, from, to) {
		const asked = era;

		if (!looks && !unread.count)
			readId = from;
		looks++;
		const found = await lookBack(room.name, from).catch(() => ({ messages: [], until: from }));
		if (asked !== era)
			return;
		if ((found.epoch || epoch) === epoch) {
			found.messages.filter(({ id, type }) => id <= to && type !== 'other').forEach(add);
			if (found.until < to)
				unread.addRest(Math.max(found.until, readId) + 1, to);
		}
		looks--;
		line.mark(unread.first);
		later();
	}

	return {
		add(message) {
			add(message);
			later();
		},
		lookBack: look,
		// The newest id of a room that is not joined.
		listed(lastId) {
			const { epoch, last } = position();
			const from = Math.max(last, listedTo);

			if (from < lastId)
				look(epoch, from, lastId);
			listedTo = Math.max(listedTo, lastId);
			tell();
		},
		moved,
		// The reader looks elsewhere.
		left() {
			seen = null;
			line.mark(unread.first);
		},
		erase(ids) {
			unread.erase(ids);
			later();
		},
		clear,
		close() {
			clear();
			end.abort();
		},
	};
}
