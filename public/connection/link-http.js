// A link over HTTP, for networks that block WebSockets. Rooms arrive as event streams or long polls, and each command
// is a request of its own. The rest of the page sees the same objects as over a WebSocket.
import { claims } from './claims.js';
import { openPoll } from './link-poll.js';
import { createSharing } from './link-shared.js';
import { openStream } from './link-stream.js';
import { ask as fetchAs, token as accessToken } from './token.js';

// A browser opens six connections to a server. Rooms beyond slots are polled now and then.
const KINDS = {
	stream: { path: 'events', open: openStream, slots: 3 },
	poll: { path: 'poll', open: openPoll, slots: 1 },
	beyond: { path: 'poll', open: openPoll, pause: 3000 },
};
const FIRST_ROOM = 'lobby';
const ORIGIN_REFUSED = 'origin_refused';
const NO_SESSION = 'no_such_session';
const NAME_FAULTS = ['name_taken', 'bad_name', 'denied', 'banned'];

async function readJson(response) {
	try {
		return await response.json();
	} catch {
		return {};
	}
}

async function errorOf(response) {
	const { error = {} } = await readJson(response);
	const seconds = Number(response.headers.get('retry-after'));

	return {
		type: 'error',
		code: error.code ?? 'busy',
		message: error.message ?? response.statusText,
		retry_after_ms: seconds > 0 ? seconds * 1000 : undefined,
	};
}

// A WebSocket starts in the default room, but HTTP does not tell its name. Guess: the usual name, the first listed
// room, or the first room that the token allows.
async function findDefaultRoom(page) {
	const response = await fetchAs(new URL('rooms', page));
	const { rooms = [] } = await readJson(response);

	const { rooms: granted } = claims();
	const own = Array.isArray(granted) && granted[0];

	return (rooms.find(({ room }) => room === FIRST_ROOM) ?? rooms[0])?.room ?? (own || FIRST_ROOM);
}

// The echo service is used because nobody sees a connection to it.
function tryOutSocket(url, limitMs) {
	return new Promise((resolve) => {
		const socket = new WebSocket(url);
		const finish = (isOpen) => {
			clearTimeout(timer);
			socket.onopen = socket.onclose = null;
			socket.close();
			resolve(isOpen);
		};
		const timer = setTimeout(finish, limitMs, false);

		socket.onopen = () => finish(true);
		socket.onclose = () => finish(false);
	});
}

