// A button with the number of unacknowledged alarms, and the panel with the list that it opens.
import { activeAlarms } from '../alarms/active-alarms.js';
import { createAlarmList } from '../alarms/alarm-list.js';
import { buildClose } from '../base/close.js';
import { at, element } from '../base/elements.js';
import { createPanel } from '../base/panel.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { locale } from '../words/texts.js';

// actions: see alarms/alarm-actions.js.
export function createAlarms(actions) {
	const opener = at('alarms-button');
	const close = buildClose(texts.alarms.close);
	const heading = element('h2', texts.alarms.label);
	const list = createAlarmList({ otherwise: close, actions, onDraw: (count) => count || leave() });
	const panel = element('section.alarms-panel', element('header', heading, close), ...list.parts);

	// The opener is about to be hidden, so the focus moves to the selected tab.
	function leave() {
		const isHeld = panel.contains(document.activeElement);

		panel.hidePopover();
		if (isHeld)
			at('bar').querySelector('[aria-selected="true"]').focus();
	}

	function show() {
		const { all, unseen } = activeAlarms.counts;

		opener.hidden = !all;
		opener.classList.toggle('calm', !unseen);
		opener.ariaLabel = texts.alarms.counts(unseen, all);
		at('alarms-count').textContent = unseen ? unseen.toLocaleString(locale) : '';
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
				(panel.querySelector('.alarm-actions button:not([hidden])') ?? close).focus();
			},
			onClose: () => list.show(false),
		},
	);
	activeAlarms.onChange(show);
	return activeAlarms;
}
