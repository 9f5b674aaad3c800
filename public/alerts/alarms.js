// A button with the number of unacknowledged alarms, and the panel that it opens: the alarms, and the rooms with alarms that
// the reader has not joined.
import { activeAlarms } from '../alarms/active-alarms.js';
import { createAlarmList } from '../alarms/alarm-list.js';
import { otherRooms } from '../alarms/other-rooms.js';
import { alarmsIn, createAlarmRooms } from '../alarms/other-rooms-list.js';
import { buildClose } from '../base/close.js';
import { at, element } from '../base/elements.js';
import { createPanel } from '../base/panel.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';

// actions: see alarms/alarm-actions.js. isJoined(room): see alarms/other-rooms.js; watch(room): see
// alarms/other-rooms-list.js. listRooms() asks for the rooms.
export function createAlarms(actions, { isJoined, watch, listRooms }) {
	const opener = at('alarms-button');
	const close = buildClose(texts.alarms.close);
	const heading = element('h2', texts.alarms.label);
	const list = createAlarmList({ otherwise: close, actions, onDraw: leave });
	const elsewhere = createAlarmRooms({ otherwise: close, watch });
	const panel = element('section.alarms-panel', element('header', heading, close), ...list.parts, elsewhere.place);
	let withAlarms = [];

	// If there is no alarm. The opener is hidden then, so the focus moves to the selected tab.
	function leave() {
		if (activeAlarms.counts.all || withAlarms.length)
			return;
		const isHeld = panel.contains(document.activeElement);

		panel.hidePopover();
		if (isHeld)
			at('bar').querySelector('[aria-selected="true"]').focus();
	}

	function show() {
		const { all, unseen } = activeAlarms.counts;

		opener.hidden = !all && !withAlarms.length;
		opener.classList.toggle('calm', !unseen);
		opener.ariaLabel = [all && texts.alarms.counts(unseen, all), alarmsIn(withAlarms)].filter(Boolean).join(', ');
		at('alarms-count').textContent = unseen ? unseen.toLocaleString(locale) : '';
	}

	function showElsewhere() {
		({ withAlarms } = otherRooms.list(isJoined));
		elsewhere.show(withAlarms);
		show();
		leave();
	}

	panel.id = 'alarms';
	panel.ariaLabel = texts.alarms.label;
	panel.popover = 'auto';
	at('app').append(panel);
	createPanel(
		{ panel, button: opener, close },
		{
			onOpen() {
				list.show(true);
				listRooms();
				(panel.querySelector('.alarm-actions button:not([hidden])') ?? panel.querySelector('.other-rooms button') ?? close).focus();
			},
			onClose: () => list.show(false),
		},
	);
	activeAlarms.onChange(show);
	otherRooms.onChange(showElsewhere);
	showElsewhere();
	return activeAlarms;
}
