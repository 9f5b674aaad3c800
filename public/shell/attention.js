// How much is unread, in the title and in the page's icon.
import { laterTexts } from '../words/later-texts.js';

const SIZE = 64;
const HEIGHT = 40;
const MOST = 99;
const COLOURS = { unread: '#4f3a2c', mentions: '#c4183c' };

function load(address) {
	const picture = new Image();

	picture.src = address;
	return picture.decode().then(() => picture);
}

function draw(picture, count, kind) {
	const canvas = document.createElement('canvas');
	const pen = canvas.getContext('2d');
	const text = count > MOST ? `${MOST}+` : String(count);
	const width = Math.min(SIZE, 20 + 18 * text.length);

	canvas.width = canvas.height = SIZE;
	pen.drawImage(picture, 0, 0, SIZE, SIZE);
	pen.beginPath();
	pen.roundRect(SIZE - width, 0, width, HEIGHT, 14);
	pen.fillStyle = COLOURS[kind];
	pen.fill();
	pen.font = `bold ${text.length > 2 ? 28 : 36}px system-ui, sans-serif`;
	pen.textAlign = 'center';
	pen.textBaseline = 'middle';
	pen.fillStyle = '#fff';
	pen.fillText(text, SIZE - width / 2, HEIGHT / 2 + 2);
	return canvas.toDataURL();
}

// icon is the page's link element.
export async function createAttention(icon) {
	const normal = icon.getAttribute('href');
	const picture = await load(normal);
	let shown = normal;

	return {
		// Of the messages, mentions are for the reader.
		show(title, { unread, mentions }) {
			const address = unread ? draw(picture, mentions || unread, mentions ? 'mentions' : 'unread') : normal;

			if (unread)
				document.title = laterTexts.titleUnread(mentions ? `@${mentions} · ${unread}` : unread, title);
			if (address !== shown)
				icon.setAttribute('href', address);
			shown = address;
		},
	};
}
