// A link over HTTP, for networks that block WebSockets. Rooms arrive as event streams or long polls, and each command
// is a request of its own. The rest of the page sees the same objects as over a WebSocket.
import { claims } from './claims.js';
import { openPoll } from './link-poll.js';
import { openStream } from './link-stream.js';
import { ask as fetchAs } from './token.js';

const KINDS = { stream: openStream, poll: openPoll };
const FIRST_ROOM = 'lobby';
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

// kind is 'stream' or 'poll'. The rest is as in connection.js, but the link is open at once.
export function openHttp(page, kind, { onText, onClose }) {
	const rooms = new Map();
	let token = '';
	let isClosed = false;
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

	function close() {
		isClosed = true;
		rooms.forEach((room) => room.close());
		rooms.clear();
	}

	function fail(code, reason) {
		if (isClosed)
			return;
		close();
		onClose(code, reason);
	}

	function onRoomObject(join, object) {
		const isRefused = object.type === 'error' && !object.ref && !join.isDone && NAME_FAULTS.includes(object.code);

		if (object.type === 'joined') {
			token = object.you?.session ?? token;
			deliver({ ...object, ref: join.isDone ? undefined : join.ref });
			join.isDone = true;
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
			KINDS[kind]({
				url: (more) => url([kind === 'stream' ? 'events' : 'poll', room], { ...query, ...more }),
				onObject: (object) => onRoomObject(asked, object),
				// One room was refused; the other rooms stay open.
				onRefused: async (response) =>
					deliver({ ...(await errorOf(response)), ref: asked.isDone ? undefined : join.ref }),
				onEnd: fail,
			}),
		);
	}

	function leave(room) {
		rooms.get(room)?.close();
		rooms.delete(room);
	}

	async function ask(object) {
		const { type, room, ref, before, limit, q } = object;
		const response = await fetchAs(url([type, room], { before, limit, q }));

		deliver({ ...(response.ok ? await readJson(response) : await errorOf(response)), ref });
	}

	async function sendOne(object) {
		const { type, ref } = object;

		// The ping asks whether earlier commands are done. They are: each request waits for the one before.
		if (type === 'ping')
			return deliver({ type: 'pong', ref });
		const response = await fetchAs(url(['send', object.room ?? rooms.keys().next().value ?? FIRST_ROOM]), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ ...object, session: token }),
		});

		if (response.ok)
			return ref && deliver({ ...(await readJson(response)), type: 'ack', ref });
		const error = await errorOf(response);

		// The server has closed the session, so its rooms receive nothing: reconnect.
		return error.code === 'no_such_session' ? fail(1006, '') : deliver({ ...error, ref });
	}

	// The server sends a typing notice as the person's oldest session, which is in one room only. It refuses the notice
	// for other rooms.
	function type(object) {
		if (kind === 'stream' && rooms.keys().next().value === object.room)
			return sendOne(object);
		return undefined;
	}

	const actions = {
		join: enter,
		leave: ({ room }) => leave(room),
		history: ask,
		search: ask,
		typing: type,
	};

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
