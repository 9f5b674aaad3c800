// The checks of linnet-bench-load can fail: a server with one fault after the other, which each must end
// it and be named.
//
//     node checks.mjs LINNET-BENCH-LOAD

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

const frameBytes = 120;
const faultyMessage = 20;

// How message 20 leaves the server, as frames for each other connection; the others leave as they are.
const faults = {
	none: { send: (frame) => [frame], says: /^$/ },
	lost: { send: () => [], says: /lost, doubled or out of order/ },
	doubled: { send: (frame) => [frame, frame], says: /lost, doubled or out of order/ },
	swapped: { send: (frame, last) => [frame, last], says: /lost, doubled or out of order/ },
	damaged: { send: (frame) => [Buffer.from(frame.toString().replace('xx', 'xy'))], says: /a damaged message/ },
	returned: { send: (frame) => [frame], returns: true, says: /its own message/ },
};

// The protocol of the bare server (bare.h).
async function serve({ send, returns }) {
	const sockets = new Set();
	let last;
	const server = net.createServer((socket) => {
		let waiting = Buffer.alloc(0);
		sockets.add(socket);
		socket.write('+');
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
		socket.on('data', (data) => {
			waiting = Buffer.concat([waiting, data]);
			for (; waiting.length >= frameBytes; waiting = waiting.subarray(frameBytes)) {
				const frame = waiting.subarray(0, frameBytes);
				const isFaulty = frame.includes(`#${faultyMessage};`);
				const frames = isFaulty ? send(frame, last) : [frame];
				last = frame;
				for (const other of sockets) {
					if (other !== socket || isFaulty && returns)
						frames.forEach((each) => other.write(each));
				}
			}
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server;
}

for (const [name, fault] of Object.entries(faults)) {
	const server = await serve(fault);
	const load = spawn(process.argv[2], [server.address().port, 'plain', process.pid], {
		stdio: ['pipe', 'ignore', 'pipe'],
	});
	let errors = '';
	load.stderr.on('data', (data) => (errors += data));
	load.stdin.on('error', () => {});
	const crowd = `framing=bare\tconnections=3\trooms=1\tsenders=1\tbytes=${frameBytes}\tbare_bytes=${frameBytes}\tpublish={text}`;
	load.stdin.end(`open\t${crowd}\nrun\tms=300\twindow=8\n`);
	const [status] = await once(load, 'close');
	server.close();
	assert.match(errors, fault.says, name);
	assert.equal(status, name === 'none' ? 0 : 1, name);
}
