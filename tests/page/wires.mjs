// Stand-ins between a page and its server, or in place of the server.

// A WebSocket may open slowly on a slow machine. This keeps the page from using a stream or polls instead.
export const blockDetours = (page) => page.route(/\/(?:events|poll)\//, (route) => route.abort('connectionrefused'));

// A tap between the page and the real server, for the second argument of arrive(). The test can inspect every
// object, hold some back and close the connection.
export function createTap() {
	const tap = {
		/** Every object that has passed, in order. */
		sent: [],
		received: [],
		/** Objects for which these return true are kept in held until release(). */
		holdSent: () => false,
		holdReceived: () => false,
		held: [],

		async prepare(page) {
			await blockDetours(page);
			await page.routeWebSocket(/\/ws(\?|$)/, (route) => {
				const server = route.connectToServer();
				const pass = (objects, hold, to) => (text) => {
					const object = JSON.parse(text);

					if (hold(object)) {
						tap.held.push(() => to.send(text));
						return;
					}
					objects.push(object);
					to.send(text);
				};
				tap.route = route;
				route.onMessage(pass(tap.sent, (object) => tap.holdSent(object), server));
				server.onMessage(pass(tap.received, (object) => tap.holdReceived(object), route));
			});
		},
		/** Lets the held objects and everything after them pass. */
		release() {
			tap.holdSent = tap.holdReceived = () => false;
			tap.held.splice(0).forEach((pass) => pass());
		},
		/** Drops the held objects and lets everything after them pass. */
		forget() {
			tap.holdSent = tap.holdReceived = () => false;
			tap.held = [];
		},
		/** Closes the page's connection. */
		hangUp: (code = 1001, reason = '') => tap.route.close({ code, reason }),
	};
	return tap;
}

// A fake server: it accepts the join, has no history unless answer(object) returns one, and sends what the
// test sends.
export function createServer({ answer = () => undefined, joined = {} } = {}) {
	const server = {
		received: [],
		lastId: 0,

		async prepare(page) {
			await blockDetours(page);
			await page.routeWebSocket(/\/ws(\?|$)/, (route) => {
				server.route = route;
				route.onMessage((text) => {
					const object = JSON.parse(text);

					server.received.push(object);
					server.sendAll(answer(object) ?? server.answer(object));
				});
			});
		},
		answer({ type, ref, username, since, room = 'lobby' }) {
			if (type === 'join')
				return [
					{
						type: 'joined',
						room,
						ref,
						epoch: 'fake',
						last_id: server.lastId,
						recovered: Boolean(since),
						you: { username, session: '0'.repeat(32) },
						users: [{ username, via: 'ws' }],
						count: 1,
						limits: {},
						...joined,
					},
				];
			if (type === 'history')
				return [{ type: 'history', room: 'lobby', ref, more: false, messages: [] }];
			if (type === 'ping')
				return [{ type: 'pong', ref }];
			return [];
		},
		sendAll: (objects) => objects.forEach((object) => server.sendText(JSON.stringify(object))),
		sendText: (text) => server.route.send(text),
		/** Sends a numbered message. */
		say: (object) => server.sendAll([{ type: 'message', room: 'lobby', id: ++server.lastId, ...object }]),
		/** Returns the received objects of this type. */
		of: (type) => server.received.filter((object) => (object.type ?? 'message') === type),
	};
	return server;
}

/** For arrive(): connects the page to a tap or fake server, with a clock that can be stopped. */
export const withClock = (wire) => async (page) => {
	await page.clock.install();
	await wire.prepare(page);
};
