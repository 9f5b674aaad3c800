// Who is in the room.
import { foldName } from './names.js';

// onChange({ people, count }), people being { name, via }: the server counts all, but lists only so many.
export function createPeople({ onChange }) {
	const here = new Map();
	let count = 0;

	const add = ({ name, via }) => here.set(foldName(name), { name, via });
	const remove = (name) => here.delete(foldName(name));

	function changed(newCount) {
		count = Math.max(newCount, here.size);
		onChange({ people: Array.from(here.values()), count });
	}

	return {
		names: () => Array.from(here.values(), ({ name }) => name),
		joined(frame) {
			here.clear();
			frame.users.forEach(add);
			changed(frame.count);
		},
		moved({ event, name, was, via, count: newCount }) {
			if (event === 'rename')
				remove(was);
			if (event === 'leave')
				remove(name);
			else
				add({ name, via });
			changed(newCount);
		},
	};
}