// kind is 'stream' or 'poll'. The rest is as in connection.js, but the link is open when this resolves.
export async function openHttp(page, kind, { onText, onClose }) {
	const rooms = new Map();
	// Tabs share a link if they show the same chat to the same person.
	const base = `${new URL('.', page).href} ${accessToken()}`;
	// Of the session, as it is called now.
	let token = '';
	let name = '';
	let isClosed = false;
	let isTried = false;
	// Commands are sent one after another, to keep their order.
	let sendQueue = Promise.resolve();

	const deliver = (object) => isClosed || onText(JSON.stringify(object));
	const url = (path, query = {}) => {
		const address = new URL(path.map(encodeURIComponent).join('/'), page);

		for (const [name, value] of Object.entries(query)) {
			if (value !== undefined && value !== '')
				address.searchParams.set(name, value);
		}
		return address;
	};

	// onRefused gets an error frame.
	function openRoom(room, query, { onObject, onRefused, onEnd }, isBeyond) {
		const { path, open, pause } = KINDS[isBeyond ? 'beyond' : kind];

		return open({
			url: (more) =>
				url([path, room], { ...query, name: name || query.name, session: token || query.session, ...more }),
			pause,
			onObject,
			onRefused: async (response) => onRefused(await errorOf(response)),
			onEnd,
		});
	}

	async function pollOnce(room, since) {
		const response = await fetchAs(url(['poll', room], { since, wait: 0 }), { cache: 'no-store' });

		if (!response.ok)
			throw new Error(response.statusText);
		return response.json();
	}

	function close() {
		isClosed = true;
		sharing?.close();
		rooms.forEach((room) => room.close());
		rooms.clear();
	}

	function fail(code, reason) {
		if (isClosed)
			return;
		close();
		onClose(code, reason);
	}

	const post = (room, object) =>
		fetchAs(url(['send', room]), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ ...object, session: token }),
		});

	// Behind a proxy that changes the Host header, the server takes this page for one of another site. Browsers send the
	// origin with POST only, so the page could read, but not write. Changing a name to itself does nothing else.
	async function tryOut(room) {
		const response = await post(room, { type: 'nick', username: name });
		const error = response.ok ? {} : await errorOf(response);

		if (error.code === ORIGIN_REFUSED)
			deliver(error);
	}

	function onRoomObject(join, object) {
		const isRefused = object.type === 'error' && !object.ref && !join.isDone && NAME_FAULTS.includes(object.code);

		if (object.type === 'presence' && object.event === 'rename' && object.was === name)
			name = object.username;
		if (object.type === 'joined') {
			token = object.you?.session ?? token;
			name = object.you?.username ?? name;
			deliver({ ...object, ref: join.isDone ? undefined : join.ref });
			join.isDone = true;
			if (!isTried)
				sendQueue = sendQueue.then(() => tryOut(join.room)).catch(() => {});
			isTried = true;
		} else if (isRefused) {
			// The server would let the reader in as a guest, but the reader wants this name.
			leave(join.room);
			deliver({ ...object, retry_after_ms: undefined, ref: join.ref });
		} else {
			deliver(object);
		}
	}

	async function enter(join) {
		const room = join.room ?? (await findDefaultRoom(page));
		const asked = { ...join, room };
		const query = { name: join.username ?? join.name, session: join.session ?? token, since: join.since };

		if (isClosed)
			return;
		rooms.get(room)?.close();
		rooms.set(
			room,
			(sharing?.open ?? openRoom)(room, query, {
				onObject: (object) => onRoomObject(asked, object),
				// One room was refused; the other rooms stay open.
				onRefused: (error) => deliver({ ...error, ref: asked.isDone ? undefined : join.ref }),
				onEnd: fail,
			}),
		);
	}

	function leave(room) {
		rooms.get(room)?.close();
		rooms.delete(room);
	}

	async function ask(object) {
		const { type, room, ref, before, limit } = object;
		const response = await fetchAs(url([type, room], { before, limit }));

		deliver({ ...(response.ok ? await readJson(response) : await errorOf(response)), ref });
	}

	function accepted({ type, ref, username }, answer) {
		if (type === 'nick')
			name = username;
		if (ref)
			deliver({ ...answer, type: 'ack', ref });
	}

	async function sendOne(object) {
		const { type, ref } = object;

		// The ping asks whether earlier commands are done. They are: each request waits for the one before.
		if (type === 'ping') {
			sharing?.check();
			return deliver({ type: 'pong', ref });
		}
		const response = await post(object.room ?? rooms.keys().next().value ?? FIRST_ROOM, object);

		if (response.ok)
			return accepted(object, await readJson(response));
		const error = await errorOf(response);

		// A message was not stored then.
		if (error.code !== NO_SESSION || !type)
			deliver({ ...error, ref });
		// The server has closed the session, so its rooms receive nothing: reconnect.
		if (error.code === NO_SESSION)
			fail(1006, '');
	}

	// The server sends a typing notice as the person's oldest session, which is in one room only. It refuses the notice
	// for other rooms.
	function type(object) {
		if (kind === 'stream' && (sharing ? sharing.oldest : rooms.keys().next().value) === object.room)
			return post(object.room, object);
		return undefined;
	}

	const actions = {
		join: enter,
		leave: ({ room }) => leave(room),
		history: ask,
		typing: type,
	};

	// Only pages by HTTPS or of this machine have locks, and browsers may block them. Without, each tab has its own link.
	const sharing = await createSharing({ base, slots: KINDS[kind].slots, connect: openRoom, ask: pollOnce }).catch(() => null);

	return {
		send(text) {
			if (isClosed)
				return false;
			const object = JSON.parse(text);
			const action = actions[object.type];

			if (action) {
				Promise.resolve(action(object)).catch(() => fail(1006, ''));
			} else {
				sendQueue = sendQueue.then(() => isClosed || sendOne(object)).catch(() => fail(1006, ''));
			}
			return true;
		},
		// Whether a WebSocket can be opened now.
		hasSocket: tryOutSocket,
		close,
	};
}
