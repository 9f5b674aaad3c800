// Content for the screenshots of Live and Logs.

const MINUTE_MS = 60_000;
export const now = Date.now();

// A random walk that looks like a metric of a machine.
function series(room, name, unit, begin, step, count = 300) {
	let value = begin;
	let seed = name.length * 7919 + name.charCodeAt(0);

	return Array.from({ length: count }, (_, index) => {
		seed = (seed * 16_807) % 2_147_483_647;
		value = Math.max(0, value + (seed / 2_147_483_647 - 0.5) * step);
		return { type: 'metric', room, ts: now - (count - 1 - index) * 1000, username: 'probe', name, value, unit };
	});
}

export const METRICS = [
	...series('ops', 'cpu', 'ratio', 0.41, 0.06),
	...series('ops', 'memory', 'bytes', 5.1 * 1024 ** 3, 90 * 1024 ** 2),
	...series('ops', 'network in', 'bytes/s', 3.2e6, 6e5),
	...series('ops', 'answer time p95', 's', 0.128, 0.02),
	...series('ops', 'requests', '/s', 812, 60),
	...series('ops', 'open connections', 'count', 2310, 40).map((frame) => ({
		...frame,
		value: Math.round(frame.value),
	})),
	...series('ops', 'queue', '', 12, 5).map((frame) => ({ ...frame, value: Math.round(frame.value) })),
	...series('ops', 'backup age', 'h', 7, 0.4, 60).map((frame) => ({ ...frame, ts: frame.ts - 11 * MINUTE_MS })),
	...series('greenhouse', 'temperature', 'celsius', 21.4, 0.3),
	...series('greenhouse', 'humidity', 'percent', 63, 1.4),
	...series('greenhouse', 'light', 'lx', 18_400, 500),
];

const alarm = (key, severity, title, message, age, more = {}) => ({
	type: 'alarm',
	room: 'ops',
	ts: now - age,
	since: now - age,
	id: Math.round(1e6 - age / 1000),
	username: 'alertmanager',
	key,
	severity,
	title,
	message,
	state: 'raised',
	...more,
});
export const ALARMS = [
	alarm('db', 'critical', 'db-2 does not answer', 'Three probes in a row timed out after 5 s.', 4 * MINUTE_MS, {
		click: 'https://example.org/runbook/db',
	}),
	alarm('disk', 'warning', 'Disk on web-1 is at 91 %', '/var/log grows by 40 MB a minute.', 52 * MINUTE_MS, {
		state: 'acknowledged',
		acknowledged_by: 'Mei Lin',
		acknowledged_ms: now - 31 * MINUTE_MS,
	}),
	alarm('mail', 'error', 'Mail queue is stuck', '1,204 messages wait for mx.example.org.', 17 * MINUTE_MS),
	alarm('cert', 'info', 'Certificate renews in 14 days', '', 26 * 60 * MINUTE_MS),
	alarm('cpu', 'ok', 'Load on build-3', '', 70 * MINUTE_MS, { state: 'cleared' }),
];

export const LINES = [
	['Nov 20 14:58:01 web-1 systemd[1]: Started Daily cleanup of temporary directories.'],
	['2026-11-20T14:58:02.114Z INFO  server listening on 127.0.0.1:8000'],
	['2026-11-20T14:58:02.377Z DEBUG cache warmed: 4,112 entries in 212 ms'],
	['{"level":"info","time":1795168487123,"msg":"GET /history/ops 200","ms":3}'],
	[
		'192.0.2.7 - - [20/Nov/2026:14:58:03 +0000] "GET / HTTP/1.1" 200 4649 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"',
	],
	['2026-11-20T14:58:04.020Z WARN  slow query: 1,204 ms for SELECT id, body FROM message WHERE room = ? ORDER BY id'],
	['level=error ts=2026-11-20T14:58:05Z msg="db-2 does not answer" tries=3 timeout=5s'],
	['    at Store.append (store.c:214)'],
	['    at Room.post (chat_send.c:88)'],
	['1,204 lines skipped', { skipped: 1204 }],
	['the file was rotated', { event: 'rotated' }],
	['<12>Nov 20 14:58:06 mail postfix/qmgr[912]: warning: queue is stuck'],
	['2026-11-20T14:58:07.551Z INFO  nothing to see, all went well'],
];
