// What is written and not yet acknowledged. It is kept through a reload or a closed tab, and said in order, one at a
// time. What may have arrived is said again under its ref, by which the server knows it.
import { delayAfter } from './requests.js';
import { recallAll, remember, watchForgotten } from './storage.js';
import { randomId } from './wire.js';

const KEY = 'outbox.';

function recallEntries() {
	const entries = [];

	for (const value of recallAll(KEY)) {
		try {
			const { ref, text, time, name = '', room = '', action = false, failed = null } = JSON.parse(value);
			if (typeof ref === 'string' && typeof text === 'string' && Number.isFinite(time))
				entries.push({ ref, room, text, action, time, name, failed });
		} catch {
			// It is not of this page.
		}
	}
	return entries.sort((one, other) => one.time - other.time);
}

// An entry is { ref, room, text, action, time, name, failed }: name the one under which it has been said, if it has,
// failed the error that it met. send(entry) is true once it is on its way; fits(entry): it may be sent at all.
export function createOutbox({ send, fits, nameNow, onAcked, onFailed, onGone, onChange }) {
	const entries = new Map(recallEntries().map((entry) => [entry.ref, entry]));
	let isOpen = false;
	let current = null;
	let timer = 0;
	let setbacks = 0;
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

	function sayNext() {
		while (isOpen && !current && !timer) {
			const [next] = waiting();

			if (!next)
				break;
			if (!fits(next)) {
				fail(next, { code: 'too_long', text: '' });
				continue;
			}
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
			sayNext();
		}, delay);
	}

	function rest() {
		clearTimeout(timer);
		timer = 0;
		current = null;
		setbacks = 0;
	}

	// Another tab has seen to it.
	watchForgotten(KEY, (ref) => {
		const entry = entries.get(ref);

		if (!entry || entry === current)
			return;
		entries.delete(ref);
		onGone(entry);
		onChange();
	});
	// Leaving would lose what could not be kept.
	addEventListener('beforeunload', (event) => {
		if (!isAllKept && waiting().length)
			event.preventDefault();
	});

	return {
		list: () => Array.from(entries.values()),
		count: () => waiting().length,
		// On its way, perhaps there already.
		isInDoubt: (room, text) => waiting().some((entry) => entry.name && entry.room === room && entry.text === text),
		// Only under the name by which it was said does the server know it again.
		nameInDoubt: () => waiting().find(({ name }) => name)?.name ?? '',

		add({ room, text, action }) {
			const time = Math.max(Date.now(), ...Array.from(entries.values(), (entry) => entry.time + 1));
			const entry = { ref: randomId(), room, text, action, time, name: '', failed: null };

			entries.set(entry.ref, entry);
			keep(entry);
			return entry;
		},
		sayNext,
		// The server has told what the room is called.
		renamed(was, name) {
			for (const entry of entries.values()) {
				if (entry.room !== was)
					continue;
				entry.room = name;
				keep(entry);
			}
		},
		opened() {
			rest();
			isOpen = true;
			sayNext();
		},
		closed() {
			rest();
			isOpen = false;
			onChange();
		},
		acked(ack) {
			const entry = entries.get(ack.ref);

			if (!entry)
				return;
			setbacks = 0;
			forget(entry);
			onAcked(entry, ack);
			sayNext();
		},
		// False if the error is about something else.
		refused(error) {
			const entry = entries.get(error.ref);

			if (!entry)
				return false;
			if (error.code === 'rate_limited')
				pause(error.retryAfter || delayAfter(0));
			else if (error.code === 'store_failed' || error.code === 'busy')
				pause(delayAfter(setbacks++));
			else
				fail(entry, { code: error.code, text: error.text });
			sayNext();
			return true;
		},
		// The server hung up on what is on its way.
		currentRefused(code) {
			if (current)
				fail(current, { code, text: '' });
		},
		// The name under which some was said is lost.
		giveUpDoubtful() {
			for (const entry of waiting()) {
				if (entry.name)
					fail(entry, { code: 'unclear', text: '' });
			}
		},
		retry(ref) {
			const entry = entries.get(ref);

			entry.failed = null;
			keep(entry);
			sayNext();
			return entry;
		},
		remove(ref) {
			forget(entries.get(ref));
			onChange();
		},
	};
}

// The reader's own messages may come before the ack, which alone tells what they are copies of. What looks like a copy
// is held while isInDoubt(text); show(message) copes with what is shown already.
export function createEchoes({ isInDoubt, show }) {
	let held = [];

	return {
		// False if there is nothing to wait for.
		hold(message) {
			const isHeld = message.own && isInDoubt(message.text);
			if (isHeld)
				held.push(message);
			return isHeld;
		},
		// To be called when something in doubt has been settled.
		release() {
			const settled = held.filter(({ text }) => !isInDoubt(text));
			held = held.filter(({ text }) => isInDoubt(text));
			settled.forEach(show);
		},
	};
}
