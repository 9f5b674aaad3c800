// The number of alarms that nobody has acknowledged, and behind it the list of all that stand.
import { buildStanding } from './alarm-view.js';
import { locale, texts } from './texts.js';

// Ages are told in minutes.
const REFRESH_MS = 30000;

// onAcknowledge(alarm) is called when the reader takes care of it.
export function createAlarmsView({ panel, list, button, count, close }, { onAcknowledge }) {
	let alarms = [];
	let isEnabled = false;
	let timer = 0;
	let wasOpen = false;

	const isOpen = () => panel.matches(':popover-open');

	// The focus stays with its alarm, or in the list.
	function fill() {
		const focused = Array.from(list.children).findIndex((item) => item.contains(document.activeElement));
		const items = alarms.map(buildStanding);

		items.forEach((item, index) => {
			const action = item.querySelector('button');

			if (!action)
				return;
			action.disabled = !isEnabled;
			action.addEventListener('click', () => onAcknowledge(alarms[index]));
		});
		list.replaceChildren(...items);
		if (focused >= 0)
			(items[focused]?.querySelector('button') ?? close).focus();
	}

	function show() {
		const unseen = alarms.filter(({ acknowledgedBy }) => !acknowledgedBy).length;

		button.hidden = !alarms.length;
		button.classList.toggle('calm', !unseen);
		button.ariaLabel = texts.alarmsButton(unseen, alarms.length);
		count.textContent = unseen ? unseen.toLocaleString(locale) : '';
		if (!isOpen())
			return;
		if (alarms.length)
			fill();
		else
			panel.hidePopover();
	}

	button.addEventListener('pointerdown', () => {
		wasOpen = isOpen();
	});
	// A press on the button has closed the panel already; its click must not open it again.
	button.addEventListener('click', () => {
		if (!wasOpen)
			panel.togglePopover();
		wasOpen = false;
	});
	close.addEventListener('click', () => {
		panel.hidePopover();
		button.focus();
	});
	panel.addEventListener('toggle', ({ newState }) => {
		const opened = newState === 'open';

		button.ariaExpanded = String(opened);
		clearInterval(timer);
		if (!opened)
			return;
		fill();
		timer = setInterval(fill, REFRESH_MS);
		(list.querySelector('button:enabled') ?? close).focus();
	});

	return {
		show(newAlarms) {
			alarms = newAlarms;
			show();
		},
		// Whether there is somebody to tell.
		enable(wanted) {
			isEnabled = wanted;
			show();
		},
	};
}
