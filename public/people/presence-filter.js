// Decides which presence events are shown in the log. A newcomer is a guest until it has sent its name, so its arrival
// is shown a moment later. After a reconnect, people who return are not shown as new.
import { foldName } from './identity.js';
import { createPresenceLine } from './presence-line.js';

// How long a newcomer may take to send its name.
const NAMING_MS = 1000;
// How long after a reconnect a returning person is not reported.
const RETURN_MS = 60000;

// log is a log view, see log-view.js.
export function createPresenceFilter(log) {
	const report = createPresenceLine(log);
	const guests = new Map();
	// People who were here before the reconnect and are not back yet.
	let returning = new Set();
	let timer = 0;

	function reportEntry(name) {
		if (!returning.delete(foldName(name)))
			report({ event: 'enter', name });
	}

	// True if the guest's arrival was not shown yet.
	function dropGuest(name) {
		clearTimeout(guests.get(name));
		return guests.delete(name);
	}

	function entered({ name }) {
		if (!/^guest-\d+$/.test(name)) {
			reportEntry(name);
			return;
		}
		const showGuest = () => dropGuest(name) && reportEntry(name);
		guests.set(name, setTimeout(showGuest, NAMING_MS));
	}

	function left({ name }) {
		if (!dropGuest(name))
			report({ event: 'leave', name });
	}

	function renamed({ name, was }) {
		if (dropGuest(was))
			reportEntry(name);
		else
			report({ event: 'rename', name, was });
	}

	return {
		// Called after a reconnect, with the names present before and now.
		rejoined(before, now) {
			const present = new Set(now.map(foldName));

			returning = new Set([...returning, ...before.map(foldName)].filter((name) => !present.has(name)));
			guests.forEach(clearTimeout);
			guests.clear();
			clearTimeout(timer);
			timer = setTimeout(() => returning.clear(), RETURN_MS);
		},
		moved: (frame) => ({ enter: entered, leave: left, rename: renamed })[frame.event](frame),
	};
}
