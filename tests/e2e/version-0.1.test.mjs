// A history and a configuration that linnetd 0.1.1 has written: both go on.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { after, answerTo, enter, idsOf, range, say, wholeHistory } from '../lib/chat.mjs';
import { sourceDir, temporaryFolder, withDaemon } from '../lib/daemon.mjs';
import { expectJson, get } from '../lib/doors.mjs';

const EPOCH = 'xop3bunc7tas';
const fixture = (name) => path.join(sourceDir, 'tests/fixtures/0.1', name);

/** Runs body with a daemon that has the configuration, and a copy of the history. */
function withOldHistory(...lives) {
	const folder = temporaryFolder();
	copyFileSync(fixture('linnet.db'), path.join(folder, 'linnet.db'));
	return lives.reduce(
		(before, life) => before.then(() => withDaemon({ folder, args: ['-c', fixture('linnet.cfg')] }, life)),
		Promise.resolve(),
	);
}

test('ids, epoch, refs, rooms and alarms of a history of 0.1 go on', () =>
	withOldHistory(async (daemon) => {
		const { client, joined } = await enter(daemon, `name=ann&${after(EPOCH, 5)}`);
		assert.deepEqual([joined.epoch, joined.recovered, joined.last_id], [EPOCH, true, 7]);
		assert.deepEqual([(await client.nextJson()).id, (await client.nextJson()).id], [6, 7]);
		assert.deepEqual(idsOf(await wholeHistory(client)), range(1, 7));
		const again = await answerTo(client, { message: 'message 3', ref: 'r3', username: 'ann' });
		assert.deepEqual([again.id, again.duplicate, again.ts], [3, true, 1796037831130]);
		assert.equal(await say(client, { message: 'next', ref: 'r6' }), 8);

		// Two rooms that differ only by case stay two.
		const { rooms } = await expectJson(get(daemon, '/rooms'));
		assert.deepEqual(Object.fromEntries(rooms.map(({ room, last_id, alarms }) => [room, [last_id, alarms]])), { lobby: [8, 0], ops: [8, 1], Ops: [3, 0] });
		assert.equal(await say(client, { message: 'next', room: 'Ops' }), 4);

		const ops = await daemon.ws('/ws?events=1&room=ops');
		await ops.nextJson();
		const alarm = await ops.nextJson();
		assert.deepEqual([alarm.key, alarm.severity, alarm.state], ['disk', 'critical', 'acknowledged']);
		// An object of a client's own type "edit" is no edit of today.
		const { messages } = await expectJson(get(daemon, '/history/ops'));
		assert.deepEqual(idsOf(messages), range(1, 8));
		assert.deepEqual([messages[0].message, messages[0].edited, messages[3].message], ['ops 1', undefined, 'an unknown type of 0.1']);
		// Nobody is the author of what was said then.
		assert.equal((await answerTo(client, { type: 'edit', of: 3, message: 'new' })).code, 'denied');
	}, async (daemon) => {
		const { joined } = await enter(daemon, after(EPOCH, 8));
		assert.deepEqual([joined.epoch, joined.recovered, joined.last_id], [EPOCH, true, 8]);
	}));
