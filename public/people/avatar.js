// Avatars: drawn from the name, with the Gravatar picture on top if the reader has turned that on.
import { element } from '../base/elements.js';
import { foldName } from './identity.js';

const SVG = 'http://www.w3.org/2000/svg';
const HUES = 24;
const MOST_KEPT = 300;
const segmenter = new Intl.Segmenter();

// FNV-1a. Names are folded: equal names have equal colours.
function hash(name) {
	let value = 0x811c9dc5;
	for (const byte of new TextEncoder().encode(foldName(name)))
		value = Math.imul(value ^ byte, 0x01000193) >>> 0;
	// FNV's low bits depend mostly on the last letters.
	return (value ^ (value >>> 15)) >>> 0;
}


function firstLetter(word) {
	return segmenter.segment(word)[Symbol.iterator]().next().value?.segment ?? '';
}

function initials(name) {
	const words = name.split(/[\s._-]+/u).filter(Boolean);
	return (words.length ? words.slice(0, 2) : [name]).map(firstLetter).join('').toUpperCase();
}

function shape(kind, attributes) {
	const element = document.createElementNS(SVG, kind);
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	return element;
}

// A background, a wing at an angle that depends on the name, and the initials.
function drawing(name, turn) {
	const svg = shape('svg', { viewBox: '0 0 40 40' });
	const letters = shape('text', { x: 20, y: 20, 'text-anchor': 'middle', 'dominant-baseline': 'central' });

	letters.textContent = initials(name);
	svg.append(
		shape('rect', { class: 'ground', width: 40, height: 40 }),
		shape('path', { class: 'wing', d: 'M4 4C24 2 42 18 44 44 22 42 6 28 4 4z', transform: `rotate(${turn} 20 20)` }),
		letters,
	);
	return svg;
}

// The last names.
const known = new Map();

function lookOf(name) {
	if (known.has(name))
		return known.get(name);
	const value = hash(name);
	const hue = (value % HUES) * (360 / HUES);
	const avatar = element('span.avatar', drawing(name, ((value >>> 8) % 12) * 30));

	// The name is next to it as text.
	avatar.ariaHidden = 'true';
	avatar.style.setProperty('--hue', hue);
	known.set(name, { hue, avatar });
	if (known.size > MOST_KEPT)
		known.delete(known.keys().next().value);
	return known.get(name);
}

// In degrees; base.css sets a readable lightness.
export const hueOf = (name) => lookOf(name).hue;

export function buildAvatar(name, picture) {
	const avatar = lookOf(name).avatar.cloneNode(true);

	if (picture) {
		const image = element('img');
		image.alt = '';
		image.referrerPolicy = 'no-referrer';
		image.addEventListener('error', () => image.remove());
		image.src = `https://gravatar.com/avatar/${picture}?d=404&s=80`;
		avatar.append(image);
	}
	return avatar;
}

export function removePictures(root) {
	for (const image of root.querySelectorAll('.avatar img'))
		image.remove();
}
