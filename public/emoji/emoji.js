import { ADDRESS, CODE, FENCED } from '../base/patterns.js';

// The built-in emoji, each after its shortcode, in the order of the picker. An emoji may have several codes; the picker
// shows it once. What is a code of GitHub or Slack, too, means the same there.
const TABLE = `
	smile 😄 grinning 😀 grin 😁 laughing 😆 joy 😂 rofl 🤣 sweat_smile 😅 slight_smile 🙂 wink 😉 blush 😊
	innocent 😇 heart_eyes 😍 smiling_hearts 🥰 star_struck 🤩 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 zany 🤪
	hugs 🤗 shushing 🤫 thinking 🤔 salute 🫡 neutral_face 😐 smirk 😏 unamused 😒 roll_eyes 🙄 grimacing 😬
	pensive 😔 sleeping 😴 mask 😷 hot_face 🥵 cold_face 🥶 exploding_head 🤯 partying 🥳 sunglasses 😎 nerd 🤓
	confused 😕 frowning 😦 slightly_frowning_face 🙁 open_mouth 😮 flushed 😳 pleading 🥺 fearful 😨 cry 😢 sob 😭
	scream 😱 disappointed 😞 yawning 🥱 angry 😠 rage 😡 skull 💀 poop 💩 ghost 👻 robot 🤖 wave 👋 raised_hand ✋
	ok_hand 👌 crossed_fingers 🤞 point_right 👉 point_up ☝️ point_up_2 👆 point_down 👇 thumbsup 👍 +1 👍
	thumbsdown 👎 -1 👎 fist ✊ punch 👊 clap 👏 raised_hands 🙌 heart_hands 🫶 handshake 🤝 pray 🙏 muscle 💪
	eyes 👀 brain 🧠 facepalm 🤦 shrug 🤷 running 🏃 heart ❤️ yellow_heart 💛 green_heart 💚 blue_heart 💙
	purple_heart 💜 broken_heart 💔 sparkling_heart 💖 hundred 💯 100 💯 boom 💥 zzz 💤 check ✅ white_check_mark ✅
	x ❌ warning ⚠️ question ❓ bell 🔔 bird 🐦 cat 🐱 dog 🐶 fox 🦊 penguin 🐧 owl 🦉 unicorn 🦄 bee 🐝 bug 🐛
	turtle 🐢 sunflower 🌻 cherry_blossom 🌸 clover 🍀 tree 🌳 sun ☀️ moon 🌔 crescent_moon 🌙 star ⭐ sparkles ✨
	cloud ☁️ snowflake ❄️ rainbow 🌈 zap ⚡ fire 🔥 ocean 🌊 apple 🍎 banana 🍌 strawberry 🍓 pizza 🍕 hamburger 🍔
	cookie 🍪 cake 🍰 birthday 🎂 chocolate 🍫 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine 🍷 champagne 🍾 tada 🎉
	balloon 🎈 gift 🎁 trophy 🏆 dart 🎯 musical_note 🎵 art 🎨 computer 💻 bulb 💡 hammer 🔨 gear ⚙️ link 🔗
	pushpin 📌 memo 📝 books 📚 rocket 🚀 airplane ✈️ bike 🚲 house 🏠 earth 🌍 siren 🚨
`.trim().split(/\s+/);

const EMOJI = new Map();
for (let at = 0; at < TABLE.length; at += 2)
	EMOJI.set(TABLE[at], TABLE[at + 1]);

// Codes that no picker offers, and those of the emoji library, which may load late or never. Slack names tones.
const TONES = ['🏻', '🏼', '🏽', '🏾', '🏿'];
const more = new Map([['simple_smile', '🙂'], ...TONES.map((tone, index) => [`skin-tone-${index + 2}`, tone])]);

// Not part of a word: "12:100:30" and "a:b:c" hold no shortcodes. Code and addresses stay as written.
const SHORTCODES = new RegExp(`${FENCED}|${CODE}|${ADDRESS}|(?<codes>(?<![\\w:])(?::[a-z0-9_+\\-]+:)+(?![\\w:]))`, 'gimv');
const SHORTCODE = /:([a-z0-9_+-]+):/g;
const SHORTCODE_AT_END = /(?<![\w:]):[a-z0-9_+-]+:$/;

// [{ emoji, codes }], each emoji once.
export function listEmoji() {
	const list = new Map();
	for (const [code, emoji] of EMOJI) {
		if (list.has(emoji))
			list.get(emoji).codes.push(code);
		else
			list.set(emoji, { emoji, codes: [code] });
	}
	return [...list.values()];
}

export function addCodes(codes, emoji) {
	for (const code of codes)
		more.set(code, emoji);
}

// The built-in emoji of a code, or undefined.
export const emojiOf = (code) => EMOJI.get(code);

function emojiFor(codes) {
	const replaced = codes.replace(SHORTCODE, (whole, code) => EMOJI.get(code) ?? more.get(code) ?? whole);
	// A tone takes the place of this selector.
	return replaced.replace(/\ufe0f(?=\p{EMod})/gu, '');
}

export const replaceShortcodes = (text) =>
	text.replace(SHORTCODES, (found, ...rest) => (rest.at(-1).codes ? emojiFor(found) : found));

// Whether the text has shortcodes that only the library may know.
export const hasUnknownShortcode = (text) => Array.from(replaceShortcodes(text).matchAll(SHORTCODES)).some(({ groups }) => groups.codes);

// Whether the end of the text is in code that is not closed yet.
export const endsInCode = (text) => /`.*$/.test(text.replace(SHORTCODES, ''));

// Whether the text before the caret ends with a complete shortcode.
export const endsWithShortcode = (text) => SHORTCODE_AT_END.test(text);
