// What is wrong with a name that the reader has chosen.
import { laterTexts as texts } from '../words/later-texts.js';
import { limits, UNSEEN, utf8Bytes } from './identity.js';

// An error text, or ''.
export function nameFault(name) {
	const bytes = utf8Bytes(name);

	if (!name.trim())
		return texts.nameEmpty;
	if (bytes > limits.nameBytes)
		return texts.nameTooLong(bytes, limits.nameBytes);
	return UNSEEN.test(name) ? texts.nameUnseen : '';
}
