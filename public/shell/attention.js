// How much is unread, in the title and in the page's icon.
import { laterTexts } from '../words/later-texts.js';

const SIZE = 64;
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
	const width = 24 + 14 * (text.length - 1);

	canvas.width = canvas.height = SIZE;
	pen.drawImage(picture, 0, 0, SIZE, SIZE);
	pen.beginPath();
	pen.roundRect(SIZE - width - 2, 2, width, 34, 12);
	pen.fillStyle = COLOURS[kind];
	pen.strokeStyle = '#fff';
	pen.lineWidth = 3;
	pen.fill();
	pen.stroke();
	pen.font = 'bold 26px system-ui, sans-serif';
	pen.textAlign = 'center';
	pen.textBaseline = 'middle';
	pen.fillStyle = '#fff';
	pen.fillText(text, SIZE - width / 2 - 2, 20);
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
