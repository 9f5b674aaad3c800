// What the line with the connection's state says besides the state: why the connection was lost, when the next try is, and
// which kind of connection it is.
import { at } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('trouble.css', import.meta.url));

// Causes with a reason written by a person, and the server's defaults (see src/chat/).
const WITH_REASON = ['kicked', 'banned', 1008];
const DEFAULT_REASON = /^(a moderator has sent you away|(you are|this name is) banned)$/;

function why(cause, reason) {
	const code = Object.hasOwn(texts.closed, reason) ? reason : cause;
	const closed = texts.closed[code] ?? texts.closed.lost;
	const hasReason = WITH_REASON.includes(code) && reason && !DEFAULT_REASON.test(reason);

	return hasReason ? texts.closedReason(closed, reason) : closed;
}

export function createTrouble() {
	const countdown = at('state-countdown');
	let ticking = 0;

	return {
		show({ name, kind, cause, reason, retryAt }) {
			const tick = () => {
				countdown.textContent = texts.countdown(Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)));
			};

			clearInterval(ticking);
			countdown.textContent = '';
			if (cause)
				at('state-words').prepend(`${why(cause, reason)} `);
			at('state').title = name === 'online' ? texts.onlineTitle[kind] : '';
			at('connect-now').textContent = name === 'refused' ? texts.connectAgain : texts.connectNow;
			if (retryAt) {
				tick();
				ticking = setInterval(tick, 1000);
			}
		},
	};
}
