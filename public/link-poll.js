// A room by long-polls: each request is answered by what has come since the last one. Who comes and goes is not told.
import { ask as fetchAs } from './token.js';

const WAIT_S = 25;
// An answer that takes so much longer will not come any more.
const LATE_MS = 15_000;

// The answer to the first request, as a WebSocket would have said it.
function joinedOf({ room, topic, epoch, last_id: lastId, recovered, you }) {
	return {
		type: 'joined',
		room,
		topic,
		epoch,
		last_id: lastId,
		recovered,
		you,
		users: you ? [{ username: you.username, via: 'poll' }] : [],
		count: 1,
	};
}

// As in link-stream.js.
export function openPoll({ url, onObject, onRefused, onEnd }) {
	const abort = new AbortController();
	let timer = 0;

	async function ask(query) {
		timer = setTimeout(onEnd, WAIT_S * 1000 + LATE_MS, 'silent', '');
		const response = await fetchAs(url(query), { signal: abort.signal, cache: 'no-store' });
		clearTimeout(timer);
		return response;
	}

	// What waits already is a part of the first answer; what was missed comes after it is said that it does.
	async function run() {
		let query = { wait: 0 };
		let isFirst = true;

		for (;;) {
			const response = await ask(query);

			if (!response.ok) {
				if (response.status < 500)
					await onRefused(response);
				// Where somebody was sent away that is heard of by now.
				if (response.status >= 500 || !isFirst)
					onEnd(1013, '');
				return;
			}
			const answer = await response.json();
			if (abort.signal.aborted)
				return;
			const faults = answer.messages.filter(({ type }) => type === 'error');
			faults.forEach(onObject);
			if (isFirst && !abort.signal.aborted)
				onObject(joinedOf(answer));
			answer.messages
				.filter(({ type }) => type !== 'error')
				.forEach((object) => abort.signal.aborted || onObject(object));
			isFirst = false;
			query = { wait: WAIT_S, since: answer.since, session: answer.you?.session };
		}
	}

	run().catch(() => abort.signal.aborted || onEnd(1006, ''));

	return {
		close() {
			clearTimeout(timer);
			abort.abort();
		},
	};
}
