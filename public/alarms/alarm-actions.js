// The buttons that acknowledge and clear an active alarm, and why that failed.
import { button, element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';
import { titleOf } from './alarm-card.js';

const texts = laterTexts.alarms;

// actions.acknowledge(room, key) and actions.clear(room, key) return promises that reject with a displayable Error.
export function createActions(actions) {
	const fault = element('p.alarm-fault');
	const buttons = Object.fromEntries(['acknowledge', 'clear'].map((kind) => [kind, button(`alarm-${kind}`, texts[kind])]));
	const place = element('div.alarm-actions', ...Object.values(buttons));
	let alarm = null;
	let isBusy = false;

	// Not the disabled property: a disabled button loses the focus.
	function showBusy(kind) {
		isBusy = Boolean(kind);
		for (const [name, one] of Object.entries(buttons)) {
			one.ariaDisabled = String(isBusy);
			setText(one, name === kind ? texts.underWay[name] : texts[name]);
		}
	}

	async function act(kind) {
		const { room, key } = alarm;

		showBusy(kind);
		setText(fault, '');
		try {
			await actions[kind](room, key);
		} catch ({ message }) {
			setText(fault, texts.failed[kind](message));
		}
		showBusy('');
	}

	fault.role = 'alert';
	for (const [kind, one] of Object.entries(buttons)) {
		// The second click of a double click may meet the button of the next alarm.
		one.addEventListener('click', ({ detail }) => detail < 2 && !isBusy && act(kind));
	}

	return {
		parts: [place, fault],
		// Returns whether the focused button was hidden.
		show(newAlarm) {
			const hadFocus = document.activeElement === buttons.acknowledge;

			alarm = newAlarm;
			for (const [kind, one] of Object.entries(buttons))
				one.ariaLabel = texts.actionOn[kind](titleOf(alarm));
			buttons.acknowledge.hidden = Boolean(alarm.acknowledgedBy);
			return hadFocus && buttons.acknowledge.hidden;
		},
	};
}
