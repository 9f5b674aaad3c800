// Reads a token from the address, and the claims of a JSON Web Token.
import { keepToken, token } from './token.js';

// The server's limit.
const MAX_CHARACTERS = 4096;
const VISIBLE = /^[\x21-\x7e]+$/;

// A login page may redirect here with #token=…. The token is removed from the address. False if there is none.
export function takeToken() {
	const found = new URLSearchParams(location.hash.slice(1)).get('token');

	if (!found)
		return false;
	history.replaceState(history.state, '', location.pathname + location.search);
	keepToken(found.replaceAll(' ', '+'));
	return true;
}

// The token in what somebody gave, or ''. Also accepts a link with #token=…, a Bearer prefix, and line breaks.
export function readToken(given) {
	const [, linked = given] = /#token=([^&]*)/.exec(given) ?? [];
	const bare = linked.replace(/^\s*Bearer\s+/i, '').replace(/\s/g, '');

	return VISIBLE.test(bare) && bare.length <= MAX_CHARACTERS ? bare : '';
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
