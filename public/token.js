// The token that shows the server who the reader is, where it asks for one.
import { recall, remember } from './storage.js';

// Where nothing can be kept it lasts as long as the page.
let present = '';

export const token = () => recall('token') || present;

export function keepToken(value) {
	present = value;
	remember('token', value);
}

// fetch() in the reader's name.
export function ask(address, { headers, ...options } = {}) {
	const shown = token() && { authorization: `Bearer ${token()}` };
	return fetch(address, { ...options, headers: { ...headers, ...shown } });
}
