// What a moderator can do about a person, as a part of the card. Each order has a question first.
import { bidiText } from '../base/bidi-text.js';
import { button, element } from '../base/elements.js';
import { laterTexts as words } from '../words/later-texts.js';
import { isSameName } from './identity.js';
import { readSessions, readSubjects } from './moderation-answers.js';
import { shortDate } from './short-date.js';

const MAX_SESSIONS = 5;
const MINUTES = [10, 60, 1440, 0];
const GUEST = /^guest-\d+$/;

function buildChoice(label, options) {
	const field = element('select', ...options.map(({ value, text }) => new Option(text, value)));
	return { field, parts: [element('label', element('span', label), field)] };
}

const buildDuration = () =>
	buildChoice(words.howLong, MINUTES.map((value) => ({ value, text: words.minutes(value) })));

function buildReason() {
	const field = Object.assign(element('input'), { maxLength: 100, autocomplete: 'off', dir: 'auto' });
	return { field, parts: [element('label', element('span', words.orderReason), field)] };
}

// Leaves out what the moderator left empty.
const filled = (what) => Object.fromEntries(Object.entries(what).filter(([, value]) => value));

// The orders about a person: { word, label, question, ask, done }. word is the server's, and ask() returns fields and what
// they say. sessions are theirs.
function listOrders({ name, isMe, message }, sessions) {
	const addresses = Array.from(new Set(sessions.map(({ address }) => address).filter(Boolean)));
	const subjects = [...(GUEST.test(name) ? [] : [name]), ...addresses];

	const kick = {
		word: 'kick', label: words.kick, question: words.kickQuestion(name), done: words.kicked(name),
		ask() {
			const reason = buildReason();
			return { parts: reason.parts, what: () => filled({ username: name, reason: reason.field.value.trim() }) };
		},
	};
	const mute = {
		word: 'mute', label: words.muteName, question: words.muteQuestion(name), done: words.mutedName(name),
		ask() {
			const duration = buildDuration();
			return { parts: duration.parts, what: () => filled({ username: name, minutes: Number(duration.field.value) }) };
		},
	};
	const ban = {
		word: 'ban', label: words.ban, question: words.banQuestion(name), done: words.bannedName(name),
		ask() {
			const subject = buildChoice(words.banSubject, subjects.map((text) => ({ value: text, text })));
			const duration = buildDuration();
			const reason = buildReason();

			return {
				parts: [...subject.parts, ...duration.parts, ...reason.parts],
				what() {
					const isName = subjects[subject.field.selectedIndex] === name && !GUEST.test(name);
					return filled({
						[isName ? 'username' : 'address']: subject.field.value,
						minutes: Number(duration.field.value),
						reason: reason.field.value.trim(),
					});
				},
			};
		},
	};
	const remove = {
		word: 'delete', label: words.deleteMessage, question: words.deleteQuestion(name), done: words.deletedForAll,
		ask: () => ({
			parts: [element('blockquote', bidiText(message.text))],
			what: () => ({ room: message.room, of: message.id }),
		}),
	};
	const forget = {
		word: 'forget', label: words.forget, question: words.forgetQuestion(name), done: words.forgotten(name),
		ask: () => ({ parts: [], what: () => ({ username: name }) }),
	};

	return [
		...(!isMe && sessions.length ? [kick] : []),
		...(isMe ? [] : [mute]),
		...(!isMe && subjects.length ? [ban] : []),
		...(message ? [remove] : []),
		forget,
	];
}

const refusalOf = ({ code, message }) =>
	Object.hasOwn(words.orderRefusal, code) ? words.orderRefusal[code] : words.orderRefused(message);

