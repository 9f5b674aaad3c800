// Pushes to a room, as curl sends them.

/** Posts an object, or a text with headers; resolves to the answer's object. */
export async function push(daemon, what, { room = 'lobby', ...headers } = {}) {
	const isText = typeof what === 'string';
	const response = await fetch(`${daemon.url}/push/${encodeURIComponent(room)}`, {
		method: 'POST',
		headers: { 'content-type': isText ? 'text/plain' : 'application/json', ...headers },
		body: isText ? what : JSON.stringify(what),
	});
	if (!response.ok)
		throw new Error(`the push was answered by ${response.status}: ${await response.text()}`);
	return response.json();
}

export const pushAlarm = (daemon, members, options) => push(daemon, { type: 'alarm', username: 'monitor', ...members }, options);
