// The rooms of log files that are followed: no chat, only lines.
import { createPlace } from '../place.js';
import { encodeJoin, encodeLeave, randomId } from '../wire.js';

// onJoined(object) and onLog(object) get what the server has sent.
export function createTails({ send, onJoined, onLog }) {
	const places = new Map();
	let isOpen = false;

	function join(room) {
		send(encodeJoin({ ref: randomId(), room, since: places.get(room).since }));
	}

	return {
		open(room) {
			if (places.has(room))
				return;
			places.set(room, createPlace());
			if (isOpen)
				join(room);
		},
		close(room) {
			if (places.delete(room) && isOpen)
				send(encodeLeave({ ref: randomId(), room }));
		},
		opened() {
			isOpen = true;
			for (const room of places.keys())
				join(room);
		},
		closed() {
			isOpen = false;
		},
		// False if it is about a room to talk in.
		joined(frame) {
			const place = places.get(frame.room);

			if (!place)
				return false;
			// What is sent of the past has no count.
			if (!frame.recovered)
				place.begin(frame.epoch, 0);
			onJoined(frame.raw);
			return true;
		},
		log(frame) {
			places.get(frame.room)?.reach(frame.id);
			if (places.has(frame.room))
				onLog(frame.raw);
		},
	};
}
