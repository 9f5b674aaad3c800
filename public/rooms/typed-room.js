// A room by a name that was typed, which may have a mistake.
import { ifReachable } from '../base/lazy.js';
import { foldName, foldSeen } from '../people/identity.js';
import { nameFault } from '../people/name-fault.js';
import { laterTexts as texts } from '../words/later-texts.js';

const MOST_NEAR = 3;

// What is wrong with this name of a room, or ''.
export const roomFault = (name) => (name.includes('/') ? texts.roomSlash : nameFault(name));

// The room of this name, in its own spelling. Rooms of old histories may differ in case alone.
export const roomCalled = (name, names) =>
	names.find((other) => other === name) ?? names.find((other) => foldName(other) === foldName(name));

// How many letters have to be added, removed, replaced or swapped with the next one.
function distance(one, other) {
	let [above, row] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];

	for (let i = 1; i <= one.length; i++) {
		const next = [i];

		for (let j = 1; j <= other.length; j++) {
			const isSwapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];

			next[j] = Math.min(
				row[j] + 1,
				next[j - 1] + 1,
				row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1),
				isSwapped ? above[j - 2] + 1 : Infinity,
			);
		}
		[above, row] = [row, next];
	}
	return row[other.length];
}

// The names that the reader may have meant, the most likely first.
function nearNames(name, names) {
	const typed = Array.from(foldSeen(name));
	const most = typed.length > 4 ? 2 : 1;
	const farness = (other) => {
		const known = foldSeen(other);
		return known.includes(typed.join('')) ? 0 : distance(typed, Array.from(known));
	};

	return names
		.map((other) => [other, farness(other)])
		.filter(([, far]) => far <= most)
		.sort(([, one], [, other]) => one - other)
		.slice(0, MOST_NEAR)
		.map(([other]) => other);
}

// Asks whether there shall be a room of this name. Resolves with the name of the room that the reader wants, or ''.
export async function askForRoom(name, names) {
	const { choose } = await ifReachable(() => import('../base/question.js'));
	const near = nearNames(name, names).map((other) => [other, texts.goToRoom(other)]);

	return choose(texts.createQuestion(name), {
		choices: [...near, [name, texts.createRoom]],
		cancel: texts.cancel,
		isHarmless: true,
	});
}
