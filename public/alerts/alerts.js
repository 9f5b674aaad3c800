// Notifications and sounds for messages that arrive while the page is hidden, if the reader has turned them on.
import { at, button, element } from '../base/elements.js';
import { icon } from '../base/icon.js';
import { recall, remember } from '../base/storage.js';
import { addStylesheet } from '../base/stylesheet.js';
import { isNotified } from '../messages/levels.js';
import { plain } from '../messages/plain.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { createLevelChoice } from './level-choice.js';
import { playSound } from './notification-sound.js';
import { createTabProbe } from './other-tabs.js';

const MAX_CHARACTERS = 200;
const MIN_PAUSE_MS = 2000;
// A loudspeaker; the style sheet adds the strike-through line.
const SPEAKER = 'M2 6v4h2.700L8.500 13V3L4.700 6zM10.700 5.300a4 4 0 0 1 0 5.400M12.600 3.400a6.600 6.600 0 0 1 0 9.200';

// Settings are in localStorage, so all tabs share them.
const isOn = (key) => recall(key) === 'yes';
const keep = (key, isWanted) => remember(key, isWanted ? 'yes' : '');

const canNotify = 'Notification' in window;
const mayNotify = () => canNotify && Notification.permission === 'granted';

// Asks for the permission. Chrome on Android throws on new Notification(), yet grants the permission, so the
// constructor is tried first. Without a permission it shows nothing.
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

// One line about a message. An alarm's title may still describe the problem after it was cleared, so the state is
// added.
function headlineOf(message) {
	const { type, title, key, severity, state } = message;

	if (type !== 'alarm')
		return title;
	const shown = state === 'cleared' ? 'ok' : severity;
	return texts.alarms.announced(texts.alarms.severity[shown], title || key, texts.alarms.state[state](message));
}

// Browsers keep a page silent until its reader clicks or presses a key.
function createSoundPlayer() {
	let context = null;

	function unlock() {
		context ??= new AudioContext();
		return context.resume();
	}

	for (const type of ['pointerdown', 'keydown'])
		addEventListener(type, () => isOn('sound') && unlock(), { once: true, capture: true });

	return {
		unlock,
		play() {
			const last = Number(recall('chirped'));
			const now = Date.now();

			if (context?.state !== 'running') {
				// Do not play the sound later: the message may be old by then.
				context?.resume();
				return;
			}
			if (now >= last && now < last + MIN_PAUSE_MS)
				return;
			remember('chirped', String(now));
			playSound(context);
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

// nameNow() is the reader's name, roomNow() the name of the room that is shown.
// onOpen(room, id) is called when the reader clicks the notification of a message.
export async function createAlerts({ nameNow, roomNow, onOpen }) {
	const player = createSoundPlayer();
	const isVisibleElsewhere = createTabProbe();
	// The last notification of each room, with the id of its message.
	const shown = new Map();
	const notify = buildCheck('notify', texts.notify);
	const sound = buildCheck('sound', texts.sound);
	const level = createLevelChoice();
	const mute = button('mute', icon('speaker', SPEAKER));

	mute.id = 'mute';
	mute.ariaLabel = mute.title = texts.mute;
	at('settings-button').before(mute);

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
			// The permission was granted, but only service workers may notify.
			keep('notify', false);
			notify.fault.textContent = texts.notifyDenied;
			show();
			return null;
		}
	}

	function notifyOf(room, message) {
		// One notification per room, for the newest message. renotify: a replaced notification alerts the reader again.
		const notification = tryNotify(texts.notified(message.name, room.name), {
			body: [headlineOf(message), plain(message.text, MAX_CHARACTERS)].filter(Boolean).join('\n').slice(0, MAX_CHARACTERS),
			icon: 'favicon.svg',
			tag: room.name,
			renotify: true,
			silent: isOn('sound'),
		});

		shown.set(room.name, { id: message.id, notification });
		notification?.addEventListener('click', () => {
			window.focus();
			onOpen(room.name, message.id);
			notification.close();
		});
	}

	// Browsers allow the question only in response to a click.
	notify.field.addEventListener('change', async () => {
		const answer = notify.field.checked ? await askToNotify() : '';

		keep('notify', answer === 'granted');
		notify.fault.textContent = answer === 'denied' ? texts.notifyDenied : '';
		show();
	});
	// Play the sound once as an example.
	sound.field.addEventListener('change', async () => {
		keep('sound', sound.field.checked);
		show();
		if (!sound.field.checked)
			return;
		await player.unlock();
		player.play();
	});
	mute.addEventListener('click', () => {
		keep('quiet', !isOn('quiet'));
		show();
	});
	addEventListener('storage', show);
	show();
	level.showRoom(roomNow());
	await addStylesheet(new URL('alerts.css', import.meta.url));

	return {
		// Appends the controls to the settings form.
		offerIn(settings) {
			settings.append(notify.label, notify.fault, sound.label, ...level.parts);
		},
		showRoom: level.showRoom,
		// The messages were deleted; null: all of the room.
		withdraw(room, ids) {
			const last = shown.get(room.name);

			if (last && (!ids || ids.includes(last.id)))
				last.notification?.close();
		},
		// Called for each message that arrived while its room was not on screen.
		async alert(room, message) {
			const isWanted = () =>
				document.hidden && !isOn('quiet') && (isOn('notify') || isOn('sound')) && isNotified(room.name, message, nameNow());

			// Other tabs are asked last: one of them may show the message. The settings may change meanwhile.
			if (!isWanted() || (await isVisibleElsewhere()) || !isWanted())
				return;
			if (isOn('notify') && mayNotify())
				notifyOf(room, message);
			if (isOn('sound'))
				player.play();
		},
	};
}
