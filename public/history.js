// Asks for pages of history, one at a time, and asks again where the server was busy.
import { delayAfter } from './backoff.js';
import { encodeHistory, randomId } from './wire.js';

const PAGE = 50;

// onPage({ kind, messages, more }) gets what was asked for.
// room() is what it is about.
export function createHistory({ send, room, onPage }) {
	let asked = null;
	let timer = 0;
	let setbacks = 0;

	function ask() {
		asked.ref = randomId();
		send(encodeHistory({ ref: asked.ref, room: room(), before: asked.before, limit: PAGE }));
	}

	return {
		// 'older' is the page before the id from, 'newer' the one after it, 'around' the one about it, 'newest' the last.
		want(kind, from) {
			clearTimeout(timer);
			setbacks = 0;
			asked = { kind, from, messages: [] };
			if (kind === 'older')
				asked.before = from;
			else if (kind === 'newer')
				asked.before = from + 1 + PAGE;
			else if (kind === 'around')
				asked.before = from + 1 + PAGE / 2;
			ask();
		},
		came({ ref, messages, more }) {
			if (ref !== asked?.ref)
				return;
			const page = [...messages, ...asked.messages];
			const first = messages[0]?.id;

			// Long messages make short pages: the end that was asked for may be still to come.
			if (asked.kind === 'newer' && first > asked.from + 1) {
				asked.messages = page;
				asked.before = first;
				ask();
				return;
			}
			const { kind, from } = asked;
			asked = null;
			onPage({ kind, from, messages: kind === 'newer' ? page.filter(({ id }) => id > from) : page, more });
		},
		// False if the error is about something else.
		refused({ ref, retryAfter }) {
			if (!ref || ref !== asked?.ref)
				return false;
			timer = setTimeout(ask, retryAfter || delayAfter(setbacks++));
			return true;
		},
		closed() {
			clearTimeout(timer);
			asked = null;
		},
	};
}
