// The frame of the page: connection state, view tabs, title and icon.
import { at } from '../base/elements.js';
import { createLazy, firstMessages } from '../base/lazy.js';
import { recall, remember } from '../base/storage.js';
import { texts } from '../words/texts.js';

export function createStateLine() {
	const line = at('state');
	const trouble = createLazy(async () => (await import('./trouble.js')).createTrouble());

	// When the connection is lost it is too late to load it.
	firstMessages.then(() => trouble(() => {}));

	return function show(state) {
		const { name, kind, cause } = state;
		const isTrouble = name !== 'online' && name !== 'connecting';
		const needsWords = isTrouble || cause || kind !== 'socket';

		line.dataset.state = name;
		line.classList.toggle('trouble', isTrouble);
		at('state-words').textContent = name === 'online' ? texts.online[kind] : texts.state[name];
		at('connect-now').hidden = !isTrouble;
		(needsWords ? trouble : trouble.ifRequested)((it) => it.show(state), 'state');
	};
}

// tabs are buttons whose aria-controls names a panel. onChoose(panel id) is called when the reader chooses one, and must
// show() it. onShow(panel id) is called when it is shown.
export function createTabs(tabs, { onChoose, onShow }) {
	const panelOf = (tab) => at(tab.getAttribute('aria-controls'));

	function show(chosen) {
		for (const tab of tabs) {
			tab.ariaSelected = String(tab === chosen);
			tab.tabIndex = tab === chosen ? 0 : -1;
			panelOf(tab).hidden = tab !== chosen;
		}
		remember('view', panelOf(chosen).id);
		onShow(panelOf(chosen).id);
	}

	function onKey(event) {
		const at = tabs.indexOf(event.currentTarget);
		const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];

		if (to === undefined)
			return;
		event.preventDefault();
		const tab = tabs.at(to % tabs.length);
		onChoose(panelOf(tab).id);
		tab.focus();
	}

	for (const tab of tabs) {
		tab.addEventListener('click', () => onChoose(panelOf(tab).id));
		tab.addEventListener('keydown', onKey);
	}

	return {
		// The tab of the last visit.
		start() {
			show(tabs.find((tab) => panelOf(tab).id === recall('view')) ?? tabs[0]);
		},
		show(id) {
			show(tabs.find((tab) => panelOf(tab).id === id));
		},
	};
}

// Unread messages and mentions in the title and the icon.
export function createAttention(icon) {
	const attention = createLazy(async () => (await import('./attention.js')).createAttention(icon));

	return function show({ room, ...counts }) {
		const title = room ? texts.titleRoom(room) : texts.title;

		if (!counts.unread)
			document.title = title;
		(counts.unread ? attention : attention.ifRequested)((it) => it.show(title, counts), 'counts');
	};
}
