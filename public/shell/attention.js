// How much is unread, in the title and in the page's icon.
import { laterTexts } from '../words/later-texts.js';

const SIZE = 64;
const HEIGHT = 40;
const MOST = 99;
const PAUSE_MS = 100;
const COLOURS = { unread: '#4f3a2c', mentions: '#c4183c' };

function load(address) {
	const picture = new Image();

	picture.src = address;
	return picture.decode().then(() => picture);
}

function draw(picture, colour, text) {
	const canvas = document.createElement('canvas');
	const pen = canvas.getContext('2d');
	const width = Math.min(SIZE, 20 + 18 * text.length);

	canvas.width = canvas.height = SIZE;
	pen.drawImage(picture, 0, 0, SIZE, SIZE);
	pen.beginPath();
	pen.roundRect(SIZE - width, 0, width, HEIGHT, 14);
	pen.fillStyle = colour;
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
	let wanted = '';
	let shown = '';
	let timer = 0;

	// wanted is the colour and the text.
	function showIcon() {
		timer = 0;
		if (wanted !== shown)
			icon.setAttribute('href', wanted ? draw(picture, ...wanted.split(' ')) : normal);
		shown = wanted;
	}

	return {
		// Of the messages, mentions are for the reader.
		show(title, { unread, mentions }) {
			const count = mentions || unread;

			wanted = count ? `${mentions ? COLOURS.mentions : COLOURS.unread} ${count > MOST ? `${MOST}+` : count}` : '';
			if (unread)
				document.title = laterTexts.titleUnread(mentions ? `@${mentions} · ${unread}` : unread, title);
			// Drawing takes longer than counting.
			timer ||= setTimeout(showIcon, wanted ? PAUSE_MS : 0);
		},
	};
}
