// Recent changes of alarms, the newest alarm first. Changes of one alarm that are close together are one card.
import { createCard } from '../alarms/alarm-card.js';
import { arrange } from '../base/arrange.js';
import { element } from '../base/elements.js';
import { setText } from '../base/set-text.js';
import { laterTexts } from '../words/later-texts.js';

const MAX_CARDS = 100;

// joinedRooms() returns names. past: see alarm-past.js. It is asked for the history when the list is first opened.
export function createAlarmChanges({ joinedRooms, past }) {
	const words = laterTexts.live;
	const list = element('ol');
	const state = element('p.live-changes-state', words.changesNone);
	const summary = element('summary', words.changes);
	const details = element('details.live-changes', summary, list, state);
	// By group.
	const cards = new WeakMap();
	let frame = 0;

	function cardOf(group) {
		if (!cards.has(group)) {
			const item = element('li');
			cards.set(group, { item, card: createCard(item, { hasRoom: true, hasStory: true }), shown: null });
		}
		const one = cards.get(group);

		if (one.shown !== group.changes)
			one.card.show(group.changes);
		one.shown = group.changes;
		return one.item;
	}

	function draw() {
		frame = 0;
		if (!details.open)
			return;
		const items = past.groups().slice(0, MAX_CARDS).map(cardOf);

		arrange(list, items, summary);
		if (items.length)
			setText(state, '');
	}

	async function load() {
		state.textContent = words.changesLoading;
		const loaded = await Promise.allSettled(joinedRooms().map((room) => past.load(room)));

		// Opening the list again retries.
		setText(state, loaded.some(({ status }) => status === 'rejected') ? words.changesFailed : list.childElementCount ? '' : words.changesNone);
	}

	// The list scrolls, so it must be reachable by keyboard.
	list.tabIndex = 0;
	list.ariaLabel = words.changes;
	details.addEventListener('toggle', () => {
		draw();
		if (details.open)
			load();
	});
	past.onChange(() => {
		frame ||= requestAnimationFrame(draw);
	});

	return { details };
}
