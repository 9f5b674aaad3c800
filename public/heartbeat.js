// Notices a link on which nothing comes any more, long before the network would.

const QUIET_MS = 20000;
const ANSWER_MS = 10000;

// onAsk() is to say something that the server answers; onDead() is called when no answer came.
export function createHeartbeat({ onAsk, onDead }) {
	let timer = 0;

	function ask() {
		clearTimeout(timer);
		timer = setTimeout(onDead, ANSWER_MS);
		onAsk();
	}

	return {
		ask,
		heard() {
			clearTimeout(timer);
			timer = setTimeout(ask, QUIET_MS);
		},
		stop() {
			clearTimeout(timer);
		},
	};
}
