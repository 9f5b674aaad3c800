// The frame of the page: connection state, view tabs, title and icon.
import { at } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';
import { recall, remember } from '../base/storage.js';
import { texts } from '../words/texts.js';

// Causes with a reason written by a person, and the server's defaults (see src/chat/).
const WITH_REASON = ['kicked', 'banned', 1008];
const DEFAULT_REASON = /^(a moderator has sent you away|(you are|this name is) banned)$/;

function words({ name, kind, cause, reason }) {
	const state = name === 'online' ? texts.online[kind] : texts.state[name];

	if (!cause)
		return state;
	const code = Object.hasOwn(texts.closed, reason) ? reason : cause;
	const closed = texts.closed[code] ?? texts.closed.lost;
	const hasReason = WITH_REASON.includes(code) && reason && !DEFAULT_REASON.test(reason);
	const why = hasReason ? texts.closedReason(closed, reason) : closed;
	return `${why} ${state}`;
}

export function createStateLine() {
	const line = at('state');
	const countdown = at('state-countdown');
	const nowButton = at('connect-now');
	let ticking = 0;

	return function show(state) {
		const { name, kind } = state;
		const tick = () => {
			const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
			countdown.textContent = texts.countdown(seconds);
		};

		const trouble = state.name !== 'online' && state.name !== 'connecting';

		clearInterval(ticking);
		line.dataset.state = state.name;
		line.classList.toggle('trouble', trouble);
		at('state-words').textContent = words(state);
		line.title = name === 'online' ? texts.onlineTitle[kind] : '';
		countdown.textContent = '';
		nowButton.hidden = !trouble;
		nowButton.textContent = name === 'refused' ? texts.connectAgain : texts.connectNow;
		if (state.retryAt) {
			tick();
			ticking = setInterval(tick, 1000);
		}
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
