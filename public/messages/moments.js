// Finds the message of a moment. Times grow with the ids of a room.
import { askPatiently } from '../connection/patience.js';

const PAGE = 200;
const MAX_PROBES = 40;

// The first messages behind this id, or the newest ones.
async function read(room, after, limit) {
	const response = await askPatiently(`history/${encodeURIComponent(room)}?${after === null ? '' : `after=${after}&`}limit=${limit}`);

	if (!response.ok)
		throw new Error(response.statusText);
	const { messages } = await response.json();
	return messages.filter(({ id, ts }) => Number.isSafeInteger(id) && Number.isFinite(ts));
}

// Resolves with the id of the first message of the room at or after this time (Unix ms), or 0 if there is none.
export async function messageAt(room, time) {
	const [newest] = (await read(room, null, 1)).slice(-1);
	const [oldest] = await read(room, 0, 1);

	if (!oldest || !newest || newest.ts < time)
		return 0;
	if (oldest.ts >= time)
		return oldest.id;
	// The message is behind low, and it is high or one before end.
	let [low, high, end] = [oldest, newest, newest.id];

	for (let probes = 0; probes < MAX_PROBES && end - low.id > PAGE; probes++) {
		// By the time first, by halves if the times are uneven.
		const part = probes % 2 ? 0.5 : (time - low.ts) / (high.ts - low.ts);
		const guess = Math.min(end - 2, low.id + Math.floor((end - low.id) * part));
		const [found] = await read(room, guess, 1);

		if (found && found.id < end && found.ts < time) {
			low = found;
		} else {
			high = found && found.id < end ? found : high;
			end = guess + 1;
		}
	}
	return (await read(room, low.id, PAGE)).find(({ ts }) => ts >= time)?.id ?? high.id;
}
