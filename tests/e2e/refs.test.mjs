// Resending with the same ref: stored once, delivered once, acked every time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	answerTo, idsOf, noRateLimit, range, receive, receivedSoFar, wholeHistory, withHistory,
} from '../lib/chat.mjs';
import { eventually, withDaemon } from '../lib/daemon.mjs';

const once = (id, ref, room = 'lobby') => ({ type: 'ack', ref, room, id });
const again = (id, ref, room) => ({ ...once(id, ref, room), duplicate: true });

/** Returns the ack without its time. */
function untimed({ ts, ...ack }) {
	assert.ok(Number.isInteger(ts) && ts > 0, `ts ${ts}`);
	return ack;
}

const acked = async (client, object) => untimed(await answerTo(client, object));

test('a message with a ref is acked with its room and id, and one without is not acked', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const [ann, bob] = [await daemon.ws(), await daemon.ws()];
		ann.sendJson({ message: 'without' });
		assert.deepEqual(await acked(ann, { message: 'with', ref: 'c1' }), once(2, 'c1'));
		assert.deepEqual(await acked(ann, { message: 'x', room: 'ops', ref: 'c2' }), once(1, 'c2', 'ops'));
		assert.deepEqual(await ann.drain(), []);
		for (const message of await receive(bob, 2))
			assert.ok(!('ref' in message));
	}));

test('every acked message survives kill -9', async () => {
	const received = [];
	await withHistory(
		noRateLimit,
		async (daemon) => {
			const ann = await daemon.ws('/ws?name=ann');
			for (let n = 1; n <= 500; n++)
				ann.sendJson({ message: `m${n}`, ref: `c${n}` });
			received.push(...(await receive(ann, 100)));
			await daemon.crash();
			while (ann.waiting)
				received.push(await ann.nextJson());
		},
		async (daemon) => {
			const ann = await daemon.ws('/ws?name=ann');
			const kept = await wholeHistory(ann);
			received.forEach((ack, n) => assert.deepEqual(untimed(ack), once(n + 1, `c${n + 1}`)));
			assert.ok(kept.length >= received.length);
			// The sender does not know which of them were stored, and sends all of them again.
			for (let n = 1; n <= 500; n++) {
				const ack = await answerTo(ann, { message: `m${n}`, ref: `c${n}` });
				assert.deepEqual(untimed(ack), n <= kept.length ? again(n, `c${n}`) : once(n, `c${n}`));
			}
			const messages = await wholeHistory(ann);
			assert.deepEqual(idsOf(messages), range(1, 500));
			messages.forEach(({ id, message }) => assert.equal(message, `m${id}`));
		},
	);
});

/** Ways to resend. Each takes the first client and its query, and returns the second client. */
const ways = {
	'the same connection': (daemon, client) => client,
	'another connection': async (daemon, client, query) => {
		await client.close();
		return daemon.ws(`/ws?${query}`);
	},
	'another connection after the first was cut off': async (daemon, client, query) => {
		await client.vanish();
		return eventually(async () => {
			const second = await daemon.ws(`/ws?${query}`);
			const told = await second.drain();
			if (told.length === 0)
				return second;
			await second.close();
			throw new Error(`the client was sent ${JSON.stringify(told)}`);
		}, 'the name to be free');
	},
};

for (const [way, reconnect] of Object.entries(ways)) {
	for (const [who, query] of Object.entries({ 'a client with a name': 'name=ann', 'a guest': '' })) {
		test(`a ref of ${who}, resent over ${way}, is acked again and not broadcast`, () =>
			withDaemon(noRateLimit, async (daemon) => {
				const bob = await daemon.ws('/ws?name=bob');
				const first = await daemon.ws(`/ws?${query}`);
				const said = { message: 'hi', x: [1], ref: 'c1' };
				assert.deepEqual(await acked(first, said), once(1, 'c1'));
				const second = await reconnect(daemon, first, query);
				if (query && second !== first)
					assert.deepEqual(await second.drain(), [], 'the client has its name again');
				assert.deepEqual(await acked(second, said), again(1, 'c1'));
				assert.deepEqual(await acked(second, said), again(1, 'c1'));
				assert.deepEqual(await acked(second, { ...said, ref: 'c2' }), once(2, 'c2'));
				assert.deepEqual(idsOf(await receive(bob, 2)), [1, 2]);
				assert.deepEqual(await receivedSoFar(bob, second), []);
				assert.deepEqual(idsOf(await wholeHistory(bob)), [1, 2, 3]);
			}));
	}
}

for (const [how, end] of Object.entries({
	SIGTERM: (daemon) => daemon.stop(),
	'kill -9': (daemon) => daemon.crash(),
})) {
	test(`refs of named people and of guests are known after ${how}`, () => {
		const said = { message: 'hi', ref: 'c1' };
		return withHistory(
			noRateLimit,
			async (daemon) => {
				const [ann, guest] = [await daemon.ws('/ws?name=ann'), await daemon.ws()];
				assert.deepEqual(await acked(ann, said), once(1, 'c1'));
				assert.deepEqual(await acked(guest, { ...said, message: 'ho' }), once(2, 'c1'));
				await end(daemon);
			},
			async (daemon) => {
				const bob = await daemon.ws('/ws?name=bob');
				const guest = await daemon.ws();
				const ann = await daemon.ws('/ws?name=ann');
				assert.deepEqual(await acked(ann, said), again(1, 'c1'));
				assert.deepEqual(await acked(guest, { ...said, message: 'ho' }), again(2, 'c1'));
				assert.deepEqual(await acked(guest, { ...said, message: 'new' }), once(3, 'c1'));
				assert.equal((await bob.nextJson()).message, 'new');
			},
		);
	});
}

