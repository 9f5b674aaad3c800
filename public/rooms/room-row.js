// A row of the list of rooms, with its menu.
import { button as buildButton, element } from '../base/elements.js';
import { icon } from '../base/icon.js';
import { setPart } from '../base/list.js';
import { openMenu } from '../base/menu.js';
import { isMuted, mute } from '../messages/levels.js';
import { laterTexts as texts } from '../words/later-texts.js';
import { isFavourite, setFavourite } from './favourites.js';

const PATHS = {
	more: 'M3 8v.1M8 8v.1M13 8v.1',
	favourite: 'M8 1.900 9.900 5.900 14.200 6.400 11 9.400 11.900 13.700 8 11.500 4.100 13.700 5 9.400 1.800 6.400 6.100 5.900z',
	silent: 'M8 2C5.800 2 4.700 3.600 4.700 5.700 4.700 9 3.300 9.800 3.300 11.300H12.700C12.700 9.800 11.300 9 11.300 5.700 11.300 3.600 10.200 2 8 2zM6.700 13.500H9.300M2 1.500 14 14.500',
	here: 'M8 8.200a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 14.200C2.500 11 4.700 9.700 8 9.700s5.500 1.300 5.500 4.500z',
};

export const atMost = (most, count) => (count > most ? `${most}+` : String(count));

// Shows an icon in the room's button, or not.
function setIcon(choice, kind, label) {
	const mark = choice.querySelector(`.${kind}`);

	if (!label)
		mark?.remove();
	if (!label || mark)
		return mark;
	const made = element(`span.${kind}`, icon('icon', PATHS[kind]));

	choice.append(made);
	return made;
}

function setMark(choice, kind, label) {
	const mark = setIcon(choice, kind, label);

	if (mark) {
		mark.ariaLabel = mark.title = label;
		mark.role = 'img';
	}
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

// onChoose(name) and onLeave(name) are the reader's choice. isJoined(name); canLeave(name).
export function createRows({ onChoose, onLeave, isJoined, canLeave }) {
	function choicesFor(name) {
		const isFirst = isFavourite(name);
		const isSilent = isMuted(name);

		return [
			isJoined(name) && {
				words: isFirst ? texts.roomMenu.unfavour : texts.roomMenu.favour,
				run: () => setFavourite(name, !isFirst),
			},
			{ words: isSilent ? texts.roomMenu.unmute : texts.roomMenu.mute, run: () => mute(name, !isSilent) },
			canLeave(name) && { words: texts.roomMenu.leave, run: () => onLeave(name) },
		].filter(Boolean);
	}

	return {
		build({ name }) {
			const title = element('bdi.room-name', name || texts.title);
			const choice = buildButton('room-button', title);
			const more = buildButton('round.more', icon('icon', PATHS.more));
			const row = element('li', choice, more);

			function open() {
				const { activeElement } = document;

				openMenu(more, choicesFor(name), {
					label: texts.roomMenu.label(name),
					onClose: () => activeElement.isConnected && activeElement.focus(),
				});
			}

			title.dir = 'auto';
			title.title = name;
			more.ariaLabel = texts.roomMenu.label(name);
			more.title = texts.roomMenu.title;
			more.ariaHasPopup = 'menu';
			more.ariaExpanded = 'false';
			choice.addEventListener('click', () => onChoose(name));
			more.addEventListener('click', open);
			// Also a long press, and the menu key.
			choice.addEventListener('contextmenu', (event) => {
				event.preventDefault();
				open();
			});
			return row;
		},
		fill({ firstElementChild: choice }, { name, topic, mentions = 0, unread = 0, count }, current) {
			choice.ariaCurrent = name === current ? 'true' : null;
			choice.classList.toggle('is-muted', isMuted(name));
			fillTopic(choice, topic);
			setMark(choice, 'favourite', isFavourite(name) && texts.favourite);
			setMark(choice, 'silent', isMuted(name) && texts.muted);
			// Mentions, before all that is unread.
			fillBadge(choice, 'mentions', mentions && `@${atMost(99, mentions)}`, texts.mentionsYou(mentions));
			fillBadge(choice, 'unread', unread && atMost(999, unread), texts.unread(unread));
			setMark(choice, 'here', count && texts.peopleHere(count));
			if (count)
				setPart(choice.querySelector('.here'), 'small.count', atMost(999, count));
		},
	};
}
