// The state of the connection in words, with a countdown where there is something to wait for.
import { texts } from './texts.js';

function words({ name, kind, cause, reason }) {
	const state = name === 'online' ? texts.online[kind] : texts.state[name];

	if (!cause)
		return state;
	const closed = texts.closed[cause] ?? texts.closed.lost;
	const why = reason ? texts.closedReason(closed, reason) : closed;
	return `${why} ${state}`;
}

// The style sheet turns the line's data-state and class into colour and a sign.
export function createStateLine({ line, words: wordsElement, countdown, nowButton }) {
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
		wordsElement.textContent = words(state);
		line.title = name === 'online' ? texts.onlineTitle[kind] : '';
		countdown.textContent = '';
		nowButton.hidden = !trouble;
		if (state.retryAt) {
			tick();
			ticking = setInterval(tick, 1000);
		}
	};
}
