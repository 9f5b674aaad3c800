// The wire format, known only here. Nothing received is trusted.
import { readName } from '../people/identity.js';
import { texts } from '../words/texts.js';

const LATEST_DATE_MS = 8.64e15;
const EVENTS = ['enter', 'leave', 'rename'];
const VIAS = ['ws', 'line', 'sse', 'poll', 'push'];
const SEVERITIES = ['info', 'warning', 'error', 'critical', 'ok'];
const ALARM_STATES = ['raised', 'updated', 'cleared', 'acknowledged'];
const USUAL_PRIORITY = 3;
const MAX_TAGS = 12;

// crypto.randomUUID() needs https or localhost.
export function randomId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Omits empty members.
export function encode(object) {
	return JSON.stringify(object, (key, value) => (value === '' ? undefined : value));
}

export const encodeJoin = ({ ref, room, name, email, session, since }) =>
	encode({ type: 'join', ref, room, username: name, email, session, since });
export const encodeNick = ({ ref, name, email, session }) =>
	encode({ type: 'nick', ref, username: name, email, session });
export const encodeLeave = ({ ref, room }) => encode({ type: 'leave', ref, room });
export const encodeMessage = ({ ref, room, email, text, action, replyTo }) =>
	encode({ message: text, action: action || undefined, reply_to: replyTo || undefined, room, email, ref });
export const encodeHistory = ({ ref, room, before, limit }) => encode({ type: 'history', ref, room, before, limit });
export const encodePing = ({ ref }) => encode({ type: 'ping', ref });

export function isObject(value) {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(value) {
	if (typeof value === 'string')
		return value;
	return value === undefined || value === null ? '' : JSON.stringify(value);
}

function readString(value) {
	return typeof value === 'string' ? value : '';
}

// 0 if the value is no valid count or id.
export function readCount(value) {
	return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function readDate(value) {
	const usable = typeof value === 'number' && Math.abs(value) <= LATEST_DATE_MS;
	return usable ? new Date(value) : new Date();
}

function readHash(value) {
	return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : '';
}

function readVia(value) {
	return VIAS.includes(value) ? value : '';
}

// Other schemes could run code.
function readAddress(value) {
	const isValid = typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value);
	return isValid ? new URL(value).href : '';
}

function readTags(value) {
	return (Array.isArray(value) ? value : []).filter((tag) => typeof tag === 'string' && tag.trim()).slice(0, MAX_TAGS);
}

const readBy = (name) => (name === undefined ? '' : readName(name));

// Active alarms sent on joining have no id.
function readAlarm(object) {
	if (!ALARM_STATES.includes(object.state) || typeof object.key !== 'string')
		return null;
	return {
		type: 'alarm',
		room: readString(object.room),
		id: readCount(object.id),
		name: readName(object.username),
		key: object.key,
		severity: SEVERITIES.includes(object.severity) ? object.severity : 'warning',
		title: readString(object.title),
		text: readText(object.message),
		click: readAddress(object.click),
		state: object.state,
		date: readDate(object.ts),
		since: readDate(object.since),
		acknowledgedBy: readBy(object.acknowledged_by),
		acknowledgedDate: readDate(object.acknowledged_ms),
		clearedBy: readBy(object.cleared_by),
	};
}

// What has a text or a title is shown like a message, whatever its type. Other numbered frames are only counted.
function readMessage(object) {
	const type = object.type ?? 'message';
	const id = readCount(object.id);
	const hasText = object.message || readString(object.title) || object.deleted === true;
	const isShown = type === 'message' || (hasText && !Object.hasOwn(READERS, type));

	if (type === 'alarm' || !isShown)
		return (type === 'alarm' && readAlarm(object)) || (id ? { type: 'other', id } : null);
	return {
		type: 'message',
		id,
		name: readName(object.username),
		text: readText(object.message),
		date: readDate(object.ts),
		avatar: readHash(object.avatar),
		via: readVia(object.via),
		title: readString(object.title),
		priority: Number.isInteger(object.priority) ? object.priority : USUAL_PRIORITY,
		tags: readTags(object.tags),
		click: readAddress(object.click),
		action: object.action === true,
		deleted: object.deleted === true,
		replyTo: readCount(object.reply_to),
		editedAt: readCount(object.edited),
		// Read by wire-changes.js.
		reactions: isObject(object.reactions) ? object : null,
	};
}

export function readMessages(value) {
	return (Array.isArray(value) ? value : [])
		.filter(isObject)
		.map(readMessage)
		.filter((message) => message?.id);
}

function readUsers(value) {
	return (Array.isArray(value) ? value : [])
		.filter(isObject)
		.map(({ username, via }) => ({ name: readName(username), via: readVia(via) }));
}

function readJoined(object) {
	const you = isObject(object.you) ? object.you : {};
	const limits = isObject(object.limits) ? object.limits : {};

	return {
		type: 'joined',
		epoch: readString(object.epoch),
		lastId: readCount(object.last_id),
		recovered: object.recovered === true,
		topic: readString(object.topic),
		ref: readString(object.ref),
		name: readName(you.username),
		session: readString(you.session),
		users: readUsers(object.users),
		count: readCount(object.count),
		limits: { nameBytes: readCount(limits.name_bytes), messageBytes: readCount(limits.message_bytes) },
	};
}

function readPresence(object) {
	if (!EVENTS.includes(object.event))
		return null;
	return {
		type: 'presence',
		event: object.event,
		name: readName(object.username),
		via: readVia(object.via),
		was: object.event === 'rename' ? readName(object.was) : '',
		count: readCount(object.count),
	};
}

// The messages that an entry deletes.
function readDeletion(object) {
	const ids = Array.isArray(object.of) ? object.of : [object.of];
	return { type: 'deletion', id: readCount(object.id), ids: ids.map(readCount).filter(Boolean) };
}

const READERS = {
	delete: readDeletion,
	// The text is '' if the message is gone.
	edit: (object) => ({
		type: 'edit',
		id: readCount(object.id),
		of: readCount(object.of),
		text: readText(object.message),
		editedAt: readCount(object.ts),
	}),
	react: (object) => ({ type: 'react', id: readCount(object.id), of: readCount(object.of) }),
	notice: (object) => ({ type: 'notice', code: readString(object.code) }),
	metric: () => ({ type: 'metric' }),
	log: (object) => ({ type: 'log', id: readCount(object.id) }),
	joined: readJoined,
	presence: readPresence,
	typing: (object) => ({ type: 'typing', name: readName(object.username) }),
	pong: (object) => ({ type: 'pong', ref: readString(object.ref) }),
	ack: (object) => ({
		type: 'ack',
		ref: readString(object.ref),
		id: readCount(object.id),
		duplicate: object.duplicate === true,
	}),
	history: (object) => ({
		type: 'history',
		ref: readString(object.ref),
		more: object.more === true,
		messages: readMessages(object.messages),
	}),
	error: (object) => ({
		type: 'error',
		code: readString(object.code),
		text: (Object.hasOwn(texts.reasons, object.code) && texts.reasons[object.code]) || readText(object.message) || readText(object.code),
		ref: readString(object.ref),
		retryAfter: readCount(object.retry_after_ms),
	}),
};

// A frame whose members have the right types, or null if unknown; raw is the received object.
export function decodeFrame(data) {
	let object;

	try {
		object = JSON.parse(data);
	} catch {
		return null;
	}
	if (!isObject(object))
		return null;
	const frame = Object.hasOwn(READERS, object.type) ? READERS[object.type](object) : readMessage(object);
	return frame && { ...frame, room: readString(object.room), raw: object };
}
