// The Live and Logs views, loaded on demand. Live is loaded for the first metric.
import { at } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';

// services() resolves with what Live needs of the chat, see live/feed.js. For tools see logs/feed.js.
export function createViews({ services, ...tools }) {
	const live = createLazy(async () => {
		const [{ createFeed }, ofChat] = await Promise.all([import('../live/feed.js'), services()]);
		return createFeed(at('live').firstChild, { ...ofChat, ...tools });
	});
	const logs = createLazy(async () => {
		const { createFeed } = await import('../logs/feed.js');
		return createFeed(at('logs').firstChild, { ...tools, isOnline });
	});
	let isOnline = false;
	let metrics = 0;

	function show(view, wanted) {
		(wanted ? view : view.ifRequested)((it) => it.visible(wanted));
	}

	return {
		show(id) {
			show(live, id === 'live');
			show(logs, id === 'logs');
		},
		openLog: (name, line) => logs((it) => it.openLog(name, line)),
		// Until Live is loaded, the last 1000 metric frames wait.
		metric: (frame) => live((it) => it.metric(frame), metrics++ % 1000),
		log: (frame) => logs.ifRequested((it) => it.log(frame)),
		// False if the room is no log.
		joined(frame) {
			let isTail = false;

			logs.ifRequested((it) => {
				isTail = it.joined(frame);
			});
			return isTail;
		},
		opened() {
			isOnline = true;
			live.ifRequested((it) => it.opened());
			logs.ifRequested((it) => it.opened());
		},
		closed() {
			isOnline = false;
			live.ifRequested((it) => it.closed());
			logs.ifRequested((it) => it.closed());
		},
	};
}
