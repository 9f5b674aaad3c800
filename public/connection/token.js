// The token that identifies the reader, on servers that require one.
import { recall, remember } from '../base/storage.js';

const REACHING_MS = 1000;

export const token = () => recall('token');
export const keepToken = (value) => remember('token', value);

// fetch() with the token.
export function ask(address, { headers, ...options } = {}) {
	const shown = token() && { authorization: `Bearer ${token()}` };
	return fetch(address, { ...options, headers: { ...headers, ...shown } });
}

// Whether the server admits the reader: 'ok', an error code, or '' if unreachable. A page cannot see why its WebSocket
// was refused.
export async function checkAccess(page) {
	try {
		const response = await ask(new URL('rooms', page), {
			cache: 'no-store',
			signal: AbortSignal.timeout(REACHING_MS),
		});
		return response.ok ? 'ok' : (await response.json()).error.code;
	} catch {
		return '';
	}
}
