// A client that must not lose anything: it reconnects whenever it is cut off, resumes from the last
// id up to which it has everything, and resends unacknowledged messages.
//
// It also checks what it receives. On each connection the room's messages must have consecutive ids
// that start right after "since". Only its own messages, acknowledged over the same connection, may
// be missing. A violation is emitted as "fault".

import { EventEmitter } from 'node:events';
import WebSocket from 'ws';

// Delays before a reconnect: at once, then later each time. No event announces that the daemon
// listens again or that a name is free.
const RETRY_MS = [0, 10, 20, 50, 100, 200];

/** Errors after which the same message may be sent again. */
const PASSING = new Set(['busy', 'store_failed', 'store_unavailable']);

/** Notices that the store is away, and that it is back. */
const OUTAGE = new Set(['store_away', 'store_back']);

/** Returns each reaction of a message, as "EMOJI NAME". */
export const keysOf = (reactions = {}) =>
	Object.entries(reactions).flatMap(([emoji, names]) => names.map((name) => `${emoji} ${name}`));

/** How a member enters its room: by the query of its URL, or by a join from another room. */
export const doors = ['query', 'join'];

/** The types of numbered objects. */
const NUMBERED = new Set(['message', 'edit', 'delete', 'react']);

/** The state of one own message, or of one change of a message. */
class Entry {
	constructor(ref, object) {
		this.ref = ref;
		this.object = object;
		this.text = object.type ?? object.message;
		this.id = undefined;
		this.isSent = false; // over the current connection
		this.freshAcks = 0;
	}
}

/** Emits "ack" (entry), "received" (id, text), "joined", "closed" (code) and "fault" (error). */
export class Member extends EventEmitter {
	#options;
	#socket = null;
	#entries = []; // unacknowledged, oldest first
	#byRef = new Map();
	#said = 0;
	#isSending = false;
	#isNamed = false;
	#isLeaving = false;
	#failures = 0; // in a row
	#token;
	#since; // of the current connection
	#wire = 0; // the last id received over the current connection
	#ackedHere = new Set();

	/**
	 * Options: port, ca (a certificate; uses TLS), name, room, door (one of `doors`), inFlight: how
	 * many messages may be unacknowledged at once, epoch: read this history from its start, padding:
	 * text added to each message, isNeverRefused: a refused connection is a fault, mayLose: the history
	 * may lose its newest messages, if this member is told so, mayChange: messages may be edited,
	 * deleted and reacted to.
	 */
	constructor(options) {
		super();
		this.#options = options;
		this.name = options.name;
		this.epoch = options.epoch;
		/** The room's messages as received by this member: texts[id]. */
		this.texts = [];
		/** The messages as they are now, by id: { username, message, edited, deleted, reactions }. */
		this.view = new Map();
		/** Every id up to this one is known. */
		this.have = 0;
		this.connections = 0;
		this.duplicates = 0;
		/** How often it was told that it could not be sent what it missed. */
		this.told = 0;
		this.nameRetries = 0;
		this.closeCodes = new Map();
		this.isJoined = false;
		this.#connect();
	}

	get unacked() {
		return this.#entries.length;
	}

	/** Every own message, by ref. */
	get entries() {
		return [...this.#byRef.values()];
	}

	/** Sends nothing before start(). */
	say(text) {
		this.send({ message: text });
	}

	/** The same for a change. */
	send(object) {
		const entry = new Entry(`${this.name}:${++this.#said}`, object);
		this.#entries.push(entry);
		this.#byRef.set(entry.ref, entry);
		this.#sendMore();
	}

	start() {
		this.#isSending = true;
		this.#sendMore();
	}

	/** Stops reading, like a client on a sleeping machine. */
	pause() {
		this.#socket.pause();
	}

	resume() {
		this.#socket.resume();
	}

	/** Leaves for good. */
	leave() {
		this.#isLeaving = true;
		this.#socket.terminate();
	}

	/** One line for debugging. */
	describe() {
		const state = this.isJoined ? 'joined' : 'not joined';
		const since = this.#since ? ` since ${this.#since}` : '';
		return `${this.name}: ${state}${since}, has all up to ${this.have}, ${this.unacked} unacked`;
	}

	#fault(text) {
		this.emit('fault', new Error(`${this.name}: ${text} (${this.describe()})`));
	}

