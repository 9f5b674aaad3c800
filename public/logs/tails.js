// The rooms of log files that are followed: no chat, only lines.
import { encodeJoin, encodeLeave, randomId } from '../wire.js';

// onJoined(object) and onLog(object) get what the server has sent.
export function createTails({ send, onJoined, onLog }) {
	// How far each has come: { epoch, last }, last being an id.
	const places = new Map();
	let isOpen = false;

	function join(room) {
		const { epoch, last } = places.get(room);

		send(encodeJoin({ ref: randomId(), room, since: epoch && `${epoch}:${last}` }));
	}

	return {
		open(room) {
			if (places.has(room))
				return;
			places.set(room, { epoch: '', last: 0 });
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
			if (!places.has(frame.room))
				return false;
			// What is sent of the past has no count.
			if (!frame.recovered)
				places.set(frame.room, { epoch: frame.epoch, last: 0 });
			onJoined(frame.raw);
			return true;
		},
		log(frame) {
			const place = places.get(frame.room);

			if (!place)
				return;
			place.last = Math.max(place.last, frame.id);
			onLog(frame.raw);
		},
	};
}
