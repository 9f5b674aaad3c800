// The list of rooms: joined rooms, other rooms, and a field to join any room.
import { at, button as buildButton, createPanel, element } from '../base/elements.js';
import { nameFault } from '../people/identity.js';
import { texts } from '../words/texts.js';

const PRESSED_MS = 100;

function buildRoomButton(room, isCurrent, onChoose) {
	const name = element('bdi.room-name', room.name || texts.title);
	const button = buildButton('room-button', name);

	name.dir = 'auto';
	if (room.topic) {
		const topic = element('span.room-topic', room.topic);
		topic.dir = 'auto';
		topic.title = room.topic;
		button.append(topic);
	}
	if (room.unread) {
		const badge = element('span.badge', room.unread > 999 ? '999+' : room.unread);
		badge.ariaLabel = texts.unread(room.unread);
		badge.role = 'img';
		button.append(badge);
	}
	if (isCurrent)
		button.ariaCurrent = 'true';
	button.addEventListener('click', () => onChoose(room.name));
	return button;
}

// What is wrong with this name of a room, or ''.
export const roomFault = (name) => (name.includes('/') ? texts.roomSlash : nameFault(name));

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
	let timer = 0;

	function choose(name) {
		if (!wide.matches)
			panel.hidePopover();
		onChoose(name);
	}

	function buildItem(room) {
		const isCurrent = room.name === current;
		const item = element('li', buildRoomButton(room, isCurrent, choose));

		if (rooms.length > 1) {
			const leave = buildButton('round.leave', '✕');
			leave.ariaLabel = leave.title = texts.leaveRoom(room.name);
			leave.addEventListener('click', () => onLeave(room.name));
			item.append(leave);
		}
		return item;
	}

	// Puts the focus on the button at the same place.
	function keepFocus(change) {
		const buttons = () => Array.from(panel.querySelectorAll('li button'));
		const index = buttons().indexOf(document.activeElement);

		change();
		if (index >= 0)
			(buttons()[index] ?? field).focus();
	}

	function show() {
		clearTimeout(timer);
		// A pressed button must not be replaced before its click.
		if (panel.matches(':active')) {
			timer = setTimeout(show, PRESSED_MS);
			return;
		}
		const beside = known.filter(({ name }) => !rooms.some((room) => room.name === name));
		const unread = rooms.reduce((sum, room) => sum + (room.name === current ? 0 : room.unread), 0);

		keepFocus(() => {
			list.replaceChildren(...rooms.map(buildItem));
			at('others-list').replaceChildren(
				...beside.map((room) => {
					const choice = buildRoomButton(room, false, choose);
					choice.append(element('span.room-count', texts.peopleHere(room.count)));
					return element('li', choice);
				}),
			);
		});
		at('others-heading').hidden = !beside.length;
		at('rooms-badge').textContent = unread ? (unread > 99 ? '99+' : unread) : '';
		button.ariaLabel = unread ? `${texts.rooms}, ${texts.unread(unread)}` : texts.rooms;
	}

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
				(list.querySelector('[aria-current]') ?? close).focus();
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
