// The views beside the chat, loaded when they are first looked at. What has come for one before is kept for it, as far
// as it still counts: the last values of each metric, the alarms that stand.
const MOST_KEPT = 1000;
// Points of one metric, and of all.
const MOST_POINTS = 120;
const MOST_POINTS_IN_ALL = 30_000;

const hasPoint = ({ ts, value }) => Number.isFinite(ts) && Number.isFinite(value);

// What came of metrics, by a key: of each the last frame, and the times and values of the last ones.
export function createPast() {
	const kept = new Map();
	let count = 0;

	function cut({ times, values }, most) {
		const surplus = Math.max(0, times.length - most);

		times.splice(0, surplus);
		values.splice(0, surplus);
		count -= surplus;
	}

	function makeRoom() {
		const [[key, longestSilent]] = kept;

		cut(longestSilent, 0);
		kept.delete(key);
	}

	return {
		add(key, frame) {
			const { times, values } = kept.get(key) ?? { times: [], values: [] };

			kept.delete(key);
			kept.set(key, { frame, times, values });
			times.push(frame.ts);
			values.push(frame.value);
			count++;
			cut({ times, values }, MOST_POINTS);
			if (kept.size > MOST_KEPT)
				makeRoom();
			// The more metrics there are, the less is kept of each.
			if (count > MOST_POINTS_IN_ALL)
				kept.forEach((one) => cut(one, Math.ceil(one.times.length / 2)));
		},
		// Gives all of it, and forgets it.
		take() {
			const all = Array.from(kept.values());

			kept.clear();
			count = 0;
			return all;
		},
	};
}

// load() imports the view's module and creates it; onBegin() may give it what was kept elsewhere.
function createView(load, onBegin = () => {}) {
	const kept = new Map();
	let view = null;
	let loading = null;
	let isVisible = false;

	function give(name, ...rest) {
		view?.[name]?.(...rest);
	}

	async function begin() {
		try {
			view = await load();
		} catch {
			// There is no way to the server at the moment.
			loading = null;
			return;
		}
		onBegin();
		for (const [name, frame] of kept.values())
			give(name, frame);
		kept.clear();
		give('visible', isVisible);
	}

	return {
		get isThere() {
			return Boolean(view);
		},
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
			this.wake();
			give('visible', wanted);
		},
		wake() {
			if (isVisible)
				loading ??= begin();
		},
	};
}

// means is what the modules ask for: { texts, format, acknowledge, history, open, close, rooms }.
export function createViews({ live, logs }, means) {
	const { texts, format, acknowledge, history, open, close, rooms } = means;
	const past = createPast();
	const liveView = createView(
		async () => {
			const { createLive } = await import('./live/live.js');
			return createLive(live, { texts, format, acknowledge, history });
		},
		() => past.take().forEach(({ frame, times, values }) => liveView.give('past', frame, times, values)),
	);
	const logsView = createView(async () => {
		const { createLogs } = await import('./logs/logs.js');
		return createLogs(logs, { texts, open, close, rooms });
	});

	return {
		show(id) {
			liveView.show(id === 'live');
			logsView.show(id === 'logs');
		},
		metric(frame) {
			if (liveView.isThere)
				liveView.give('metric', frame);
			else if (hasPoint(frame))
				past.add(JSON.stringify([frame.room, frame.name]), frame);
		},
		alarm: (frame) => liveView.tell('alarm', frame, JSON.stringify([frame.room, frame.key])),
		log: (frame) => logsView.give('log', frame),
		joined(frame) {
			if (!frame.recovered)
				liveView.forget((alarm) => alarm.room === frame.room);
			liveView.give('joined', frame);
			logsView.give('joined', frame);
		},
		opened() {
			liveView.wake();
			logsView.wake();
			liveView.give('opened');
		},
		closed: () => liveView.give('closed'),
	};
}
