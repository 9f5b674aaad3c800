// What the server accepts: its presets until it says what it is configured to.
export const limits = { nameBytes: 32, messageBytes: 16384 };

const encoder = new TextEncoder();

export function utf8Bytes(text) {
	return encoder.encode(text).length;
}

export function adoptLimits({ nameBytes, messageBytes }) {
	limits.nameBytes = nameBytes || limits.nameBytes;
	limits.messageBytes = messageBytes || limits.messageBytes;
}
