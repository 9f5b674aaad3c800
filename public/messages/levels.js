// Of what the reader is notified, by room: all messages, mentions and alarms (the default), or nothing. A room with nothing
// is muted.
import { createStoredMap } from '../base/stored-map.js';
import { isSameName } from '../people/identity.js';
import { mentions } from './mentions.js';

export const LEVELS = ['all', 'mentions', 'nothing'];
const USUAL = 'mentions';
const NOTHING = 'nothing';

const levels = createStoredMap('level.');

export const onLevels = levels.onChange;
export const levelOf = (room) => levels.get(room) || USUAL;
export const setLevel = (room, level) => levels.set(room, level === USUAL ? '' : level);
export const isMuted = (room) => levels.get(room) === NOTHING;
export const mute = (room, isWanted) => setLevel(room, isWanted ? NOTHING : USUAL);

// The reader, whose name this is, has acknowledged or cleared an alarm, which is no news.
export const isOwnChange = ({ state, acknowledgedBy, clearedBy }, name) =>
	isSameName({ acknowledged: acknowledgedBy, cleared: clearedBy }[state] ?? '', name);

// name is the reader's name.
export function isNotified(room, message, name) {
	const level = levelOf(room);
	const isForMe = message.type === 'alarm' || mentions(message.text, name);

	return !isOwnChange(message, name) && (level === 'all' || (level === USUAL && isForMe));
}
