// Rooms that the reader may read but has not joined: their alarms and values are not shown, so they are named.
import { activeAlarms } from '../alarms/active-alarms.js';
import { arrange } from '../base/arrange.js';
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';

const MAX_ROWS = 50;
const REFRESH_MS = 30_000;

const readCount = (value) => (Number.isSafeInteger(value) && value > 0 ? value : 0);

function readRooms(answer) {
	const rooms = Array.isArray(answer?.rooms) ? answer.rooms : [];

	return rooms
		.filter((one) => typeof one?.room === 'string' && one.room)
		.map(({ room, alarms, metrics }) => ({ room, alarms: readCount(alarms), metrics: readCount(metrics) }));
}

// A list of rooms with a button each. onWatch(room) returns a promise that rejects with a displayable Error.
function createRoomList({ words, wordsOf, otherwise, onWatch }) {
	const list = element('ul.live-rooms');
	const more = element('p.live-note');
	const rows = new Map();

	function createRow(room) {
		const what = element('span.live-room-what');
		const watch = button('live-watch', words.watch);
		const fault = element('p.live-fault');
		const item = element('li', element('span.live-room', bidiText(room), ' ', what), watch, fault);

		async function join() {
			if (watch.ariaDisabled === 'true')
				return;
			watch.ariaDisabled = 'true';
			setText(fault, '');
			try {
				await onWatch(room);
			} catch ({ message }) {
				setText(fault, words.watchFailed(message));
			}
			watch.ariaDisabled = 'false';
		}

		fault.role = 'alert';
		watch.ariaLabel = words.watchRoom(room);
		watch.addEventListener('click', join);
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

// fetchRooms() resolves with the answer to GET /rooms. isJoined(room) tells whether its alarms and values arrive.
// watch(room) joins a room.
export function createElsewhere({ place, fetchRooms, isJoined, watch }) {
	const words = laterTexts.live;
	const heading = element('h3');
	const options = { words, otherwise: place, onWatch: (room) => watch(room).then(draw) };
	const alarmRooms = createRoomList({ ...options, wordsOf: ({ alarms }) => words.activeAlarms(alarms) });
	const valueRooms = createRoomList({ ...options, wordsOf: ({ metrics }) => words.valuesThere(metrics) });
	const summary = element('summary');
	const alarms = element('div.live-elsewhere', heading, ...alarmRooms.parts);
	const values = element('details.live-elsewhere', summary, ...valueRooms.parts);
	let known = null;
	let isChecking = false;
	let hasFailed = false;
	let withAlarms = [];
	let timer = 0;
	let onChange = () => {};

	function draw() {
		const others = (known ?? []).filter(({ room }) => !isJoined(room));
		const shown = activeAlarms.countByRoom();

		// A link that can join few rooms leaves the others: what is shown of them may be old.
		others.filter(({ room, alarms: count }) => !count && shown.has(room)).forEach(({ room }) => activeAlarms.forget(room));
		withAlarms = others
			.filter(({ room, alarms: count }) => count && count !== shown.get(room))
			.sort((one, other) => other.alarms - one.alarms);
		const withValues = others.filter(({ metrics }) => metrics > 0);

		alarms.hidden = !withAlarms.length;
		values.hidden = !withValues.length;
		setText(heading, withAlarms.length ? words.alarmsElsewhere(withAlarms.reduce((sum, one) => sum + one.alarms, 0), withAlarms.length) : '');
		setText(summary, words.valuesElsewhere(withValues.length));
		alarmRooms.show(withAlarms);
		valueRooms.show(withValues);
		onChange();
	}

	async function check() {
		if (isChecking)
			return;
		isChecking = true;
		try {
			known = readRooms(await fetchRooms());
			hasFailed = false;
		} catch {
			hasFailed = true;
		}
		isChecking = false;
		draw();
	}

	heading.role = 'status';
	alarms.hidden = values.hidden = true;
	return {
		alarms,
		values,
		get isChecked() {
			return known !== null && !hasFailed;
		},
		// Nothing is known yet.
		get isChecking() {
			return isChecking && !known && !hasFailed;
		},
		get hasAlarms() {
			return withAlarms.length > 0;
		},
		onChange(listen) {
			onChange = listen;
		},
		check,
		show(wanted) {
			clearInterval(timer);
			if (!wanted)
				return;
			timer = setInterval(check, REFRESH_MS);
			check();
			draw();
		},
	};
}
