// The views of the page, one at a time: the arrow keys walk their tabs.
import { recall, remember } from './storage.js';

// tabs are the buttons; each names the panel that it controls. onShow(panel's id) follows a choice.
export function createTabs(tabs, { onShow }) {
	const panelOf = (tab) => document.getElementById(tab.getAttribute('aria-controls'));

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
		show(tab);
		tab.focus();
	}

	for (const tab of tabs) {
		tab.addEventListener('click', () => show(tab));
		tab.addEventListener('keydown', onKey);
	}

	return {
		start() {
			show(tabs.find((tab) => panelOf(tab).id === recall('view')) ?? tabs[0]);
		},
		show(id) {
			show(tabs.find((tab) => panelOf(tab).id === id));
		},
	};
}
