// Connects the Logs view with the log rooms.
import { askPatiently } from '../connection/patience.js';
import { createLogs } from './logs.js';
import { createTails } from './tails.js';

const PAGE = 200;

async function older(room, before) {
	const response = await askPatiently(`history/${encodeURIComponent(room)}?before=${before}&limit=${PAGE}`);

	if (!response.ok)
		throw new Error(response.statusText);
	return response.json();
}

// send(text) sends to the server. fetchRooms() resolves with the answer to GET /rooms. For onLog see logs.js.
export function createFeed(place, { send, isOnline, fetchRooms, onLog }) {
	const tails = createTails({ send, onJoined: (frame) => view.joined(frame), onLog: (frame) => view.log(frame) });

	async function listRooms() {
		const { tails: listed } = await fetchRooms();
		return listed.map(({ room, count }) => ({ room, count }));
	}

	const view = createLogs(place, {
		open: tails.open,
		close: tails.close,
		rooms: listRooms,
		older,
		onLog,
		// Back leaves the log, whatever was selected in it.
		onLine: (address) => history.replaceState(history.state ?? {}, '', address),
	});

	if (isOnline)
		tails.opened();
	return { ...tails, visible: view.visible, openLog: view.openLog };
}
