// Runs a search in one room after another.
import { askPatiently } from '../connection/patience.js';
import { decodeSearch } from '../connection/wire-requests.js';
import { isSameName } from '../people/identity.js';
import { messageAt } from './moments.js';

const PAGE = 100;
// Searches cost the server much, and it limits how many an address may ask for. So a step looks into so many rooms, reads
// so many pages of each, and asks for a few at once.
const MAX_ROOMS = 20;
const MAX_PAGES = 5;
const AT_ONCE = 3;
const ENOUGH = 20;
const MAX_HITS = 500;

// null if the room may not be read.
async function askRoom(room, words, before, signal) {
	const query = new URLSearchParams({ q: words, limit: PAGE, ...(before && { before }) });
	const response = await askPatiently(`search/${encodeURIComponent(room)}?${query}`, { signal });

	if (response.status === 403 || response.status === 404)
		return null;
	const page = response.ok && decodeSearch(await response.text());
	if (!page)
		throw new Error(response.statusText);
	return page;
}

// query is of queryOf. names are the rooms, the most important ones first. step() goes on in the rooms that are left, and
// calls onHits() whenever there are more.
export function createSearching(query, names, { onHits }) {
	const stopper = new AbortController();
	const { signal } = stopper;
	const hits = [];
	let failed = [];
	let looked = 0;
	let isCut = false;
	// The rooms that are not done: before is the id that the next page begins before.
	let left = names.map((name) => ({ name, before: 0 }));

	const isHit = ({ type, name, date, deleted }) =>
		type !== 'other' && !deleted && (!query.from || isSameName(name, query.from)) && date >= query.after && date < query.before;

	async function nextPage(room) {
		const page = await askRoom(room.name, query.asked, room.before, signal);
		const oldest = page?.messages.at(-1);
		const found = page?.messages.filter(isHit).map((message) => ({ ...message, room: room.name })) ?? [];

		isCut ||= Boolean(page?.stopped);
		room.isDone = !page || (!page.more && !page.stopped) || oldest?.date < query.after;
		room.before = page?.stopped ? page.searchedFrom : oldest?.id;
		// All of the page is newer than wanted: what is between is skipped.
		if (!room.isDone && oldest?.date >= query.before)
			room.before = Math.min(room.before, (await messageAt(room.name, query.before)) || room.before);
		room.isDone ||= room.before <= 1;
		hits.push(...found);
		if (found.length && !signal.aborted)
			onHits();
		return found.length;
	}

	async function searchRoom(room) {
		let found = 0;

		// A search that took too long goes on when the reader wants it.
		for (let pages = 0; pages < MAX_PAGES && !room.isDone && found < ENOUGH && !isCut; pages++)
			found += await nextPage(room);
	}

	async function work(rooms) {
		for (let room = rooms.shift(); room && !signal.aborted && hits.length < MAX_HITS; room = rooms.shift()) {
			try {
				await searchRoom(room);
			} catch {
				failed.push(room.name);
				return;
			}
		}
	}

	return {
		// The newest first.
		get hits() {
			return hits.sort((one, other) => other.date - one.date).slice(0, MAX_HITS);
		},
		// The rooms where the last step failed, at most one for each that was asked at once.
		get failed() {
			return failed;
		},
		// Nothing was found, and no room has answered.
		get isInVain() {
			return !hits.length && failed.length > 0 && failed.length === looked;
		},
		// It took too long in a room, so older messages were not searched.
		get isCut() {
			return isCut;
		},
		get hasMore() {
			return left.length > 0 && hits.length < MAX_HITS;
		},
		async step() {
			const rooms = left.slice(0, MAX_ROOMS);

			failed = [];
			isCut = false;
			await Promise.all(Array.from({ length: AT_ONCE }, () => work(rooms)));
			// Rooms that were not looked at come first: others may fail again.
			looked = Math.min(MAX_ROOMS, left.length) - rooms.length;
			left = [...left.slice(looked), ...left.slice(0, looked)].filter(({ isDone }) => !isDone);
		},
		stop: () => stopper.abort(),
	};
}
