// The rooms of followed log files. They carry lines, not messages.
import { encodeJoin, encodeLeave, randomId } from '../connection/wire.js';

// onJoined(object) and onLog(object) get raw frames.
export function createTails({ send, onJoined, onLog }) {
	// Room -> { epoch, last }, last being the id of the last line.
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
		// False if the room is not one of these.
		joined(frame) {
			if (!places.has(frame.room))
				return false;
			// Lines sent on joining do not count as recovered: start at 0.
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