test('a guest after a restart is not taken for the earlier guest of the same number', () =>
	withHistory(
		noRateLimit,
		async (daemon) => {
			const guest = await daemon.ws();
			assert.deepEqual(await acked(guest, { message: 'hi', ref: '1' }), once(1, '1'));
			await daemon.crash();
		},
		async (daemon) => {
			const guest = await daemon.ws();
			assert.deepEqual(await acked(guest, { message: 'something else', ref: '1' }), once(2, '1'));
		},
	));

test('the same ref of two people, or in two rooms, is two messages', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws('/ws?name=bob');
		const people = [
			await daemon.ws('/ws?name=ann'), await daemon.ws('/ws?name=eve'), await daemon.ws(), await daemon.ws(),
		];
		for (const [n, client] of people.entries()) {
			assert.deepEqual(await acked(client, { message: `by ${n}`, ref: 'c1' }), once(n + 1, 'c1'));
			assert.deepEqual(await acked(client, { message: `by ${n}`, ref: 'c1' }), again(n + 1, 'c1'));
		}
		assert.deepEqual((await receive(bob, 4)).map(({ message }) => message), range(0, 3).map((n) => `by ${n}`));
		const elsewhere = { message: 'by 0', ref: 'c1', room: 'ops' };
		assert.deepEqual(await acked(people[0], elsewhere), once(1, 'c1', 'ops'));
	}));

test('many simultaneous messages with the same ref are stored as one', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const bob = await daemon.ws('/ws?name=bob');
		const ann = await daemon.ws('/ws?name=ann');
		for (let n = 0; n < 50; n++)
			ann.sendJson({ message: 'hi', ref: 'c1' });
		const [first, ...others] = await receive(ann, 50);
		assert.deepEqual(untimed(first), once(1, 'c1'));
		for (const ack of others)
			assert.deepEqual(untimed(ack), again(1, 'c1'));
		assert.deepEqual(idsOf(await receivedSoFar(bob, ann)), [1]);
	}));

test('a guest that shows its session token is the same sender, and the author, at once and after a restart', () => {
	let session;
	return withHistory(
		noRateLimit,
		async (daemon) => {
			// Nobody has noticed yet that the connection is dead.
			const dead = await daemon.ws('/ws?events=1');
			session = (await dead.nextJson()).you.session;
			assert.deepEqual(await acked(dead, { message: 'hi', ref: 'c1' }), once(1, 'c1'));
			const back = await daemon.ws(`/ws?events=1&session=${session}`);
			assert.equal((await back.nextJson()).you.session, session);
			assert.deepEqual(await acked(back, { message: 'hi', ref: 'c1' }), again(1, 'c1'));
			const other = await daemon.ws('/ws?events=1');
			await other.nextJson();
			assert.deepEqual(await acked(other, { message: 'hi', ref: 'c1' }), once(2, 'c1'));
			await daemon.crash();
		},
		async (daemon) => {
			const back = await daemon.ws(`/ws?session=${session}&events=1`);
			assert.equal((await back.nextJson()).you.session, session);
			assert.deepEqual(await acked(back, { message: 'other text', ref: 'c1' }), again(1, 'c1'));
			assert.equal((await acked(back, { type: 'edit', of: 1, message: 'ho', ref: 'c2' })).id, 3);
			assert.equal((await answerTo(back, { type: 'edit', of: 2, message: 'ho' })).code, 'denied');
		},
	);
});

test('a session token of the query makes one the same person at once', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann&events=1');
		const { session } = (await ann.nextJson()).you;
		const tab = await daemon.ws(`/ws?name=ann&events=1&session=${session}`);
		assert.deepEqual((await tab.nextJson()).you, { username: 'ann', session });
		assert.deepEqual(await ann.drain(), [], 'nobody has entered');
		const bad = await daemon.ws('/ws?name=bob&events=1&session=short');
		assert.equal((await bad.nextJson()).code, 'bad_field');
	}));

test('a ref may have 64 characters of any script, including those special to SQL and JSON', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const refs = [
			'r'.repeat(64), '安'.repeat(64), '😀'.repeat(64), "'; DROP TABLE key; --", '"\\\u0001\n', ' ', '%', '0',
		];
		for (const [n, ref] of refs.entries()) {
			assert.deepEqual(await acked(ann, { message: 'hi', ref }), once(n + 1, ref));
			assert.deepEqual(await acked(ann, { message: 'hi', ref }), again(n + 1, ref));
		}
	}));

test('a refused message may be resent with its ref', () =>
	withDaemon(noRateLimit, async (daemon) => {
		const ann = await daemon.ws('/ws?name=ann');
		const bob = await daemon.ws('/ws?name=bob');
		const refused = await answerTo(bob, { message: 'hi', username: 'ann', ref: 'c1' });
		assert.deepEqual([refused.code, refused.ref], ['name_taken', 'c1']);
		assert.deepEqual(await acked(bob, { message: 'hi', ref: 'c1' }), once(1, 'c1'));
		assert.deepEqual(idsOf(await receivedSoFar(ann, bob)), [1]);
	}));
