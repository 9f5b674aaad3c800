// The list of rooms: joined rooms, other rooms, and a field to join any room.
import { at, button as buildButton, element } from '../base/elements.js';
import { onceAFrame } from '../base/frame.js';
import { createList, setPart } from '../base/list.js';
import { createPanel } from '../base/panel.js';
import { addStylesheet } from '../base/stylesheet.js';
import { nameFault } from '../people/name-fault.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('rooms-list.css', import.meta.url));

// What is wrong with this name of a room, or ''.
export const roomFault = (name) => (name.includes('/') ? texts.roomSlash : nameFault(name));

const atMost = (most, count) => (count > most ? `${most}+` : String(count));

// onChoose(name) and onLeave(name) are the reader's actions. onOpen() is called when the list opens.
export function createRoomsView({ onChoose, onLeave, onOpen }) {
	const panel = at('rooms');
	const list = at('rooms-list');
	const field = at('room-field');
	const button = at('rooms-button');
	const close = at('rooms-close');
	const wide = matchMedia('(width >= 60rem)');
	let rooms = [];
	let current = '';
	let known = [];

	function choose(name) {
		if (!wide.matches)
			panel.hidePopover();
		onChoose(name);
	}

	function build({ name }) {
		const title = element('bdi.room-name', name || texts.title);
		const choice = buildButton('room-button', title);

		title.dir = 'auto';
		choice.addEventListener('click', () => choose(name));
		return element('li', choice);
	}

	function fillTopic(choice, topic) {
		const shown = setPart(choice, 'span.room-topic', topic);

		if (shown) {
			shown.dir = 'auto';
			shown.title = topic;
		}
	}

	function fillBadge(choice, kind, text, label) {
		const badge = setPart(choice, `span.${kind}.badge`, text);

		if (badge) {
			badge.ariaLabel = label;
			badge.role = 'img';
		}
	}

	// Mentions, before all that is unread.
	function fillBadges(choice, { mentions, unread }) {
		fillBadge(choice, 'mentions', mentions && `@${atMost(99, mentions)}`, texts.mentionsYou(mentions));
		fillBadge(choice, 'unread', unread && atMost(999, unread), texts.unread(unread));
	}

	function fillLeave(row, name) {
		const isThere = row.lastElementChild.matches('.leave');

		if (isThere && rooms.length === 1)
			row.lastElementChild.remove();
		if (isThere || rooms.length === 1)
			return;
		const leave = buildButton('round.leave', '✕');
		leave.ariaLabel = leave.title = texts.leaveRoom(name);
		leave.addEventListener('click', () => onLeave(name));
		row.append(leave);
	}

	const words = { filter: texts.filter, nothingFound: texts.nothingFound };
	const joined = createList(list, {
		build,
		fill(row, { name, topic, mentions, unread }) {
			const choice = row.firstElementChild;

			fillTopic(choice, topic);
			fillBadges(choice, { mentions, unread });
			choice.ariaCurrent = name === current ? 'true' : null;
			fillLeave(row, name);
		},
		words,
	});
	const others = createList(at('others-list'), {
		build,
		fill(row, { topic, mentions = 0, count }) {
			fillTopic(row.firstElementChild, topic);
			fillBadges(row.firstElementChild, { mentions, unread: 0 });
			setPart(row.firstElementChild, 'span.room-count', texts.peopleHere(count));
		},
		words,
	});

	const show = onceAFrame(() => {
		const names = new Set(rooms.map(({ name }) => name));
		const beside = known.filter(({ name }) => !names.has(name));
		const elsewhere = [...rooms.filter(({ name }) => name !== current), ...beside];
		const sum = (kind) => elsewhere.reduce((total, room) => total + (room[kind] ?? 0), 0);
		const unread = sum('unread');
		const mentions = sum('mentions');

		joined.show(rooms);
		others.show(beside);
		at('others-heading').hidden = !beside.length;
		at('rooms-badge').textContent = mentions ? `@${atMost(99, mentions)}` : unread ? atMost(99, unread) : '';
		at('rooms-badge').classList.toggle('unread', !mentions);
		button.ariaLabel = [
			texts.rooms,
			mentions && texts.mentionsYou(mentions),
			unread && texts.unread(unread),
		].filter(Boolean).join(', ');
	});

	function adapt() {
		panel.popover = wide.matches ? null : 'auto';
	}

	at('room-form').addEventListener('submit', (event) => {
		event.preventDefault();
		const name = field.value.trim();
		const wrong = name && roomFault(name);

		at('room-fault').textContent = wrong;
		field.ariaInvalid = String(Boolean(wrong));
		if (!name || wrong)
			return;
		field.value = '';
		choose(name);
	});
	createPanel(
		{ panel, button, close },
		{
			onOpen() {
				onOpen();
				(joined.reveal(current)?.firstElementChild ?? close).focus();
			},
		},
	);
	wide.addEventListener('change', adapt);
	adapt();

	return {
		show(newRooms, newCurrent) {
			rooms = newRooms;
			current = newCurrent;
			show();
		},
		// newKnown is [{ name, topic, count }].
		offer(newKnown) {
			known = newKnown;
			show();
		},
	};
}