	#url() {
		const { port, ca, room, door } = this.#options;
		const query = new URLSearchParams({ room: 'hall' });
		if (door === 'query') {
			query.set('room', room);
			query.set('name', this.name);
			query.set('events', '1');
			if (this.#since)
				query.set('since', this.#since);
		}
		return `${ca ? 'wss' : 'ws'}://127.0.0.1:${port}/ws?${query}`;
	}

	#connect() {
		this.connections++;
		this.isJoined = this.#isNamed = false;
		this.#since = this.epoch && `${this.epoch}:${this.have}`;
		this.#wire = this.have;
		this.#ackedHere.clear();
		for (const entry of this.#entries)
			entry.isSent = false;
		const socket = new WebSocket(this.#url(), { perMessageDeflate: false, ca: this.#options.ca });
		this.#socket = socket;
		socket.on('open', () => this.#options.door === 'join' && this.#join());
		socket.on('message', (data) => this.#hear(data));
		socket.on('error', ({ code }) => {
			// A "close" event follows.
			if (this.#options.isNeverRefused && code === 'ECONNREFUSED')
				this.#fault('was refused');
		});
		socket.once('close', (code) => this.#reconnect(code));
	}

	#reconnect(code) {
		this.closeCodes.set(code, (this.closeCodes.get(code) ?? 0) + 1);
		this.isJoined = this.#isNamed = false;
		this.emit('closed', code);
		if (this.#isLeaving)
			return;
		const delay = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
		setTimeout(() => this.#isLeaving || this.#connect(), delay);
	}

	#send(object) {
		this.#socket.send(JSON.stringify(object), () => {}); // the "close" event reports a failure
	}

	#join() {
		const { room } = this.#options;
		const proof = this.#token && { session: this.#token };
		const since = this.#since && { since: this.#since };
		this.#send({ type: 'join', room, username: this.name, ...proof, ...since, ref: 'join' });
	}

	#hear(data) {
		const object = JSON.parse(data);
		if (NUMBERED.has(object.type))
			this.#hearNumbered(object);
		else if (object.type === 'ack')
			this.#hearAck(object);
		else if (object.type === 'joined' && object.room === this.#options.room)
			this.#hearJoined(object);
		else if (object.type === 'pong')
			this.#onNamed();
		else if (object.type === 'error')
			this.#hearError(object);
		else if (!['joined', 'presence'].includes(object.type) && !OUTAGE.has(object.code))
			this.#fault(`was sent ${data}`);
	}

	#hearJoined(joined) {
		if (this.#options.mayLose && this.epoch && (joined.epoch !== this.epoch || (this.#since && !joined.recovered)))
			return this.#startAnew(joined.epoch);
		if (this.epoch && joined.epoch !== this.epoch)
			return this.#fault(`the epoch ${this.epoch} became ${joined.epoch}`);
		if (this.#since && !joined.recovered)
			return this.#fault(`recovered is false since ${this.#since}, last_id ${joined.last_id}`);
		if (joined.last_id < this.#wire)
			return this.#fault(`last_id is ${joined.last_id}, but ${this.#wire} was seen`);
		if (!this.#since)
			this.#wire = joined.last_id;
		this.epoch = joined.epoch;
		this.isJoined = true;
		this.#failures = 0;
		if (joined.you.username === this.name) {
			this.#token = joined.you.session;
			this.#onNamed();
		} else {
			this.#claimName();
		}
		this.emit('joined');
	}

	/** What it knows may be gone: it forgets all of it and reads the history from its start. */
	#startAnew(epoch) {
		this.told++;
		this.epoch = epoch;
		this.texts = [];
		this.view.clear();
		this.have = 0;
		for (const entry of this.entries) {
			entry.id = undefined;
			entry.freshAcks = 0;
		}
		this.#socket.removeAllListeners('message');
		this.#socket.terminate();
	}

	/** The query entered the room as a guest, because an earlier session still holds the name. */
	#claimName() {
		this.nameRetries++;
		if (!this.#token)
			return this.#socket.terminate();
		this.#send({ type: 'nick', username: this.name, session: this.#token, ref: 'nick' });
		this.#send({ type: 'ping' }); // the answer shows that there was no error
	}

	#onNamed() {
		this.#isNamed = true;
		this.#sendMore();
	}

	#hearError({ code, ref, message }) {
		if (code === 'name_taken') {
			// With the query, "joined" follows. After a join, the earlier session's token was
			// lost with its connection. Wait until the daemon notices that this connection is
			// dead.
			if (ref === 'join')
				this.nameRetries++;
			if (ref !== undefined)
				this.#socket.terminate();
			return;
		}
		const entry = this.#byRef.get(ref);
		if (entry?.object.type === 'react' && code === 'no_such_message')
			return this.#done(entry); // somebody has deleted it meanwhile
		if (!entry || !PASSING.has(code))
			return this.#fault(`error ${code} for ${ref}: ${message}`);
		setTimeout(() => {
			entry.isSent = false;
			this.#sendMore();
		}, RETRY_MS[1]);
	}

	#hearNumbered(object) {
		const { id, room, username, message, type } = object;
		if (room !== this.#options.room || !this.isJoined)
			return this.#fault(`received ${id} of ${room}, a room not joined`);
		if (id <= this.#wire)
			return this.#fault(`received ${id} after ${this.#wire}`);
		for (let missing = this.#wire + 1; missing < id; missing++)
			if (!this.#ackedHere.has(missing))
				return this.#fault(`received ${id} after ${this.#wire}, ${missing} is missing`);
		this.#wire = id;
		const isChanged = this.#options.mayChange && (type !== 'message' || object.deleted || object.edited);
		if (!isChanged && !message.startsWith(`${username} `))
			return this.#fault(`${id}, "${message}", has ${username} as its sender`);
		this.#know(id, message ?? type);
		this.#apply(object);
		this.emit('received', id, message);
	}

	#apply({ type = 'message', id, ts, of, username, message, emoji, on, edited, deleted, reactions = {} }) {
		const target = this.view.get(of);
		if (type === 'message')
			this.view.set(id, { username, message, edited, deleted, reactions: new Set(keysOf(reactions)) });
		else if (!target || target.deleted)
			return;
		else if (type === 'delete')
			this.view.set(of, { username: target.username, deleted: true, reactions: new Set() });
		else if (type === 'edit' && message)
			Object.assign(target, { message, edited: ts });
		else if (emoji)
			target.reactions[on ? 'add' : 'delete'](`${emoji} ${username}`);
	}

	#hearAck({ ref, id, ts, duplicate }) {
		const entry = this.#byRef.get(ref);
		if (!entry)
			return this.#fault(`an ack of ${ref}, which was never sent`);
		if (entry.id !== undefined && entry.id !== id)
			return this.#fault(`${ref} was stored as ${entry.id} and as ${id}`);
		if (!duplicate && entry.freshAcks++ > 0)
			return this.#fault(`${ref} was stored twice`);
		if (duplicate) {
			this.duplicates++;
		} else {
			this.#ackedHere.add(id);
			this.#apply({ username: this.name, ...entry.object, id, ts });
		}
		// One that was stored over an earlier connection is received with what was missed.
		if (!duplicate || !this.#options.mayChange)
			this.#know(id, entry.text);
		if (entry.id !== undefined)
			return;
		entry.id = id;
		this.#done(entry);
	}

	#done(entry) {
		this.#entries.splice(this.#entries.indexOf(entry), 1);
		this.#sendMore();
		this.emit('ack', entry);
	}

	#know(id, text) {
		if (this.texts[id] !== undefined && this.texts[id] !== text && !this.#options.mayChange)
			return this.#fault(`${id} is "${this.texts[id]}" and "${text}"`);
		this.texts[id] = text;
		while (this.texts[this.have + 1] !== undefined)
			this.have++;
	}

	#sendMore() {
		if (!this.#isSending || !this.isJoined || !this.#isNamed)
			return;
		for (const entry of this.#entries.slice(0, this.#options.inFlight)) {
			if (entry.isSent)
				continue;
			entry.isSent = true;
			const { room, padding } = this.#options;
			this.#send({ room, ...entry.object, ref: entry.ref, padding });
		}
	}
}
