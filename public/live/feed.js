// Receives the frames for the Live view and loads it when it is first shown. Until then it keeps the last values of
// each metric and the active alarms.
import { createLazy } from '../base/lazy.js';
import { clockTimeSeconds, fullDate } from '../words/texts.js';
import { createPast, hasPoint } from './past.js';

const MAX_ALARMS = 1000;

// services are the other options of createLive.
export function createFeed(place, services) {
	const past = createPast();
	const alarms = new Map();
	const live = createLazy(async () => {
		const { createLive } = await import('./live.js');
		return createLive(place, { format: { clockTimeSeconds, fullDate }, ...services });
	});
	let isVisible = false;
	let isWanted = false;
	let isThere = false;

	// Drops a cleared alarm if there is one, else the oldest.
	function evict() {
		const over = Array.from(alarms.keys()).find((key) => alarms.get(key).state === 'cleared');

		alarms.delete(over ?? alarms.keys().next().value);
	}

	function begin(view) {
		isThere = true;
		for (const { frame, times, values } of past.take())
			view.past(frame, times, values);
		alarms.forEach((frame) => view.alarm(frame));
		alarms.clear();
		view.visible(isVisible);
	}

	return {
		metric(frame) {
			if (isThere)
				live((view) => view.metric(frame));
			else if (hasPoint(frame))
				past.add(JSON.stringify([frame.room, frame.name]), frame);
		},
		alarm(frame) {
			const key = JSON.stringify([frame.room, frame.key]);

			if (isThere) {
				live((view) => view.alarm(frame));
				return;
			}
			alarms.delete(key);
			alarms.set(key, frame);
			if (alarms.size > MAX_ALARMS)
				evict();
		},
		joined(frame) {
			for (const [key, { room }] of alarms) {
				if (room === frame.room && !frame.recovered)
					alarms.delete(key);
			}
			if (isThere)
				live((view) => view.joined(frame));
		},
		opened: () => isThere && live((view) => view.opened()),
		closed: () => isThere && live((view) => view.closed()),
		visible(wanted) {
			isVisible = wanted;
			if (isThere)
				live((view) => view.visible(wanted));
			else if (wanted && !isWanted)
				live(begin);
			isWanted ||= wanted;
		},
	};
}
