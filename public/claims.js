// How a token comes, and what it says of its owner.
import { keepToken, token } from './token.js';

// A login may send its people here with #token=…, which must not stay in the address. False if there is none.
export function takeToken() {
	const found = new URLSearchParams(location.hash.slice(1)).get('token');

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
