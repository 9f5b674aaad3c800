// Text into text and links. Nodes are built, never markup, so nothing in a message can become anything else.

// Stops at spaces, quotes, brackets of markup, and at characters that could show another address than the real one.
export const ADDRESS = /https?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

const PAIRS = { ')': '(', ']': '[', '}': '{' };
const PUNCTUATION = '.,:;!?*_~';

// "see https://a.b/c." and "(https://a.b/c)" end before the punctuation, "https://a.b/c_(d)" does not.
function withoutTail(address) {
	const count = (character) => address.split(character).length;
	const surplus = {};
	let end = address.length;

	for (const [closing, opening] of Object.entries(PAIRS))
		surplus[closing] = count(closing) - count(opening);
	for (; end > 0; end--) {
		const last = address[end - 1];

		if (surplus[last] > 0)
			surplus[last]--;
		else if (!PUNCTUATION.includes(last))
			break;
	}
	return address.slice(0, end);
}

function link(address) {
	if (!URL.canParse(address))
		return address;
	const url = new URL(address);
	const element = document.createElement('a');
	element.href = url.href;
	// Where it really leads: the host in its ASCII form, and what stands before an @ as what it is.
	element.title = url.href;
	element.rel = 'noopener noreferrer';
	element.target = '_blank';
	element.textContent = address;
	return element;
}

// What an address that was found becomes: a link, and what stood behind it.
export function linkTo(found) {
	const address = withoutTail(found);
	return [link(address), found.slice(address.length)];
}

export function withLinks(text) {
	const fragment = document.createDocumentFragment();
	let end = 0;

	for (const match of text.matchAll(ADDRESS)) {
		fragment.append(text.slice(end, match.index), ...linkTo(match[0]));
		end = match.index + match[0].length;
	}
	fragment.append(text.slice(end));
	return fragment;
}
