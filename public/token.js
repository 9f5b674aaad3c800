// The token that shows the server who the reader is, where it asks for one.
import { recall, remember } from './storage.js';

const REACHING_MS = 1000;

export const token = () => recall('token');
export const keepToken = (value) => remember('token', value);

// fetch() in the reader's name.
export function ask(address, { headers, ...options } = {}) {
	const shown = token() && { authorization: `Bearer ${token()}` };
	return fetch(address, { ...options, headers: { ...headers, ...shown } });
}

// What the server says of a request: 'ok', the code of an error, or nothing. Of a WebSocket that was refused no page is
// told why.
export async function reach(page) {
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
