// One view alone: it is given what the address asks for, and what it asks of the page is written down.
import { clockTimeSeconds, fullDate } from './words/texts.js';

const query = new URLSearchParams(location.search);
const kind = query.get('view');
const place = document.getElementById('view');
const calls = [];
// What the page answers: by name, a value, { fails: 'why' }, or nothing for now where { never: true }.
const answers = {};

const ask =
	(name) =>
	(...given) => {
		const answer = answers[name];

		calls.push([name, ...given]);
		if (answer?.never)
			return new Promise(() => {});
		return answer?.fails
			? Promise.reject(Object.assign(new Error(answer.fails), { code: answer.code }))
			: Promise.resolve(answer);
	};

window.calls = calls;
window.answers = answers;

const given = {
	format: { clockTimeSeconds, fullDate },
	acknowledge: ask('acknowledge'),
	history: ask('history'),
	open: ask('open'),
	close: ask('close'),
	rooms: ask('rooms'),
	onLog() {},
};

answers.history = [];
answers.rooms = JSON.parse(query.get('rooms') ?? '[]');
if (kind === 'live')
	window.view = (await import('./live/live.js')).createLive(place, given);
else
	window.view = (await import('./logs/logs.js')).createLogs(place, given);
document.body.dataset.ready = true;
