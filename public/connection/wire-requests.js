// The part of the wire format that is about what the reader asks for, loaded later.
import { encode, isObject, readCount, readMessages } from './wire.js';

export const encodeTyping = ({ ref, room }) => encode({ type: 'typing', ref, room });
export const encodeAcknowledge = ({ ref, room, key }) => encode({ type: 'ack', ref, room, key });
export const encodeClear = ({ ref, room, key }) => encode({ type: 'clear', ref, room, key });

// The answer to a search: { more, stopped, searchedFrom, messages }, stopped: it took too long, and has looked at messages
// from searchedFrom on. null if it is none.
export function decodeSearch(text) {
	const object = JSON.parse(text);

	if (!isObject(object) || object.type !== 'search')
		return null;
	return {
		more: object.more === true,
		stopped: object.complete === false,
		searchedFrom: readCount(object.searched_from),
		messages: readMessages(object.messages),
	};
}
