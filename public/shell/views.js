// The Live and Logs views, loaded on demand. Live is loaded for the first metric.
import { at } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';

// services: see live/feed.js and logs/feed.js.
export function createViews(services) {
	const live = createLazy(async () => (await import('../live/feed.js')).createFeed(at('live').firstChild, services));
	const logs = createLazy(async () => {
		const { createFeed } = await import('../logs/feed.js');
		return createFeed(at('logs').firstChild, { ...services, isOnline });
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
		openLog: (name) => logs((it) => it.openLog(name)),
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
