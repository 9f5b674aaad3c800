// Reads a token from the address, and the claims of a JSON Web Token.
import { keepToken, token } from './token.js';

// A login page may redirect here with #token=…. The token is removed from the address. False if there is none.
export function takeToken() {
	const found = new URLSearchParams(location.hash.slice(1)).get('token');

	if (!found)
		return false;
	history.replaceState(history.state, '', location.pathname + location.search);
	keepToken(found.replaceAll(' ', '+'));
	return true;
}

// The claims are not verified; only the server can do that.
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
