// Rooms that the reader may read but has not joined: their alarms and values are not shown, so they are named.
import { activeAlarms } from './active-alarms.js';

const listeners = new Set();
// As the server has listed them; null if it is not known.
let known = null;
let hasFailed = false;

const readCount = (value) => (Number.isSafeInteger(value) && value > 0 ? value : 0);

function readRooms(answer) {
	const rooms = Array.isArray(answer?.rooms) ? answer.rooms : [];

	return rooms
		.filter((one) => typeof one?.room === 'string' && one.room)
		.map(({ room, alarms, metrics }) => ({ room, alarms: readCount(alarms), metrics: readCount(metrics) }));
}

const tell = () => listeners.forEach((listen) => listen());

export const otherRooms = {
	get isKnown() {
		return known !== null;
	},
	get hasFailed() {
		return hasFailed;
	},
	// The answer to GET /rooms.
	update(answer) {
		known = readRooms(answer);
		hasFailed = false;
		tell();
	},
	failed() {
		hasFailed = true;
		tell();
	},
	// The reader has joined or left a room.
	changed: tell,
	// Those with alarms, most alarms first, and those with values. isJoined(room) tells whether its alarms and values arrive.
	list(isJoined) {
		const others = (known ?? []).filter(({ room }) => !isJoined(room));
		const shown = activeAlarms.countByRoom();

		// A link that can join few rooms leaves the others: what is shown of them may be old.
		others.filter(({ room, alarms }) => !alarms && shown.has(room)).forEach(({ room }) => activeAlarms.forget(room));
		return {
			withAlarms: others
				.filter(({ room, alarms }) => alarms && alarms !== shown.get(room))
				.sort((one, other) => other.alarms - one.alarms),
			withValues: others.filter(({ metrics }) => metrics > 0),
		};
	},
	onChange: (listen) => listeners.add(listen),
};
