// The active alarms, rooms with alarms that are not shown, and recent changes.
import { activeAlarms } from '../alarms/active-alarms.js';
import { shownSeverity, titleOf } from '../alarms/alarm-card.js';
import { createAlarmList } from '../alarms/alarm-list.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { createAlarmChanges } from './alarm-changes.js';
import { createFold } from './fold.js';

const words = texts.live;

// actions: see alarms/alarm-actions.js. joinedRooms() returns names. past: see alarm-past.js.
export function createAlarms(place, { actions, elsewhere, joinedRooms, past }) {
	const body = element('div.live-group-body');
	const fold = createFold('h2', { key: 'alarms', label: texts.alarms.label, body });
	const calm = element('p');
	const voice = element('p.live-unseen');
	const changes = createAlarmChanges({ joinedRooms, past });
	const list = createAlarmList({ otherwise: fold.toggle, actions, onDraw: showCounts });
	let isVisible = false;

	// All is well only if that is known of all rooms.
	function showCounts() {
		const { all, unseen } = activeAlarms.counts;

		setText(fold.count, all ? words.standing(all, unseen) : '');
		setText(calm, elsewhere.isChecked ? words.calm : words.calmHere);
		calm.className = elsewhere.isChecked ? 'live-calm' : 'live-note';
		calm.hidden = all > 0 || elsewhere.hasAlarms || elsewhere.isChecking;
	}

	activeAlarms.onChange((alarm) => {
		// Alarms without an id are repeated to a newcomer: nothing has happened.
		if (!alarm?.id)
			return;
		past.add(alarm);
		if (isVisible)
			voice.textContent = texts.alarms.announced(texts.alarms.severity[shownSeverity(alarm)], titleOf(alarm), texts.alarms.state[alarm.state](alarm));
	});
	elsewhere.onChange(showCounts);
	voice.role = 'status';
	body.append(calm, ...list.parts, elsewhere.alarms, changes.details);
	place.append(fold.heading, body, voice);

	return {
		show(wanted) {
			isVisible = wanted;
			list.show(wanted);
		},
	};
}
