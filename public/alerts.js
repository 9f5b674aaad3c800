// Calls the reader who has asked for it and does not look: by a notification, by a chirp, or not for now.
import { chirp } from './chirp.js';
import { button, element } from './elements.js';
import { icon } from './icon.js';
import { laterTexts as texts } from './later-texts.js';
import { addSheet } from './sheet.js';
import { recall, remember } from './storage.js';
import { createWatched } from './watched.js';

const MOST_CHARACTERS = 200;
const BETWEEN_CHIRPS_MS = 2000;
// A loudspeaker; the style sheet crosses it out.
const SPEAKER = 'M2 6v4h2.700L8.500 13V3L4.700 6zM10.700 5.300a4 4 0 0 1 0 5.400M12.600 3.400a6.600 6.600 0 0 1 0 9.200';

// What is wanted is kept in every tab's reach.
const isOn = (key) => recall(key) === 'yes';
const keep = (key, isWanted) => remember(key, isWanted ? 'yes' : '');

const canNotify = 'Notification' in window;
const mayNotify = () => canNotify && Notification.permission === 'granted';

// What the reader's browser says to it. On Android only workers may notify, though they are asked for all the same: what
// is tried here is not shown before it is allowed.
async function askToNotify() {
	if (!canNotify)
		return 'denied';
	try {
		if (Notification.permission === 'default')
			new Notification('');
	} catch {
		return 'denied';
	}
	return Notification.requestPermission();
}

// What a message is about, in a line. The words of an alarm that is over may be those of its beginning.
function headlineOf({ type, title, key, severity, state, acknowledgedBy }) {
	if (type !== 'alarm')
		return title;
	const shown = state === 'cleared' ? 'ok' : severity;
	return texts.notifiedAlarm(texts.severity[shown], title || key, texts.alarmState[state](acknowledgedBy));
}

// Browsers let a page be heard only after its reader has done something in it.
function createVoice() {
	let context = null;

	function wake() {
		context ??= new AudioContext();
		return context.resume();
	}

	for (const type of ['pointerdown', 'keydown'])
		addEventListener(type, () => isOn('sound') && wake(), { once: true, capture: true });

	return {
		wake,
		call() {
			const last = Number(recall('chirped'));
			const now = Date.now();

			if (context?.state !== 'running') {
				// What it is about may be old when it can be heard again.
				context?.resume();
				return;
			}
			if (now >= last && now < last + BETWEEN_CHIRPS_MS)
				return;
			remember('chirped', String(now));
			chirp(context);
		},
	};
}

function buildCheck(id, words) {
	const field = element('input');
	const fault = element('p.error');

	field.type = 'checkbox';
	field.id = id;
	fault.id = `${id}-fault`;
	fault.role = 'alert';
	return { field, fault, label: element('label.check', field, element('span', words)) };
}

// bar gets the switch that silences both. onOpen(room) is called when the reader answers a notification.
export async function createAlerts({ bar, onOpen }) {
	const voice = createVoice();
	const isWatched = createWatched();
	const notify = buildCheck('notify', texts.notify);
	const sound = buildCheck('sound', texts.sound);
	const mute = button('mute', icon('speaker', SPEAKER));

	mute.id = 'mute';
	mute.ariaLabel = mute.title = texts.mute;
	bar.querySelector('.alarms-button').before(mute);

	function show() {
		notify.field.checked = isOn('notify') && mayNotify();
		sound.field.checked = isOn('sound');
		mute.hidden = !notify.field.checked && !sound.field.checked;
		mute.ariaPressed = String(isOn('quiet'));
	}

	function tryNotify(title, options) {
		try {
			return new Notification(title, options);
		} catch {
			// It was allowed, but only to workers.
			keep('notify', false);
			notify.fault.textContent = texts.notifyDenied;
			show();
			return null;
		}
	}

	function notifyOf(room, message) {
		// One a room, the newest, and nobody has seen it because he saw the one before.
		const call = tryNotify(texts.notified(message.name, room.name), {
			body: [headlineOf(message), message.text].filter(Boolean).join('\n').slice(0, MOST_CHARACTERS),
			icon: 'favicon.svg',
			tag: room.name,
			renotify: true,
			silent: isOn('sound'),
		});

		call?.addEventListener('click', () => {
			window.focus();
			onOpen(room.name);
			call.close();
		});
	}

	// Only from a click may a page ask.
	notify.field.addEventListener('change', async () => {
		const answer = notify.field.checked ? await askToNotify() : '';

		keep('notify', answer === 'granted');
		notify.fault.textContent = answer === 'denied' ? texts.notifyDenied : '';
		show();
	});
	// What has been chosen is heard at once.
	sound.field.addEventListener('change', async () => {
		keep('sound', sound.field.checked);
		show();
		if (!sound.field.checked)
			return;
		await voice.wake();
		voice.call();
	});
	mute.addEventListener('click', () => {
		keep('quiet', !isOn('quiet'));
		show();
	});
	addEventListener('storage', show);
	show();
	await addSheet(new URL('css/alerts.css', import.meta.url));

	return {
		// The part of a form where they are chosen.
		offerIn(settings) {
			settings.append(notify.label, notify.fault, sound.label);
		},
		// Of what came while nobody saw it.
		async tell(room, message) {
			const isWanted = () => document.hidden && !isOn('quiet') && (isOn('notify') || isOn('sound'));

			// In another window the reader sees it, or that there is something unread.
			if (!isWanted() || (await isWatched()) || !isWanted())
				return;
			if (isOn('notify') && mayNotify())
				notifyOf(room, message);
			if (isOn('sound'))
				voice.call();
		},
	};
}
