// Whether a text is nothing but a few emoji, which are shown large.

const PICTURE = String.raw`\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?`;
const ONE_EMOJI = String.raw`(?:${PICTURE}(?:\u200d${PICTURE})*|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3)`;
const FEW_EMOJI = new RegExp(String.raw`^\s*(?:${ONE_EMOJI}\s*){1,6}$`, 'u');
// Longer than any six emoji; keeps the expression away from long texts.
const FEW_EMOJI_CHARACTERS = 120;

export function isEmojiOnly(text) {
	return text.length <= FEW_EMOJI_CHARACTERS && FEW_EMOJI.test(text);
}
