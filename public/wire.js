// The one place that knows what messages look like on the wire, and trusts nothing that arrives.
import { readName } from './names.js';

const LATEST_DATE_MS = 8.64e15;

// crypto.randomUUID() exists on https and localhost only; this works everywhere.
export function randomId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The server relays client_id as it is; it is how a page knows its own message when the server echoes.
export function encodeMessage({ id, name, email, text }) {
	return JSON.stringify({
		message: text,
		username: name,
		...(email && { email }),
		client_id: id,
	});
}

function readText(value) {
	if (typeof value === 'string')
		return value;
	return value === undefined || value === null ? '' : JSON.stringify(value);
}

function readDate(value) {
	const usable = typeof value === 'number' && Math.abs(value) <= LATEST_DATE_MS;
	return usable ? new Date(value) : new Date();
}

function readHash(value) {
	return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : '';
}

// { type: 'message' | 'error', … } with every member of the right type, or null for what this page does not know.
export function decodeFrame(data) {
	let object;

	try {
		object = JSON.parse(data);
	} catch {
		return null;
	}
	if (typeof object !== 'object' || object === null || Array.isArray(object))
		return null;

	switch (object.type ?? 'message') {
	case 'message':
		return {
			type: 'message',
			id: typeof object.client_id === 'string' ? object.client_id : '',
			name: readName(object.username),
			text: readText(object.message),
			date: readDate(object.ts),
			avatar: readHash(object.avatar),
		};
	case 'error':
		return { type: 'error', text: readText(object.message) || readText(object.code) };
	default:
		return null;
	}
}
