// Messages that the server has not acknowledged. They survive a reload, and are sent in order, one at a time. A message
// that may have arrived is resent with the same ref, so the server can drop the duplicate.
import { delayAfter } from '../base/backoff.js';
import { recallAll, remember, watchStorage } from '../base/storage.js';
import { randomId } from '../connection/wire.js';

const KEY = 'outbox.';

function recallEntries() {
	const entries = [];

	for (const [, value] of recallAll(KEY)) {
		try {
			const { ref, text, time, name = '', room = '', action = false, replyTo = 0, failed = null } = JSON.parse(value);
			if (typeof ref === 'string' && typeof text === 'string' && Number.isFinite(time))
				entries.push({ ref, room, text, action, replyTo, time, name, failed });
		} catch {
			// Not written by this page.
		}
	}
	return entries.sort((one, other) => one.time - other.time);
}

// An entry is { ref, room, text, action, replyTo, time, name, failed }: replyTo is the id of the message that it answers,
// or 0; name is the name under which it was sent, '' if it was not; failed is the error. send(entry) is true if sent; fits(entry): its size is allowed.
export function createOutbox({ send, fits, nameNow, onAcked, onFailed, onGone, onChange }) {
	const entries = new Map(recallEntries().map((entry) => [entry.ref, entry]));
	let isOpen = false;
	let current = null;
	let timer = 0;
	let failures = 0;
	let isAllKept = true;

	function keep(entry) {
		isAllKept = remember(KEY + entry.ref, JSON.stringify(entry)) && isAllKept;
	}

	function forget(entry) {
		entries.delete(entry.ref);
		remember(KEY + entry.ref, '');
		if (current === entry)
			current = null;
	}

	const waiting = () => Array.from(entries.values()).filter(({ failed }) => !failed);

	function fail(entry, error) {
		entry.failed = error;
		entry.name = '';
		keep(entry);
		if (current === entry)
			current = null;
		onFailed(entry);
	}

	// The server did not take it. Only an earlier try may have arrived.
	function notSent(entry) {
		if (entry.isFirstTry)
			entry.name = '';
		keep(entry);
		reset();
		isOpen = false;
	}

	function sendNext() {
		while (isOpen && !current && !timer) {
			const [next] = waiting();

			if (!next)
				break;
			if (!fits(next)) {
				fail(next, { code: 'too_long', text: '' });
				continue;
			}
			next.isFirstTry = !next.name;
			next.name = nameNow();
			keep(next);
			current = next;
			if (!send(next))
				break;
		}
		onChange();
	}

	function pause(delay) {
		current = null;
		timer = setTimeout(() => {
			timer = 0;
			sendNext();
		}, delay);
	}

	// What it answers was in another history.
	function sendAlone(entry) {
		entry.replyTo = 0;
		pause(0);
	}

	function reset() {
		clearTimeout(timer);
		timer = 0;
		current = null;
		failures = 0;
	}

	// Another tab has delivered or deleted it.
	watchStorage(KEY, (ref, value) => {
		const entry = entries.get(ref);

		if (value || !entry || entry === current)
			return;
		entries.delete(ref);
		onGone(entry);
		onChange();
	});
	// Warn before unsent messages are lost that could not be stored.
	addEventListener('beforeunload', (event) => {
		if (!isAllKept && waiting().length)
			event.preventDefault();
	});

	return {
		list: () => Array.from(entries.values()),
		count: () => waiting().length,
		// Sent, but not acknowledged.
		isInFlight: (room, text) => waiting().some((entry) => entry.name && entry.room === room && entry.text === text),
		// The server recognises a resent message only under the same name.
		inFlightName: () => waiting().find(({ name }) => name)?.name ?? '',

		add({ room, text, action, replyTo }) {
			const time = Math.max(Date.now(), ...Array.from(entries.values(), (entry) => entry.time + 1));
			const entry = { ref: randomId(), room, text, action, replyTo, time, name: '', failed: null };

			entries.set(entry.ref, entry);
			keep(entry);
			return entry;
		},
		sendNext,
		// The server told the room's real name.
		renamed(was, name) {
			for (const entry of entries.values()) {
				if (entry.room !== was)
					continue;
				entry.room = name;
				keep(entry);
			}
		},
		opened() {
			reset();
			isOpen = true;
			sendNext();
		},
		closed() {
			reset();
			isOpen = false;
			onChange();
		},
		acked(ack) {
			const entry = entries.get(ack.ref);

			if (!entry)
				return;
			failures = 0;
			forget(entry);
			onAcked(entry, ack);
			sendNext();
		},
		// False if the error belongs to something else.
		refused(error) {
			const entry = entries.get(error.ref);

			if (!entry)
				return false;
			if (error.code === 'rate_limited')
				pause(error.retryAfter || delayAfter(0));
			else if (error.code === 'no_such_session')
				notSent(entry);
			else if (error.code === 'bad_field' && entry.replyTo)
				sendAlone(entry);
			else if (['store_failed', 'store_unavailable', 'busy'].includes(error.code))
				pause(delayAfter(failures++));
			else
				fail(entry, { code: error.code, text: error.text });
			sendNext();
			return true;
		},
		// The server closed the connection because of the message.
		currentRefused(code) {
			if (current)
				fail(current, { code, text: '' });
		},
		// The name is lost under which they were sent.
		failInFlight() {
			for (const entry of waiting()) {
				if (entry.name)
					fail(entry, { code: 'unclear', text: '' });
			}
		},
		retry(ref) {
			const entry = entries.get(ref);

			entry.failed = null;
			keep(entry);
			sendNext();
			return entry;
		},
		remove(ref) {
			forget(entries.get(ref));
			onChange();
		},
	};
}

// An own message may arrive before its ack, which tells its ref. A message that looks like an unacknowledged one is
// held until the ack. show(message) ignores duplicates.
export function createEchoes({ isInFlight, show }) {
	let held = [];

	return {
		// True if the message is held.
		hold(message) {
			const isHeld = message.own && isInFlight(message.text);
			if (isHeld)
				held.push(message);
			return isHeld;
		},
		// Call after an ack or a failure.
		release() {
			const settled = held.filter(({ text }) => !isInFlight(text));
			held = held.filter(({ text }) => isInFlight(text));
			settled.forEach(show);
		},
	};
}
