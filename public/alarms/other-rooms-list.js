// Lists of rooms that the reader has not joined, with a button that joins each.
import { arrange } from '../base/arrange.js';
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts } from '../words/later-texts.js';
import { otherRooms } from './other-rooms.js';

const MAX_ROWS = 50;

const words = laterTexts.live;

await addStylesheet(new URL('other-rooms.css', import.meta.url));

// How many alarms there are, in words, or ''.
export function alarmsIn(rooms) {
	return rooms.length ? words.alarmsElsewhere(rooms.reduce((sum, { alarms }) => sum + alarms, 0), rooms.length) : '';
}

// A list of rooms with a button each. watch(room) joins it, and returns a promise that rejects with a displayable Error.
export function createRoomList({ wordsOf, otherwise, watch }) {
	const list = element('ul.other-rooms');
	const more = element('p.other-rooms-more');
	const rows = new Map();

	function createRow(room) {
		const what = element('span.other-rooms-what');
		const join = button('other-rooms-watch', words.watch);
		const fault = element('p.other-rooms-fault');
		const item = element('li', element('span', bidiText(room), ' ', what), join, fault);

		join.ariaLabel = words.watchRoom(room);
		join.addEventListener('click', async () => {
			if (join.ariaDisabled === 'true')
				return;
			join.ariaDisabled = 'true';
			setText(fault, '');
			try {
				await watch(room);
				otherRooms.changed();
			} catch ({ message }) {
				setText(fault, words.watchFailed(message));
			}
			join.ariaDisabled = 'false';
		});
		fault.role = 'alert';
		return { item, what };
	}

	return {
		parts: [list, more],
		show(rooms) {
			const shown = rooms.slice(0, MAX_ROWS);
			const names = new Set(shown.map(({ room }) => room));

			for (const room of rows.keys()) {
				if (!names.has(room))
					rows.delete(room);
			}
			for (const one of shown) {
				if (!rows.has(one.room))
					rows.set(one.room, createRow(one.room));
				setText(rows.get(one.room).what, wordsOf(one));
			}
			arrange(list, shown.map(({ room }) => rows.get(room).item), otherwise);
			setText(more, rooms.length > MAX_ROWS ? words.moreRooms(rooms.length - MAX_ROWS) : '');
		},
	};
}

// The rooms with alarms, with how many in a heading.
export function createAlarmRooms({ otherwise, watch }) {
	const heading = element('h3');
	const list = createRoomList({ wordsOf: ({ alarms }) => words.activeAlarms(alarms), otherwise, watch });
	const place = element('div.alarms-elsewhere', heading, ...list.parts);

	heading.role = 'status';
	place.hidden = true;
	return {
		place,
		show(rooms) {
			place.hidden = !rooms.length;
			setText(heading, alarmsIn(rooms));
			list.show(rooms);
		},
	};
}
