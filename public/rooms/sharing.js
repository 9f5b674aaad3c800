// The tabs of a browser share which rooms are joined, how far each was read, and what is being written.
import { at } from '../base/elements.js';
import { recall, recallAll, remember, watchStorage } from '../base/storage.js';
import { DRAFT } from '../messages/composer.js';
import { KEY, readPosition } from './positions.js';
import { JOINED } from './rooms.js';

const REPLY = 'reply.';

// Tabs may write at once how far a room was read. The farthest one counts.
watchStorage(KEY, (name, ...values) => {
	const kept = readPosition(recall(KEY + name));

	for (const value of values) {
		const { epoch, last } = readPosition(value ?? '');

		if (epoch === kept.epoch && last > kept.last)
			remember(KEY + name, value);
	}
});

export function shareRooms(rooms) {
	function adopt(name, isJoined) {
		const room = rooms.list().find((one) => one.name === name);

		if (isJoined && !room)
			rooms.admit(name);
		else if (!isJoined && room)
			rooms.leave(room);
	}

	watchStorage(JOINED, adopt);
	// What happened before this module was loaded.
	rooms.list().forEach(({ name }) => name && adopt(name, recall(JOINED + name)));
	recallAll(JOINED).forEach(([name]) => adopt(name, true));
}

// The message field and what it answers, unless the reader has written something else here. changed() and showReply() are
// called after a change.
export function shareWriting(rooms, { changed, showReply }) {
	const field = at('text');

	watchStorage(DRAFT, (name, text, before) => {
		if (name !== rooms.current.name || field.value !== (before ?? ''))
			return;
		field.value = text ?? '';
		changed();
	});
	watchStorage(REPLY, (name) => name === rooms.current.name && showReply());
}
