// A room as a stream of server-sent events (HTML Living Standard, section 9.2).
import { ask } from './token.js';

// The data of each event that is complete, and what is left of the text.
function splitEvents(text) {
	const blocks = text.split(/\r?\n\r?\n/);
	const rest = blocks.pop();
	const events = blocks
		.map((block) =>
			block
				.split(/\r?\n/)
				.filter((line) => line.startsWith('data:'))
				.map((line) => line.slice(5).replace(/^ /, ''))
				.join('\n'),
		)
		.filter(Boolean);

	return { events, rest };
}

async function read(body, onEvent) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';

	for (;;) {
		const { value, done } = await reader.read();

		if (done)
			return;
		const split = splitEvents(rest + value);
		rest = split.rest;
		split.events.forEach(onEvent);
	}
}

// url(query) is where the room is; onObject(object), onRefused(response) and onEnd(code, reason) follow.
export function openStream({ url, onObject, onRefused, onEnd }) {
	const abort = new AbortController();

	async function run() {
		const response = await ask(url({ events: 1 }), { signal: abort.signal, cache: 'no-store' });

		if (response.status >= 500) {
			onEnd(1013, '');
		} else if (!response.ok) {
			onRefused(response);
		} else {
			await read(response.body, (data) => abort.signal.aborted || onObject(JSON.parse(data)));
			onEnd(1001, '');
		}
	}

	run().catch(() => abort.signal.aborted || onEnd(1006, ''));

	return { close: () => abort.abort() };
}
