// The commands of the line door, in the message field.
import { bidiText } from '../base/bidi-text.js';
import { element } from '../base/elements.js';
import { addStylesheet } from '../base/stylesheet.js';
import { readToken } from '../connection/claims.js';
import { encodeAcknowledge, encodeClear } from '../connection/wire-requests.js';
import { nameFault } from '../people/name-fault.js';
import { roomFault } from '../rooms/typed-room.js';
import { laterTexts as texts } from '../words/later-texts.js';

await addStylesheet(new URL('commands.css', import.meta.url));

const MAX_LISTED = 50;
const MAX_OFFERS = 12;
const HISTORY = 20;
const COMMAND = /^\s*[/／](\S+)\s*([^]*)$/;
const BEGUN = /^\s*[/／]([^\s/／]*)$/;
const BEGUN_ARGUMENT = /^\s*[/／](?:(join)\s+#?|(?:ack|clear)\s+)([^\n]*)$/i;
// Commands that need an argument.
const NEEDING = ['me', 'nick', 'join', 'ack', 'clear', 'text', 'login'];

const usage = (word) => `/${word} ${texts.commands[word][0]}`.trimEnd();
const listNames = (names, count) => texts.namesAndMore(names.slice(0, MAX_LISTED), count - Math.min(names.length, MAX_LISTED));

function buildHelp() {
	const lines = Object.entries(texts.commands).map(([word, [, help]]) => element('li', element('code', usage(word)), ' ', help));

	return element('div.system.commands', element('ul', ...lines), element('p', texts.commandsHint));
}

// Each gets what follows the word, and returns what is wrong with it, or nothing.
const COMMANDS = {
	nick: (name, chat) => nameFault(name) || chat.rename(name),
	async join(given, chat) {
		const name = given.replace(/^#/, '');
		const fault = roomFault(name);

		return fault || (await chat.join(name), '');
	},
	async rooms(_, chat) {
		const names = (await chat.listRooms()).map(({ name }) => name);
		chat.room.log.addNote(texts.roomsAre(listNames(names, names.length)));
	},
	who(_, chat) {
		const { people, count } = chat.room.present;
		chat.room.log.addNote(texts.peopleAre(texts.peopleHere(count), listNames(people.map(({ name }) => name), count)));
	},
	me: (action, chat) => chat.say(`/me ${action}`),
	history(count, chat) {
		const last = Number(chat.room.since.split(':')[1]);
		const many = /^\d{1,5}$/.test(count) ? Number(count) : HISTORY;

		if (last && many)
			chat.room.log.jumpTo(Math.max(1, last - many + 1));
	},
	async ack(key, { ask, room }) {
		await ask((ref) => encodeAcknowledge({ ref, room: room.name, key }));
	},
	async clear(key, { ask, room }) {
		await ask((ref) => encodeClear({ ref, room: room.name, key }));
	},
	text: (text, chat) => chat.say(text),
	login(given, chat) {
		const token = readToken(given);
		return token ? chat.useToken(token) : texts.tokenMalformed;
	},
	help: (_, chat) => chat.room.log.addLine(buildHelp()),
	quit: (_, chat) => chat.quit(),
};

// Resolves with what is wrong, or ''. chat is { room, ask, join(name), listRooms(), say(text), rename(name),
// useToken(token), quit() }.
export async function runCommand(text, chat) {
	const [, given, rest] = COMMAND.exec(text);
	const word = given.toLowerCase();
	const argument = rest.trim();

	if (!Object.hasOwn(COMMANDS, word))
		return texts.commandUnknown(given);
	if (!argument && NEEDING.includes(word))
		return texts.commandUsage(usage(word));
	try {
		return (await COMMANDS[word](argument, chat)) ?? '';
	} catch ({ message }) {
		return message ? texts.serverSays(message) : texts.closed.unreachable;
	}
}

function describe(word) {
	return { text: `/${word}`, parts: () => [element('code', usage(word)), element('small', texts.commands[word][1])] };
}

// Completions of a command before the caret, or of its room or alarm: { start, label, offers }, or null.
export function offerCommands(before, { rooms, alarms }) {
	const begun = BEGUN.exec(before)?.[1].toLowerCase();
	const [, isJoin, part] = BEGUN_ARGUMENT.exec(before) ?? [];

	if (begun !== undefined) {
		const known = Object.keys(COMMANDS).filter((one) => one.startsWith(begun));
		return { start: before.length - begun.length - 1, label: texts.commandsLabel, offers: known.map(describe) };
	}
	if (part === undefined)
		return null;
	const names = (isJoin ? rooms() : alarms()).filter((name) => name.toLowerCase().startsWith(part.toLowerCase()));

	return {
		start: before.length - part.length,
		label: isJoin ? texts.rooms : texts.alarms.label,
		offers: names.slice(0, MAX_OFFERS).map((name) => ({ text: name, parts: () => [bidiText(name)] })),
	};
}
