// Opens the card of a person whose name was clicked, in the list of people, at a message or in a text. Marks the names
// that look alike.
import { at, button } from '../base/elements.js';
import { createLazy } from '../base/lazy.js';
import * as orders from '../connection/orders.js';
import { EVERYBODY } from '../messages/mentions.js';
import { buildAvatar } from '../people/avatar.js';
import { isSameName } from '../people/identity.js';
import { createLookAlikeMarks } from '../people/look-alike-marks.js';
import { laterTexts as words } from '../words/later-texts.js';

const PERSON = '.person, .message :is(.author, .avatar, .mention)';

const rowOf = (target) => target.closest('.message');

// '' if everybody is mentioned.
function nameOf(target) {
	if (target.matches('.mention')) {
		const name = target.textContent.slice(1);
		return name.toLowerCase() === EVERYBODY ? '' : name;
	}
	return (rowOf(target) ?? target).querySelector('bdi').textContent;
}

// rooms, session and composer: see rooms.js, session.js and composer.js.
export function createCards({ rooms, session, composer }) {
	const marks = createLookAlikeMarks(
		{ reading: at('reading'), list: at('people-list') },
		{ me: () => session.name, present: () => rooms.current.present.people.map(({ name }) => name) },
	);
	const card = createLazy(async () => (await import('../people/card.js')).createCard({ onMention, addParts }));
	const moderation = createLazy(() => import('../people/moderation.js'));

	// The card may show somebody else by now.
	function addModeration({ card, actions }, person, opener) {
		moderation(({ createModeration }) => {
			if (!actions.isConnected)
				return;
			opener?.remove();
			card.append(
				createModeration(person, {
					orders,
					onStop() {
						orders.stopModerating();
						card.hidePopover();
					},
				}),
			);
			if (opener)
				card.focus();
		});
	}

	function askToken({ card, actions }, person, opener) {
		moderation(({ buildTokenForm }) => {
			if (!actions.isConnected)
				return;
			const form = buildTokenForm({
				async onToken(token) {
					await orders.becomeModerator(token);
					form.remove();
					addModeration({ card, actions }, person, opener);
				},
				onCancel() {
					form.remove();
					opener.hidden = false;
					opener.focus();
				},
			});

			opener.hidden = true;
			card.append(form);
			form.querySelector('input').focus();
		});
	}

	function onMention(name) {
		// It would cover the message field.
		if (at('people').matches(':popover-open'))
			at('people').hidePopover();
		composer.mention(name);
	}

	function addParts(parts, person) {
		if (orders.isModerator()) {
			addModeration(parts, person);
			return;
		}
		const opener = button('quiet', words.moderate);

		opener.addEventListener('click', () =>
			orders.becomeModerator().then(
				() => addModeration(parts, person, opener),
				() => askToken(parts, person, opener),
			),
		);
		parts.actions.append(opener);
	}

	function describe(name, row) {
		const { log } = rooms.current;
		const inRooms = rooms.list().filter(({ present }) => present.people.some((one) => isSameName(one.name, name)));
		const [via = ''] = rooms.current.present.people.filter((one) => isSameName(one.name, name)).map((one) => one.via);
		const last = Array.from(at('reading').querySelectorAll('.room:not([inert]) .message')).findLast(
			(one) => isSameName(one.querySelector('.author').textContent, name),
		);
		const entry = row && log.entryOf(row);

		return {
			name,
			avatar: row?.querySelector('.avatar').cloneNode(true) ?? buildAvatar(name),
			isMe: isSameName(name, session.name),
			isHere: inRooms.length > 0,
			via,
			rooms: inRooms.map((room) => room.name),
			isPush: entry?.via === 'push',
			lastDate: last && new Date(last.querySelector('time').dateTime),
			lookAlike: marks.of(name),
			message: entry?.id && !entry.deleted ? { id: entry.id, room: rooms.current.name, text: entry.text || entry.title } : null,
		};
	}

	function open(target) {
		const name = nameOf(target);
		// A mention is not the person who wrote the message.
		const row = target.matches('.mention') ? null : rowOf(target);

		if (name)
			card((it) => it.open(describe(name, row), target), 'open');
	}

	return {
		// Without a message or another element that has the name.
		open: (name) => card((it) => it.open(describe(name), null), 'open'),
		clicked(target) {
			const person = target.closest(PERSON);

			if (person)
				open(person);
		},
	};
}
