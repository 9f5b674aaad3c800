// Many people in one room: what coming and going costs, and who is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enter, noRateLimitWith, receivedSoFar, until } from '../lib/chat.mjs';
import { isSlowRun, withDaemon } from '../lib/daemon.mjs';

const LISTENERS = 1000;
const VISITS = 250;

// 50 visits a second may use a fifth of a core: 4 ms each. The rest is to spare.
const VISIT_S = 0.004;

test('short visits to a large room cost little, and its listeners are told nothing', { skip: isSlowRun }, () =>
	withDaemon(noRateLimitWith('chat.default_room="lobby"'), async (daemon) => {
		const listeners = [];
		while (listeners.length < LISTENERS)
			listeners.push(...await Promise.all(Array.from({ length: 50 }, () => daemon.ws('/ws?events=1'))));
		const { client: talker } = await enter(daemon);
		// The talker came last, so everybody has been announced then.
		await until(listeners[0], ({ type, count }) => type === 'presence' && count === LISTENERS + 1);
		const before = daemon.cpuSeconds();
		for (let n = 0; n < VISITS; n++) {
			const { client, joined } = await enter(daemon);
			assert.equal(joined.count, LISTENERS + 2);
			await client.close();
		}
		const used = daemon.cpuSeconds() - before;
assert.ok(used < (VISITS * VISIT_S) / 2, `${VISITS} visits used ${used} s of processor time`);
		assert.deepEqual(await receivedSoFar(listeners[1], talker).then((got) => got.filter(({ type, username }) =>
			type === 'presence' && Number(username.split('-')[1]) > LISTENERS + 2)), []);
	}));
