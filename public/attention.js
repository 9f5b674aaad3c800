// What the tab says while it is not looked at: how much is unread, in its title and in its picture.
import { texts } from './texts.js';

export function createAttention(icon) {
	const calm = icon.getAttribute('href');
	const eager = calm.replace('.svg', '-unread.svg');

	return function show({ room, unread }) {
		const title = room ? texts.titleRoom(room) : texts.title;
		const picture = unread ? eager : calm;

		document.title = unread ? texts.titleUnread(unread, title) : title;
		if (icon.getAttribute('href') !== picture)
			icon.setAttribute('href', picture);
	};
}
