// Orders of moderators: requests with the token of an admin. It is not the reader's own token: people sign in with a
// JSON Web Token, which is never an admin's.
import { recall, remember } from '../base/storage.js';
import { readToken } from './claims.js';
import { token } from './token.js';

const KEY = 'moderator';
// The token is not an admin's any more.
const REFUSED = ['bad_token', 'denied'];

const isSignedIn = () => Boolean(token()) && token().split('.').length !== 3;

async function request(admin, word, what) {
	const headers = { authorization: `Bearer ${admin}` };
	let answer = {};
	let isDone = false;

	try {
		const response = await fetch(`admin/${word}`, {
			method: what ? 'POST' : 'GET',
			cache: 'no-store',
			headers: what ? { ...headers, 'content-type': 'application/json' } : headers,
			body: what && JSON.stringify(what),
		});
		isDone = response.ok;
		answer = await response.json();
	} catch {
		isDone = false;
	}
	if (isDone)
		return answer;
	throw Object.assign(new Error(answer.error?.message), { code: answer.error?.code ?? 'unreachable' });
}

export const isModerator = () => Boolean(recall(KEY));

// Resolves if the token is an admin's, and keeps it. Without one, tries what the reader has signed in with. Only called
// when the reader asks for it: the server reports wrong tokens, and may lock out their address.
export async function becomeModerator(given = isSignedIn() ? token() : '') {
	const admin = readToken(given);

	if (!admin)
		throw Object.assign(new Error(), { code: 'token_required' });
	await request(admin, 'bans');
	remember(KEY, admin);
}

export function stopModerating() {
	remember(KEY, '');
}

// Resolves with the answer, or rejects with an Error that has the server's message and code. Without what, it asks.
export async function order(word, what) {
	try {
		return await request(recall(KEY), word, what);
	} catch (error) {
		if (REFUSED.includes(error.code))
			stopModerating();
		throw error;
	}
}
