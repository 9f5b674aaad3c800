// What a name may be, here and when it comes from others.
import { limits, utf8Bytes } from './limits.js';
import { texts } from './texts.js';

// Control, zero-width and direction characters, and halves of characters: names that look alike must be alike.
const UNSEEN =
	/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/u;
const EVERY_UNSEEN = new RegExp(UNSEEN, 'gu');
const LONGEST_SHOWN = 64;

// What is wrong with a name, in words, or '' when nothing is.
export function nameFault(name) {
	const bytes = utf8Bytes(name);

	if (!name.trim())
		return texts.nameEmpty;
	if (bytes > limits.nameBytes)
		return texts.nameTooLong(bytes, limits.nameBytes);
	return UNSEEN.test(name) ? texts.nameUnseen : '';
}

// A name that can be shown, whatever came.
export function readName(value) {
	const name = typeof value === 'string' ? value.replace(EVERY_UNSEEN, '').trim() : '';
	return Array.from(name).slice(0, LONGEST_SHOWN).join('') || texts.nameless;
}

// Names that differ in the case of ASCII letters only are one name to the server.
export function foldName(name) {
	return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function isSameName(one, other) {
	return foldName(one) === foldName(other);
}
