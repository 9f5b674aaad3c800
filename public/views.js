// The views beside the chat, loaded when they are first looked at. What has come for one before is kept for it, as far
// as it still counts: the last value of each metric, the alarms that stand.
const MOST_KEPT = 1000;

// load() imports the view's module and creates it.
function createView(load) {
	const kept = new Map();
	let view = null;
	let loading = null;
	let isVisible = false;

	function give(name, ...rest) {
		view?.[name]?.(...rest);
	}

	async function begin() {
		view = await load();
		for (const [name, frame] of kept.values())
			give(name, frame);
		kept.clear();
		give('visible', isVisible);
	}

	return {
		tell(name, frame, key) {
			if (view) {
				give(name, frame);
				return;
			}
			kept.delete(key);
			kept.set(key, [name, frame]);
			if (kept.size > MOST_KEPT)
				kept.delete(kept.keys().next().value);
		},
		give,
		forget(isOld) {
			for (const [key, [, frame]] of kept) {
				if (isOld(frame))
					kept.delete(key);
			}
		},
		show(wanted) {
			isVisible = wanted;
			if (wanted)
				loading ??= begin();
			give('visible', wanted);
		},
	};
}

// means is what the modules ask for: { texts, format, acknowledge, history, open, close, rooms }.
export function createViews({ live, logs }, means) {
	const { texts, format, acknowledge, history, open, close, rooms } = means;
	const liveView = createView(async () => {
		const { createLive } = await import('./live/live.js');
		return createLive(live, { texts, format, acknowledge, history });
	});
	const logsView = createView(async () => {
		const { createLogs } = await import('./logs/logs.js');
		return createLogs(logs, { texts, open, close, rooms });
	});

	return {
		show(id) {
			liveView.show(id === 'live');
			logsView.show(id === 'logs');
		},
		metric: (frame) => liveView.tell('metric', frame, JSON.stringify(['metric', frame.room, frame.name])),
		alarm: (frame) => liveView.tell('alarm', frame, JSON.stringify(['alarm', frame.room, frame.key])),
		log: (frame) => logsView.give('log', frame),
		joined(frame) {
			if (!frame.recovered)
				liveView.forget((kept) => kept.type === 'alarm' && kept.room === frame.room);
			liveView.give('joined', frame);
			logsView.give('joined', frame);
		},
		opened: () => liveView.give('opened'),
		closed: () => liveView.give('closed'),
	};
}
