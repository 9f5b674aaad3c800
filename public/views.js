// The Live and Logs views, loaded on demand. Live is loaded for the first metric or alarm.
import { at } from './elements.js';
import { createLazy } from './lazily.js';

// services: see live/feed.js and logs/feed.js.
export function createViews(means) {
	const live = createLazy(async () => (await import('./live/feed.js')).createFeed(at('live'), means));
	const logs = createLazy(async () => {
		const { createFeed } = await import('./logs/feed.js');
		return createFeed(at('logs'), { ...means, isOnline });
	});
	let isOnline = false;
	let metrics = 0;

	function show(view, wanted) {
		(wanted ? view : view.now)((it) => it.visible(wanted));
	}

	return {
		show(id) {
			show(live, id === 'live');
			show(logs, id === 'logs');
		},
		// Until Live is loaded, the last 1000 metric frames wait.
		metric: (frame) => live((it) => it.metric(frame), metrics++ % 1000),
		alarm: (frame) => live((it) => it.alarm(frame.raw), `${frame.room}/${frame.key}`),
		log: (frame) => logs.now((it) => it.log(frame)),
		// False if the room is no log.
		joined(frame) {
			let isTail = false;

			logs.now((it) => {
				isTail = it.joined(frame);
			});
			if (!isTail)
				live.now((it) => it.joined(frame.raw));
			return isTail;
		},
		left: (room) => live.now((it) => it.joined({ room })),
		opened() {
			isOnline = true;
			live.now((it) => it.opened());
			logs.now((it) => it.opened());
		},
		closed() {
			isOnline = false;
			live.now((it) => it.closed());
			logs.now((it) => it.closed());
		},
	};
}
