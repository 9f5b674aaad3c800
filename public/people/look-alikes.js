// Names that look alike, but are different names. The server compares names of people who are present, and keeps plain
// ASCII names apart by their letters only (alice, aIice). Names in the log and of pushes are compared here alone.
import { foldName } from './identity.js';

// Each letter with those that look like it in many fonts, after compatibility forms were replaced. Names of one script
// mixed with another are what matters; Unicode's own table (UTS 39) has 6,000 entries.
const TWINS = {
	a: 'аАαΑɑ', b: 'ВΒ', c: 'сСϲ', d: 'ԁ', e: 'еЕΕ', g: 'ɡց', h: 'һНΗ', i: 'іιıɩ', j: 'јЈϳ', k: 'кКκΚ', l: 'I1|ІΙӀӏǀ',
	n: 'пΝո', o: 'оОοΟσօ0', p: 'рРρΡ', q: 'ԛ', r: 'г', rn: 'm', s: 'ѕЅ', t: 'тТτΤ', u: 'υս', v: 'ѵνѴ', vv: 'wԝԜѡω',
	x: 'хХχΧ', y: 'уУγΥү', z: 'Ζ', B: 'в', M: 'МΜ', 3: 'зЗӠ', 6: 'б',
	'-': '‐‑‒–—−ー一', "'": '’‘´`ʼ', 口: 'ロ囗', 工: 'エ', 力: 'カ', 夕: 'タ', 卜: 'ト', 八: 'ハ', 二: 'ニ',
};
const LOOKS = new Map(
	Object.entries(TWINS).flatMap(([look, twins]) => Array.from(twins, (twin) => [twin, look])),
);
const MAX_KNOWN = 4000;
const known = new Map();

function look(text) {
	const letters = Array.from(text.normalize('NFKD'), (letter) => LOOKS.get(letter) ?? letter);
	return letters.join('').replace(/\s+/g, ' ').toLowerCase();
}

// As written (I looks like l) and in small letters.
function looksOf(name) {
	if (!known.has(name)) {
		if (known.size >= MAX_KNOWN)
			known.clear();
		known.set(name, [`written ${look(name)}`, `small ${look(name.toLowerCase())}`]);
	}
	return known.get(name);
}

// Maps each of the names, folded, that looks like another one to that other name. Of several the first one counts.
export function findLookAlikes(names) {
	const found = new Map();
	const firstOf = new Map();

	for (const name of names) {
		for (const key of looksOf(name)) {
			const first = firstOf.get(key);

			if (!first) {
				firstOf.set(key, name);
			} else if (first.toLowerCase() !== name.toLowerCase()) {
				found.set(foldName(name), first);
				if (!found.has(foldName(first)))
					found.set(foldName(first), name);
			}
		}
	}
	return found;
}
