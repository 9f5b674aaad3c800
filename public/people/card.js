// The card of a person, beside the name that was clicked: who it is, and what the reader can do.
import { bidiText } from '../base/bidi-text.js';
import { buildClose } from '../base/close.js';
import { button, element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { laterTexts as words } from '../words/later-texts.js';
import { fullDate } from '../words/texts.js';
import { shortDate } from './short-date.js';

await addStylesheet(new URL('card.css', import.meta.url));

const GAP_PX = 8;

function whereText({ isHere, via, rooms }) {
	if (!isHere)
		return words.personAway;
	return via ? words.personHereBy(rooms, words.via[via]) : words.personHere(rooms);
}

function buildLast(date) {
	const time = element('time', shortDate(date));

	time.dateTime = date.toISOString();
	time.title = fullDate(date);
	return element('p', `${words.personLast} `, time);
}

function buildWarning(name, other) {
	const both = [name, other].map((one) => element('span.spelt', bidiText(one)));
	return element('div.look-alike-warning', element('p', words.looksLike(other)), ...both);
}

// The place beside which the card is in the upper middle of the page.
function middleFor({ offsetWidth: width, offsetHeight: height }) {
	return new DOMRect((innerWidth - width) / 2 - GAP_PX, (innerHeight - height) / 3);
}

// onMention(name) is the reader's choice. addParts(card, person) may add to an opened card.
export function createCard({ onMention, addParts }) {
	const card = element('div.card');
	let beside = null;
	let focusedBefore = null;

	function place() {
		const { offsetWidth: width, offsetHeight: height } = card;
		const isRight = beside.right + 2 * GAP_PX + width <= innerWidth;
		const left = isRight ? beside.right + GAP_PX : Math.max(GAP_PX, beside.left - GAP_PX - width);
		const top = Math.max(GAP_PX, Math.min(beside.top, innerHeight - GAP_PX - height));

		card.style.setProperty('--left', `${left}px`);
		card.style.setProperty('--top', `${top}px`);
	}

	function buildFacts({ isMe, isPush, lastDate, ...person }) {
		const facts = [];

		if (isMe)
			facts.push(element('p', words.personYou));
		else
			facts.push(element('p', whereText(person)));
		if (isPush)
			facts.push(element('p', words.personPush));
		if (lastDate)
			facts.push(buildLast(lastDate));
		return facts;
	}

	card.id = 'card';
	card.popover = 'auto';
	card.role = 'dialog';
	card.tabIndex = -1;
	card.setAttribute('aria-labelledby', 'card-name');
	document.body.append(card);
	new ResizeObserver(() => beside && place()).observe(card);
	card.addEventListener('toggle', ({ newState }) => {
		if (newState === 'open')
			return;
		card.replaceChildren();
		// Browsers do it only if no other popover is open.
		if (document.activeElement === document.body)
			focusedBefore.focus({ preventScroll: true });
	});

	return {
		// person is { name, avatar, isMe, isHere, via, rooms, isPush, lastDate, lookAlike, message }. trigger is the
		// element that was clicked, or null.
		open(person, trigger) {
			const { name, avatar, isMe, lookAlike } = person;
			const heading = element('h2', bidiText(name));
			const close = buildClose(words.cardClose);
			const actions = element('div.card-actions');

			heading.id = 'card-name';
			close.addEventListener('click', () => card.hidePopover());
			if (!isMe) {
				const mention = button('primary', words.mention);
				mention.addEventListener('click', () => {
					card.hidePopover();
					onMention(name);
				});
				actions.append(mention);
			}
			card.replaceChildren(
				element('header', avatar, element('div.card-who', heading, ...buildFacts(person)), close),
				...(lookAlike ? [buildWarning(name, lookAlike)] : []),
				actions,
			);
			addParts({ card, actions }, person);
			focusedBefore = document.activeElement;
			// Its source keeps a popover open that has the name.
			card.showPopover(trigger ? { source: trigger } : {});
			beside = trigger?.getBoundingClientRect() ?? middleFor(card);
			place();
			(actions.querySelector('button') ?? close).focus();
		},
	};
}
