// The cost model of a node: what a unit of each kind of work costs Linnet, and how to add up.

import { digits, median } from './report.mjs';

const largeKb = (15_000 - 120) / 1000;

/** The section of docs/PERFORMANCE.md. */
export function modelSection({ rows }) {
	const of = (row) => median(rows[row].samples.linnet);
	const cost = {
		delivery: of('fanout-16'),
		alone: of('fanout-1'),
		message: of('rooms-16') - of('fanout-1'),
		busyMessage: of('rooms-all') - of('fanout-1'),
		kb: (of('large') - of('fanout-1')) / largeKb,
		tlsKb: (of('tls-large') - of('tls-1')) / largeKb,
		tlsDelivery: of('tls-1') - of('fanout-1'),
		connect: of('connect'),
		events: of('connect-events'),
		back: of('back'),
		close: of('close'),
		handshake: of('tls-connect') - of('connect'),
		push: of('push-1'),
		busyPush: of('push-64'),
		file: of('file-gzip'),
		idle: of('idle') / 100 * 1e6 / 9000,
		memory: of('memory'),
		tlsMemory: of('tls-memory'),
	};
	// A difference of two rows that noise has made negative says nothing.
	const line = (what, us, metric) => us > 0 && `| ${what} | ${digits(us)} µs | ${Math.round(1e6 / us).toLocaleString('en')} | ${metric} |`;
	const example = [
		['10,000 connections', 10_000 * cost.idle],
		['20 of them a second leave and come back', 20 * (cost.back + cost.close)],
		['100 messages a second of 120 bytes', 100 * cost.message],
		['each to 100 readers: 10,000 deliveries a second', 10_000 * cost.alone],
		['10 pushes a second', 10 * cost.push],
	];
	const sum = example.reduce((total, [, us]) => total + us, 0);
	return `## The cost model of a node

The CPU of a node is the sum of what it does in a second. linnetd has one loop, and all figures below were taken with all of its threads
on one core, so a core is full when the sum is one second. Plan for 70 % of that: a loop that is nearly full makes everybody wait.

| unit of work | costs | one core does in a second | its number in the metrics |
| --- | --- | --- | --- |
${[
		line('an open WebSocket that is idle, each second, with a ping every 10 s', cost.idle, '`linnet_connections{transport="ws"}`'),
		line('a connection that opens', cost.connect, '`linnet_connections_accepted_total`'),
		line('the same, with presence, 2,000 in the room', cost.events, ''),
		line('the same, without presence, with 30 missed messages', cost.back, '`linnet_recoveries_total`'),
		line('a connection that closes', cost.close, '`linnet_connections_closed_total`'),
		line('a TLS handshake, besides', cost.handshake, '`linnet_tls_handshakes_total`'),
		line('a message that is received and stored, few at once', cost.message, '`linnet_messages_received_total`, `linnet_store_appended_total`'),
		line('the same, thousands at once', cost.busyMessage, ''),
		line('a delivery of 120 bytes, alone in its write', cost.alone, '`linnet_messages_sent_total`'),
		line('a delivery of 120 bytes, with others in one write', cost.delivery, ''),
		line('1,000 bytes more in a delivery', cost.kb, '`linnet_bytes_sent_total`'),
		line('TLS, besides, for a delivery alone in its write', cost.tlsDelivery, ''),
		line('1,000 bytes more in a delivery, with TLS', cost.tlsKb, ''),
		line('a push, one after another', cost.push, '`linnet_pushes_total`'),
		line('a push, 64 at once', cost.busyPush, ''),
		line('a file of the page with gzip', cost.file, '`linnet_http_requests_total{route="page"}`'),
	].filter(Boolean).join('\n')}

Memory: ${digits(cost.memory)} KB a WebSocket, ${digits(cost.tlsMemory)} KB with TLS. What waits for slow readers comes on top: at most
\`limits.queue_bytes\` for each, \`linnet_queue_bytes\` in all.

An example:

| load | CPU in a second |
| --- | --- |
${example.map(([what, us]) => `| ${what} | ${digits(us / 1e3)} ms |`).join('\n')}
| **sum** | **${digits(sum / 1e3)} ms: ${digits(sum / 1e4)} % of a core** |

### What to watch

| metric | says |
| --- | --- |
| \`rate(process_cpu_seconds_total[1m])\` | the sum above, as it is: 1 is a whole core |
| \`linnet_loop_lag_seconds\` | how long everybody waits; the first sign of a full core |
| \`linnet_broadcast_duration_seconds\` | how long it takes until everybody in a room is written to |
| \`linnet_store_append_duration_seconds\`, \`linnet_store_pending\` | whether the disk keeps up |
| \`linnet_queue_bytes\`, \`linnet_slow_readers_closed_total\` | whether readers keep up |
| \`process_resident_memory_bytes\` | memory, as it is |
| \`process_open_fds\` beside \`process_max_fds\`, \`linnet_connections_refused_total\` | whether connections reach a limit |

More cores do not make the loop faster; the history, the log and the kernel's part of the network use them. A faster core does.
`;
}
