// What is unread in a room. A message is read when the reader has passed it and all before it, or by Escape.
import { mentions } from '../messages/mentions.js';
import { inView } from '../messages/sight.js';
import { lookBack } from './look-back.js';
import { createUnreadCount } from './unread-count.js';
import { createUnreadPills } from './unread-pills.js';

// Escape closes what is open first, and belongs to the fields of forms and lists.
function isFree({ key, defaultPrevented, target }) {
	return (
		key === 'Escape' &&
		!defaultPrevented &&
		!document.querySelector(':popover-open, dialog[open]') &&
		(target === document.body || Boolean(target.closest('#reading, #composer')))
	);
}

// withOwner(message) adds whether it is the reader's own. onRead(id): everything up to this id was read.
// onState({ unread, mentions, isBehind }) is called after each change.
export function createUnread(room, { element, log, nameNow, withOwner, isOnScreen, onRead, onState }) {
	const unread = createUnreadCount();
	const end = new AbortController();
	let readId = 0;
	// What the reader has seen without a pause, the part that is in view included.
	let seen = null;
	// Answers that are waited for, and a number that makes those to earlier questions void.
	let looks = 0;
	let era = 0;
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

		if (now !== told)
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

		if (id <= readId || own || deleted)
			return;
		unread.add(id, date, mentions(text, nameNow()));
		if (isFirst) {
			onRead(readId);
			log.markUnread(id);
		}
	}

	function clear() {
		era++;
		looks = 0;
		unread.readTo(Infinity);
		log.markUnread(0);
		pills.show({});
		tell();
	}

	document.addEventListener('keydown', (event) => isOnScreen() && isFree(event) && clear(), { signal: end.signal });

	return {
		// Messages up to this id were read.
		begin(id) {
			readId = id;
			seen = null;
			told = '';
		},
		add(message) {
			add(message);
			later();
		},
		// Counts what was said after one id, up to another.
		async lookBack(epoch, from, to) {
			const asked = era;

			looks++;
			const found = await lookBack(room.name, from).catch(() => ({ messages: [], until: from }));
			if (asked !== era)
				return;
			looks--;
			if ((found.epoch ?? epoch) === epoch) {
				found.messages.filter(({ id, type }) => id <= to && type !== 'other').forEach(add);
				if (found.until < to)
					unread.addRest(Math.max(found.until, readId) + 1, to);
			}
			log.markUnread(unread.first);
			later();
		},
		moved,
		// The reader looks elsewhere.
		left() {
			seen = null;
			log.markUnread(unread.first);
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
