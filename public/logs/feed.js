// Connects the Logs view with the log rooms.
import { createLogs } from './logs.js';
import { createTails } from './tails.js';

// send(text) sends to the server. fetchRooms() resolves with the answer to GET /rooms. For onLog see logs.js.
export function createFeed(place, { send, isOnline, fetchRooms, onLog }) {
	const tails = createTails({ send, onJoined: (frame) => view.joined(frame), onLog: (frame) => view.log(frame) });

	async function listRooms() {
		const { tails: listed } = await fetchRooms();
		return listed.map(({ room, count }) => ({ room, count }));
	}

	const view = createLogs(place, { open: tails.open, close: tails.close, rooms: listRooms, onLog });

	if (isOnline)
		tails.opened();
	return { ...tails, visible: view.visible, openLog: view.openLog };
}
