// Changes messages for everybody: edits, deletions and reactions. The server sends an own change to others only, so its
// acknowledgement changes this page.
import { encodeChange } from '../connection/wire-changes.js';
import { laterTexts as texts } from '../words/later-texts.js';

const wordsOf = ({ code, message }) =>
	(Object.hasOwn(texts.changeFailed, code) && texts.changeFailed[code]) || (message ? texts.changeRefused(message) : texts.changeOffline);

// ask(encode) sends a request, as in requests.js. apply(frame) is given what was done. room() and nameNow() are names.
export function createChanges({ ask, apply, room, nameNow }) {
	// Rejects with an Error whose message can be shown.
	async function send(change, frame) {
		let ack;

		try {
			ack = await ask((ref) => encodeChange({ ref, room: room(), ...change }));
		} catch (error) {
			throw new Error(wordsOf(error));
		}
		// What changes nothing has no id of its own.
		apply({ ...change, ...frame, id: ack.duplicate ? 0 : ack.id });
	}

	return {
		react: (of, emoji, on) => send({ type: 'react', of, emoji, on }, { raw: { username: nameNow(), emoji, on } }),
		edit: (of, text) => send({ type: 'edit', of, text }, { editedAt: Date.now() }),
		erase: (of) => send({ type: 'delete', of }, { type: 'deletion', ids: [of] }),
	};
}
