// Loads lines from before the first one, and leads to the line of an address.

// For one press, while the filter hides what comes.
const MAX_PAGES = 10;

// log and list as in logs.js. older(room, before) resolves with { messages, more }. roomNow() is the log that is shown.
// onFound(entry) shows the line of an address; onGone(): it is not there. onState(isLoading) is told; onFailed(): the server
// could not be asked.
export function createBackwards({ log, list, older, roomNow, onFound, onGone, onState, onFailed }) {
	let isLoading = false;
	// Another log was begun.
	let begun = 0;
	// The line of the address, { epoch, id }.
	let target = null;

	async function loadWhile(isWanted) {
		const mine = begun;

		if (isLoading)
			return;
		isLoading = true;
		onState(true);
		try {
			while (mine === begun && log.olderThan && isWanted()) {
				const { messages, more } = await older(roomNow(), log.olderThan);

				if (mine === begun)
					log.takeOlder(Array.isArray(messages) ? messages : [], more === true);
			}
		} catch {
			target = null;
			if (mine === begun)
				onFailed();
		}
		isLoading = false;
		onState(false);
	}

	function end(tell) {
		target = null;
		tell();
	}

	// Call when the lines have changed.
	function seek() {
		if (!target || isLoading || log.epoch === null)
			return;
		const { epoch, id } = target;
		const entry = log.find(epoch, id);

		if (epoch === log.epoch && log.isComing)
			return;
		if (entry)
			end(() => onFound(entry));
		else if (epoch === log.epoch && log.olderThan > id)
			loadWhile(() => target && log.olderThan > id).then(seek);
		else
			end(onGone);
	}

	return {
		begin() {
			begun++;
			target = null;
		},
		seek,
		// line is EPOCH.ID.
		find(line) {
			const [, epoch, id] = /^(.+)\.(\d{1,15})$/.exec(line) ?? [];

			target = { epoch, id: Number(id) };
			seek();
		},
		more() {
			const before = list.items.length;
			let pages = 0;

			loadWhile(() => list.items.length === before && pages++ < MAX_PAGES);
		},
	};
}
