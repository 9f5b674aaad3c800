// A room over server-sent events (HTML Living Standard, section 9.2).
import { ask } from './token.js';

// Two heartbeats of a server with default settings.
const MIN_SILENT_MS = 50_000;

// Returns the data of each complete event, and the rest of the text.
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

// A stream whose network has died stays open and silent. The server sends comments as heartbeats; their interval is
// learned.
function createSilenceTimer(onSilent) {
	let interval = Infinity;
	let lastBeat = performance.now();
	let timer = 0;

	return {
		received(text) {
			if (/^:/m.test(text)) {
				interval = Math.min(interval, performance.now() - lastBeat);
				lastBeat = performance.now();
			}
			clearTimeout(timer);
			if (interval < Infinity)
				timer = setTimeout(onSilent, Math.max(MIN_SILENT_MS, 2 * interval));
		},
		stop: () => clearTimeout(timer),
	};
}

async function read(body, { onText, onEvent }) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';

	for (;;) {
		const { value, done } = await reader.read();

		if (done)
			return;
		onText(value);
		const split = splitEvents(rest + value);
		rest = split.rest;
		split.events.forEach(onEvent);
	}
}

// url(query) is the room's address. onObject(object), onRefused(response) and onEnd(code, reason) are called.
export function openStream({ url, onObject, onRefused, onEnd }) {
	const abort = new AbortController();
	const silence = createSilenceTimer(() => onEnd('silent', ''));

	async function run() {
		const response = await ask(url({ events: 1 }), { signal: abort.signal, cache: 'no-store' });

		if (response.status >= 500) {
			onEnd(1013, '');
		} else if (!response.ok) {
			onRefused(response);
		} else {
			await read(response.body, {
				onText: silence.received,
				onEvent: (data) => abort.signal.aborted || onObject(JSON.parse(data)),
			});
			onEnd(1001, '');
		}
	}

	run().catch(() => abort.signal.aborted || onEnd(1006, ''));

	return {
		close() {
			silence.stop();
			abort.abort();
		},
	};
}
