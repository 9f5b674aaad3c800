// The token that shows the server who the reader is, where it asks for one.
import { recall, remember } from './storage.js';

const KEY = 'token';

// Where nothing can be kept it lasts as long as the page.
let present = '';

export const token = () => recall(KEY) || present;

export function keepToken(value) {
	present = value;
	remember(KEY, value);
}

// A login may send its people here with #token=…, which must not stay in the address. False if there is none.
export function takeToken() {
	const found = new URLSearchParams(location.hash.slice(1)).get(KEY);

	if (!found)
		return false;
	history.replaceState(history.state, '', location.pathname + location.search);
	keepToken(found.replaceAll(' ', '+'));
	return true;
}

// What it says of its owner; whether that is true only the server knows.
export function claims() {
	try {
		const bytes = atob(token().split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
		return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))) ?? {};
	} catch {
		return {};
	}
}

export function ownersName() {
	const { name, sub } = claims();
	const says = name ?? sub;

	return typeof says === 'string' ? says : '';
}

// fetch() in the reader's name.
export function ask(address, { headers, ...options } = {}) {
	const shown = token() && { authorization: `Bearer ${token()}` };
	return fetch(address, { ...options, headers: { ...headers, ...shown } });
}
