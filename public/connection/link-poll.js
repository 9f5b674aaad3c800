// A room over long polls: each request is answered with the events since the last one. Presence is not reported.
import { ask as fetchAs } from './token.js';

const WAIT_S = 25;
// A poll that is this late will not be answered.
const LATE_MS = 15_000;

// An answer as the "joined" frame of a WebSocket.
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

// The callbacks are those of openStream. With pause, polls do not wait, and are so many ms apart.
export function openPoll({ url, pause = 0, onObject, onRefused, onEnd }) {
	const abort = new AbortController();
	const wait = pause ? 0 : WAIT_S;
	let timer = 0;

	async function ask(query) {
		timer = setTimeout(onEnd, WAIT_S * 1000 + LATE_MS, 'silent', '');
		const response = await fetchAs(url(query), { signal: abort.signal, cache: 'no-store' });
		clearTimeout(timer);
		return response;
	}

	// The first answer also holds messages. They follow the "joined" frame, as over a WebSocket; errors come before it.
	// A later answer that did not recover begins another history.
	async function run() {
		let query = { wait: 0 };
		let isFirst = true;

		while (!abort.signal.aborted) {
			const response = await ask(query);

			if (!response.ok) {
				if (response.status < 500)
					await onRefused(response);
				// If the error ended the session, onRefused() has closed this link already.
				if (response.status >= 500 || !isFirst)
					onEnd(1013, '');
				return;
			}
			const answer = await response.json();
			if (abort.signal.aborted)
				return;
			const faults = answer.messages.filter(({ type }) => type === 'error');
			faults.forEach(onObject);
			if ((isFirst || !answer.recovered) && !abort.signal.aborted)
				onObject(joinedOf(answer));
			answer.messages
				.filter(({ type }) => type !== 'error')
				.forEach((object) => abort.signal.aborted || onObject(object));
			isFirst = false;
			query = { wait, since: answer.since, session: answer.you?.session };
			// Not for 0: timers of hidden pages are late.
			if (pause)
				await new Promise((resolve) => setTimeout(resolve, pause));
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
