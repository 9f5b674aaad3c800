// One link for all tabs of a browser, because a browser opens only six connections to a server. The tab that holds a
// Web Lock has the streams or polls of all rooms (the hub), and tells the others what it receives. When it closes, the
// next tab takes over. If it does not answer, since browsers suspend tabs, a tab that noticed takes over. Each tab knows
// how far it has received a room, so nothing is lost or received twice.
import { randomId } from './wire.js';

// A stream that a network holds back never opens.
const OPENING_MS = 10_000;
// A hub answers at once.
const ANSWER_MS = 1000;

// Whether what follows since continues after position. Both are EPOCH:ID, or ''.
function continues(since, position) {
	const [[epoch, id], [other, otherId]] = [since, position].map((text) => text.split(':'));
	return Boolean(since) && epoch === other && Number(id) <= Number(otherId);
}

// connect(room, query, callbacks, isBeyond) opens a room. publish(message) goes to all tabs. watch(tab, onGone).
function createHub({ slots, connect, publish, watch }) {
	const wanted = new Map();
	const rooms = new Map();
	// The same rooms, in the order in which they were opened.
	const ages = new Set();

	function close(entry) {
		clearTimeout(entry.timer);
		entry.link.close();
	}

	function drop(room, entry) {
		rooms.delete(room);
		ages.delete(room);
		close(entry);
	}

	// A room that is open already is opened again, for a newcomer that needs its state.
	function open(room, query) {
		const before = rooms.get(room);
		const since = before?.position || query.since || '';
		const entry = { query, position: since, isJoined: false };
		const ifMine = (call) => (...rest) => rooms.get(room) === entry && call(...rest);
		const end = ifMine((...end) => publish({ end }));

		if (before)
			close(before);
		rooms.set(room, entry);
		ages.delete(room);
		ages.add(room);
		entry.isBeyond = Array.from(rooms.keys()).indexOf(room) >= slots;
		entry.timer = setTimeout(end, OPENING_MS, 'silent', '');
		entry.link = connect(
			room,
			{ ...query, since },
			{
				onObject: ifMine((object) => {
					const isJoined = object.type === 'joined';
					const from = isJoined && object.recovered && !entry.isJoined ? since : '';

					if (isJoined) {
						clearTimeout(entry.timer);
						entry.isJoined = true;
						entry.epoch = object.epoch;
					}
					if (isJoined && !from)
						entry.position = `${entry.epoch}:${object.last_id}`;
					else if (object.id)
						entry.position = `${entry.epoch}:${object.id}`;
					publish({ room, object, from, oldest: isJoined && ages.values().next().value });
				}),
				onRefused: ifMine((refused) => {
					drop(room, entry);
					publish({ room, refused });
				}),
				onEnd: end,
			},
			entry.isBeyond,
		);
	}

	function closeUnwanted() {
		const names = new Set(Array.from(wanted.values()).flat());

		for (const [room, entry] of rooms) {
			if (!names.has(room))
				drop(room, entry);
		}
		Array.from(rooms.keys())
			.slice(0, slots)
			.filter((room) => rooms.get(room).isBeyond)
			.forEach((room) => open(room, rooms.get(room).query));
	}

	function forget(tab) {
		wanted.delete(tab);
		closeUnwanted();
	}

	return {
		// The rooms that a tab wants now.
		told(tab, list) {
			if (!wanted.has(tab))
				watch(tab, () => forget(tab));
			wanted.set(tab, list.map(({ room }) => room));
			for (const { room, isNew, query } of list) {
				if (!rooms.has(room) || (isNew && rooms.get(room).isJoined))
					open(room, query);
			}
			closeUnwanted();
		},
		close() {
			rooms.forEach(close);
			rooms.clear();
		},
	};
}

