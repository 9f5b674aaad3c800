// The views beside the chat, loaded when they are first looked at, or when there is something to keep for them.
import { at } from './elements.js';
import { createLazy } from './lazily.js';

// means is what they ask for, see live/feed.js and logs/feed.js.
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
		// So many of the last wait for Live.
		metric: (frame) => live((it) => it.metric(frame), metrics++ % 1000),
		alarm: (frame) => live((it) => it.alarm(frame.raw), `${frame.room}/${frame.key}`),
		log: (frame) => logs.now((it) => it.log(frame)),
		// False if it is about a room to talk in.
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