// orders: see connection/orders.js. It forgets a token that the server refuses. onStop(): the reader does not want to moderate any more.
export function createModeration(person, { orders, onStop }) {
	const facts = element('div.card-facts');
	const state = element('p.card-state');
	const choices = element('div.card-orders');
	let sessions = [];
	const section = element('section.moderation', element('h3', words.moderation), facts, state, choices);

	state.role = 'status';

	function buildLift(word, text, subject) {
		const lift = button('', words.lift);

		lift.addEventListener('click', () => send(word, subject, words.lifted));
		return element('p', text, ' ', lift);
	}

	function showFacts({ bans, mutes }) {
		const { name } = person;
		const addresses = sessions.map(({ address }) => address);
		const until = (date) => (date ? shortDate(date) : '');
		const more = sessions.length - MAX_SESSIONS;

		facts.replaceChildren(
			...sessions.slice(0, MAX_SESSIONS).map(({ address, since, rooms }) =>
				element('p', words.sessionOf(address, shortDate(since), rooms))),
			...(more > 0 ? [element('p', words.moreSessions(more))] : []),
			...mutes
				.filter(({ username }) => isSameName(username, name))
				.map((one) => buildLift('unmute', words.isMuted(until(one.until)), { username: name })),
			...bans
				.filter(({ username, address }) => (username ? isSameName(username, name) : addresses.includes(address)))
				.map((one) =>
					buildLift('unban', words.isBanned(one.username || one.address, until(one.until)),
						filled({ username: one.username, address: one.address }))),
		);
	}

	function showChoices() {
		const stop = button('quiet', words.stopModerating);

		stop.addEventListener('click', onStop);
		choices.replaceChildren(
			...listOrders(person, sessions).map((one) => {
				const choice = button('', one.label);
				choice.addEventListener('click', () => askFirst(one));
				return choice;
			}),
			stop,
		);
	}

	function askFirst({ word, label, question, done, ask }) {
		const { parts, what } = ask();
		const yes = element('button.danger', label.replace(/…$/, ''));
		const no = button('', words.cancel);
		const form = element('form.card-question', element('p', question), ...parts, element('div.buttons', no, yes));
		let isSent = false;

		form.ariaLabel = question;
		state.textContent = '';
		no.addEventListener('click', () => {
			showChoices();
			choices.querySelector('button').focus();
		});
		form.addEventListener('submit', (event) => {
			event.preventDefault();
			if (!isSent)
				send(word, what(), done);
			isSent = true;
		});
		choices.replaceChildren(form);
		(form.querySelector('select, input') ?? no).focus();
	}

	async function send(word, what, done) {
		let result = done;

		try {
			await orders.order(word, what);
		} catch (error) {
			result = refusalOf(error);
		}
		await show();
		state.textContent = result;
	}

	async function show() {
		const hadFocus = section.contains(document.activeElement);

		try {
			const listed = await orders.order('sessions');
			const subjects = await orders.order('bans');

			sessions = readSessions(listed).filter(({ username }) => isSameName(username, person.name));
			showFacts(readSubjects(subjects));
		} catch (error) {
			facts.replaceChildren();
			state.textContent = refusalOf(error);
		}
		if (!orders.isModerator()) {
			choices.replaceChildren();
			return;
		}
		showChoices();
		if (hadFocus)
			choices.querySelector('button').focus();
	}

	show();
	return section;
}

// Asks for the token of an admin. onToken(token) rejects if it is none.
export function buildTokenForm({ onToken, onCancel }) {
	const field = Object.assign(element('input'), { type: 'password', autocomplete: 'off', maxLength: 4096 });
	const fault = element('p.error');
	const cancel = button('', words.cancel);
	const form = element(
		'form.card-question',
		element('label', element('span', words.moderatorToken), field),
		element('p.hint', words.moderatorHint),
		fault,
		element('div.buttons', cancel, element('button.primary', words.moderate.replace(/…$/, ''))),
	);

	fault.role = 'alert';
	form.noValidate = true;
	form.ariaLabel = words.moderatorToken;
	cancel.addEventListener('click', onCancel);
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		fault.textContent = '';
		try {
			await onToken(field.value);
		} catch (error) {
			fault.textContent = refusalOf(error);
			field.focus();
		}
	});
	return form;
}
