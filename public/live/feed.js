// Receives the frames for the Live view and loads it when it is first shown. Until then it keeps the last values of
// each metric.
import { createLazy } from '../base/lazy.js';
import { createPast, hasPoint } from './past.js';

// services: see live.js.
export function createFeed(place, services) {
	const past = createPast();
	const live = createLazy(async () => (await import('./live.js')).createLive(place, services));
	let isVisible = false;
	let isWanted = false;
	let isThere = false;

	function begin(view) {
		isThere = true;
		for (const { frame, times, values } of past.take())
			view.past(frame, times, values);
		view.visible(isVisible);
	}

	return {
		metric(frame) {
			if (isThere)
				live((view) => view.metric(frame));
			else if (hasPoint(frame))
				past.add(JSON.stringify([frame.room, frame.name]), frame);
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
