// Who is in the room.
import { foldName } from './names.js';

// onChange({ names, count }): the server counts all, but lists only so many.
export function createPeople({ onChange }) {
	const here = new Map();
	let count = 0;

	const add = (name) => here.set(foldName(name), name);
	const remove = (name) => here.delete(foldName(name));

	function changed(newCount) {
		count = Math.max(newCount, here.size);
		onChange({ names: Array.from(here.values()), count });
	}

	return {
		list: () => Array.from(here.values()),
		joined(frame) {
			here.clear();
			frame.users.forEach(add);
			changed(frame.count);
		},
		moved({ event, name, was, count: newCount }) {
			if (event === 'rename')
				remove(was);
			if (event === 'leave')
				remove(name);
			else
				add(name);
			changed(newCount);
		},
	};
}
