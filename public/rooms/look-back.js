// Reads what was said in rooms since the reader was there last. The rooms need not be joined.
import { ask } from '../connection/token.js';
import { decodeFrame } from '../connection/wire.js';

const PAGE = 200;
const MOST_PAGES = 5;

let queue = Promise.resolve();

async function read(room, after) {
	const found = { epoch: '', messages: [], until: after };

	for (let pages = 0; pages < MOST_PAGES; pages++) {
		const response = await ask(`history/${encodeURIComponent(room)}?after=${found.until}&limit=${PAGE}`);
		const page = response.ok && decodeFrame(await response.text());

		if (page?.type !== 'history')
			break;
		found.epoch = page.raw.epoch;
		found.messages.push(...page.messages);
		found.until = page.more ? (page.messages.at(-1)?.id ?? Infinity) : Infinity;
		if (!page.more)
			break;
	}
	return found;
}

// Resolves with { epoch, messages, until }: the first messages after this id. What came behind until was not read.
// One room at a time.
export function lookBack(room, after) {
	const answer = queue.then(() => read(room, after));

	queue = answer.catch(() => {});
	return answer;
}
