// Requests matched with their answers by ref, and delays for retries.
import { randomId } from './wire.js';

const FIRST_MS = 1000;
const MAX_MS = 30000;

// Half of the delay is random, so that pages do not reconnect all at once.
export function delayAfter(failures) {
	return Math.min(FIRST_MS * 2 ** failures, MAX_MS) * (0.5 + Math.random() / 2);
}

export function createRequests({ send }) {
	const waiting = new Map();

	return {
		// encode(ref) returns the text to send. Resolves with the answering frame. Rejects with an Error that has the
		// server's message, or none when offline.
		ask(encode) {
			return new Promise((resolve, reject) => {
				const ref = randomId();

				if (send(encode(ref)))
					waiting.set(ref, { resolve, reject });
				else
					reject(new Error());
			});
		},
		// False if the frame belongs to something else.
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
