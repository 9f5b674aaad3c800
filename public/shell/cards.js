// Opens the card of a person whose name was clicked, in the list of people, at a message or in a text.
import { at, button } from '../base/elements.js';
import * as orders from '../connection/orders.js';
import { buildAvatar } from '../people/avatar.js';
import { createCard } from '../people/card.js';
import { isSameName } from '../people/identity.js';
import { laterTexts as words } from '../words/later-texts.js';

const rowOf = (target) => target.closest('.message');

function nameOf(target) {
	if (target.matches('.mention'))
		return target.textContent.slice(1);
	return (rowOf(target) ?? target).querySelector('bdi').textContent;
}

// rooms: see rooms.js. isMe(name) is about the reader. marks: the lazy marks of look-alike-marks.js.
export function createCards({ rooms, isMe, marks, onMention }) {
	const moderation = () => import('../people/moderation.js');

	async function addModeration(card, person, opener) {
		const { createModeration } = await moderation();

		opener?.remove();
		const section = createModeration(person, {
			orders,
			onStop() {
				orders.stopModerating();
				card.hidePopover();
			},
		});
		card.append(section);
		if (opener)
			card.focus();
	}

	async function askToken(card, person, opener) {
		const { buildTokenForm } = await moderation();
		const form = buildTokenForm({
			async onToken(token) {
				await orders.becomeModerator(token);
				form.remove();
				addModeration(card, person, opener);
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
	}

	function addParts({ card, actions }, person) {
		if (orders.isModerator()) {
			addModeration(card, person);
			return;
		}
		const opener = button('quiet', words.moderate);

		opener.addEventListener('click', () =>
			orders.becomeModerator().then(
				() => addModeration(card, person, opener),
				() => askToken(card, person, opener),
			),
		);
		actions.append(opener);
	}

	const card = createCard({ onMention, addParts });

	function lookAlike(name) {
		let other = '';

		marks.ifRequested((it) => {
			other = it.of(name);
		});
		return other;
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
			isMe: isMe(name),
			isHere: inRooms.length > 0,
			via,
			rooms: inRooms.map((room) => room.name),
			isPush: entry?.via === 'push',
			lastDate: last && new Date(last.querySelector('time').dateTime),
			lookAlike: lookAlike(name),
			message: entry?.id && !entry.deleted ? { id: entry.id, room: rooms.current.name, text: entry.text || entry.title } : null,
		};
	}

	return {
		// target is a person in the list, an author, an avatar or a mention.
		open(target) {
			const name = nameOf(target);
			// A mention is not the person who wrote the message.
			const row = target.matches('.mention') ? null : rowOf(target);

			card.open(describe(name, row), target);
		},
	};
}
