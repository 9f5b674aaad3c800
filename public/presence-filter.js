// Decides which presence events are shown in the log. A newcomer is a guest until it has sent its name, so its arrival
// is shown a moment later. After a reconnect, people who return are not shown as new.
import { foldName } from './identity.js';
import { createPresenceLine } from './presence-line.js';

const INTRODUCTION_MS = 1000;
const RETURN_MS = 60000;

// Shown events go to the log.
export function createPresenceFilter(log) {
	const report = createPresenceLine(log);
	const introducing = new Map();
	let returning = new Set();
	let timer = 0;

	function came(name) {
		if (!returning.delete(foldName(name)))
			report({ event: 'enter', name });
	}

	// True if the guest's arrival was not shown yet.
	function stopIntroducing(name) {
		clearTimeout(introducing.get(name));
		return introducing.delete(name);
	}

	function entered({ name }) {
		if (!/^guest-\d+$/.test(name)) {
			came(name);
			return;
		}
		const introduced = () => stopIntroducing(name) && came(name);
		introducing.set(name, setTimeout(introduced, INTRODUCTION_MS));
	}

	function left({ name }) {
		if (!stopIntroducing(name))
			report({ event: 'leave', name });
	}

	function renamed({ name, was }) {
		if (stopIntroducing(was))
			came(name);
		else
			report({ event: 'rename', name, was });
	}

	return {
		// Called after a reconnect, with the names present before and now.
		rejoined(before, now) {
			const present = new Set(now.map(foldName));

			returning = new Set(before.map(foldName).filter((name) => !present.has(name)));
			introducing.forEach(clearTimeout);
			introducing.clear();
			clearTimeout(timer);
			timer = setTimeout(() => returning.clear(), RETURN_MS);
		},
		moved: (frame) => ({ enter: entered, leave: left, rename: renamed })[frame.event](frame),
	};
}
