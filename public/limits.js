// What the server accepts when it is not configured otherwise.
export const NAME_BYTES = 32;
export const MESSAGE_BYTES = 16384;

const encoder = new TextEncoder();

export function utf8Bytes(text) {
	return encoder.encode(text).length;
}
