// Writes what the page needs of emojibase-data, a quarter of it:
//
//     config/page/download emojibase-data build/emoji
//     node config/page/emoji.mjs build/emoji/package public/lib/emoji
//
// The second folder is in the repository, because a build should not need Node; "tests/run page" makes it again and compares.
// en.json has the emoji in their order, { emoji, group, label, tags, codes, toned }: codes are what GitHub and Slack
// call it, tags the words that it may be looked for by beside these and its label; toned, where an emoji comes in skin
// tones, is the emoji in the lightest of them.
// zh.json has what each is called in Chinese, { EMOJI: { label, tags } }.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [source, folder] = process.argv.slice(2);
const load = (name) => JSON.parse(readFileSync(join(source, `${name}.json`)));

// Newer ones are boxes on too many screens.
const NEWEST_VERSION = 15.1;
// Tones and hair, which are no emoji by themselves; letters of flags have no group.
const COMPONENTS = 2;

const known = ({ group, version }) => group !== undefined && group !== COMPONENTS && version <= NEWEST_VERSION;
// As Unicode writes them: what is a picture anyway is not told to be one.
const plain = (emoji) => emoji.replace(/(\p{Emoji_Presentation})\ufe0f/gu, '$1');
const isLightest = ({ tone, version }) => tone === 1 && version <= NEWEST_VERSION;

const github = load('en/shortcodes/github');
const slack = load('en/shortcodes/iamcal');
const takenCodes = new Set(Object.values(github).flat());

// A few mean different emoji to the two; a code means one here.
function codesOf(hexcode) {
	const more = [slack[hexcode] ?? []].flat().filter((code) => !takenCodes.has(code));
	return [github[hexcode] ?? [], more].flat();
}

function reduced({ emoji, hexcode, group, label, tags, skins }) {
	const codes = codesOf(hexcode);
	const names = ` ${[label, ...codes].join(' ')}`.toLowerCase();
	const lightest = skins?.find(isLightest);

	return {
		emoji: plain(emoji),
		group,
		label,
		tags: tags.filter((tag) => !names.includes(` ${tag}`)),
		codes,
		...(lightest && { toned: plain(lightest.emoji) }),
	};
}

function write(language, content) {
	writeFileSync(join(folder, `${language}.json`), JSON.stringify(content));
}

const listOf = (language) => load(`${language}/data`).filter(known);

write('en', listOf('en').sort((one, other) => one.order - other.order).map(reduced));
write('zh', Object.fromEntries(listOf('zh').map(({ emoji, label, tags }) => [plain(emoji), { label, tags }])));
copyFileSync(join(source, 'LICENSE'), join(folder, 'LICENSE.txt'));
