// Calls the reader who has asked for it and does not look.
import { recall, remember } from './storage.js';
import { texts } from './texts.js';

const MOST_CHARACTERS = 200;

// onOpen(room) is called when the reader answers.
export function createNotifications({ onOpen }) {
	const can = 'Notification' in window;
	let wanted = can && recall('notify') === 'yes' && Notification.permission === 'granted';

	return {
		get isWanted() {
			return wanted;
		},
		get isDenied() {
			return !can || Notification.permission === 'denied';
		},
		// To be called from a click: only then may a page ask. Resolves to what has become of it.
		async want(isWanted) {
			wanted = isWanted && can && (await Notification.requestPermission()) === 'granted';
			remember('notify', wanted ? 'yes' : '');
			return wanted;
		},
		// One a room, the newest.
		tell(room, { name, title, text }) {
			if (!wanted || !document.hidden)
				return;
			const call = new Notification(texts.notified(name, room.name), {
				body: [title, text].filter(Boolean).join('\n').slice(0, MOST_CHARACTERS),
				icon: 'favicon.svg',
				tag: room.name,
			});
			call.addEventListener('click', () => {
				window.focus();
				onOpen(room.name);
				call.close();
			});
		},
	};
}