// slots is how many rooms may have a connection of their own. ask(room, since) resolves with the answer to a poll that
// does not wait.
export async function createSharing({ base, slots, connect, ask }) {
	const me = randomId();
	const channel = new BroadcastChannel(`linnet link ${base}`);
	const stop = new AbortController();
	const mine = new Map();
	let hub = null;
	let oldest = '';
	let doubt = 0;
	let isQueued = false;

	// The lock is held until this link closes. Rejects where locks are blocked, and when another tab steals the lock.
	const hold = (name, options, onHeld) => {
		const untilClosed = () =>
			stop.signal.aborted ||
			new Promise((release) => {
				stop.signal.addEventListener('abort', release);
				onHeld();
			});
		return navigator.locks.request(`${name} ${base}`, options, untilClosed);
	};

	const waiting = { signal: stop.signal };

	const watch = (tab, onGone) =>
		tab === me ||
		navigator.locks.request(`linnet tab ${tab} ${base}`, { signal: stop.signal }, onGone).catch(() => {});

	function publish(message) {
		channel.postMessage(message);
		hear(message);
	}

	function retire() {
		hub?.close();
		hub = null;
	}

	function become() {
		clearTimeout(doubt);
		hub = createHub({ slots, connect, publish, watch });
		channel.postMessage({ hello: true });
		tell();
	}

	// Another tab has stolen the lock, or this link has closed.
	function lose() {
		retire();
		queue();
	}

	function queue() {
		if (isQueued)
			return;
		isQueued = true;
		hold('linnet link', waiting, () => {
			isQueued = false;
			become();
		}).catch(lose);
	}

	const steal = () => hold('linnet link', { steal: true }, become).catch(lose);

	function tell() {
		if (stop.signal.aborted)
			return;
		const rooms = Array.from(mine, ([room, { query, isJoined, epoch, last }]) => ({
			room,
			isNew: !isJoined,
			query: { ...query, since: epoch && `${epoch}:${last}` },
		}));

		if (hub) {
			hub.told(me, rooms);
			return;
		}
		channel.postMessage({ tab: me, rooms });
		clearTimeout(doubt);
		doubt = setTimeout(steal, ANSWER_MS);
	}

	function deliver(entry, object) {
		entry.last = Math.max(entry.last, object.id ?? 0);
		entry.onObject(object);
	}

	// The messages since the entry's position, which the hub's stream does not send.
	async function catchUp(room, since) {
		const messages = [];

		for (;;) {
			const answer = await ask(room, since);

			if (!answer.recovered)
				return { recovered: false, messages: [] };
			messages.push(...answer.messages.filter(({ id }) => id));
			if (!answer.more)
				return { recovered: true, messages };
			since = answer.since;
		}
	}

	// What arrives while this tab catches up is held back.
	async function joined(room, entry, frame, from) {
		const position = entry.epoch && `${entry.epoch}:${entry.last}`;
		const isCovered = continues(from, position);
		const held = [];
		let missed = { recovered: isCovered, messages: [] };

		entry.held = held;
		if (position && !isCovered)
			missed = await catchUp(room, position);
		if (entry.held !== held || mine.get(room) !== entry)
			return;
		entry.held = null;
		entry.isJoined = true;
		if (!missed.recovered)
			entry.last = frame.last_id;
		entry.epoch = frame.epoch;
		entry.onObject({ ...frame, recovered: missed.recovered });
		for (const object of [...missed.messages, ...held]) {
			if (mine.get(room) === entry)
				deliver(entry, object);
		}
	}

	// A room that was open receives nothing any more.
	function refuse(entry, error) {
		entry.onRefused(error);
		if (entry.isJoined)
			entry.onEnd(1013, '');
	}

	// A hub that hears another one has been suspended, and has lost its lock.
	function greet() {
		retire();
		tell();
	}

	function answer(tab, rooms) {
		if (!hub)
			return;
		channel.postMessage({ heard: tab });
		hub.told(tab, rooms);
	}

	function hear({ tab, rooms, heard, hello, end, room, object, from, refused, oldest: first }) {
		const entry = mine.get(room) ?? (end && mine.values().next().value);

		oldest = first || oldest;
		if (tab)
			answer(tab, rooms);
		else if (heard === me)
			clearTimeout(doubt);
		else if (hello)
			greet();
		else if (!entry)
			return;
		else if (end)
			entry.onEnd(...end);
		else if (refused)
			refuse(entry, refused);
		else if (object.type === 'joined')
			joined(room, entry, object, from).catch(() => entry.onEnd(1006, ''));
		else if (entry.held)
			entry.held.push(object);
		else if (entry.isJoined || object.type === 'error')
			deliver(entry, object);
	}

	channel.onmessage = ({ data }) => hear(data);
	// Before the hub hears of this tab, or it would take it for gone.
	await new Promise((resolve, reject) => hold(`linnet tab ${me}`, waiting, resolve).catch(reject));
	queue();

	return {
		// The room that was opened first.
		get oldest() {
			return oldest;
		},
		// Notices a hub that has been suspended.
		check: tell,
		// The callbacks are those of connect().
		open(room, { since = '', ...query }, callbacks) {
			const [epoch, last] = since.split(':');

			mine.set(room, { query, ...callbacks, epoch, last: Number(last) || 0, isJoined: false, held: null });
			tell();
			return {
				close() {
					mine.delete(room);
					tell();
				},
			};
		},
		close() {
			mine.clear();
			stop.abort();
			clearTimeout(doubt);
			retire();
			channel.close();
		},
	};
}
