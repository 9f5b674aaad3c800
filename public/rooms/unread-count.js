// The unread messages of a room, by id.

// Messages beyond are counted by their ids.
const MOST = 1000;

export function createUnreadCount() {
	// Dates by id.
	const dates = new Map();
	const mentions = new Set();
	// Ids that were not looked at, { from, to }.
	let rest = null;

	// The rest begins behind this id.
	function skipTo(id) {
		if (id >= rest?.from)
			rest = id < rest.to ? { from: id + 1, to: rest.to } : null;
	}

	function remove(id) {
		dates.delete(id);
		mentions.delete(id);
	}

	return {
		get count() {
			return dates.size + (rest ? rest.to - rest.from + 1 : 0);
		},
		get mentions() {
			return mentions.size;
		},
		// 0 if there is none.
		get first() {
			return this.count && Math.min(...dates.keys(), rest?.from ?? Infinity);
		},
		get firstMention() {
			return Math.min(...mentions);
		},
		dateOf: (id) => dates.get(id),
		add(id, date, isMention) {
			if (isMention && mentions.size < MOST)
				mentions.add(id);
			if (id <= rest?.to)
				skipTo(id);
			if (dates.size < MOST)
				dates.set(id, date);
			else
				this.addRest(id, id);
		},
		addRest(from, to) {
			rest = { from: Math.min(from, rest?.from ?? from), to: Math.max(to, rest?.to ?? to) };
		},
		// Mentions that were seen are messages like others.
		see({ first, last }) {
			for (const id of mentions) {
				if (id >= first && id <= last)
					mentions.delete(id);
			}
		},
		readTo(id) {
			[...dates.keys(), ...mentions]
				.filter((other) => other <= id)
				.forEach(remove);
			skipTo(id);
		},
		erase: (ids) => ids.forEach(remove),
	};
}
