// Questions that have one answer each, known by its ref, and how long to wait before asking once more.
import { randomId } from './wire.js';

const FIRST_MS = 1000;
const LONGEST_MS = 30000;

// After so many failures. Half of it by chance: the pages of a restarted server must not all return in one instant.
export function delayAfter(failures) {
	return Math.min(FIRST_MS * 2 ** failures, LONGEST_MS) * (0.5 + Math.random() / 2);
}

export function createRequests({ send }) {
	const waiting = new Map();

	return {
		// encode(ref) gives the text to send. Resolves with the answer's frame; rejects with an Error that has the
		// server's words, or none where there is no connection.
		ask(encode) {
			return new Promise((resolve, reject) => {
				const ref = randomId();

				if (send(encode(ref)))
					waiting.set(ref, { resolve, reject });
				else
					reject(new Error());
			});
		},
		// False if the frame is about something else.
		answered(frame) {
			const request = waiting.get(frame.ref);

			if (!request)
				return false;
			waiting.delete(frame.ref);
			if (frame.type === 'error')
				request.reject(new Error(frame.text));
			else
				request.resolve(frame);
			return true;
		},
		closed() {
			const left = Array.from(waiting.values());

			waiting.clear();
			left.forEach(({ reject }) => reject(new Error()));
		},
	};
}
