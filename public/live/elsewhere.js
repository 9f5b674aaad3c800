// Rooms that the reader has not joined: those with alarms, and those with values.
import { otherRooms } from '../alarms/other-rooms.js';
import { createAlarmRooms, createRoomList } from '../alarms/other-rooms-list.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';

const REFRESH_MS = 30_000;

// fetchRooms() resolves with the answer to GET /rooms. isJoined(room): see alarms/other-rooms.js; watch(room):
// see alarms/other-rooms-list.js.
export function createElsewhere({ place, fetchRooms, isJoined, watch }) {
	const words = laterTexts.live;
	const alarms = createAlarmRooms({ otherwise: place, watch });
	const valueRooms = createRoomList({ wordsOf: ({ metrics }) => words.valuesThere(metrics), otherwise: place, watch });
	const summary = element('summary');
	const values = element('details.live-elsewhere', summary, ...valueRooms.parts);
	let isChecking = false;
	let isVisible = false;
	let hasAlarms = false;
	let timer = 0;
	let onChange = () => {};

	function draw() {
		if (!isVisible)
			return;
		const { withAlarms, withValues } = otherRooms.list(isJoined);

		hasAlarms = withAlarms.length > 0;
		values.hidden = !withValues.length;
		setText(summary, words.valuesElsewhere(withValues.length));
		alarms.show(withAlarms);
		valueRooms.show(withValues);
		onChange();
	}

	async function check() {
		if (isChecking)
			return;
		isChecking = true;
		const answer = await fetchRooms().catch(() => null);

		isChecking = false;
		if (answer)
			otherRooms.update(answer);
		else
			otherRooms.failed();
	}

	values.hidden = true;
	otherRooms.onChange(draw);
	return {
		alarms: alarms.place,
		values,
		get isChecked() {
			return otherRooms.isKnown && !otherRooms.hasFailed;
		},
		// Nothing is known yet.
		get isChecking() {
			return isChecking && !otherRooms.isKnown && !otherRooms.hasFailed;
		},
		get hasAlarms() {
			return hasAlarms;
		},
		onChange(listen) {
			onChange = listen;
		},
		check,
		show(wanted) {
			isVisible = wanted;
			clearInterval(timer);
			if (!wanted)
				return;
			timer = setInterval(check, REFRESH_MS);
			check();
			draw();
		},
	};
}
