// The rows in order and by id, with lines between days, and groups of messages by one author.
import { sameDay } from '../words/texts.js';
import { buildDay, markContinued } from './message-view.js';

const GROUP_MS = 5 * 60 * 1000;

export function createRows(log) {
	// The entries of rows, and the day lines above rows.
	const entries = new Map();
	const byId = new Map();
	const days = new Map();
	const owners = new WeakMap();
	// The row that is being edited: it is never removed to make place.
	let held = null;

	const top = (row) => days.get(row) ?? row;

	function messageAbove(row) {
		let at = top(row).previousElementSibling;
		while (at && !entries.has(at))
			at = at.previousElementSibling;
		return entries.get(at);
	}

	function messageBelow(row) {
		let at = row.nextElementSibling;
		while (at && !entries.has(at))
			at = at.nextElementSibling;
		return at;
	}

	function continues(one, other) {
		return (
			!isStandalone(one) &&
			!isStandalone(other) &&
			one.via === other.via &&
			one.own === other.own &&
			one.name === other.name &&
			one.avatar === other.avatar &&
			Math.abs(one.date - other.date) <= GROUP_MS
		);
	}

	// Alarms and actions are never grouped.
	const isStandalone = ({ type, action }) => type === 'alarm' || action;

	function showDay(row, wanted) {
		const shown = days.get(row);
		const day = wanted && buildDay(entries.get(row).date);

		// Replacing it would make screen readers read it again.
		if (day && row.previousElementSibling === shown && day.isEqualNode(shown))
			return;
		shown?.remove();
		days.delete(row);
		if (!day)
			return;
		row.before(day);
		days.set(row, day);
		owners.set(day, row);
	}

	// Call for each message whose neighbours changed. row may be another line, or null.
	function regroup(row) {
		const entry = entries.get(row);

		if (!entry)
			return;
		const above = messageAbove(row);
		const isNewDay = !above || !sameDay(above.date, entry.date);

		if (isNewDay || days.has(row))
			showDay(row, isNewDay);
		const neighbour = entries.get(row.previousElementSibling);
		markContinued(row, Boolean(neighbour) && continues(neighbour, entry));
	}

	function place(row, before) {
		log.insertBefore(row, before ? top(before) : null);
	}

	// The caller regroups the message below.
	function drop(row) {
		if (row === held)
			held = null;
		days.get(row)?.remove();
		days.delete(row);
		byId.delete(entries.get(row)?.id);
		entries.delete(row);
		row.remove();
	}

	// A day line belongs to the row below it.
	const above = (row) => (row ? top(row).previousElementSibling : log.lastElementChild);

	function below(row) {
		const next = row.nextElementSibling;
		return owners.get(next) ?? next;
	}

	return {
		entryOf: (row) => entries.get(row),
		withId: (id) => byId.get(id),
		// The first row with this id or a greater one.
		firstFrom(id) {
			const next = Math.min(...this.ids().filter((other) => other >= id));
			return byId.get(next);
		},
		// The last row whose entry isWanted(entry), or undefined.
		lastOf: (isWanted) => Array.from(log.children).findLast((row) => entries.has(row) && isWanted(entries.get(row))),
		// row is null for none.
		hold(row) {
			held = row;
		},
		isHeld: (row) => row === held,
		ids: () => Array.from(byId.keys()),
		// The row before which a message with this id belongs, above the row end.
		placeOf(id, end) {
			let after = end;

			for (let at = above(after); at; at = above(at)) {
				const other = entries.get(at)?.id;

				if (other && other < id)
					break;
				if (other && other !== id)
					after = at;
			}
			return after;
		},
		// The server has acknowledged it.
		identify(row, id) {
			entries.get(row).id = id;
			byId.set(id, row);
		},
		// They belong to another history.
		forgetIds() {
			for (const row of byId.values())
				entries.get(row).id = 0;
			byId.clear();
		},
		above,
		below,
		// The caller refreshes a neighbour.
		drop,
		get first() {
			return owners.get(log.firstElementChild) ?? log.firstElementChild;
		},
		// before is null for the end. Rows without an entry are lines between messages.
		insert(row, entry, before = null) {
			if (entry)
				entries.set(row, entry);
			if (entry?.id)
				byId.set(entry.id, row);
			place(row, before);
			if (entry)
				regroup(row);
			regroup(messageBelow(row));
		},
		move(row, before) {
			const below = messageBelow(row);

			showDay(row, false);
			place(row, before);
			regroup(row);
			regroup(messageBelow(row));
			regroup(below);
		},
		// Its date or its neighbours have changed.
		refresh(row) {
			regroup(row);
			regroup(messageBelow(row));
		},
		remove(row) {
			const below = messageBelow(row);

			drop(row);
			regroup(below);
		},
		// Removes all other rows but the held one.
		clear(kept) {
			const stay = [held, ...kept].filter((row) => entries.has(row));

			for (const row of Array.from(log.children)) {
				if (!stay.includes(row))
					drop(row);
			}
			stay.forEach(regroup);
		},
	};
}
