// Requests by the dozen wait while the server is too busy for them.
import { ask } from './token.js';

const MAX_TRIES = 5;
const BUSY_MS = 1000;
const TOO_MANY = 429;

// fetch() with the token.
export async function askPatiently(address, options) {
	for (let tries = 0; ; tries++) {
		const response = await ask(address, options);

		if (response.status !== TOO_MANY || tries >= MAX_TRIES)
			return response;
		await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after')) * 1000 || BUSY_MS));
	}
}
