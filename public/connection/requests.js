// Requests matched with their answers by ref.
import { randomId } from './wire.js';

export function createRequests({ send }) {
	const waiting = new Map();

	return {
		// encode(ref) returns the text to send. Resolves with the answering frame. Rejects with an Error that has the
		// server's message and code, or none when offline.
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
				request.reject(Object.assign(new Error(frame.text), { code: frame.code }));
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
