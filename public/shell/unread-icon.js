// The page's icon with the number of unread messages, or of mentions in another colour.
const SIZE = 64;
const MOST = 99;
const COLOURS = { unread: '#4f3a2c', mentions: '#c4183c' };

function load(address) {
	const picture = new Image();

	picture.src = address;
	return picture.decode().then(() => picture);
}

function draw(picture, { unread, mentions }) {
	const canvas = document.createElement('canvas');
	const pen = canvas.getContext('2d');
	const count = mentions || unread;
	const text = count > MOST ? `${MOST}+` : String(count);
	const width = 24 + 14 * (text.length - 1);

	canvas.width = canvas.height = SIZE;
	pen.drawImage(picture, 0, 0, SIZE, SIZE);
	pen.beginPath();
	pen.roundRect(SIZE - width - 2, 2, width, 34, 12);
	pen.fillStyle = mentions ? COLOURS.mentions : COLOURS.unread;
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

// icon is the page's link element, normal its address without a number.
export async function createUnreadIcon(icon, normal) {
	const picture = await load(normal);
	let shown = '';

	return {
		show(counts) {
			const address = counts.unread ? draw(picture, counts) : normal;

			if (address !== shown)
				icon.setAttribute('href', address);
			shown = address;
		},
	};
}
