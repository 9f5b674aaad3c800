// The part of the wire format that is about what the reader asks for, loaded later.
import { encode } from './wire.js';

export const encodeTyping = ({ ref, room }) => encode({ type: 'typing', ref, room });
export const encodeAcknowledge = ({ ref, room, key }) => encode({ type: 'ack', ref, room, key });
export const encodeClear = ({ ref, room, key }) => encode({ type: 'clear', ref, room, key });
export const encodeSearch = ({ ref, room, words }) => encode({ type: 'search', ref, room, q: words });
