// One view alone: it is given what the address asks for, and what it asks of the page is written down.
import { decodeFrame } from './connection/wire.js';

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

const joined = new Set(['ops']);
const decode = (frame) => decodeFrame(JSON.stringify(frame));

async function watch(room) {
	await ask('watch')(room);
	joined.add(room);
}

// Live gets active alarms from the page.
async function createLive() {
	const { activeAlarms } = await import('./alarms/active-alarms.js');
	const { createLive: create } = await import('./live/live.js');
	const view = create(place, {
		actions: { acknowledge: ask('acknowledge'), clear: ask('clear') },
		history: async (room, ...before) => (await ask('history')(room, ...before.filter(Boolean))).map(decode),
		fetchRecorded: ask('fetchRecorded'),
		onRoomGone() {},
		fetchRooms: ask('fetchRooms'),
		isJoined: (room) => joined.has(room),
		joinedRooms: () => [...joined],
		watch,
	});

	return {
		...view,
		alarm(frame) {
			const alarm = decode(frame);

			if (alarm?.type === 'alarm')
				activeAlarms.update(alarm);
		},
		forget: activeAlarms.forget,
	};
}

const given = {
	open: ask('open'),
	close: ask('close'),
	rooms: ask('rooms'),
	older: ask('older'),
	onLog() {},
	onLine: (address) => calls.push(['onLine', address]),
};

answers.history = [];
answers.older = { messages: [], more: false };
answers.fetchRecorded = { interval_s: 10, points: [] };
answers.fetchRooms = { rooms: JSON.parse(query.get('rooms') ?? '[]') };
answers.rooms = JSON.parse(query.get('rooms') ?? '[]');
if (kind === 'live')
	window.view = await createLive();
else
	window.view = (await import('./logs/logs.js')).createLogs(place, given);
document.body.dataset.ready = true;
