// The keys that work everywhere in the page. shortcuts.js lists them for the reader.
import { isCommand } from '../base/keys.js';
import { createLazy } from '../base/lazy.js';
import { seenAuthors } from '../messages/mentions.js';
import { countedOf } from '../rooms/order.js';
import { texts } from '../words/texts.js';

const FIELDS = 'input, textarea, select';

// The regions of F6: what they are, and what gets the focus in them.
const REGIONS = [
	['#bar', '[aria-selected="true"]'],
	['#rooms', '[aria-current]'],
	['.room:not([inert]) .log', '[tabindex="0"]'],
	['#composer', '#text'],
	['#people', 'ul [tabindex="0"]'],
	['#live > main', ''],
	['#logs > main', ''],
];

function shownRegions() {
	return REGIONS.map(([region, target]) => ({ region: document.querySelector(region), target })).filter(({ region }) =>
		region?.checkVisibility(),
	);
}

function moveToRegion(step) {
	const regions = shownRegions();
	const index = regions.findIndex(({ region }) => region.contains(document.activeElement));
	const from = index < 0 && step < 0 ? 0 : index;
	const { region, target } = regions.at((from + step) % regions.length);

	(target && !region.matches(target) ? region.querySelector(target) ?? region : region).focus();
}

// In a list of rooms or people the arrow keys lead to the next row, and beside it to its other button. Returns what has the
// focus then, or nothing.
function nextInList(target, key) {
	const row = target.closest(':is(#rooms, #people) li');
	const rows = row ? Array.from(row.closest('nav, aside').querySelectorAll('li')) : [];
	const index = rows.indexOf(row);
	const { [key]: next } = {
		ArrowUp: rows[index - 1],
		ArrowDown: rows[index + 1],
		Home: rows[0],
		End: rows.at(-1),
		ArrowLeft: row,
		ArrowRight: row,
	};

	return key === 'ArrowRight' ? next?.lastElementChild : next?.firstElementChild;
}

// The names of those who are here or were seen.
function peopleOf({ room, isMe }) {
	const present = room.present.people.map(({ name }) => name);
	return Array.from(new Set([...present, ...seenAuthors()])).filter((name) => !isMe(name));
}

// chat is createChat's. go(...place) shows a place of address.js. isChatVisible(): the message field can be written in.
export function createKeyboard({ chat, go, isChatVisible }) {
	const shortcuts = createLazy(() => import('./shortcuts.js'));
	const switcher = createLazy(async () => {
		const { createSwitcher } = await import('./switcher.js');

		return createSwitcher({
			rooms: chat.listed,
			people: () => peopleOf(chat),
			places: [
				{ name: texts.viewLive, open: () => goToView('live') },
				{ name: texts.viewLogs, open: () => goToView('logs') },
			],
			onRoom(name) {
				go('room', name);
				chat.focus();
			},
			onPerson(name) {
				showChat();
				chat.focus();
				chat.openCard(name);
			},
			onSearch(words) {
				showChat();
				chat.search(words);
			},
			onShortcuts: openShortcuts,
		});
	});

	const openShortcuts = () => shortcuts((it) => it.openShortcuts(), 'open');
	const openSwitcher = () => switcher((it) => it.open(), 'open');
	// The keyboard goes on from its tab.
	function goToView(view) {
		go(view);
		document.querySelector('#bar [aria-selected="true"]').focus();
	}

	const showChat = () => isChatVisible() || go('room', chat.room.name);

	// The next room that isWanted accepts, in the order of the list, from its end to its beginning, too.
	function toRoom(step, isWanted) {
		const rooms = chat.listed().filter(({ isJoined }) => isJoined);
		const index = rooms.findIndex(({ name }) => name === chat.room.name);
		const around = [...rooms.slice(index + 1), ...rooms.slice(0, index)];
		const room = (step > 0 ? around : around.reverse()).find(isWanted);

		if (room)
			go('room', room.name);
	}

	function actionOf(event) {
		const { key, target, altKey, shiftKey, ctrlKey, metaKey } = event;
		const step = { ArrowUp: -1, ArrowDown: 1 }[key];

		if (key === 'F6')
			return () => moveToRegion(shiftKey ? -1 : 1);
		if (isCommand(event) && key.toLowerCase() === 'k')
			return openSwitcher;
		if (step && altKey && !ctrlKey && !metaKey && !target.matches('select'))
			return () => toRoom(step, shiftKey ? (room) => countedOf(room).unread : Boolean);
		if (!altKey && !ctrlKey && !metaKey && !shiftKey && nextInList(target, key))
			return () => nextInList(target, key).focus();
		if (key === '?' && !target.matches(FIELDS))
			return openShortcuts;
		return null;
	}

	// Letters anywhere but in a field or a panel, or while one is being opened, belong to the message field.
	function isWriting({ key, target, ctrlKey, metaKey }) {
		return key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && isChatVisible() && !target.closest(`${FIELDS}, dialog, [popover], [aria-busy="true"]`);
	}

	return {
		// A press that came before this module was loaded has had its default action.
		pressed(event) {
			const isLate = event.eventPhase === Event.NONE;
			const action = document.querySelector('dialog:modal') ? null : actionOf(event);

			if (action) {
				event.preventDefault();
				action();
			} else if (isWriting(event)) {
				chat.focus();
				if (isLate)
					chat.insert(event.key);
			}
		},
	};
}
