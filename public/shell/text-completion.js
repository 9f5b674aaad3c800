// What the message field completes: names, shortcodes, and commands with their rooms and alarms.
import { at } from '../base/elements.js';
import { createCompletion } from '../messages/completion.js';
import { offerCommands } from './commands.js';

// roomNames() are those that the reader may enter, alarms is a lazy alerts/alarms.js, isMe(name) is the reader.
// onChange() is called after a completion was inserted.
export function completeText({ rooms, roomNames, alarms, isMe, onChange }) {
	function alarmKeys() {
		let keys = [];

		alarms.ifRequested((it) => {
			keys = it.keysOf(rooms.current.name);
		});
		return keys;
	}

	createCompletion(
		{ field: at('text'), list: at('completion') },
		{
			offerFirst: (before) => offerCommands(before, { rooms: roomNames, alarms: alarmKeys }),
			present: () => rooms.current.present.people.map(({ name }) => name),
			isMe,
			onChange,
		},
	);
}
