// Requests by the dozen wait while the server is too busy for them.
import { ask } from './token.js';

const MAX_TRIES = 5;
const BUSY_MS = 1000;
// The reader does not wait longer, neither for an answer nor until the server may be asked again.
const PATIENCE_MS = 30_000;
const TOO_MANY = 429;

// fetch() with the token.
export async function askPatiently(address, { signal } = {}) {
	for (let tries = 0; ; tries++) {
		const patience = AbortSignal.timeout(PATIENCE_MS);
		const response = await ask(address, { signal: signal ? AbortSignal.any([signal, patience]) : patience });
		const pause = Number(response.headers.get('retry-after')) * 1000 || BUSY_MS;

		if (response.status !== TOO_MANY || tries >= MAX_TRIES || pause > PATIENCE_MS)
			return response;
		await new Promise((resolve) => setTimeout(resolve, pause));
	}
}
