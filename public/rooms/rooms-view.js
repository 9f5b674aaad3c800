// The list of rooms: joined rooms, other rooms, and the field that filters them and joins any room.
import { at, button as buildButton, element } from '../base/elements.js';
import { onceAFrame } from '../base/frame.js';
import { createList } from '../base/list.js';
import { createPanel } from '../base/panel.js';
import { setText } from '../base/set-text.js';
import { addStylesheet } from '../base/stylesheet.js';
import { onLevels } from '../messages/levels.js';
import { foldSeen } from '../people/identity.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { onFavourites, setFavourite } from './favourites.js';
import { countedOf, createOrder } from './order.js';
import { atMost, createRows } from './room-row.js';
import { roomFault } from './typed-room.js';

await addStylesheet(new URL('rooms-list.css', import.meta.url));

// Rooms do not move while the reader uses the list.
const HOLD_MS = 5000;

// onChoose(name) and onLeave(name) are the reader's actions. roomFor(typed) resolves with the name of the room that the
// reader wants, or ''. onOpen() is called when the list opens.
export function createRoomsView({ onChoose, onLeave, roomFor, onOpen }) {
	const panel = at('rooms');
	const list = at('rooms-list');
	const field = at('room-field');
	const button = at('rooms-button');
	const close = at('rooms-close');
	const enterButton = buildButton('', texts.enterRoom);
	const nothing = element('p.no-room');
	const wide = matchMedia('(width >= 60rem)');
	const sort = createOrder();
	const sortOthers = createOrder();
	let rooms = [];
	let current = '';
	let known = [];
	let holdTimer = 0;
	let isEntering = false;

	const isJoined = (name) => rooms.some((room) => room.name === name);
	const rows = createRows({
		onChoose: choose,
		onLeave(name) {
			setFavourite(name, false);
			onLeave(name);
		},
		isJoined,
		canLeave: (name) => rooms.length > 1 && isJoined(name),
	});
	const fill = (row, room) => rows.fill(row, room, current);
	const joined = createList(list, { build: rows.build, fill });
	const others = createList(at('others-list'), { build: rows.build, fill });

	function choose(name) {
		if (!wide.matches)
			panel.hidePopover();
		field.value = '';
		show();
		onChoose(name);
	}

	// The joined rooms and the others.
	function inOrder(isHeld = holdTimer) {
		const names = new Set(rooms.map(({ name }) => name));
		const beside = known.filter(({ name }) => !names.has(name));

		return [sort(rooms, current, isHeld), sortOthers(beside, current, isHeld)];
	}

	function showSum(all) {
		const elsewhere = all.filter(({ name }) => name !== current).map(countedOf);
		const sum = (kind) => elsewhere.reduce((total, room) => total + room[kind], 0);
		const unread = sum('unread');
		const mentions = sum('mentions');

		at('rooms-badge').textContent = mentions ? `@${atMost(99, mentions)}` : unread ? atMost(99, unread) : '';
		at('rooms-badge').classList.toggle('unread', !mentions);
		button.ariaLabel = [
			texts.rooms,
			mentions && texts.mentionsYou(mentions),
			unread && texts.unread(unread),
		].filter(Boolean).join(', ');
	}

	function draw(isHeld) {
		const wanted = foldSeen(field.value.trim());
		const sorted = inOrder(isHeld);
		const found = sorted.map((all) => all.filter(({ name }) => foldSeen(name).includes(wanted)));

		joined.show(found[0]);
		others.show(found[1]);
		at('others-heading').hidden = !found[1].length;
		setText(nothing, found.flat().length ? '' : texts.noSuchRoom);
		showSum(sorted.flat());
	}

	const show = onceAFrame(() => draw());

	function hold() {
		clearTimeout(holdTimer);
		holdTimer = setTimeout(release, HOLD_MS);
	}

	// A row that moves closes its menu.
	function release() {
		if (panel.querySelector('.menu')) {
			hold();
			return;
		}
		clearTimeout(holdTimer);
		holdTimer = 0;
		show();
	}

	function adapt() {
		panel.popover = wide.matches ? null : 'auto';
	}

	function showFault(words) {
		at('room-fault').textContent = words;
		field.ariaInvalid = String(Boolean(words));
	}

	async function enter(typed) {
		isEntering = true;
		try {
			const name = await roomFor(typed);

			if (name) {
				choose(name);
				return;
			}
			// The question has closed the drawer.
			if (!wide.matches)
				panel.showPopover();
			field.focus();
		} catch {
			showFault(texts.closed.unreachable);
		} finally {
			isEntering = false;
		}
	}

	close.ariaLabel = texts.roomsClose;
	at('others-heading').textContent = texts.otherRooms;
	enterButton.type = 'submit';
	field.after(enterButton);
	nothing.role = 'status';
	at('room-form').after(nothing);
	at('room-form').addEventListener('submit', (event) => {
		event.preventDefault();
		const name = field.value.trim();
		const wrong = name && roomFault(name);

		showFault(wrong);
		if (name && !wrong && !isEntering)
			enter(name);
	});
	field.addEventListener('input', () => {
		showFault('');
		show();
	});
	field.addEventListener('keydown', (event) => {
		const first = event.key === 'ArrowDown' && panel.querySelector('.room-button');

		if (event.key === 'Escape' && field.value) {
			field.value = '';
			show();
		} else if (first) {
			first.focus();
		} else {
			return;
		}
		event.preventDefault();
	});
	for (const type of ['pointermove', 'pointerdown', 'click', 'keydown'])
		panel.addEventListener(type, hold);
	panel.addEventListener('pointerleave', release);
	for (const watch of [onFavourites, onLevels])
		watch(() => draw(false));
	createPanel(
		{ panel, button, close },
		{
			onOpen() {
				onOpen();
				draw();
				if (!panel.contains(document.activeElement))
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
		// All rooms, as they are listed.
		inOrder: () => inOrder().flat(),
	};
}
