// What is found in texts, as sources of regular expressions with the flags i and v. Each stops at the end of a line or at its
// own mark, so hostile texts are fast, too.

// Writing without blanks between words.
export const UNSPACED = '\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Hang}\\p{sc=Thai}';
// No part of an address: blanks, quotes, what could disguise it, and punctuation and symbols beyond ASCII. Titles have
// middle dots and short dashes.
const STOP = '\\s<>"`\\\\\\p{Cc}\\p{Cf}[[\\p{P}\\p{S}]--[\\p{ASCII}‐-–·・]]';
// A Chinese word belongs to an address if it begins a part of it: "https://a.example/wiki/林奈" is one, while the address in
// "见https://a.example/b吧" ends before the last character.
const JOINED = `(?<=[\\/=#+_\\-]|_\\(|[${UNSPACED}](?:[.·・]|[\\w:]{0,9}))[${UNSPACED}]`;
export const ADDRESS = `(?:https?:\\/\\/|(?<![\\w.\\/@\\-])www\\.(?=[\\w\\-]+\\.\\w))(?:[^${STOP}${UNSPACED}]|${JOINED})+`;
// #room, not an anchor or an entity.
export const ROOM = '(?<![\\w#&\\/])#[\\p{L}\\p{N}](?:[\\p{L}\\p{N}._\\-]*[\\p{L}\\p{N}_])?';

const PART = '[^\\s\\(\\)<>\\p{Cf}]*';
// [words](address), an image, too.
export const NAMED = `!?\\[(?<words>[^\\[\\]\\n]+)\\]\\((?<to>https?:\\/\\/${PART}(?:\\(${PART}\\)${PART})*)\\)`;
// In one backtick or more.
export const CODE = '(?<!`)(?<tick>`+)(?!`)(?<code>.+?)(?<!`)\\k<tick>(?!`)';
// Lines of code, up to the end if nothing ends them; with the flag m.
export const FENCED = '^[^\\S\\n]{0,3}```[^\\S\\n]*(?:[\\w+#.\\-]{1,30}[^\\S\\n]*)?$[^]*?(?:^[^\\S\\n]{0,3}```[^\\S\\n]*$|(?![^]))';
// Where a mention may be. Not in an address or a path: "ann@example.org", "example.org/@ann".
export const MARK = '(?<![a-z0-9@\\/])@(?=[^\\s@])';
