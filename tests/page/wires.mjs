// What stands between a page and its server, or in the server's place.

// Where a WebSocket takes too long to open, as on a slow machine, the page must not go round the wire by other means.
export const blockDetours = (page) => page.route(/\/(?:events|poll)\//, (route) => route.abort('connectionrefused'));

// To be given to arrive() as its second argument. The page talks to the real server; its test may look at every object,
// keep some back and hang up.
export function createTap() {
	const tap = {
		/** Every object that has passed, in order. */
		sent: [],
		received: [],
		/** Objects for which these return true do not pass; they wait in held until release(). */
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
		/** Everything passes from now on, what was held first. */
		release() {
			tap.holdSent = tap.holdReceived = () => false;
			tap.held.splice(0).forEach((pass) => pass());
		},
		/** Everything passes from now on, but what was held is lost. */
		forget() {
			tap.holdSent = tap.holdReceived = () => false;
			tap.held = [];
		},
		/** The page loses its connection. */
		hangUp: (code = 1001, reason = '') => tap.route.close({ code, reason }),
	};
	return tap;
}

// A server of the test's own: it lets the page in, knows of no history unless answer(object) does, and says what the
// test says.
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
		/** A numbered message. */
		say: (object) => server.sendAll([{ type: 'message', room: 'lobby', id: ++server.lastId, ...object }]),
		/** The objects of this type that have come. */
		of: (type) => server.received.filter((object) => (object.type ?? 'message') === type),
	};
	return server;
}

/** For arrive(): the page is on the wire of a tap or server, and its clock can be stopped. */
export const withClock = (wire) => async (page) => {
	await page.clock.install();
	await wire.prepare(page);
};
